import pytest
import torch
from torch import Tensor

from visavis.losses import pairwise_distances, triplet_loss
from visavis.mining import hardest_negatives, semi_hard_negatives

MARGIN = 0.2
LABELS = [0, 1, 0, 2, 1, 1, 3]
COLUMN_LABELS = [1, 0, 2, 0, 4]


def slow_miner(
    distances: list[list[float]], rows: list[int], columns: list[int], same_items: bool, semi_hard: bool
) -> list[tuple[int, int, int]]:
    found = []
    for a, row in enumerate(distances):
        for p, to_positive in enumerate(row):
            if rows[a] != columns[p] or (same_items and a == p):
                continue
            negatives = [
                n
                for n, to_negative in enumerate(row)
                if columns[n] != rows[a] and (not semi_hard or 0 < to_negative - to_positive <= MARGIN)
            ]
            if negatives:
                found.append((a, p, min(negatives, key=lambda n: row[n])))
    return found


@pytest.mark.parametrize("two_sides", [False, True])
@pytest.mark.parametrize("semi_hard", [False, True])
def test_equals_a_loop(two_sides: bool, semi_hard: bool) -> None:
    columns = COLUMN_LABELS if two_sides else LABELS
    distances = torch.rand(7, len(columns), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    column_labels = torch.tensor(columns) if two_sides else None
    if semi_hard:
        mined = semi_hard_negatives(distances, torch.tensor(LABELS), column_labels, margin=MARGIN)
    else:
        mined = hardest_negatives(distances, torch.tensor(LABELS), column_labels)
    triplets = list(zip(*(index.tolist() for index in mined), strict=True))
    expected = slow_miner(distances.tolist(), LABELS, columns, not two_sides, semi_hard)
    assert triplets == expected
    assert 0 < len(expected) < len(LABELS) * len(columns)


def test_band_is_open_below_and_closed_above() -> None:
    labels, columns = torch.tensor([0]), torch.tensor([0, 1, 2, 3])
    distances = torch.tensor([[0.5, 0.5, 0.75, 0.7500001]])
    assert [x.tolist() for x in semi_hard_negatives(distances, labels, columns, margin=0.25)] == [
        [0],
        [0],
        [2],
    ]
    nothing = semi_hard_negatives(distances[:, [0, 1, 3]], labels, columns[[0, 1, 3]], margin=0.25)
    assert [x.tolist() for x in nothing] == [[], [], []]


def test_a_batch_of_one_label_has_no_triplets() -> None:
    labels = torch.zeros(3, dtype=torch.int64)
    assert all(index.numel() == 0 for index in hardest_negatives(torch.rand(3, 3), labels))


def test_mined_triplets_feed_the_loss() -> None:
    rows = torch.rand(7, 4, requires_grad=True)
    distances = pairwise_distances(rows, rows, squared=True)
    a, p, n = semi_hard_negatives(distances, torch.tensor(LABELS), margin=MARGIN)
    losses: Tensor = triplet_loss(rows[a], rows[p], rows[n], margin=MARGIN, squared=True, reduction="none")
    assert len(losses) > 0
    assert ((losses >= 0) & (losses < MARGIN)).all()  # inside the band, by its definition
