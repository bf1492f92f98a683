"""Static distortion: a curve that every sample passes, one by one, without any memory.

A curve makes partials that were not there, multiples of those that were. Above half the sample
rate they fold back to where no multiple is: aliasing. Oversampling gives them room first.

Chapter: "Much more complex effects".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from eqlib.effects.rows import each_row
from eqlib.errors import check_integer, check_number, checked


@checked
@dataclass(frozen=True)
class Waveshaper:
    """y = tanh(drive x): soft distortion, level and all.

    Attributes:
        drive_db: gain before the curve, in dB. At 18 dB, a note of -6 dBFS is squashed.
        oversampling: how many times as many samples the curve sees: 1 is the naive form, which
            aliases; with 8, what folds back is far below. Both changes of rate are linear-phase
            FIR filters without delay (scipy.signal.resample_poly's Kaiser window).
        sample_rate: in Hz.

    Raises:
        EqlibError: for a drive that is not finite, or oversampling below 1.
    """

    drive_db: float = 18.0
    oversampling: int = 1
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        check_number("drive_db", self.drive_db, below=120, cure="Use 0 to 30 dB.")
        check_integer("oversampling", self.oversampling, at_least=1, cure="Use 1 or 8.")
        check_integer("sample_rate", self.sample_rate, at_least=1, cure="Use 16_000.")

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """(..., samples) -> the same shape.

        Raises:
            EqlibError: for audio that is not finite floating point.
        """
        return each_row(audio, self._shape)

    def _shape(self, row: np.ndarray) -> np.ndarray:
        drive, times = 10 ** (self.drive_db / 20), self.oversampling
        if times == 1:
            return np.tanh(drive * row)
        shaped = np.tanh(drive * signal.resample_poly(row, times, 1))
        shorter: np.ndarray = signal.resample_poly(shaped, 1, times)
        return shorter
