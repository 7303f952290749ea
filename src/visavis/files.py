"""Files that are either whole or not there: atomic writes and content digests."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a temporary sibling of `target`, file or folder, that replaces it when the block succeeds.

    An exception inside the block leaves `target` as it was. A folder that stands at `target` is
    moved aside for the instant of the exchange and removed afterwards.
    """
    target = Path(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    workplace = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    staged = workplace / target.name
    try:
        yield staged
        if target.is_dir():
            target.rename(workplace / "old")
        os.replace(staged, target)
    finally:
        shutil.rmtree(workplace, ignore_errors=True)


def write_atomic(target: Path, content: bytes | str) -> None:
    """Write `content` to `target` (text as UTF-8) so that a reader never sees half of it."""
    with atomic_path(target) as staged:
        staged.write_bytes(content.encode() if isinstance(content, str) else content)


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
