"""Whether targets belong to their inputs: lag, polarity and likeness, from cross-correlation.

Source: C. Knapp and G. Carter, "The generalized correlation method for estimation of time delay",
IEEE Transactions on Acoustics, Speech, and Signal Processing 24(4), 1976 (the phase transform).
Chapter: "About the recordings".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eqlib.data.clips import Clips
from eqlib.errors import checked
from eqlib.scipy_later import fft

LATE = 64
"""An offset of this many samples or more is told; an equalizer's own delay is smaller."""

_FEWEST_SAMPLES = 1_024  # one frame of the network: below, chance resembles too
_MOST_CLIPS = 256
# Of each clip: so many that an hour costs no more than some minutes do.
_LONGEST, _SHORTEST, _ABOUT_IN_ALL = 2**18, 2**14, 2**21

# Peaks of a correlation, as multiples of its root mean square. Over unrelated clips they reach 8,
# under distortion, noise and long reverberation mostly 11 or more, under filters a hundred or more.
_LIKE, _SURE = 9, 30
_CORRELATED = 0.3


@dataclass(frozen=True)
class Alignment:
    """How the targets lie to their inputs, over all clips.

    Attributes:
        alike: whether targets resemble their inputs at all.
        lag_samples: by how much the targets are late (below 0: early); 0 if that is less than
            `LATE` samples or not certain.
        inverted: whether they are upside down.
        swapped: (name of a target, name of the input it resembles instead of its own), ...
    """

    alike: bool = True
    lag_samples: int = 0
    inverted: bool = False
    swapped: tuple[tuple[str, str], ...] = ()


