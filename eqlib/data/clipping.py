"""Whether a recording is clipped: told from how its samples pile up at its peak.

Chapter: "Hearing equalizers".
"""

from __future__ import annotations

import numpy as np

from eqlib.audio import check_audio
from eqlib.errors import checked

FEWEST = 16
"""Samples at the limit, below which nothing is called clipped; half as many if they are equal."""

# A smooth crest is a parabola at its top, so of its samples sqrt(1) lie within a small depth of
# the peak, sqrt(2) within twice that: the second slice holds at least 0.41 of what the first does,
# whatever the sound, its level and its quantization. A limit empties the slices below its own.
_MOST_BELOW = 0.25
# Fine enough for 24 bits, and wide enough for noise that lies 42 dB below the limit.
_WIDTHS = 2.0 ** np.arange(-21, -4)
_DEEPEST = 0.6
_FEW_LEVELS = 24


@checked
def clipped_samples(audio: np.ndarray) -> int:
    """How many samples of a mono signal stand at a limit that cuts its waveform off; 0 if none do.

    Clipping is judged by the amplitude distribution just below the peak, for positive and negative
    samples each. Some slice of it, between 2^-21 and 2^-5 of the peak wide and nearly at the top,
    holds `FEWEST` samples or more and over four times as many as any slice of the same width down
    to 0.4 of the peak. These samples stand there three or more in a row, or fill a quarter of
    their crests' width at half the peak. In a slice wider than the sound's quantization they also
    scatter around the limit, as they do after a change of level and added noise.

    For hard clipping by 0.5 to 12 dB, of sines and of the package's recordings, this is wrong in
    less than 1 of 100 cases each way, in 8 to 24 bits or floating point, with dither or without,
    at any level. There is no telling, and the answer is 0,

    - if the limit is less than 42 dB (a factor of 128) above the noise the sound carries, its
      quantization's own included: that is a limit below about 40 quantization steps;
    - if fewer than `FEWEST` samples are cut off, or half as many where nothing was added to them;
    - for a wave that takes only a few values: a square wave, a sound of few quantization steps,
      a sine that comes to the same samples again after fewer than 64.

    A soft limiter passes as long as its curve still rises. Where it is flat to within the sound's
    quantization or noise, it counts as clipping; so does a limiter that acts at once. A
    clipped sound that was filtered afterwards has no flat crests, and is found by chance only.

    Args:
        audio: (samples,), floating point, at any level.

    Raises:
        EqlibError: for audio that is empty, integer, NaN or infinite.
    """
    check_audio("audio", audio)
    return _clipped_above(audio) + _clipped_above(-audio)


def _clipped_above(x: np.ndarray) -> int:
    """The samples that stand at an upper limit."""
    peak = float(x.max())
    if peak <= 0 or np.count_nonzero(x >= peak * (1 - 3 * _WIDTHS[-1])) < FEWEST // 2:
        return 0
    if _has_few_levels(x, peak):
        return 0
    high = np.sort(x[x >= (1 - _DEEPEST) * peak])[::-1]
    depth = 1 - high.astype(np.float64) / peak
    steps = np.diff(depth)
    steps = steps[steps > _WIDTHS[0]]
    # Three steps, for a limit between two of them is dithered over as many.
    quantized = 3 * min(steps.min(initial=1), _WIDTHS[-1])
    weight = max(1, len(depth) // 4_000)
    for width in _WIDTHS:
        equal = bool(width <= quantized)
        start = _pile(depth[::weight], width, weight, equal)
        if start is not None:
            at_limit = x > peak * (1 - start - 1.5 * width)
            if not equal and _is_smooth(x, at_limit):
                continue
            fewest = FEWEST // 2 if equal else FEWEST
            # What is merely a few values has nothing below the limit.
            below = depth[np.searchsorted(depth, start + 2 * width) :]
            varied = len(set((below[::weight] * 64).astype(int))) >= 3
            in_runs = _in_runs_of_three(at_limit) >= fewest
            if in_runs and (equal or varied) or varied and _fills_crests(x, at_limit, peak):
                return int(np.count_nonzero(at_limit))
    return 0


def _pile(depth: np.ndarray, width: float, weight: int, equal: bool) -> float | None:
    """Where a slice begins in which the samples pile up; None if they do not.

    Args:
        depth: how far each sample is below the peak, as a share of it, sorted.
        width: of the slices.
        weight: how many samples each one stands for.
        equal: whether the width is within the sound's own quantization.
    """
    ends = np.searchsorted(depth, depth + width)
    counts = ends - np.arange(len(depth))
    top = int(np.argmax(counts[: np.searchsorted(depth, 2 * width, side="right")]))
    if counts[top] * weight < (FEWEST // 2 if equal else FEWEST):
        return None
    if counts[ends[top] :].max(initial=0) >= _MOST_BELOW * counts[top]:
        return None
    # Around a limit, noise goes both ways; a smooth crest crowds at the very peak.
    if not equal and np.searchsorted(depth, width / 4) > 0.6 * ends[0]:
        return None
    return float(depth[top])


def _has_few_levels(x: np.ndarray, peak: float) -> bool:
    """Whether all positive samples are multiples of one step that is not far below the peak."""
    # Places by the golden ratio, which fall in step with no period.
    places = (np.arange(1_024) * 0.6180339887 % 1 * len(x)).astype(int)
    values = x[places].astype(np.float64) / peak
    multiples = values[values > 0] * np.arange(1, _FEW_LEVELS + 1)[:, None]
    return bool((np.abs(multiples - np.round(multiples)) < 1e-4).all(axis=1).any())


def _runs(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each run of True begins, and where it has ended."""
    edges = np.flatnonzero(np.diff(mask, prepend=False, append=False))
    return edges[::2], edges[1::2]


def _in_runs_of_three(mask: np.ndarray) -> int:
    starts, ends = _runs(mask)
    runs = ends - starts
    return int(runs[runs >= 3].sum())


def _is_smooth(x: np.ndarray, at_limit: np.ndarray) -> bool:
    """Whether the crests still bend down, as a soft limiter's do; noise bends up half the time."""
    middle = np.flatnonzero(at_limit[:-2] & at_limit[1:-1] & at_limit[2:]) + 1
    bends_up = 2 * x[middle] < x[middle - 1] + x[middle + 1]
    return bool(len(middle) and np.mean(bends_up) < 0.3)


def _fills_crests(x: np.ndarray, at_limit: np.ndarray, peak: float) -> bool:
    """Whether crests that touch the limit stay there for a quarter of their width or more.

    A limiter that looks ahead touches it with one sample of a crest.
    """
    starts, ends = _runs(x >= peak / 2)
    counts = np.concatenate([[0], np.cumsum(at_limit)])
    touching = counts[ends] - counts[starts]
    widths = (ends - starts)[touching > 0]
    return bool(touching.sum() >= widths.sum() / 4)
