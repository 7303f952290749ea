"""The crop of the spatial transformer in ONNX Runtime: border pixels, zeros beyond the image."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from jaxtyping import Float
from torch import Tensor, nn

from visavis.export.graph import Graph, Output
from visavis.export.onnx_file import write_onnx
from visavis.features import preparation
from visavis.nets.spatial_transformer import crop, keep_inside

SIDE, CROP = 9, 7
BOXES = [
    [1.0, 1.0, 0.0, 0.0],  # the image itself
    [0.3, 0.3, 3.0, -3.0],  # over the corner at the left and below
    [0.4, 0.9, 0.1, 0.2],
    [1.7, 1.2, 0.0, 0.5],  # larger than the image
    [0.2, 0.2, 9.0, 0.0],  # outside
    [-0.5, 0.5, 0.0, 0.0],  # mirrored
]


class Crops(nn.Module):
    """One box of all images after the other."""

    boxes: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("boxes", torch.tensor(BOXES))

    def forward(self, photos: Float[Tensor, "B 3 H W"]) -> Float[Tensor, "B N 3 h w"]:
        boxes = keep_inside(self.boxes)
        crops = [crop(photos, box.expand(photos.shape[0], 4), CROP) for box in boxes.unbind()]
        return torch.stack(crops, 1)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> onnxruntime.InferenceSession:
    path: Path = tmp_path_factory.mktemp("crops") / "crops.onnx"
    output = Output("crops", ("B", len(BOXES), 3, CROP, CROP), "")
    shape, read = ("B", 3, SIDE, SIDE), (preparation.frame(SIDE, 1, 0),)
    graph = Graph("crops", Crops(), "photos", shape, read, (output,), lambda: torch.rand(3, 3, SIDE, SIDE))
    write_onnx(graph, torch.rand(2, 3, SIDE, SIDE), path)
    return onnxruntime.InferenceSession(path)


@pytest.mark.parametrize("batch", [1, 3])
def test_crops_equal_torch(session: onnxruntime.InferenceSession, batch: int) -> None:
    photos = torch.rand(batch, 3, SIDE, SIDE)
    (found,) = session.run(None, {"photos": photos.numpy()})
    np.testing.assert_allclose(found, Crops()(photos).numpy(), atol=1e-6)


def test_pixels_are_where_they_belong(session: onnxruntime.InferenceSession) -> None:
    """By hand: of an image of ones, what a box sees beyond the border is zero."""
    (found,) = session.run(None, {"photos": np.ones((1, 3, SIDE, SIDE), np.float32)})
    assert found[0, 0].min() == pytest.approx(1)
    assert found[0, 4].max() == 0
    # Of a box whose centre is 0.9 down, half its side 0.3, rows lie at 0.6, 0.7, ... 1.2 of the half image.
    assert found[0, 1, 0, :, -1] == pytest.approx([1, 1, 1, 1, 1, 0.6, 0.2], abs=1e-5)
