"""Visavis learns to compare images.

`visavis.load(name)` gives a trained model, `visavis.Gallery` a searchable store. Both are imported when first
asked for, so that `import visavis` stays fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from visavis.gallery.store import Gallery as Gallery
    from visavis.loading import load as load

__version__ = "0.1.0"

_LAZY = {"load": "visavis.loading", "Gallery": "visavis.gallery.store"}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'visavis' has no attribute '{name}'")
    return getattr(import_module(_LAZY[name]), name)
