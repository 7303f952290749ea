"""Nothing that stands at a target is lost, and a target that cannot be written is told in one sentence."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from visavis.errors import VisavisError
from visavis.files import atomic_path, check_target, make_folder, write_atomic


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder `results` with a file in it, alone in its place."""
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "kept.txt").write_text("kept")
    return folder


def assert_untouched(folder: Path) -> None:
    assert (folder / "kept.txt").read_text() == "kept"
    assert list(folder.iterdir()) == [folder / "kept.txt"]
    assert list(folder.parent.iterdir()) == [folder]


def test_a_file_does_not_replace_a_folder(folder: Path) -> None:
    with pytest.raises(VisavisError, match="results: is a folder; name a file in it"):
        write_atomic(folder, "{}")
    assert_untouched(folder)


def test_a_block_that_writes_nothing_changes_nothing(folder: Path) -> None:
    for target in (folder, folder / "kept.txt"):
        with pytest.raises(FileNotFoundError, match="nothing was written"), atomic_path(target):
            pass
        assert_untouched(folder)


def test_the_old_folder_comes_back_where_the_new_one_cannot(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        assert not folder.exists()  # else the exchange would not have begun
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with (
        pytest.raises(VisavisError, match=r"results: cannot be written \(Permission denied\)"),
        atomic_path(folder) as staged,
    ):
        staged.mkdir()
    assert_untouched(folder)


def test_a_folder_replaces_a_folder(folder: Path) -> None:
    with atomic_path(folder) as staged:
        staged.mkdir()
        (staged / "new.txt").touch()
    assert [path.name for path in folder.rglob("*")] == ["new.txt"]
    assert list(folder.parent.iterdir()) == [folder]


WRITERS: list[Callable[[Path], None]] = [partial(write_atomic, content=""), check_target]


@pytest.mark.parametrize("write", [*WRITERS, make_folder])
@pytest.mark.parametrize("inside", ["kept.txt/record.json", "kept.txt/a/b/record.json"])
def test_a_place_below_a_file_is_refused(folder: Path, inside: str, write: Callable[[Path], None]) -> None:
    sentence = r"record\.json: cannot be written \((Not a directory|File exists)\); name another place"
    with pytest.raises(VisavisError, match=sentence):
        write(folder / inside)
    assert_untouched(folder)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no /proc here")
@pytest.mark.parametrize("write", WRITERS)
def test_a_place_that_the_system_keeps_is_refused(write: Callable[[Path], None]) -> None:
    with pytest.raises(VisavisError, match=r"/proc/x\.json: cannot be written \(.*\); name another place"):
        write(Path("/proc/x.json"))


def test_a_checked_target_leaves_nothing(folder: Path) -> None:
    check_target(None)
    check_target(folder / "new" / "deeper" / "record.json")
    check_target(folder / "kept.txt")
    with pytest.raises(VisavisError, match="results: is a folder"):
        check_target(folder)
    assert_untouched(folder)
