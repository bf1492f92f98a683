"""How good an output sounds, as ViSQOL predicts that listeners would rate it.

ViSQOL compares two sounds as an ear might: gammatone filters make spectrograms of both, a measure
of their likeness follows, and a regression that was fitted to what people said of coded music turns
it into a mean opinion score. The library visqol-python computes it, in its mode for audio; the
extra "perceptual" brings it.

What it does not hear: a polarity, a phase that delays nothing by more than a few milliseconds, the
level of a sound as a whole, and whatever lies more than 45 dB below the loudest band of its moment.
Its scale ends at 1, but what goes wrong in practice has more: noise in place of a phrase has 2.9.
Its authors call single scores not very meaningful: take the mean over recordings.

Chapter: "Results".
"""

from __future__ import annotations

import functools
from typing import Protocol

import numpy as np

from eqlib.audio import Audio, check_not_silent, check_rate, check_same_shape, resampled, to_array
from eqlib.errors import EqlibError, checked

RATE_HZ = 48_000
"""The only sample rate of ViSQOL's mode for audio."""
SILENCE_S = 0.5
"""What goes before and after a sound, as ViSQOL's authors recommend; without it, ViSQOL skips the
first 0.28 s, and refuses what is shorter than 0.96 s."""


@checked
def visqol_mos(target: Audio, output: Audio, *, sample_rate: int) -> np.ndarray:
    """The mean opinion score that ViSQOL predicts: 4.73 for two equal sounds, and 1 at worst.

    Both sounds are resampled to 48 kHz (by soxr) first, and stand in silence of `SILENCE_S`. Bands
    above half of `sample_rate` are empty in both, and so count as alike.

    Source: Chinen et al., "ViSQOL v3: an open source production ready objective speech and audio
    metric" (QoMEX 2020); Hines et al., "ViSQOLAudio" (J. Acoust. Soc. Am. 137, 2015).

    Args:
        target: (..., samples).
        output: the same shape.
        sample_rate: in Hz, of both.

    Returns:
        (...) float64.

    Raises:
        EqlibError: for different shapes, silence, or where the library is not installed.
    """
    rate = check_rate("the sound", sample_rate)
    t, y = (
        to_array(name, audio).astype(np.float64)
        for name, audio in (("target", target), ("output", output))
    )
    check_same_shape("target", t, "output", y)
    judge, silence, scores = _judge(), round(SILENCE_S * RATE_HZ), []
    for pair in zip(t.reshape(-1, t.shape[-1]), y.reshape(-1, t.shape[-1]), strict=True):
        rows = [resampled(row, from_hz=rate, to_hz=RATE_HZ) for row in pair]
        for name, row in zip(("target", "output"), rows, strict=True):
            check_not_silent(name, row)
        a, b = (np.pad(row, silence) for row in rows)
        scores.append(judge.measure_from_arrays(a, b, RATE_HZ).moslqo)
    return np.array(scores).reshape(t.shape[:-1])


def check_library() -> None:
    """Makes sure that the library is there, before something that takes long.

    Raises:
        EqlibError: where it is not installed.
    """
    _judge()


class _Likeness(Protocol):
    moslqo: float


class _Judge(Protocol):
    def create(self, mode: str) -> None: ...

    def measure_from_arrays(
        self, ref_array: np.ndarray, deg_array: np.ndarray, sample_rate: int
    ) -> _Likeness: ...


@functools.cache
def _judge() -> _Judge:
    try:
        from visqol import VisqolApi
    except ImportError as error:
        raise EqlibError(
            f"visqol cannot be imported ({error})",
            "what the extra 'perceptual' brings, which a plain installation leaves out",
            "Install it, with a C++ compiler at hand: pip install visqol-python.",
        ) from error
    judge: _Judge = VisqolApi()
    judge.create("audio")
    return judge
