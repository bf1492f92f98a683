"""A short room: the sound itself, and behind it a tail of noise that fades.

It is linear and never changes, only much longer than an equalizer.

Chapter: "Much more complex effects".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from eqlib.effects.rows import check_positive, each_row
from eqlib.errors import EqlibError, check_integer, check_number, checked


@checked
@dataclass(frozen=True)
class Room:
    """Convolution with a decaying noise, which is what the late sound of a room resembles.

    Source: Moorer, "About this reverberation business", Computer Music Journal 3 (1979).

    Attributes:
        length_ms: of the impulse response.
        rt60_ms: in which its tail falls by 60 dB.
        predelay_ms: from the direct sound to the tail.
        wet_db: energy of the tail, relative to the direct sound.
        seed: of the noise: another seed, another room.
        sample_rate: in Hz.

    Raises:
        EqlibError: for times that are not positive, or a predelay as long as the whole.
    """

    length_ms: float = 150.0
    rt60_ms: float = 250.0
    predelay_ms: float = 5.0
    wet_db: float = -6.0
    seed: int = 0
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        for name in ("length_ms", "rt60_ms", "predelay_ms"):
            check_positive(name, getattr(self, name), "milliseconds")
        check_number("wet_db", self.wet_db, below=120, cure="Use -20 to 0 dB.")
        check_integer("seed", self.seed, at_least=0, cure="Give a whole number.")
        check_integer("sample_rate", self.sample_rate, at_least=1, cure="Use 16_000.")
        if self._samples(self.length_ms) <= self._samples(self.predelay_ms):
            raise EqlibError(
                f"predelay_ms is {self.predelay_ms:g} of a room of {self.length_ms:g} ms",
                "a tail that begins before the room ends",
                "Use 5 of 150 ms.",
            )

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """(..., samples) -> the same shape; what rings on after the end is cut off.

        Raises:
            EqlibError: for audio that is not finite floating point.
        """
        response = self.impulse_response()
        return each_row(audio, lambda row: signal.fftconvolve(row, response)[: len(row)])

    def impulse_response(self) -> np.ndarray:
        """The room itself: (samples,) float64."""
        length, late = self._samples(self.length_ms), self._samples(self.predelay_ms)
        seconds = np.arange(length - late) / self.sample_rate
        tail = np.random.default_rng(self.seed).standard_normal(len(seconds))
        tail *= 10 ** (-3 * seconds / (self.rt60_ms / 1000))
        tail *= 10 ** (self.wet_db / 20) / np.sqrt(np.sum(tail**2))
        response = np.zeros(length)
        response[0], response[late:] = 1.0, tail
        return response

    def _samples(self, time_ms: float) -> int:
        return round(time_ms * self.sample_rate / 1000)
