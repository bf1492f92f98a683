"""What learns an engineer's habit without a network: a curve for each recording, from its spectrum.

A habit is known by pairs alone, recordings before and after the desk. What the desk did to each is
measured as a *curve*, the ratio of both spectra in third octaves. These are mean spectra of short
pieces under a Hann window: a recording that is cut off while it sounds would leak its lows into its
highs, and hide there what was done to them. `Ridge` learns to tell a
recording's curve from its levels; `Match` takes every recording to the average spectrum of what
came from the desk. Both make a filter of minimum phase from the curve, as the equalizers of a desk
are.

Source of ridge regression: A. E. Hoerl and R. W. Kennard, "Ridge regression: biased estimation for
nonorthogonal problems", Technometrics 12 (1970). Chapter: "The style of an engineer".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import linalg
from scipy.spatial.distance import cdist

from eqlib.audio import check_mono, check_same_shape, to_array
from eqlib.data.bands import band_energies
from eqlib.data.pairs import Pairs
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_number, checked

CURVE_HZ = tuple(100 * 2 ** (k / 3) for k in range(-6, 19))
"""Where curves are measured: 25 Hz to 6.4 kHz; beyond, the last gain holds."""
TAPS = 2_049
"""Of the filter made from a curve: an eighth of a second, more than a low cut rings."""
PIECE = 4_096
"""Samples of a piece: a bin is 4 Hz wide at 16 kHz."""
QUIET = 1e-9
"""Mean energy, -90 dBFS, that is added to all levels, so that silence has one."""
MOST_DB = 24.0
"""How much a curve raises or lowers at most."""


@checked
def levels_db(audio: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """A recording's third-octave levels in dBFS: (samples,) -> (21,)."""
    found: np.ndarray = 10 * np.log10(band_energies(audio, sample_rate=sample_rate) + QUIET)
    return found


