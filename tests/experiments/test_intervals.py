"""Intervals by cluster, against SciPy's bootstrap, a loop, and a distribution that is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from eqlib import EqlibError
from eqlib.experiments import intervals, results
from eqlib.experiments.intervals import Interval, cluster_of, mean_interval

DRAW = np.random.default_rng(0)


def test_with_one_clip_in_a_cluster_it_is_the_plain_bootstrap():
    values = DRAW.gamma(2, 3, 40)
    found = mean_interval(values, [str(i) for i in range(40)], resamples=20_000)
    plain = stats.bootstrap((values,), np.mean, method="percentile", n_resamples=20_000, rng=1)
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(plain.confidence_interval.low, abs=0.06)
    assert found.high == pytest.approx(plain.confidence_interval.high, abs=0.06)


def test_clusters_and_seeds_are_drawn_whole():
    values, clusters = DRAW.normal(0, 1, (3, 7)), list("aabbbcd")
    by_loop, draw = [], np.random.default_rng(5)
    for _ in range(8_000):
        chosen = draw.choice(list("abcd"), 4)
        clips = np.concatenate([[i for i, c in enumerate(clusters) if c == one] for one in chosen])
        by_loop.append(values[draw.integers(0, 3, 3)][:, clips].mean())
    found = mean_interval(values, clusters, resamples=8_000)
    assert found.low == pytest.approx(np.quantile(by_loop, 0.025), abs=0.05)
    assert found.high == pytest.approx(np.quantile(by_loop, 0.975), abs=0.05)


def test_repeating_a_recording_makes_nothing_surer():
    values, names = DRAW.normal(50, 5, 30), [str(i) for i in range(30)]
    once = mean_interval(values, names)
    four_times = mean_interval(np.repeat(values, 4), np.repeat(names, 4).tolist())
    assert four_times == pytest.approx(once)
    wrongly = mean_interval(np.repeat(values, 4), [str(i) for i in range(120)])
    assert wrongly.high - wrongly.low < 0.6 * (once.high - once.low)


def test_it_covers_the_truth_about_as_often_as_it_says():
    inside = 0
    for trial in range(200):
        level = np.repeat(DRAW.normal(0, 1, 25), 4)  # four clips share a cluster's level
        values = level + DRAW.normal(0, 0.3, 100)
        clusters = np.repeat(np.arange(25), 4).astype(str).tolist()
        found = mean_interval(values, clusters, resamples=500, seed=trial)
        inside += found.low < 0 < found.high
    assert 0.88 < inside / 200 < 0.99


def test_what_belongs_together():
    assert cluster_of("piano/sal_Fs4_v01") == cluster_of("piano/sal_Fs4_v13")
    assert cluster_of("piano/sal_Fs4_v01") != cluster_of("piano/sal_Fs1_v01")
    assert cluster_of("drums/rk_beats_06-26") == cluster_of("drums/rk_beats_06-43")
    assert cluster_of("drums/rk_beats_06-26") != cluster_of("drums/rk_beats_08-14")
    mix, guitar = (f"phrases/sectoid_metal_madness_{part}" for part in ("mix", "guitar"))
    assert cluster_of(mix) == cluster_of(guitar) != cluster_of("phrases/sectoid_feelings_mix")
    assert cluster_of("guitar-acoustic/C4") != cluster_of("violin/C4")
    scores = results.entry("low-shelf")["scores"]
    assert len(set(map(cluster_of, scores["piano"]["clips"]))) == 3
    assert len(set(map(cluster_of, scores["phrases"]["clips"]))) == 9


def test_a_difference_is_taken_pair_by_pair():
    base = {f"violin/{i}": float(level) for i, level in enumerate(DRAW.normal(40, 10, 20))}
    better = {name: snr_db + 1 for name, snr_db in base.items()}
    found = intervals.of_difference([better], [base])
    assert found == pytest.approx((1, 1, 1)) and found.excludes_zero
    assert not Interval(0.1, -0.1, 0.3).excludes_zero
    assert (str(found), found.signed) == ("1.0 [1.0, 1.0]", "+1.0 [+1.0, +1.0]")
    with pytest.raises(EqlibError, match="seeds"):
        intervals.of_difference([better], [])
    with pytest.raises(EqlibError, match="not in all: violin/0"):
        intervals.of_difference([better], [{}])
    with pytest.raises(EqlibError, match="clusters"):
        mean_interval(np.ones(3), ["a"])


def test_seeds_are_drawn_besides_recordings():
    one = {f"violin/{i}": float(level) for i, level in enumerate(DRAW.normal(40, 10, 20))}
    other = {name: one[name] + 6 for name in reversed(one)}
    assert intervals.of_seeds([one]) == intervals.of_clips(one)
    both = intervals.of_seeds([one, other])
    alone = intervals.of_clips(one)
    assert both.mean == pytest.approx(alone.mean + 3)
    assert both.high - both.low > alone.high - alone.low
    for wrong in ([], [one, {}]):
        with pytest.raises(EqlibError, match="seeds"):
            intervals.of_seeds(wrong)


def test_a_single_cluster_tells_nothing_of_others():
    alone = intervals.mean_interval(np.array([3.0, 5.0]), ["a", "a"])
    assert (alone.mean, str(alone), alone.signed) == (4.0, "4.0", "+4.0")
    assert np.isnan(alone.low)
    assert not alone.excludes_zero
