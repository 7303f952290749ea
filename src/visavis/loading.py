"""`visavis.load`: from the name of a bundle to an object with the verbs of its method."""

from pathlib import Path
from typing import Any

from visavis.bundle import find_bundle, read_bundle
from visavis.methods import get_method


def load(name_or_path: str | Path) -> Any:
    """Load a trained model.

    Args:
        name_or_path: a bundle's folder, a run's folder, or the name of a bundle in `models/`.

    Raises:
        VisavisError: there is no such bundle, or it is damaged.
    """
    bundle = read_bundle(find_bundle(name_or_path))
    return get_method(bundle.config.method).load(bundle)
