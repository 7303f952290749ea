"""The one collective that a loss over the whole batch needs."""

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from torch import Tensor
from torch.autograd.function import FunctionCtx


def gather_rows(rows: Shaped[Tensor, "B *rest"]) -> Shaped[Tensor, "WB *rest"]:
    """The rows of all W processes in rank order, with gradients flowing back to where they came from.

    Every process must hold the same number of rows. Each then computes the loss of the whole batch, and
    averaging parameter gradients over processes, as DistributedDataParallel does, gives the gradient
    that one process with the whole batch would have. Without a process group the rows are returned.
    """
    if not (dist.is_available() and dist.is_initialized()):
        return rows
    gathered: Tensor = _GatherRows.apply(rows)  # type: ignore[no-untyped-call]
    return gathered


class _GatherRows(torch.autograd.Function):
    """An all_gather that autograd sees through: the plain one makes constants of the rows."""

    @staticmethod
    def forward(ctx: FunctionCtx, rows: Tensor) -> Tensor:
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    @staticmethod
    def backward(ctx: FunctionCtx, grad: Tensor) -> Tensor:
        total = grad.clone()  # the engine may still need `grad` as it is
        dist.all_reduce(total)
        return total.chunk(dist.get_world_size())[dist.get_rank()]
