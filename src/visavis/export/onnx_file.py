"""From a network to an ONNX file."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from visavis.errors import VisavisError
from visavis.export.graph import Graph

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
STACK_TRACE = "pkg.torch.onnx.stack_trace"


def check_installed() -> None:
    """Raise VisavisError unless the packages of the extra `export` are there."""
    try:
        for name in PACKAGES:
            import_module(name)
    except ImportError as error:
        raise VisavisError(
            f"exporting needs a working {', '.join(PACKAGES)} ({error}); pip install 'visavis[export]'"
        ) from error


def write_onnx(graph: Graph, images: Float[Tensor, "B C H W"], path: Path) -> int:
    """Write a network as one file, weights included, and return the version of ONNX's operators.

    Args:
        graph: the network.
        images: an input to trace it with, of two images or more.
        path: of the file.
    """
    axes = {n: torch.export.Dim(axis) for n, axis in enumerate(graph.shape) if isinstance(axis, str)}
    with torch.no_grad(), _quiet():
        program = torch.onnx.export(
            graph.module,
            (images,),
            dynamo=True,
            input_names=[graph.input],
            output_names=[output.name for output in graph.outputs],
            dynamic_shapes=(axes,),
            verbose=False,
        )
    assert program is not None
    for node in program.model.graph.all_nodes():
        node.metadata_props.pop(STACK_TRACE, None)  # names folders of this computer
    program.save(path, external_data=False)
    return program.model.opset_imports[""]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter says of torchvision, which is not used, and of its own inner works."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
