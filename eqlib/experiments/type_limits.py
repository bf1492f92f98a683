"""How networks for every type are judged, and what they could do at best.

A channel's path is its filter twice, 127 taps around the present. With faders that do not move, the
network is such a filter, made of as many shapes as it has channels. Three rivals have the same
limits, each one more of them than the one before:

=================  ==============================================================================
least squares      the filter of 127 taps that is the best for this recording and this setting
cut response       the exact filter's response, as far as it lies within the taps
32 shapes          the same, put together from the 32 shapes that are the best for all settings
=================  ==============================================================================

Chapter: "Does it generalize?".
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eqlib import metrics
from eqlib.baselines import least_squares_fir
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs
from eqlib.equalizers.eq import EQ
from eqlib.experiments.type_steps import EVERY_TYPE, TYPES, filters_of
from eqlib.networks.conditioned import ConditionedEQNet
from eqlib.scipy_later import linalg

PAST, FUTURE = 62, 64
"""Samples that the paths of 64 taps, applied twice, reach to either side."""
PER_CLIP = 2
"""Settings of each type that each recording is judged with."""
SETTINGS = 400
"""Of each type, that the shapes are chosen for."""
FLOOR = 1e-9
"""Added to the recordings' mean power: -90 dB, so that no frequency is for free."""

Clip = np.ndarray
Output = Callable[[Clip, EQ], Clip]
"""What a method makes of a recording, when it has to be this filter."""


def cut(dry: Clip, eq: EQ) -> Clip:
    """The filter's own response, as long as the network remembers."""
    return EQ.from_taps(eq.impulse_response(PAST + 1))(dry)


def least_squares(dry: Clip, eq: EQ) -> Clip:
    """The best filter within the network's reach, fitted to this very recording and setting."""
    one = Clips.from_arrays([dry], sample_rate=eq.sample_rate)
    pairs = Pairs(one, Clips.from_arrays([eq(dry)], sample_rate=eq.sample_rate))
    return least_squares_fir(pairs, taps=PAST + FUTURE + 1, advance_samples=FUTURE)(dry)


class Shapes:
    """The few responses of which those of all settings are best put together, beside the input.

    Args:
        clips: recordings; where they have their energy, a response has to be right.
        number: of shapes.
    """

    def __init__(self, clips: Clips, number: int = EVERY_TYPE.filters) -> None:
        taps = PAST + 1
        r = np.zeros(taps)
        for clip in clips:
            spectrum = np.abs(np.fft.rfft(clip.astype(np.float64), len(clip) + taps)) ** 2
            r += np.fft.irfft(spectrum, len(clip) + taps)[:taps] / np.sum(spectrum)
        r[0] *= 1 + FLOOR
        self.root = np.linalg.cholesky(linalg.toeplitz(r)).T  # |root h|^2: mean energy after h
        shares = np.random.default_rng(4).random((SETTINGS * len(TYPES), 3))
        eqs, _ = filters_of(shares, [i % len(TYPES) for i in range(len(shares))])
        h = np.stack([eq.impulse_response(taps) for eq in eqs], -1)
        size = np.linalg.norm(self.root @ h, axis=0)
        self.shapes = np.linalg.svd(self.root @ self._change(h) / size)[0][:, :number]

    @staticmethod
    def _change(h: np.ndarray) -> np.ndarray:
        """What is added to the input: (taps, ...)."""
        changed = np.array(h, np.float64)
        changed[0] -= 1
        return changed

    def __call__(self, dry: Clip, eq: EQ) -> Clip:
        """The filter that is put together for this one."""
        change = self.root @ self._change(eq.impulse_response(PAST + 1))
        h = np.linalg.solve(self.root, self.shapes @ (self.shapes.T @ change))
        h[0] += 1
        return EQ.from_taps(h)(dry)


def shares_of(clips: Clips) -> np.ndarray:
    """The settings that recordings are judged with, as shares of the ranges: (n, PER_CLIP, 3)."""
    return np.random.default_rng(3).random((len(clips), PER_CLIP, 3))


def judged(
    clips: Clips, method: ConditionedEQNet | Output | None, type_: str
) -> dict[str, list[float]]:
    """The SNR in dB of each recording with each of its settings, by the recording's name.

    Args:
        clips: recordings that were not trained on.
        method: a network, or one of the above; None for doing nothing.
        type_: one of `TYPES`.
    """
    place = TYPES.index(type_)
    scores: dict[str, list[float]] = {}
    for name, dry, of in zip(clips.names, clips, shares_of(clips), strict=True):
        scores[name] = []
        for eq, setting in zip(*filters_of(of, [place] * PER_CLIP), strict=True):
            if isinstance(method, ConditionedEQNet):
                output = method.process(dry, setting=setting)
            else:
                output = method(dry, eq) if method else dry
            scores[name].append(round(float(metrics.snr_db(eq(dry), output)), 2))
    return scores


def levels_db(clips: Clips, type_: str) -> dict[str, list[float]]:
    """How much louder than the input each target is, in dB: how much is left to be heard."""
    found: dict[str, list[float]] = {}
    for name, dry, of in zip(clips.names, clips, shares_of(clips), strict=True):
        eqs, _ = filters_of(of, [TYPES.index(type_)] * PER_CLIP)
        found[name] = [round(level_db(dry, eq), 2) for eq in eqs]
    return found


def level_db(dry: Clip, eq: EQ) -> float:
    """How much louder the target is than the input, in dB: how much is left to be heard."""
    energies = [float(np.sum(np.square(x, dtype=np.float64))) for x in (eq(dry), dry)]
    return float(10 * np.log10(energies[0] / energies[1]))


def settings() -> dict[str, object]:
    """All that decides what these reach, as JSON."""
    return {"past": PAST, "future": FUTURE, "shapes": EVERY_TYPE.filters, "settings": SETTINGS}
