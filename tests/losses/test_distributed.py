"""A loss over the whole batch gives the same value and gradient on two processes as on one."""

from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import spawn
from torch.nn.functional import normalize
from torch.nn.parallel import DistributedDataParallel

from visavis.losses import batch_triplet_loss, closeness_loss, gather_rows, info_nce_loss

LABELS = torch.tensor([0, 1, 2, 0, 3, 1, 4, 2])  # equal ones on both halves


def losses(a: Tensor, b: Tensor, labels: Tensor, gather: bool) -> dict[str, Tensor]:
    return {
        "info_nce": info_nce_loss(a, b, temperature=0.2, gather=gather),
        "info_nce, labels": info_nce_loss(a, b, temperature=0.2, labels=labels, gather=gather),
        "triplet": batch_triplet_loss(a, b, margin=0.3, squared=True, gather=gather),
        "triplet, labels, active": batch_triplet_loss(
            a, b, margin=0.3, squared=False, labels=labels, average="active", gather=gather
        ),
        "closeness": closeness_loss(a, labels, gather=gather),
    }


def values_and_gradients(rank: int, world_size: int, gather: bool) -> dict[str, tuple[Tensor, Tensor]]:
    """Of every loss, for a linear encoder on the rank's share of one fixed batch."""
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(3, 4, dtype=torch.float64, generator=generator)
    images = torch.randn(2, 8, 4, dtype=torch.float64, generator=generator).chunk(world_size, dim=1)[rank]
    labels = LABELS.chunk(world_size)[rank]
    results = {}
    for name in losses(images[0], images[1], labels, gather=False):
        linear = nn.Linear(4, 3, bias=False, dtype=torch.float64)
        linear.weight.data.copy_(weight)
        encoder = DistributedDataParallel(linear) if world_size > 1 else linear
        a, b = normalize(encoder(images.flatten(0, 1)), dim=1).chunk(2)
        loss = losses(a, b, labels, gather)[name]
        loss.backward()  # type: ignore[no-untyped-call]
        assert linear.weight.grad is not None
        results[name] = loss.detach(), linear.weight.grad
    return results


def worker(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=2)
    torch.save(values_and_gradients(rank, world_size=2, gather=True), f"{folder}/{rank}.pt")
    dist.barrier()  # who leaves early takes the connection along, and the other one aborts
    dist.destroy_process_group()


def test_two_processes_equal_one(tmp_path: Path) -> None:
    spawn(worker, args=(str(tmp_path),), nprocs=2)  # type: ignore[no-untyped-call]
    one = values_and_gradients(rank=0, world_size=1, gather=False)
    for rank in range(2):
        torch.testing.assert_close(torch.load(tmp_path / f"{rank}.pt"), one)


def test_without_a_process_group_the_rows_come_back() -> None:
    rows = torch.randn(3, 2)
    assert gather_rows(rows) is rows
