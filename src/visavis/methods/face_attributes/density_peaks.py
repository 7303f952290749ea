"""Several faces in one response map: clustering by density peaks.

A. Rodriguez and A. Laio, Clustering by Fast Search and Find of Density Peaks, Science 2014, as Z. Liu et al.,
ICCV 2015, take it for response maps.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Num

from visavis.errors import VisavisError


class Peaks(NamedTuple):
    """Peaks of a map, the most extreme first: it is that of the dominant face.

    `places` (N, 2) are their y and x in pixels of the map, `extremes` (N,) their d, and `owners` (H, W) the
    number of the peak that each position belongs to.
    """

    places: Int[np.ndarray, "N 2"]
    extremes: Float[np.ndarray, " N"]
    owners: Int[np.ndarray, "H W"]


def density_peaks(
    response: Num[np.ndarray, "H W"], *, least_response: float = 0.5, least_distance: float = 0.2
) -> Peaks:
    """Find the peaks of a map and what belongs to each.

    For position i, rho_i is its response, and sigma_i = min {s_ij : rho_j > rho_i} its distance from the
    nearest stronger position; the strongest of all gets the largest distance there is. The paper takes as
    peaks the extremes of d_i = sqrt(rho_i^2 + sigma_i^2) and names no units. Here rho is scaled to 0..1 from
    the map's lowest to its highest, and sigma is a share of the map's diagonal. As the neighbours of the
    highest have nearly its d, a peak must be extreme in both terms; d then puts the peaks in order.

    Any other position belongs to the peak of its nearest stronger neighbour, of several as near to that of
    the strongest. Of equal responses the first in reading order counts as the stronger.

    Args:
        response: the map, higher for a face.
        least_response: rho of a peak, as a share of the strongest.
        least_distance: sigma of a peak, as a share of the diagonal.

    Raises:
        VisavisError: the response is not finite.
    """
    if not np.isfinite(response).all():
        raise VisavisError("A response map is not finite; check that training did not diverge.")
    height, width = response.shape
    order = np.argsort(-response.astype(np.float64), axis=None, kind="stable")
    places = np.stack(np.divmod(order, width), axis=1)  # from the strongest on
    distances, stronger = _nearest_stronger(places)
    rho = response.ravel()[order].astype(np.float64)
    rho = (rho - rho[-1]) / ((rho[0] - rho[-1]) or 1.0)
    sigma = distances / np.hypot(height, width)
    sigma[0] = 1.0
    peaks = np.flatnonzero((rho >= least_response) & (sigma >= least_distance) | (np.arange(len(order)) == 0))
    extremes = np.hypot(rho[peaks], sigma[peaks])
    ranking = np.argsort(-extremes, kind="stable")
    owner = np.full(len(order), -1)
    owner[peaks[ranking]] = np.arange(len(peaks))
    for i in np.flatnonzero(owner < 0):  # whoever it follows is stronger, and so has an owner already
        owner[i] = owner[stronger[i]]
    owners = np.empty(height * width, dtype=owner.dtype)
    owners[order] = owner
    return Peaks(places[peaks[ranking]], extremes[ranking], owners.reshape(height, width))


def _nearest_stronger(
    places: Int[np.ndarray, "N 2"],
) -> tuple[Float[np.ndarray, " N"], Int[np.ndarray, " N"]]:
    """Distance and number of the nearest place before each, the earliest of several; 0 of the first."""
    squares, stronger = np.zeros(len(places), dtype=int), np.zeros(len(places), dtype=int)
    y, x = np.ascontiguousarray(places.T, dtype=np.int32)  # seconds faster of a large map than rows of pairs
    for i in range(1, len(places)):
        apart = (y[:i] - y[i]) ** 2 + (x[:i] - x[i]) ** 2
        stronger[i] = apart.argmin()
        squares[i] = apart[stronger[i]]
    return np.sqrt(squares), stronger
