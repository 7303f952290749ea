"""The model that a command names."""

from typing import Any


def open_model(source: str, method: str) -> Any:
    """Load a bundle, by path or name, for a command that only one method has.

    Raises:
        VisavisError: there is no such bundle, it is damaged, or it is of another method.
    """
    from visavis.bundle import find_bundle, read_bundle
    from visavis.methods import get_method

    return get_method(method).load(read_bundle(find_bundle(source), method))
