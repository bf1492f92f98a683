"""The judge of a sound: against the sound that it should be.

Chapters: all that have exercises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import signal

from eqlib.errors import checked
from eqlib.exercises import forms
from eqlib.exercises.curves import hertz
from eqlib.exercises.registry import Finding
from eqlib.metrics import snr_db

Made = Callable[[], np.ndarray]
"""A sound that is made when it is asked for."""


@checked
@dataclass(frozen=True)
class Sound:
    """A sound, or an effect that makes it of the chapter's note.

    Args:
        target: what it should be.
        at_least_db: the SNR from which on it is that.
        input: what an effect is applied to.
        slips: wrong sounds, and what to say.
        praise: what to say of the right one.
    """

    target: Made
    at_least_db: float
    input: Made
    slips: tuple[tuple[Made, str], ...] = ()
    praise: str = ""

    def __call__(self, answer: object) -> Finding | None:
        """Judges an answer; None if it is neither a sound nor makes one."""
        effect = forms.as_effect(answer)
        sound = forms.as_sound(answer) if effect is None else effect(np.array(self.input()))
        if sound is None:
            return None
        target = np.asarray(self.target(), np.float64)
        if sound.shape != target.shape:
            words = f"Your sound has {sound.size:,} samples; {target.size:,} are expected."
            return Finding(False, words)
        if not np.isfinite(sound).all() or not sound.any():
            return Finding(False, "Your sound is silent, or not finite.")
        if snr_db(target, sound) >= self.at_least_db:
            return Finding(True, self.praise)
        for slip, words in self.slips:
            if snr_db(np.asarray(slip(), np.float64), sound) >= self.at_least_db:
                return Finding(False, words)
        return Finding(False, what_is_off(target, sound))


@checked
def what_is_off(target: np.ndarray, sound: np.ndarray) -> str:
    """How a sound differs from its target, in words; both (samples,), not silent."""
    reached = float(snr_db(target, sound))
    gain = float(sound @ target / (target @ target))
    close = max(reached + 20, 25)
    if gain and snr_db(target, sound / gain) >= close:
        if gain < 0:
            return "The sound is right but for its sign: it is upside down."
        return f"The sound is right but for its level: {20 * np.log10(gain):+.1f} dB off."
    lag = int(np.argmax(signal.correlate(sound, target))) - len(target) + 1
    if lag and abs(lag) < len(target) // 2:
        ends = (
            (slice(lag, None), slice(None, -lag))
            if lag > 0
            else (slice(None, lag), slice(-lag, None))
        )
        if snr_db(target[ends[1]], sound[ends[0]]) >= close:
            return (
                f"The sound is right, but {abs(lag)} samples too {'late' if lag > 0 else 'early'}."
            )
    return f"It is {reached:.1f} dB from the sound that is asked for. {_levels(target, sound)}"


def _levels(target: np.ndarray, sound: np.ndarray) -> str:
    """The octave that is farthest off in level, of those that can be heard."""
    hz, (wanted, got) = _powers(target, sound)
    worst, at = 0.0, 0.0
    for center in 62.5 * 2.0 ** np.arange(7):
        inside = (hz >= center / np.sqrt(2)) & (hz < center * np.sqrt(2))
        if wanted[inside].sum() > 1e-5 * wanted.sum():
            off = 10 * np.log10(max(got[inside].sum(), 1e-30) / wanted[inside].sum())
            worst, at = (off, center) if abs(off) > abs(worst) else (worst, at)
    if abs(worst) < 0.5:
        return "Its levels are right in all octaves: look at the phase, or at the timing."
    return f"It is {abs(worst):.1f} dB too {'loud' if worst > 0 else 'soft'} around {hertz(at)}."


def _powers(target: np.ndarray, sound: np.ndarray) -> tuple[np.ndarray, list[np.ndarray]]:
    window = np.hanning(len(target))
    hz = np.fft.rfftfreq(len(target), 1 / forms.RATE)
    return hz, [np.abs(np.fft.rfft(each * window)) ** 2 for each in (target, sound)]
