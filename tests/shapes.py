"""The type checker that the tests run the package under: shapes, wherever a signature has one."""

from pkgutil import iter_modules
from typing import Any, get_args

from beartype import BeartypeConf, beartype
from beartype.roar import BeartypeDecorHintPep604Exception, BeartypeDecorHintPep673Exception
from jaxtyping import AbstractArray

import visavis

# The curves of `synth` are many small calls whose N is any number of points.
CHECKED = [f"visavis.{module.name}" for module in iter_modules(visavis.__path__) if module.name != "synth"]
NUMBERS = BeartypeConf(is_pep484_tower=True)  # an int does where a float is asked for, as for mypy
# `Self` in an undecorated class, and polars' types of columns: hints that beartype cannot check.
NOT_CHECKABLE = (BeartypeDecorHintPep673Exception, BeartypeDecorHintPep604Exception)


def checked(function: Any) -> Any:
    """Check arguments and result against their annotations, if one of these is an array with a shape."""
    if not any(has_shape(hint) for hint in function.__annotations__.values()):
        return function
    try:
        return beartype(conf=NUMBERS)(function)
    except NOT_CHECKABLE:
        return function


def has_shape(hint: object) -> bool:
    """Whether `Float[Tensor, "B D"]` or its like is somewhere in a hint."""
    return (isinstance(hint, type) and issubclass(hint, AbstractArray)) or any(map(has_shape, get_args(hint)))
