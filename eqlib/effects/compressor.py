"""A compressor: what is loud is turned down, with a delay that the ear is used to.

Feed-forward, in decibels: level, gain computer with a soft knee, then a smoothed peak detector
that rises with the attack and falls with the release.

Source: Giannoulis, Massberg and Reiss, "Digital dynamic range compressor design: a tutorial and
analysis", JAES 60 (2012), its smooth decoupled peak detector in the log domain. Chapter: "Much
more complex effects".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eqlib.audio import check_mono, to_array
from eqlib.effects.rows import check_positive, compiled, each_row, smoothing
from eqlib.errors import check_integer, check_number, checked

FLOOR = 1e-6
"""A sample of -120 dBFS: what is softer counts as that."""


@checked
@dataclass(frozen=True)
class Compressor:
    """A feed-forward compressor.

    Attributes:
        threshold_db: level, in dBFS, above which it works.
        ratio: dB that the input has to rise for one dB of output, above the threshold.
        knee_db: width of the range about the threshold in which the ratio comes in.
        attack_ms: time constant at which the gain falls.
        release_ms: time constant at which it comes back.
        makeup_db: gain of the whole.
        sample_rate: in Hz.

    Raises:
        EqlibError: for times that are not positive, a ratio below 1, or a negative knee.
    """

    threshold_db: float = -30.0
    ratio: float = 4.0
    knee_db: float = 6.0
    attack_ms: float = 10.0
    release_ms: float = 200.0
    makeup_db: float = 0.0
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        check_number("threshold_db", self.threshold_db, cure="Give it in dBFS: -30.")
        check_number("ratio", self.ratio, above=1 - 1e-12, cure="Use 2 to 20.")
        check_number("knee_db", self.knee_db, above=-1e-12, cure="Use 0 for a hard knee.")
        check_number("makeup_db", self.makeup_db, below=120, cure="Use 0 dB.")
        check_positive("attack_ms", self.attack_ms, "milliseconds")
        check_positive("release_ms", self.release_ms, "milliseconds")
        check_integer("sample_rate", self.sample_rate, at_least=1, cure="Use 16_000.")

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """(..., samples) -> the same shape.

        Raises:
            EqlibError: for audio that is not finite floating point.
        """
        return each_row(audio, lambda row: row * 10 ** (self._gain_db(row) / 20))

    @checked
    def gain_db(self, audio: np.ndarray) -> np.ndarray:
        """The gain from sample to sample: (samples,) -> (samples,) float64, in dB.

        Raises:
            EqlibError: for audio that is not mono, or not finite floating point.
        """
        samples = to_array("audio", audio)
        check_mono("audio", samples)
        return self._gain_db(samples.astype(np.float64))

    def _gain_db(self, row: np.ndarray) -> np.ndarray:
        level_db = 20 * np.log10(np.maximum(np.abs(row), FLOOR))
        over_db, knee_db = level_db - self.threshold_db, max(self.knee_db, 0.0)
        # In the knee a parabola, which meets both straight lines without a corner.
        bent = np.square(over_db + knee_db / 2) / (2 * knee_db) if knee_db > 0 else over_db
        over_db = np.where(np.abs(over_db) < knee_db / 2, bent, np.maximum(over_db, 0.0))
        reduction_db = (1 - 1 / self.ratio) * over_db
        times_ms = self.attack_ms, self.release_ms
        rates = [smoothing(time_ms, sample_rate=self.sample_rate) for time_ms in times_ms]
        smoothed: np.ndarray = compiled(_detect)(reduction_db, *rates)
        return self.makeup_db - smoothed


def _detect(reduction_db: np.ndarray, attack: float, release: float) -> np.ndarray:
    smoothed, held, out = np.empty_like(reduction_db), 0.0, 0.0
    for n in range(len(reduction_db)):
        now = reduction_db[n]
        held = max(now, release * held + (1 - release) * now)
        out = attack * out + (1 - attack) * held
        smoothed[n] = out
    return smoothed
