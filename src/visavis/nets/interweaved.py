"""ANet on all overlapping patches of a photo in one pass (Liu et al., ICCV 2015, section 3)."""

from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from visavis.errors import VisavisError
from visavis.nets.anet import CELLS, ANet


def interweaved(
    net: ANet, photos: Float[Tensor, "B 3 H W"], stride: int
) -> Float[Tensor, "B rows columns C h w"]:
    """The maps that `net` makes of all patches of its side, one at every `stride` pixels from the top left.

    Equal to calling it on patch after patch, and several times as fast. C1, C2 and the nine banks of C3 run
    over the whole photo, each bank only as far as any patch has the cell of that bank. A patch begins at a
    multiple of the network's stride, so its own poolings would begin where those of the photo do: its cell of
    bank k is a piece of the photo's map of bank k. The pieces of its nine cells are put side by side,
    and C4 reads them.

    The paper interweaves one map for each bank of C4, tiled with cells in turn, and convolves all of it.
    Such a map holds patches that lie whole blocks of cells apart (48 px here); patches closer by need a map
    for each phase, convolved also at places between tiles that no patch has. Here cells are
    put together for patches alone: the same numbers, and fewer of them.

    Args:
        net: in evaluation mode; statistics of a batch would be those of the photo, not of patches.
        photos: with values in 0..1, of at least the network's side. Of H rows, (H - side) % stride at the
            bottom are in no patch, and likewise columns at the right.
        stride: pixels from one patch to the next, a multiple of the network's.

    Raises:
        VisavisError: the network is in training mode, the stride is no multiple, or a photo is too small.
    """
    _check(net, photos, stride)
    rows, columns = (1 + (length - net.side) // stride for length in photos.shape[-2:])
    high, wide = (net.side + (count - 1) * stride for count in (rows, columns))
    step = stride // net.stride
    cells = net.banks(photos[..., :high, :wide]).unfold(2, net.cell, step).unfold(3, net.cell, step)
    patches = rearrange(
        cells, "b (y x c) rows columns h w -> (b rows columns) c (y h) (x w)", y=CELLS, x=CELLS
    )
    return rearrange(
        net.read(patches), "(b rows columns) c h w -> b rows columns c h w", rows=rows, columns=columns
    )


def _check(net: ANet, photos: Float[Tensor, "B 3 H W"], stride: int) -> None:
    if net.training:
        raise VisavisError("the interweaved pass needs a network in evaluation mode; call net.eval()")
    if stride < net.stride or stride % net.stride:
        raise VisavisError(f"stride: {stride} px between patches is no multiple of {net.stride}; use one")
    if min(photos.shape[-2:]) < net.side:
        size = " x ".join(map(str, photos.shape[-2:]))
        raise VisavisError(f"photos of {size} px hold no patch of {net.side} px; enlarge them")
