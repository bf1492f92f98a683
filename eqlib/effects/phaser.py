"""A phaser: the sound and its copy through allpass filters that move by the clock.

Chapter: "Much more complex effects".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from eqlib.effects.rows import check_positive, compiled, each_row
from eqlib.errors import EqlibError, check_integer, check_number, checked


@checked
@dataclass(frozen=True)
class Phaser:
    """Notches that wander up and down, whatever sounds.

    The sound goes through allpass filters of first order, one after the other, and half of what
    comes out is added to half of what went in: where the copy is turned by 180 degrees, there is a
    notch. A sine moves the frequency at which each filter turns by 90 degrees, on a logarithmic
    scale, between low_hz and high_hz. Two filters make one notch.

        v[n] = a[n] u[n] + u[n-1] - a[n] v[n-1],  a = (tan(pi f / fs) - 1) / (tan(pi f / fs) + 1)

    Source of the filter: Zölzer (editor), "DAFX", second edition, chapter 2.

    Attributes:
        rate_hz: of the sine.
        low_hz: the lowest frequency of the filters.
        high_hz: the highest one.
        filters: how many.
        phase_deg: where in its turn the sine is at the first sample.
        sample_rate: in Hz.

    Raises:
        EqlibError: for frequencies that are not in order below half the sample rate, or other
            settings that are not positive.
    """

    rate_hz: float = 0.7
    low_hz: float = 300.0
    high_hz: float = 3_000.0
    filters: int = 4
    phase_deg: float = 0.0
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        check_positive("rate_hz", self.rate_hz, "Hz")
        check_positive("low_hz", self.low_hz, "Hz")
        check_number("phase_deg", self.phase_deg, cure="Give it in degrees: 0 to 360.")
        check_integer("filters", self.filters, at_least=1, at_most=64, cure="Use 2 to 12.")
        check_integer("sample_rate", self.sample_rate, at_least=1, cure="Use 16_000.")
        high_hz = check_number("high_hz", self.high_hz, cure="Use 3_000 Hz.")
        if not self.low_hz <= high_hz < self.sample_rate / 2:
            raise EqlibError(
                f"low_hz is {self.low_hz:g} and high_hz {high_hz:g}",
                f"low_hz up to high_hz, below {self.sample_rate / 2:g} Hz",
                "Use 300 and 3_000.",
            )

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """(..., samples) -> the same shape.

        Raises:
            EqlibError: for audio that is not finite floating point.
        """
        return each_row(audio, self._phased)

    def _phased(self, row: np.ndarray) -> np.ndarray:
        turns = self.rate_hz * np.arange(len(row)) / self.sample_rate + self.phase_deg / 360
        height = (1 + np.sin(2 * math.pi * turns)) / 2
        hz = self.low_hz * (self.high_hz / self.low_hz) ** height
        warped = np.tan(math.pi * hz / self.sample_rate)
        turned: np.ndarray = compiled(_allpasses)(row, (warped - 1) / (warped + 1), self.filters)
        mixed: np.ndarray = (row + turned) / 2
        return mixed


def _allpasses(x: np.ndarray, a: np.ndarray, filters: int) -> np.ndarray:
    turned: np.ndarray = x.copy()
    for _ in range(filters):
        before, after = 0.0, 0.0
        for n in range(len(x)):
            here = turned[n]
            after = a[n] * (here - after) + before
            before = here
            turned[n] = after
    return turned
