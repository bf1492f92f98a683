"""What every stage of an EQ can do.

Chapter: "Hearing equalizers".
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

GAIN_LIMIT_DB = 120.0  # far beyond any EQ, and far from the limits of floating point


def frequency_response(
    b: np.ndarray, a: np.ndarray, frequencies_hz: np.ndarray, sample_rate: int
) -> np.ndarray:
    """H(z) = B(z) / A(z) on the unit circle, both polynomials in z^-1. Complex, as the input."""
    z = np.exp(2j * np.pi * np.asarray(frequencies_hz, dtype=np.float64) / sample_rate)
    polynomial = np.polynomial.polynomial.polyval
    return polynomial(1 / z, b) / polynomial(1 / z, a)


class Stage(Protocol):
    """One filter of an EQ, a biquad or a FIR, as far as a FIR that imitates it needs to know."""

    def coefficients(self, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
        """(b, a), the numerator and the denominator in powers of z^-1."""

    def describe(self) -> str:
        """The filter in a few words."""
