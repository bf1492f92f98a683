"""A dynamic equalizer fitted to recordings: a baseline that is told the form of the effect.

Its five settings are found from pairs alone, by the Gauss-Newton steps of a trust region on the
error of the output itself, in the logarithms of the settings, so that none of them changes sign.

Source of the method: `scipy.optimize.least_squares`. Chapter: "When not to use a network".
"""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from scipy import optimize

from eqlib.data.pairs import Pairs
from eqlib.effects.dynamic_shelf import DynamicShelf
from eqlib.errors import check_integer, checked

SETTINGS = tuple(field.name for field in fields(DynamicShelf) if field.name != "sample_rate")
STARTS_HZ = (125.0, 1_000.0)
"""Cutoffs of the lowpass from which it goes down the error: the error may have several valleys."""
START = {"q": 0.7, "boost": 1.0, "level": 0.1, "smoothing_hz": 50.0}
RANGES = {
    "cutoff_hz": (20.0, 7_000.0),
    "q": (0.1, 10.0),
    "boost": (1e-3, 100.0),
    "level": (1e-5, 10.0),
    "smoothing_hz": (0.1, 2_000.0),
}
HIGHEST = 0.45
"""Of the sample rate: where frequencies end, which could not be filtered at half of it."""
FEW = 8
"""Recordings that both starts are tried on; the better one goes on with more."""
Clip = tuple[np.ndarray, np.ndarray, float]  # dry, wet, weight


@checked
def fit_dynamic_shelf(pairs: Pairs, *, clips: int = 24) -> DynamicShelf:
    """The dynamic shelf whose output comes closest to the wet recordings, each counting once.

    Args:
        pairs: the recordings to learn from.
        clips: how many of them, evenly spread: a handful of settings needs no more.

    Returns:
        The effect with the settings found, at the recordings' sample rate.

    Raises:
        EqlibError: for a number of clips below one.
    """
    clips = check_integer("clips", clips, at_least=1, cure="Use 24.")
    rate = pairs.dry.sample_rate
    starts = [np.log([({"cutoff_hz": hz} | START)[name] for name in SETTINGS]) for hz in STARTS_HZ]
    few = _spread(pairs, FEW)
    ends = (_down_from(start, few, rate) for start in starts)
    nearest = min(ends, key=lambda end: end.cost)
    return _shelf(_down_from(nearest.x, _spread(pairs, clips), rate).x, rate)


def _spread(pairs: Pairs, count: int) -> list[Clip]:
    """Some clips from all over the pairs, each with the weight that makes it count once."""
    last = len(pairs.dry) - 1
    chosen = sorted({round(i) for i in np.linspace(0, last, min(count, last + 1)).tolist()})
    both = ((pairs.dry[i].astype(np.float64), pairs.wet[i].astype(np.float64)) for i in chosen)
    return [(dry, wet, 1 / max(float(np.linalg.norm(wet)), 1e-15)) for dry, wet in both]


def _shelf(logs: np.ndarray, sample_rate: int) -> DynamicShelf:
    settings = dict(zip(SETTINGS, np.exp(logs).tolist(), strict=True))
    return DynamicShelf(**settings, sample_rate=sample_rate)


def _down_from(logs: np.ndarray, clips: list[Clip], rate: int) -> optimize.OptimizeResult:
    def errors(at: np.ndarray) -> np.ndarray:
        effect = _shelf(at, rate)
        return np.concatenate([weight * (effect(dry) - wet) for dry, wet, weight in clips])

    low, high = (np.array([RANGES[name][end] for name in SETTINGS]) for end in (0, 1))
    of_frequencies = [name.endswith("_hz") for name in SETTINGS]
    high[of_frequencies] = np.minimum(high[of_frequencies], HIGHEST * rate)
    bounds = np.log([low, high])
    return optimize.least_squares(errors, logs, bounds=bounds, xtol=1e-12, ftol=1e-14)
