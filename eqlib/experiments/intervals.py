"""How sure a mean is: bootstrap intervals that count what is independent.

Four strokes of one piano key are hardly more than one recording, and a song's guitar track is in
its mix. So recordings are drawn by cluster: one pitch of one instrument, one drum loop, one song.
Where a method was trained from several seeds, the seeds are drawn as well.

Source: A. C. Davison and D. V. Hinkley, "Bootstrap Methods and their Application", 1997, chapters
2 and 3. Chapter: "Results".
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from eqlib import data
from eqlib.errors import EqlibError, check_integer, checked
from eqlib.experiments.table import decimals

SHARE = 0.95
RESAMPLES = 4_000


class Interval(NamedTuple):
    """A mean, and between which values it would be if all were recorded and trained again.

    Attributes:
        mean: each value counting once.
        low: end of the interval of 95 %; NaN where all values are of one cluster and seed, for
            they do not tell how others would be.
        high: the other end.
    """

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference has a sign that can be told."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        return self.text()

    @property
    def signed(self) -> str:
        """The same for a difference."""
        return self.text(signed=True)

    def text(self, digits: int = 1, *, signed: bool = False) -> str:
        """The mean, and in square brackets the ends, with so many decimals."""
        mean, low, high = (decimals(each, digits, signed=signed) for each in self)
        return f"{mean} [{low}, {high}]" if np.isfinite(self.low) else mean


@checked
def cluster_of(name: str) -> str:
    """What a recording belongs to: its instrument's pitch, its drum loop, its song, or itself.

    Args:
        name: of the recording, such as "piano/sal_Fs4_v10".
    """
    row = _rows().get(name)
    if row is not None and row["midi"] is not None:
        return f"{row['instrument']}, midi {row['midi']}"
    return re.sub(r"(-\d+|_\d+|_mix|_guitar)$", "", name)


@functools.cache
def _rows() -> dict[str, dict[str, object]]:
    return {str(row["file"]).removesuffix(".flac"): dict(row) for row in data.index()}


@checked
def mean_interval(
    values: np.ndarray,
    clusters: Sequence[str],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The mean of values, and its percentile interval by a bootstrap over clusters and seeds.

    Args:
        values: (seeds, clips), or (clips,) for a single seed.
        clusters: (clips,) what each clip belongs to.
        resamples: how many.
        seed: of the drawing.

    Raises:
        EqlibError: for no values, values that are not finite, or another number of clusters.
    """
    count = check_integer("resamples", resamples, at_least=1, cure="Use some thousands.")
    table = np.atleast_2d(np.asarray(values, np.float64))
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise EqlibError("values is empty or not finite", "(seeds, clips)", "Give SNRs in dB.")
    if len(clusters) != table.shape[1]:
        cure = "Use [cluster_of(name) for name in names]."
        raise EqlibError(f"{len(clusters)} clusters", f"one for each of {table.shape[1]}", cure)
    names, place = np.unique(np.asarray(clusters, str), return_inverse=True)
    if len(names) == len(table) == 1:
        return Interval(float(table.mean()), np.nan, np.nan)
    member = np.eye(len(names))[place]  # (clips, clusters)
    sums, sizes = table @ member, member.sum(0)
    draw = np.random.default_rng(seed)
    drawn = draw.multinomial(len(names), np.full(len(names), 1 / len(names)), count)
    seeds = draw.multinomial(len(table), np.full(len(table), 1 / len(table)), count) / len(table)
    means = ((seeds @ sums) * drawn).sum(1) / (drawn @ sizes)
    low, high = np.quantile(means, [(1 - SHARE) / 2, (1 + SHARE) / 2])
    return Interval(float(table.mean()), float(low), float(high))


@checked
def of_clips(clips: dict[str, float]) -> Interval:
    """The interval of a mean SNR, from the SNR of each recording by its name."""
    return mean_interval(np.array(list(clips.values())), [cluster_of(name) for name in clips])


@checked
def of_seeds(seeds: list[dict[str, float]]) -> Interval:
    """The interval of the mean over seeds and recordings.

    Args:
        seeds: for each, the SNR of each recording by its name: the same recordings.

    Raises:
        EqlibError: for no seed, or other recordings.
    """
    if not seeds or any(set(clips) != set(seeds[0]) for clips in seeds):
        cure = "Give the same set of each."
        raise EqlibError(f"{len(seeds)} seeds", "one or more, of the same recordings", cure)
    table = np.array([[clips[name] for name in seeds[0]] for clips in seeds])
    return mean_interval(table, [cluster_of(name) for name in seeds[0]])


@checked
def of_difference(ours: list[dict[str, float]], theirs: list[dict[str, float]]) -> Interval:
    """The interval of a mean difference, pair by pair.

    Args:
        ours: for each seed the SNR of each recording.
        theirs: the same seeds, and the same recordings or more.

    Raises:
        EqlibError: for other numbers of seeds, no seed, or a recording that the other lacks.
    """
    if not ours or len(ours) != len(theirs):
        cure = "Give the seeds that both have."
        raise EqlibError(f"{len(ours)} and {len(theirs)} seeds", "as many, one or more", cure)
    names = list(ours[0])
    missing = [n for n in names if any(n not in clips for clips in [*ours, *theirs])]
    if missing:
        raise EqlibError(f"not in all: {missing[0]}", "the same recordings", "Leave it out.")
    pairs = zip(ours, theirs, strict=True)
    table = np.array([[a[name] - b[name] for name in names] for a, b in pairs])
    return mean_interval(table, [cluster_of(name) for name in names])
