"""What a method hands over to be exported."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from visavis.features.preparation import Preparation

Shape = tuple[int | str, ...]  # a letter is an axis of any length


@dataclass(frozen=True)
class Output:
    """A tensor that a network gives.

    Attributes:
        name: in the file.
        shape: of it.
        meaning: what it says, in which unit, and how it is used.
    """

    name: str
    shape: Shape
    meaning: str


@dataclass(frozen=True)
class Graph:
    """A network with all that someone without visavis needs to feed and to read it.

    Attributes:
        name: of its file, without `.onnx`; `model` where a method has one network.
        module: in evaluation mode; from the input to the outputs, a tensor or a tuple in their order.
        input: name of the input, images as float32 in 0..1.
        shape: of the input; the first axis is "B".
        preparations: how an image becomes the input, one for each kind of image that it reads.
        outputs: in their order.
        examples: gives inputs of rendered images, 3 or more, on which ONNX and torch are compared.
    """

    name: str
    module: nn.Module
    input: str
    shape: Shape
    preparations: tuple[Preparation, ...]
    outputs: tuple[Output, ...]
    examples: Callable[[], Float[Tensor, "B C H W"]]
