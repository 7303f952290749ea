"""Pictures of results: NumPy arrays in, uint8 RGB out. Draws what it is given and knows nothing else."""

from visavis.pictures.bars import bars, signed_bars
from visavis.pictures.curve import cmc_curve, curves, detection_curve, reliability_curve
from visavis.pictures.described import described
from visavis.pictures.strip import Answer, strip, strips

__all__ = [
    "Answer",
    "bars",
    "cmc_curve",
    "curves",
    "described",
    "detection_curve",
    "reliability_curve",
    "signed_bars",
    "strip",
    "strips",
]
