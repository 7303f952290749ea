"""The help of every command as docs/cli.md keeps it. Write that page again: `python -m tests.cli.help`."""

from pathlib import Path

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from visavis.cli import build

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
INTRODUCTION = """\
# The command line

What every command says to `--help`; a test compares this page with the program, and
`.venv/bin/python -m tests.cli.help` writes it again.
"""
WIDTH = 100


def program() -> TyperGroup:
    """The program with help in plain text: no boxes and colours, no width of a terminal."""
    app = build()
    app.rich_markup_mode = None
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def page() -> str:
    """The text of docs/cli.md."""
    group = program()
    parts = [INTRODUCTION]
    for name, command in group.commands.items():
        assert isinstance(command, TyperCommand)
        context = command.make_context(f"visavis {name}", [], resilient_parsing=True, terminal_width=WIDTH)
        parts.append(f"## visavis {name}\n\n```text\n{context.get_help()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page())