@checked
def alignment(dry: Clips, wet: Clips) -> Alignment:
    """Estimates lag, polarity and likeness of inputs and targets of the same lengths.

    The cross-spectra of all clips are whitened and added: their transform peaks at the lag that
    the clips have in common, sharply, whatever an equalizer does to the magnitudes, while what
    clips that do not belong together have in common by chance averages out.

    At most 256 clips are used, spread evenly over all, and of each its loudest part: of 2^18
    samples of a few clips (16 s at 16 kHz), down to 2^14 (1 s) of many. A lag is found up to
    about half of that. Clips shorter than 1024 samples are left out; if none is left, all is
    taken to be well.
    """
    rows = [i for i, length in enumerate(dry.lengths) if length >= _FEWEST_SAMPLES]
    if not rows:
        return Alignment()
    rows = [rows[i] for i in np.unique(np.linspace(0, len(rows) - 1, _MOST_CLIPS).astype(int))]
    part = int(np.clip(_ABOUT_IN_ALL // len(rows), _SHORTEST, _LONGEST))
    lengths = dry.lengths[rows]
    part = min(part, int(np.median(lengths)))
    # All a short clip correlates with lies within its length: its peaks are high for nothing.
    weights = np.sqrt(np.minimum(lengths, part) / part)
    points = fft.next_fast_len(2 * part, real=True)
    inputs, targets = list(dry.views()), list(wet.views())
    spectra = [_spectra(inputs[i], targets[i], part, points) for i in rows]
    x, y = (np.stack(side) for side in zip(*spectra, strict=True))

    together = _together(x, y, weights, points)
    peak = _height(together)
    correlated = np.array(
        [np.abs(fft.irfft(np.conj(a) * b, points)).max() for a, b in zip(x, y, strict=True)]
    )
    # Of a few clips, quiet ones in noise may be all there is: they have the benefit of the doubt.
    if np.median(correlated) < (_CORRELATED if len(rows) >= 8 else _CORRELATED / 3):
        # What wrong partners have in common: recordings of one kind are alike in some ways.
        wrong = [
            _height(_together(x, np.roll(y, shift, axis=0), weights, points)) for shift in (1, 2, 3)
        ]
        if peak < max(_LIKE, 1.3 * max(wrong) if len(rows) > 3 else 0):
            return Alignment(alike=False)

    lag = int(np.argmax(np.abs(together)))
    lag -= points if lag > points // 2 else 0
    sure = peak >= _SURE
    # A long reverberation without its direct sound has many peaks of about the same height.
    near = np.abs(np.take(together, range(-LATE // 2, LATE // 2 + 1))).max()
    late = sure and abs(lag) >= LATE and np.abs(together[lag]) >= 3 * near
    return Alignment(
        lag_samples=lag if late else 0,
        inverted=sure and _is_inverted(x, y, lag, points, dry.sample_rate),
        swapped=_swapped(x, y, correlated, points, [dry.names[i] for i in rows]),
    )


def _spectra(
    dry: np.ndarray, wet: np.ndarray, part: int, points: int
) -> tuple[np.ndarray, np.ndarray]:
    """The spectra of the part in which the input is loudest, faded in and out."""
    length, start = min(part, len(dry)), 0
    if len(dry) > length:
        # In steps of a sixteenth of the part: an hour is looked through in no time.
        step = length // 16
        blocks = dry[: len(dry) // step * step].reshape(-1, step)
        energy = np.convolve(np.einsum("ij,ij->i", blocks, blocks), np.ones(16), mode="valid")
        start = int(np.argmax(energy)) * step
    # Without the fades, all clips would have in common that they begin and end.
    fade = np.hanning(length).astype(np.float32)
    both = np.stack([dry[start : start + length], wet[start : start + length]]) * fade
    # Of equal power, so that each clip counts alike.
    both /= np.sqrt((both**2).sum(axis=-1, keepdims=True)) + np.finfo(np.float32).tiny
    x, y = fft.rfft(both, points)
    return x, y


def _together(x: np.ndarray, y: np.ndarray, weights: np.ndarray, points: int) -> np.ndarray:
    """The weighted sum of all clips' correlations, each with a white spectrum."""
    whites = (w * _whitened(np.conj(a) * b) for a, b, w in zip(x, y, weights, strict=True))
    correlation: np.ndarray = fft.irfft(sum(whites), points)
    return correlation


def _whitened(spectrum: np.ndarray) -> np.ndarray:
    white: np.ndarray = spectrum / (np.abs(spectrum) + np.finfo(np.float32).tiny)
    return white


def _height(correlation: np.ndarray) -> float:
    """The highest absolute value, as a multiple of the root mean square."""
    rms = np.sqrt(np.mean(correlation**2))
    return float(np.abs(correlation).max() / rms) if rms > 0 else 0.0


def _is_inverted(x: np.ndarray, y: np.ndarray, lag: int, points: int, sample_rate: int) -> bool:
    """Whether all that passes is upside down, over five octaves or more.

    A highpass turns the phase of what it removes by half a turn, and a lowpass too. Looked at are
    therefore only bands (of a quarter octave) that pass with a gain within 12 dB of the highest,
    and it counts for nothing if another lag of a few samples explains the phases as well.
    """
    bins = np.arange(points // 2 + 1)
    lowest = max(4, 40 * points / sample_rate)
    edges = np.unique(np.geomspace(lowest, len(bins), 32).astype(int))
    octaves = np.log2(edges[1:] / edges[:-1])
    cross = (np.conj(x) * y).sum(axis=0)
    power_x, power_y = (
        np.add.reduceat((np.abs(side) ** 2).sum(axis=0), edges[:-1]) for side in (x, y)
    )
    bands = np.stack(
        [
            np.add.reduceat(cross * np.exp(2j * np.pi * bins * near / points), edges[:-1])
            for near in range(lag - 16, lag + 17)
        ]
    )
    bands /= np.sqrt(power_x * power_y) + np.finfo(np.float32).tiny
    coherence = np.abs(bands).max(axis=0)
    gain = power_y / (power_x + np.finfo(np.float32).tiny)
    passes = coherence > 0.3
    if not passes.any():
        return False
    passes &= gain >= gain[passes].max() / 16
    weight = octaves * passes
    upright = (bands.real * weight).sum(axis=-1) / (coherence * weight).sum()
    return bool(weight.sum() >= 5 and upright.min() < -0.6 and upright.max() < 0.3)


def _swapped(
    x: np.ndarray, y: np.ndarray, correlated: np.ndarray, points: int, names: list[str]
) -> tuple[tuple[str, str], ...]:
    """Targets that do not resemble their own input, but certainly that of another clip."""
    found = []
    # A few are enough to tell; and an effect that destroys quiet clips makes many.
    for i in np.flatnonzero(correlated < _CORRELATED)[:8]:
        if _height(fft.irfft(_whitened(np.conj(x[i]) * y[i]), points)) >= _LIKE:
            continue
        others = [_height(fft.irfft(_whitened(np.conj(a) * y[i]), points)) for a in x]
        j = int(np.argmax(others))
        if j != i and others[j] >= _SURE:
            found.append((names[i], names[j]))
    return tuple(found)
