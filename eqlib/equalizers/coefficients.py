"""Stages that are given by their coefficients: what a solver or a fit finds, and a file holds.

A `Biquad` or a `FIR` knows what it was designed for and works its coefficients out. These two have
nothing behind the numbers. Chapter: "When not to use a network".
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from eqlib.equalizers.stage import real_array
from eqlib.errors import EqlibError, check_integer, check_number, check_numbers, checked


@dataclass(frozen=True)
class Taps:
    """A FIR filter of any taps. Made by `EQ.from_taps`.

    Args:
        taps: the impulse response, one number or more.
        advance_samples: samples by which it begins before time zero.

    Raises:
        EqlibError: for taps that are not finite numbers, none at all, or an advance below zero.
    """

    taps: tuple[float, ...]
    advance_samples: int = 0

    delay_samples: ClassVar[int] = 0

    def __post_init__(self) -> None:
        taps = check_numbers("taps", self.taps, cure="Give taps as a list of numbers.")
        if not taps:
            raise EqlibError("taps is empty", "one tap or more", "EQ.flat() changes nothing.")
        cure = "Use 0 for a causal filter."
        advance = check_integer("advance_samples", self.advance_samples, at_least=0, cure=cure)
        object.__setattr__(self, "taps", taps)
        object.__setattr__(self, "advance_samples", advance)

    @checked
    def check(self, sample_rate: int) -> None:
        """Taps suit every sample rate."""

    @checked
    def coefficients(self, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
        """(b, a), with b the taps before any advance, and a = 1."""
        return np.array(self.taps), np.ones(1)

    def describe(self) -> str:
        """How many taps there are, and where they begin."""
        advance = f", advanced by {self.advance_samples} samples" * (self.advance_samples > 0)
        return f"FIR of {len(self.taps)} given taps{advance}"


@dataclass(frozen=True)
class Section:
    """One second-order section, H(z) = (b0 + b1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2).

    Made by `EQ.from_sos`. scipy would filter with poles outside the unit circle too, but such a
    section's output grows without end, so it is no equalizer.

    Args:
        b0, b1, b2: the numerator.
        a1, a2: the denominator.

    Raises:
        EqlibError: for what is no finite number, or a pole that is not inside the unit circle.
    """

    b0: float
    b1: float
    b2: float
    a1: float
    a2: float

    advance_samples: ClassVar[int] = 0
    delay_samples: ClassVar[int] = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            cure = f"Give {field.name} a number."
            number = check_number(field.name, getattr(self, field.name), cure=cure)
            object.__setattr__(self, field.name, number)
        # The triangle of (a1, a2) in which both poles are inside.
        if not (abs(self.a2) < 1 and abs(self.a1) < 1 + self.a2):
            outermost = np.abs(np.roots([1, self.a1, self.a2])).max()
            raise EqlibError(
                f"a section with a1 = {self.a1:g} and a2 = {self.a2:g} has a pole of magnitude "
                f"{outermost:g}",
                "both poles inside the unit circle, where a filter is stable",
                "Check the signs of a1 and a2 (rows are b0 b1 b2 1 a1 a2), or fit it again.",
            )

    @checked
    def check(self, sample_rate: int) -> None:
        """Coefficients suit every sample rate."""

    @checked
    def coefficients(self, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
        """(b, a), each (3,)."""
        return np.array((self.b0, self.b1, self.b2)), np.array((1.0, self.a1, self.a2))

    def describe(self) -> str:
        """The coefficients to four digits."""
        b = f"{self.b0:.4g} {self.b1:.4g} {self.b2:.4g}"
        return f"section b {b}, a 1 {self.a1:.4g} {self.a2:.4g}"


def given_taps(taps: ArrayLike, advance_samples: int) -> Taps:
    """An array, list or tensor as a stage: see `EQ.from_taps`."""
    expected, cure = "one row of taps, finite numbers", "Take one filter."
    row = real_array("taps", taps, expected=expected, cure=cure)
    if row.ndim != 1 or not row.size:
        raise EqlibError(f"taps has shape {row.shape}", expected, cure)
    return Taps(tuple(row.tolist()), advance_samples)


def given_sections(sos: ArrayLike) -> tuple[Section, ...]:
    """The rows of an array, list or tensor as stages: see `EQ.from_sos`."""
    expected = "(sections, 6), each row b0 b1 b2 1 a1 a2, finite numbers"
    cure = "scipy.signal.tf2sos makes such rows from b and a."
    rows = real_array("sos", sos, expected=expected, cure=cure)
    if rows.ndim != 2 or rows.shape[1] != 6:
        raise EqlibError(f"sos has shape {rows.shape}", expected, cure)
    for i, a0 in enumerate(rows[:, 3].tolist()):
        if a0 != 1:
            raise EqlibError(f"row {i} of sos has a0 = {a0:g}", expected, "Divide the row by it.")
    return tuple(Section(*row[:3], *row[4:]) for row in rows.tolist())
