"""Files that are either whole or not there: atomic writes, targets checked beforehand, content digests."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from visavis.errors import VisavisError


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a temporary sibling of `target`, file or folder, that replaces it when the block succeeds.

    An exception inside the block, a block that writes nothing and a failed exchange leave `target` as it
    was. A folder that stands at `target` is moved aside for the instant of the exchange and removed
    afterwards.

    Raises:
        VisavisError: nothing can be written there, or a file is to replace a folder.
        FileNotFoundError: the block has written nothing.
    """
    target = Path(target)
    with told_as_unwritable(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        workplace = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    staged, old = workplace / target.name, workplace / "old.folder"
    try:
        yield staged
        _exchange(staged, target, old)
    finally:
        # Where the old folder cannot even be put back, the workplace that holds it must stay.
        if os.path.lexists(old) and not os.path.lexists(target):
            old.rename(target)
        shutil.rmtree(workplace, ignore_errors=True)


def write_atomic(target: Path, content: bytes | str) -> None:
    """Write `content` to `target` (text as UTF-8) so that a reader never sees half of it."""
    with atomic_path(target) as staged:
        staged.write_bytes(content.encode() if isinstance(content, str) else content)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; raises VisavisError where that is impossible."""
    with told_as_unwritable(folder):
        folder.mkdir(parents=True, exist_ok=True)


def check_target(target: Path | None) -> None:
    """Check before long work that a file can be written at `target`; None is no target. Leaves nothing.

    Raises:
        VisavisError: `target` is a folder, or its place cannot be written to.
    """
    if target is None:
        return
    _refuse_folder(target)
    place = next(folder for folder in target.absolute().parents if os.path.lexists(folder))
    with told_as_unwritable(target):
        os.rmdir(tempfile.mkdtemp(dir=place))


@contextmanager
def told_as_unwritable(target: Path) -> Iterator[None]:
    """Whatever the system refuses inside becomes one sentence about `target`."""
    try:
        yield
    except OSError as error:
        raise VisavisError(f"{target}: cannot be written ({error.strerror}); name another place") from error


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _exchange(staged: Path, target: Path, old: Path) -> None:
    if not os.path.lexists(staged):
        raise FileNotFoundError(f"{target}: nothing was written to take its place")
    if not staged.is_dir():
        _refuse_folder(target)
    with told_as_unwritable(target):
        if os.path.isdir(target):
            target.rename(old)
        os.replace(staged, target)


def _refuse_folder(target: Path) -> None:
    if os.path.isdir(target):
        raise VisavisError(f"{target}: is a folder; name a file in it")
