"""The pages that a new user follows are followed here, block after block, in a folder of their own."""

import re
import subprocess
from collections.abc import Iterator
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path
from shlex import split
from shutil import copy
from typing import Any

import pytest

from tests.docs.pages import GUIDES, ROOT, RUN, Block, blocks, name_of
from tests.terminal import visavis
from visavis.datasets import open_dataset

# The pages train for minutes. Recipe and data become those made for tests: words are compared, not numbers.
QUICK = {
    "sketch_retrieval/demo": "sketch_retrieval/tiny",
    "sketch_retrieval/small": "sketch_retrieval/tiny",
    "relative_attributes/small": "relative_attributes/tiny",
    "schedule.steps=300": "schedule.steps=20",
    "rendered-shoes-300": "rendered-shoes-40",
}
FOLLOWED = [ROOT / "README.md", ROOT / "docs" / "own-data.md", ROOT / "docs" / "export.md"]
OTHERS = [page for page in GUIDES if page not in FOLLOWED]


@pytest.mark.parametrize("page", FOLLOWED, ids=name_of)
def test_the_page_can_be_followed(page: Path, workplace: Path) -> None:
    names: dict[str, Any] = {}
    for block in blocks(page):
        if block.language in RUN:
            assert_follows(page, block, names)


@pytest.mark.parametrize("page", OTHERS, ids=name_of)
def test_other_pages_promise_nothing_that_is_not_run(page: Path) -> None:
    assert not [block.line for block in blocks(page) if block.language in RUN]


@pytest.fixture
def workplace(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with the cache, and in it a user's folder: `my/photos`, and drawings in `my/sketches`."""
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "visavis").symlink_to(cache)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    folders = {"photo": tmp_path / "my" / "photos", "sketch": tmp_path / "my" / "sketches"}
    for folder in folders.values():
        folder.mkdir(parents=True)
    for name, domain, label in (
        open_dataset("rendered-shoes-40").items.select("path", "domain", "label").rows()
    ):
        path = Path(name)
        copy(path, folders[domain] / f"shoe{label[-2:]}{path.stem.removeprefix(label)}{path.suffix}")
    return tmp_path


def assert_follows(page: Path, block: Block, names: dict[str, Any]) -> None:
    """Run a block; of a console block, what is printed below a command is what it prints."""
    where = f"{name_of(page)}, line {block.line}"
    text = block.text
    for recipe, quick in QUICK.items():
        text = text.replace(recipe, quick)
    if block.language == "python":
        exec(compile(text, where, "exec"), names)
        return
    for command, expected in dialogue(text):
        printed = run(command)
        if expected:
            assert OutputChecker().check_output(numberless(expected), numberless(printed), ELLIPSIS), (
                f"{where}: {command}\n--- the page says\n{expected}\n--- the program says\n{printed}"
            )


def dialogue(text: str) -> Iterator[tuple[str, str]]:
    """Commands after `$ `, each with the lines below it."""
    for part in re.split(r"^\$ ", text.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output


def run(command: str) -> str:
    """All that a command prints; `visavis` runs in this process, anything else in a shell."""
    if not command.startswith("visavis "):
        return subprocess.run(command, shell=True, check=True, capture_output=True, text=True).stdout
    words = (str(Path(word).expanduser()) if word.startswith("~") else word for word in split(command)[1:])
    outcome = visavis(*words)
    assert outcome.status in (0, 2), outcome.error
    return outcome.out + outcome.error


def numberless(text: str) -> str:
    """Numbers as `#`, and one space for many."""
    return re.sub(r"\s+", " ", re.sub(r"\d+(\.\d+)?", "#", text)).strip()
