"""What a network should be measured against."""

from eqlib.baselines.biquads import fit_biquads
from eqlib.baselines.least_squares import least_squares_fir

__all__ = ["fit_biquads", "least_squares_fir"]
