"""The folder for what can be made again: rendered and redrawn data sets."""

import os
from collections.abc import Callable
from pathlib import Path

from visavis.files import atomic_path


def cached(name: str, make: Callable[[Path], None], root: Path | None = None) -> Path:
    """The cache folder `name`, made by `make` (given an empty folder) where it is not there yet.

    The cache lies in `root`, by default `VISAVIS_CACHE` or `~/.cache/visavis`; it may be deleted at any time.
    """
    root = root or Path(os.environ.get("VISAVIS_CACHE", "~/.cache/visavis")).expanduser()
    folder = root / name
    if not folder.is_dir():
        with atomic_path(folder) as staged:
            staged.mkdir()
            make(staged)
    return folder
