"""The type checker that the tests run the package under: every call, shapes included."""

from pkgutil import iter_modules
from typing import Any

from beartype import BeartypeConf, beartype
from beartype.roar import BeartypeDecorHintPep604Exception, BeartypeDecorHintPep673Exception

import visavis

# The curves of `synth` are many small calls whose N is any number of points.
CHECKED = [f"visavis.{module.name}" for module in iter_modules(visavis.__path__) if module.name != "synth"]
NUMBERS = BeartypeConf(is_pep484_tower=True)  # an int does where a float is asked for, as for mypy
# `Self` in an undecorated class, and polars' types of columns: hints that beartype cannot check.
NOT_CHECKABLE = (BeartypeDecorHintPep673Exception, BeartypeDecorHintPep604Exception)


def checked(thing: Any) -> Any:
    """Check arguments and results against their annotations."""
    try:
        return beartype(conf=NUMBERS)(thing)
    except NOT_CHECKABLE:
        return thing
