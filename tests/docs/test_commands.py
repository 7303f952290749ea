"""What the pages tell to type exists: commands, options, recipes, settings."""

from pathlib import Path

import pytest
from typer.core import TyperCommand

from tests.cli.help import program
from tests.docs.pages import GUIDES, PAGES, RUN, SHOWN, blocks, commands, name_of
from visavis.methods import find_recipe, shipped_recipes


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_and_options_exist(page: Path) -> None:
    known = program().commands
    for verb, *words in commands(page):
        assert verb in known, f"visavis {verb}: there is no such command"
        command = known[verb]
        assert isinstance(command, TyperCommand)
        context = command.make_context(verb, [], resilient_parsing=True)
        context.resilient_parsing = False
        command.make_parser(context).parse_args(args=words)  # raises where an option is unknown


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_recipes_and_settings_exist(page: Path) -> None:
    for verb, *words in commands(page):
        if verb == "train" and words and words[0] in shipped_recipes():
            settings = [word for word in words[1:] if "=" in word and not word.startswith("-")]
            if "schedule.stps=10" not in settings:  # a slip of the pen that a page shows the answer to
                find_recipe(words[0], settings)


@pytest.mark.parametrize("page", GUIDES, ids=name_of)
def test_blocks_say_whether_they_run(page: Path) -> None:
    for block in blocks(page):
        assert block.language in RUN + SHOWN, (
            f"line {block.line}: ```{block.language} is none of {RUN + SHOWN}"
        )
