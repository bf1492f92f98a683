"""Effects that move: a tremolo by the clock, an auto-wah by the level.

Chapter: "Much more complex effects".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from eqlib.effects.rows import check_positive, compiled, each_row, smoothing
from eqlib.errors import EqlibError, check_integer, check_number, checked


@checked
@dataclass(frozen=True)
class Tremolo:
    """A gain that swings as a sine, whatever sounds.

    y[n] = x[n] (1 - depth (1 + sin(2 pi rate_hz n / sample_rate + phase)) / 2): from 1 down to
    1 - depth.

    Attributes:
        rate_hz: swings in a second.
        depth: from 0, none, to 1, down to silence.
        phase_deg: where in its swing the oscillator is at the first sample.
        sample_rate: in Hz.

    Raises:
        EqlibError: for a rate that is not positive, or a depth outside of 0 to 1.
    """

    rate_hz: float = 5.0
    depth: float = 0.8
    phase_deg: float = 0.0
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        check_positive("rate_hz", self.rate_hz, "Hz")
        check_number("depth", self.depth, above=-1e-12, below=1 + 1e-12, cure="Use 0 to 1.")
        check_number("phase_deg", self.phase_deg, cure="Give it in degrees: 0 to 360.")
        check_integer("sample_rate", self.sample_rate, at_least=1, cure="Use 16_000.")

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """(..., samples) -> the same shape.

        Raises:
            EqlibError: for audio that is not finite floating point.
        """
        return each_row(audio, lambda row: row * self._gain(len(row)))

    def _gain(self, samples: int) -> np.ndarray:
        turns = self.rate_hz * np.arange(samples) / self.sample_rate + self.phase_deg / 360
        return 1 - self.depth * (1 + np.sin(2 * math.pi * turns)) / 2


@checked
@dataclass(frozen=True)
class AutoWah:
    """A resonant peak that follows the level: soft is low, loud is high.

    The envelope, a one-pole follower of |x|, places the center between low_hz and high_hz on a
    logarithmic scale. The peak is a band taken from a state-variable filter in its trapezoidal
    form, whose coefficients may change with every sample, and added to the dry sound.

    Source of the filter: Zavalishin, "The art of VA filter design", chapter 4.

    Attributes:
        low_hz: center when nothing sounds.
        high_hz: center at full_level and above.
        full_level: envelope, with full scale at 1, at which the top is reached.
        q: sharpness of the peak.
        gain_db: at the center.
        attack_ms: time constant of a rising envelope.
        release_ms: of a falling one.
        sample_rate: in Hz.

    Raises:
        EqlibError: for frequencies that are not in order below half the sample rate, or other
            settings that are not positive.
    """

    low_hz: float = 300.0
    high_hz: float = 3_000.0
    full_level: float = 0.2
    q: float = 3.0
    gain_db: float = 12.0
    attack_ms: float = 10.0
    release_ms: float = 100.0
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        for name, unit in (("low_hz", "Hz"), ("full_level", "parts of full scale"), ("q", "1")):
            check_positive(name, getattr(self, name), unit)
        check_positive("attack_ms", self.attack_ms, "milliseconds")
        check_positive("release_ms", self.release_ms, "milliseconds")
        check_number("gain_db", self.gain_db, below=120, cure="Use 6 to 18 dB.")
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
        return each_row(audio, self._wah)

    def _wah(self, row: np.ndarray) -> np.ndarray:
        times_ms = self.attack_ms, self.release_ms
        rates = [smoothing(time_ms, sample_rate=self.sample_rate) for time_ms in times_ms]
        envelope = compiled(_follow)(np.abs(row), *rates)
        height = np.minimum(envelope / self.full_level, 1.0)
        center_hz = self.low_hz * (self.high_hz / self.low_hz) ** height
        warped = np.tan(math.pi * center_hz / self.sample_rate)
        band: np.ndarray = compiled(_bandpass)(row, warped, 1 / self.q)
        return row + (10 ** (self.gain_db / 20) - 1) * band


def _follow(magnitude: np.ndarray, attack: float, release: float) -> np.ndarray:
    envelope, level = np.empty_like(magnitude), 0.0
    for n in range(len(magnitude)):
        rate = attack if magnitude[n] > level else release
        level = rate * level + (1 - rate) * magnitude[n]
        envelope[n] = level
    return envelope


def _bandpass(x: np.ndarray, warped: np.ndarray, damping: float) -> np.ndarray:
    band, s1, s2 = np.empty_like(x), 0.0, 0.0
    for n in range(len(x)):
        g = warped[n]
        high = (x[n] - (damping + g) * s1 - s2) / (1 + g * (damping + g))
        middle = g * high + s1
        low = g * middle + s2
        s1, s2 = g * high + middle, g * middle + low
        band[n] = damping * middle
    return band