@checked
def curve_db(dry: np.ndarray, wet: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """What was done to a recording: the ratio of its energies, at `CURVE_HZ`.

    A band in which there is nothing, as the lowest of a short clip, takes its neighbors' value.

    Args:
        dry: (samples,) before.
        wet: after, the same shape.
        sample_rate: in Hz.

    Returns:
        (25,) in dB, within `MOST_DB`.

    Raises:
        EqlibError: for audio that is not (samples,), or silent, and for different shapes.
    """
    pair = [to_array(name, x) for name, x in (("dry", dry), ("wet", wet))]
    check_same_shape("wet", pair[1], "dry", pair[0])
    check_mono("dry", pair[0])
    both = [_energies(x, sample_rate=sample_rate) for x in pair]
    there = np.flatnonzero((both[0] > 0) & (both[1] > 0))
    if not len(there):
        raise EqlibError("the recording is silent", "sound before and after", "Leave it out.")
    gains_db = 10 * np.log10(both[1][there] / both[0][there])
    everywhere: np.ndarray = np.interp(np.arange(len(CURVE_HZ)), there, gains_db)
    return everywhere.clip(-MOST_DB, MOST_DB)


def _energies(audio: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """At `CURVE_HZ`, summed over pieces that overlap by three quarters; silence comes before."""
    rest = -len(audio) % (PIECE // 4)
    padded = np.concatenate((np.zeros(PIECE - PIECE // 4 + rest), audio.astype(np.float64)))
    window = np.hanning(PIECE + 1)[:-1]
    pieces = sliding_window_view(padded, PIECE)[:: PIECE // 4] * window
    power = np.square(np.abs(np.fft.rfft(pieces))).sum(0)
    bins_hz = np.fft.rfftfreq(PIECE, 1 / sample_rate)
    edge = 2 ** (1 / 6)
    inside = [(bins_hz >= f / edge) & (bins_hz < f * edge) for f in CURVE_HZ]
    return np.array([power[of].sum() for of in inside])


@checked
def filter_of(gains_db: np.ndarray, *, sample_rate: int) -> EQ:
    """The filter of minimum phase with a curve at `CURVE_HZ`."""
    return EQ.drawn(
        frequencies_hz=CURVE_HZ,
        gains_db=gains_db.tolist(),
        taps=TAPS,
        phase="minimum",
        sample_rate=sample_rate,
    )


@checked
@dataclass(frozen=True, eq=False)
class Match:
    """Takes a recording some of the way to an average spectrum; its level is left alone.

    Attributes:
        average_db: (25,) the mean levels of what came from the desk, relative to their mean.
        share: of the way: 1 is all of it, 0 changes nothing.
        sample_rate: in Hz.
    """

    average_db: np.ndarray
    share: float
    sample_rate: int

    @classmethod
    @checked
    def fitted(cls, pairs: Pairs, *, share: float = 1.0) -> Match:
        """The average is that of the pairs' targets."""
        rate = pairs.dry.sample_rate
        mean_db = np.mean([_shape_db(wet, sample_rate=rate) for wet in pairs.wet.views()], 0)
        return cls(mean_db, check_number("share", share, cure="Use 0 to 1."), rate)

    @checked
    def equalizer(self, audio: np.ndarray) -> EQ:
        """The filter for a recording, (samples,)."""
        samples = to_array("audio", audio)
        check_mono("audio", samples)
        own_db = _shape_db(samples, sample_rate=self.sample_rate)
        gains_db = (self.share * (self.average_db - own_db)).clip(-MOST_DB, MOST_DB)
        return filter_of(gains_db, sample_rate=self.sample_rate)

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """(samples,) -> the same shape."""
        return self.equalizer(audio)(audio)


@checked
@dataclass(frozen=True, eq=False)
class Ridge:
    """Ridge regression from a recording's levels to its curve.

    Attributes:
        heard: (recordings, 21) the levels that it was fitted on, scaled.
        weights: (recordings, 25) of each of them, in the curve.
        mean_db: (25,) the average curve.
        center, scale: (21,) of the levels.
        width: None for a linear one. Else the width of a Gaussian kernel, in units of the scaled
            levels: recordings that sound alike get alike curves.
        sample_rate: in Hz.
    """

    heard: np.ndarray
    weights: np.ndarray
    mean_db: np.ndarray
    center: np.ndarray
    scale: np.ndarray
    width: float | None
    sample_rate: int

    @classmethod
    @checked
    def fitted(cls, pairs: Pairs, *, penalty: float, width: float | None = None) -> Ridge:
        """The regression with the smallest error on the pairs' curves, plus a penalty.

        Args:
            pairs: recordings before and after.
            penalty: on the square of the weights, above 0. The more, the closer all curves are to
                the average one.
            width: see the attributes.

        Raises:
            EqlibError: for a penalty or a width that is not positive.
        """
        ridge = check_number("penalty", penalty, above=0, cure="Try 0.1 to 1,000.")
        if width is not None:
            check_number("width", width, above=0, cure="Try 3 to 30.")
        rate = pairs.dry.sample_rate
        levels = np.array([levels_db(dry, sample_rate=rate) for dry in pairs.dry.views()])
        both = zip(pairs.dry.views(), pairs.wet.views(), strict=True)
        curves = np.array([curve_db(dry, wet, sample_rate=rate) for dry, wet in both])
        center, scale = levels.mean(0), levels.std(0) + 1e-3
        heard, mean_db = (levels - center) / scale, curves.mean(0)
        likeness = _likeness(heard, heard, width)
        weights = linalg.solve(
            likeness + ridge * np.eye(len(heard)), curves - mean_db, assume_a="pos"
        )
        return cls(heard, weights, mean_db, center, scale, width, rate)

    @checked
    def curve_db(self, audio: np.ndarray) -> np.ndarray:
        """What it would do to a recording: (samples,) -> (25,) in dB, at `CURVE_HZ`."""
        levels = levels_db(audio, sample_rate=self.sample_rate)
        row = ((levels - self.center) / self.scale)[None]
        own = _likeness(row, self.heard, self.width) @ self.weights
        gains_db: np.ndarray = self.mean_db + own[0]
        return gains_db.clip(-MOST_DB, MOST_DB)

    @checked
    def equalizer(self, audio: np.ndarray) -> EQ:
        """The filter for a recording, (samples,)."""
        return filter_of(self.curve_db(audio), sample_rate=self.sample_rate)

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """(samples,) -> the same shape."""
        return self.equalizer(audio)(audio)


def _shape_db(audio: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Levels at `CURVE_HZ` relative to their mean, which is the shape of a spectrum."""
    energies = _energies(audio, sample_rate=sample_rate)
    whole = max(float(energies.sum()), 1e-30)
    level_db = 10 * np.log10(energies / whole + QUIET)
    shape_db: np.ndarray = level_db - level_db.mean()
    return shape_db


def _likeness(rows: np.ndarray, others: np.ndarray, width: float | None) -> np.ndarray:
    """How much alike levels are, each with each: (rows, others)."""
    found: np.ndarray = rows @ others.T
    if width is not None:
        found = np.exp(-cdist(rows, others, "sqeuclidean") / (2 * width**2))
    return found
