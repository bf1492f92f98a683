"""What an answer makes: its response, and a short sound, as a report shows them.

An equalizer, a network or a function is measured, and applied to the chapters' note; a row of
samples is a sound itself. Of what is neither, such as a word, there is nothing to see or hear.

Chapters: all that have exercises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from eqlib.analysis import channels
from eqlib.audio import Process
from eqlib.equalizers.eq import EQ
from eqlib.errors import checked
from eqlib.exercises import forms
from eqlib.exercises.judges import faders_of
from eqlib.exercises.material import SAMPLES_NEEDED, note
from eqlib.model import EQNet

OWN, TARGET = "answer", "target"
EVERY = 3
"""Of the points where a response is judged, one in so many is drawn."""
LIMITS_DB = (-100.0, 100.0)


class Look(NamedTuple):
    """What an answer makes.

    Attributes:
        curves: by name, gains in dB at `curve_hz()`.
        sounds: by name, each (samples,).
    """

    curves: dict[str, np.ndarray]
    sounds: dict[str, np.ndarray]


def curve_hz() -> np.ndarray:
    """The frequencies of a report's curves, in Hz: those of `forms.HZ`, thinned out."""
    return np.asarray(forms.HZ[::EVERY])


@checked
@dataclass(frozen=True)
class Shows:
    """How the answers to an exercise are looked at.

    Args:
        target: an equalizer to show beside them, where it is no secret.
        curve: whether they have a response. An effect that follows the level has none.
        taps: whether a row too short for a sound is a filter.
        sample_rate: of a row of samples, in Hz.
        read: makes of an answer an equalizer, an effect or a row; or leaves it as it is.
    """

    target: EQ | None = None
    curve: bool = True
    taps: bool = False
    sample_rate: int = forms.RATE
    read: Callable[[object], object] = lambda answer: answer

    def __call__(self, answer: object) -> Look:
        """Looks at an answer; what makes nothing that can be seen or heard leaves both empty."""
        answer, target, look = self.read(answer), self.target, Look({}, {})
        if isinstance(answer, list | tuple) and len(answer) == 2 and isinstance(answer[0], EQ):
            target, answer = answer
        row, effect = forms.as_sound(answer), forms.as_effect(answer)
        if effect is not None:
            look.sounds[OWN] = effect(np.array(note()))
        elif row is not None and len(row) >= SAMPLES_NEEDED:
            look.sounds[OWN] = row
        is_filter = self.taps and row is not None and not look.sounds
        if self.curve and (effect is not None or is_filter):
            look.curves[OWN] = _gain_db(forms.as_response(answer))
        if target is not None and (look.curves or look.sounds):
            look.curves[TARGET] = _gain_db(target.response(forms.HZ))
            look.sounds[TARGET] = target(np.array(note(), np.float64))
        return look


def _gain_db(response: np.ndarray | None) -> np.ndarray:
    level = np.abs(np.asarray(response, np.complex128)[::EVERY])
    return np.asarray(np.clip(20 * np.log10(np.maximum(level, 1e-9)), *LIMITS_DB))


# --- what exercises read


def weights(answer: object) -> object:
    """The taps of a layer with one filter."""
    return forms.as_array(getattr(answer, "weight", answer))


def rows_only(answer: object) -> object:
    """A row of samples, and nothing of a network that was made to get it."""
    return forms.as_sound(answer)


def returned(answer: object) -> object:
    """What a network of step one returns, which has no equalizer yet."""
    return answer.reconstruct if isinstance(answer, EQNet) else None


@checked
def mixed_by(net: Callable[[], EQNet]) -> Callable[[object], object]:
    """Reads 128 faders as the mix that they make of a network's channels; in a pair too.

    Args:
        net: makes the network whose channels they mix.
    """

    def read(answer: object) -> object:
        if isinstance(answer, list | tuple) and len(answer) == 2 and isinstance(answer[0], EQ):
            return answer[0], read(answer[1])
        if forms.as_effect(answer) is not None:
            return answer
        gains = faders_of(answer)
        return _mix(net(), gains) if isinstance(gains, np.ndarray) else None

    return read


def _mix(net: EQNet, gains: np.ndarray) -> Process:
    impulse = gains @ channels.channel_paths(net)
    return lambda x: np.convolve(x, impulse, "same")
