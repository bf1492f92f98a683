"""An equalizer that listens: the more bass there is, the less it is raised.

Chapter: "When not to use a network", which writes it as a function first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eqlib.effects.rows import check_positive, each_row
from eqlib.equalizers.eq import EQ
from eqlib.errors import check_integer, checked
from eqlib.scipy_later import signal


@checked
@dataclass(frozen=True)
class DynamicShelf:
    """A dynamic equalizer: soft notes keep a full bass, loud ones stay clear.

    With b what a lowpass leaves of the input x, and l how loud it is, a Butterworth lowpass of
    first order at smoothing_hz over abs(b), not below zero:

        y[n] = x[n] + boost / (1 + (l[n] / level)^2) b[n]

    Attributes:
        cutoff_hz: of the lowpass.
        q: of the lowpass.
        boost: what is added of a soft bass: 2 raises it by 9.5 dB.
        level: of the bass, with full scale at 1, at which half of that is left.
        smoothing_hz: how fast the level is followed.
        sample_rate: in Hz.

    Raises:
        EqlibError: for settings that are not positive, or frequencies above half the sample rate.
    """

    cutoff_hz: float = 500.0
    q: float = 2**-0.5
    boost: float = 2.0
    level: float = 0.03
    smoothing_hz: float = 20.0
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        check_integer("sample_rate", self.sample_rate, at_least=1, cure="Use 16_000.")
        for name, unit in (("boost", "parts of the bass"), ("level", "parts of full scale")):
            check_positive(name, getattr(self, name), unit)
        # Each of the two is the cutoff of a lowpass, which checks it.
        for cutoff_hz in (self.cutoff_hz, self.smoothing_hz):
            EQ.lowpass(cutoff_hz=cutoff_hz, q=self.q, sample_rate=self.sample_rate)

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """(..., samples) -> the same shape.

        Raises:
            EqlibError: for audio that is not finite floating point.
        """
        lowpass = EQ.lowpass(cutoff_hz=self.cutoff_hz, q=self.q, sample_rate=self.sample_rate)
        smoother = signal.butter(1, self.smoothing_hz, fs=self.sample_rate)

        def shelf(row: np.ndarray) -> np.ndarray:
            bass = lowpass(row)
            level = np.maximum(0, signal.lfilter(*smoother, np.abs(bass)))
            raised: np.ndarray = row + self.boost / (1 + (level / self.level) ** 2) * bass
            return raised

        return each_row(audio, shelf)
