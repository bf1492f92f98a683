"""One biquad of the Audio EQ Cookbook: its settings, their limits, and its coefficients.

Source: R. Bristow-Johnson, "Audio EQ Cookbook". Chapters: the tour (book/tour.ipynb), "Hearing
equalizers".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from eqlib.equalizers.stage import GAIN_LIMIT_DB
from eqlib.errors import EqlibError, check_number, checked

Kind = Literal["low_shelf", "high_shelf", "peaking", "lowpass", "highpass", "bandpass", "notch"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LIMITS = {  # exclusive; far beyond any EQ, and far from the limits of floating point
    "cutoff_hz": (0.0, math.inf),
    "gain_db": (-GAIN_LIMIT_DB, GAIN_LIMIT_DB),
    "q": (1e-6, 1e6),
    "slope": (1e-6, 1e6),
}


@dataclass(frozen=True)
class Biquad:
    """One second-order filter of the cookbook. Made by the constructors of `EQ`.

    Args:
        kind: one of `KINDS`.
        cutoff_hz: cutoff, or center, or midpoint of a shelf, in Hz.
        gain_db: gain of the shelf or peak in dB; None for the kinds that have none.
        q: the quality factor, or None for a shelf with a slope.
        slope: a shelf's slope; 1 is the steepest without overshoot.

    Raises:
        EqlibError: for an unknown kind, a number out of range, or one too many or missing.
    """

    kind: Kind
    cutoff_hz: float
    gain_db: float | None = None
    q: float | None = None
    slope: float | None = None

    advance_samples: ClassVar[int] = 0
    delay_samples: ClassVar[int] = 0

    def __post_init__(self) -> None:
        if not isinstance(self.kind, str) or self.kind not in KINDS:
            raise EqlibError(f"kind is {self.kind!r}", f"one of {', '.join(KINDS)}", "Choose one.")
        shelf = self.kind.endswith("shelf")
        width = "slope" if shelf and self.q is None else "q"
        gain = ("gain_db",) if shelf or self.kind == "peaking" else ()
        used = ("cutoff_hz", *gain, width)
        for name, (above, below) in LIMITS.items():
            value = getattr(self, name)
            if name in used:
                cure = f"Give {name} a number in this range."
                number = check_number(name, value, above=above, below=below, cure=cure)
                object.__setattr__(self, name, number)
            elif value is not None:
                raise EqlibError(
                    f"{name} is {value!r}",
                    f"only {', '.join(used)} for this filter",
                    f"Leave {name} out.",
                )
        if width == "slope" and self.gain_db is not None:  # a shelf's never is
            A = 10 ** (self.gain_db / 40)
            # Where alpha stops being real; the 1e-12 keeps it above 0, for poles inside the circle.
            steepest = (A + 1 / A) / (A + 1 / A - 2 + 1e-12)
            cure = "Use a slope of at most 1, the steepest without overshoot, or give q."
            check_number("slope", self.slope, below=steepest, cure=cure)

    @checked
    def check(self, sample_rate: int) -> None:
        """Raises `EqlibError` unless the cutoff is below half the sample rate."""
        cure = "Lower it below half the sample rate, or raise sample_rate."
        check_number("cutoff_hz", self.cutoff_hz, below=sample_rate / 2, cure=cure)

    @checked
    def coefficients(self, sample_rate: int) -> tuple[np.ndarray, np.ndarray]:
        """The cookbook's equations.

        Args:
            sample_rate: in Hz.

        Returns:
            (b, a), each (3,): H(z) = (b0 + b1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2).
        """
        A = 10 ** ((self.gain_db or 0.0) / 40)
        w0 = 2 * math.pi * self.cutoff_hz / sample_rate
        c = math.cos(w0)
        if self.q is not None:
            alpha = math.sin(w0) / (2 * self.q)
        elif self.slope is not None:  # one of the two there is
            alpha = math.sin(w0) / 2 * math.sqrt((A + 1 / A) * (1 / self.slope - 1) + 2)
        plus, minus = (A + 1) + (A - 1) * c, (A + 1) - (A - 1) * c
        r = 2 * math.sqrt(A) * alpha

        a = (1 + alpha, -2 * c, 1 - alpha)
        if self.kind == "lowpass":
            b = ((1 - c) / 2, 1 - c, (1 - c) / 2)
        elif self.kind == "highpass":
            b = ((1 + c) / 2, -(1 + c), (1 + c) / 2)
        elif self.kind == "bandpass":
            b = (alpha, 0, -alpha)
        elif self.kind == "notch":
            b = (1, -2 * c, 1)
        elif self.kind == "peaking":
            b = (1 + alpha * A, -2 * c, 1 - alpha * A)
            a = (1 + alpha / A, -2 * c, 1 - alpha / A)
        elif self.kind == "low_shelf":
            b = (A * (minus + r), 2 * A * ((A - 1) - (A + 1) * c), A * (minus - r))
            a = (plus + r, -2 * ((A - 1) + (A + 1) * c), plus - r)
        else:  # high_shelf
            b = (A * (plus + r), -2 * A * ((A - 1) + (A + 1) * c), A * (plus - r))
            a = (minus + r, 2 * ((A - 1) - (A + 1) * c), minus - r)
        return np.array(b) / a[0], np.array(a) / a[0]

    def describe(self) -> str:
        """The filter in a few words."""
        gain = "" if self.gain_db is None else f", {self.gain_db:+.1f} dB"
        width = f"Q {self.q:.4g}" if self.slope is None else f"slope {self.slope:.4g}"
        return f"{self.kind.replace('_', ' ')} {self.cutoff_hz:g} Hz{gain}, {width}"
