"""Whether ONNX Runtime gives what torch gives."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from visavis.export.graph import Graph

TOLERANCE = 1e-4  # as a share of an output's largest value; in an embedding of unit length that is 1 at most
BATCHES = (1, 3)
SEED = 0


def largest_differences(graph: Graph, path: Path, examples: Float[Tensor, "B C H W"]) -> dict[str, float]:
    """The largest difference in each output, as a share of the largest value that torch gives there.

    Both read the same images, random and rendered, in batches of 1 and of 3.

    Args:
        graph: the network in torch.
        path: its ONNX file.
        examples: 3 rendered images or more.

    Returns:
        by name of the output; infinite where shapes differ, NaN where a value is.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [output.name for output in graph.outputs]
    noise = torch.rand(examples.shape, generator=torch.Generator().manual_seed(SEED))
    batches = [images[:count] for images in (noise, examples) for count in BATCHES]
    found = [session.run(names, {graph.input: batch.numpy()}) for batch in batches]
    expected = [run_torch(graph, batch) for batch in batches]
    return {
        name: _difference([one[n] for one in found], [one[n] for one in expected])
        for n, name in enumerate(names)
    }


@torch.no_grad()
def run_torch(graph: Graph, images: Float[Tensor, "B C H W"]) -> list[np.ndarray]:
    """The outputs of a network in torch, in their order."""
    outputs = graph.module(images)
    return [output.numpy() for output in ((outputs,) if isinstance(outputs, Tensor) else outputs)]


def _difference(found: list[np.ndarray], expected: list[np.ndarray]) -> float:
    if [one.shape for one in found] != [one.shape for one in expected]:
        return float("inf")
    one, other = (np.concatenate([batch.ravel() for batch in batches]) for batches in (found, expected))
    return float(np.abs(one - other).max() / max(np.abs(other).max(), np.finfo(np.float32).tiny))
