"""Pictures of results: NumPy arrays in, uint8 RGB out. Draws what it is given and knows nothing else."""

from visavis.pictures.bars import bars
from visavis.pictures.curve import cmc_curve, curves, reliability_curve
from visavis.pictures.strip import Answer, strip, strips

__all__ = ["Answer", "bars", "cmc_curve", "curves", "reliability_curve", "strip", "strips"]
