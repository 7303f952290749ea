import math

import numpy as np
import pytest
import torch

from visavis.features.hog import Norm, hog


def loop_hog(image: np.ndarray, cell: int, bins: int, block: int, period: float) -> np.ndarray:
    """Unnormalised blocks, pixel by pixel."""
    height, width = image.shape
    rows, columns = height // cell, width // cell
    top, left = (height - rows * cell) / 2, (width - columns * cell) / 2
    cells = np.zeros((rows, columns, bins))
    for y in range(height):
        for x in range(width):
            dx = (image[y, min(x + 1, width - 1)] - image[y, max(x - 1, 0)]) / 2
            dy = (image[min(y + 1, height - 1), x] - image[max(y - 1, 0), x]) / 2
            bin_position = (math.atan2(dy, dx) % period) / period * bins - 0.5
            row_position, column_position = (y + 0.5 - top) / cell - 0.5, (x + 0.5 - left) / cell - 0.5
            for r in (math.floor(row_position), math.floor(row_position) + 1):
                for c in (math.floor(column_position), math.floor(column_position) + 1):
                    if not (0 <= r < rows and 0 <= c < columns):
                        continue
                    weight = (1 - abs(row_position - r)) * (1 - abs(column_position - c))
                    for k in (math.floor(bin_position), math.floor(bin_position) + 1):
                        share = weight * (1 - abs(bin_position - k))
                        cells[r, c, k % bins] += share * math.hypot(dx, dy)
    return np.array(
        [
            cells[r : r + block, c : c + block].ravel()
            for r in range(rows - block + 1)
            for c in range(columns - block + 1)
        ]
    )


def normalised(blocks: np.ndarray, norm: Norm, epsilon: float) -> np.ndarray:
    if norm == "l1-sqrt":
        rooted: np.ndarray = np.sqrt(blocks / (blocks.sum(axis=1, keepdims=True) + epsilon))
        return rooted
    blocks = blocks / (np.linalg.norm(blocks, axis=1, keepdims=True) + epsilon)
    if norm == "l2-hys":
        blocks = blocks.clip(max=0.2)
        blocks = blocks / np.linalg.norm(blocks, axis=1, keepdims=True)
    return blocks


@pytest.fixture
def images() -> torch.Tensor:
    return torch.rand(3, 1, 25, 22, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("norm", ["l2", "l2-hys", "l1-sqrt"])
@pytest.mark.parametrize(("signed", "period"), [(False, math.pi), (True, 2 * math.pi)])
def test_equals_a_loop_over_pixels(images: torch.Tensor, norm: Norm, signed: bool, period: float) -> None:
    expected = [
        normalised(loop_hog(image, 6, 5, 2, period), norm, 0.1).ravel() for image in images[:, 0].numpy()
    ]
    found = hog(images, cell=6, bins=5, signed=signed, norm=norm, epsilon=0.1)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)


def test_brightness_does_not_count(images: torch.Tensor) -> None:
    torch.testing.assert_close(hog(images + 0.3, cell=6), hog(images, cell=6))


def test_contrast_does_not_count_without_epsilon(images: torch.Tensor) -> None:
    torch.testing.assert_close(hog(0.1 * images, cell=6, epsilon=0), hog(images, cell=6, epsilon=0))


def test_ink_and_paper_may_be_exchanged(images: torch.Tensor) -> None:
    torch.testing.assert_close(hog(1 - images, cell=6), hog(images, cell=6))
    assert not torch.allclose(hog(1 - images, cell=6, signed=True), hog(images, cell=6, signed=True))


def test_a_vertical_edge_votes_for_the_bins_beside_zero_degrees() -> None:
    step = torch.zeros(1, 1, 16, 16)
    step[..., 8:] = 1
    histogram = hog(step, cell=16, block=1, norm="l2", epsilon=0)[0]
    expected = torch.zeros(9)
    expected[[0, 8]] = 0.5**0.5
    torch.testing.assert_close(histogram, expected)


def test_blank_paper_is_zero() -> None:
    assert not hog(torch.ones(1, 1, 32, 32), norm="l1-sqrt").any()


def test_a_line_that_moves_by_a_pixel_changes_little() -> None:
    def line_at(column: int) -> torch.Tensor:
        page = torch.zeros(1, 1, 64, 64)
        page[..., column : column + 2] = 1
        return hog(page)[0]

    similarity = torch.cosine_similarity(line_at(31), line_at(32), dim=0)
    assert similarity > 0.99  # hard cell borders give 0.965
