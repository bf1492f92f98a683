"""What the figures of frames draw, against plain loops over samples."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from eqlib import EqlibError, frames, plots

RATE = 16_000
NOISE = np.random.default_rng(0).standard_normal(700).astype(np.float32)
HANN = frames.window("hann", 256).numpy()

FIGURES = {
    "cut": lambda: plots.cut_and_added(NOISE, frame=256, hop=128, sample_rate=RATE),
    "sums": lambda: plots.window_sums(
        {"fits": (HANN, 128), "does not": (HANN, 192)}, sample_rate=RATE, hops=3
    ),
    "lengths": lambda: plots.by_frame_length(
        [64, 128, 256], {"added up": [1.0, 2.0, 3.0], "network": [2.5] * 3}
    ),
    "along": lambda: plots.along_frame(
        {"fader": np.linspace(2, 0, 4)}, frame=256, sample_rate=RATE, ylabel="fader", ylim=(0, 2)
    ),
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_figure_is_one_that_the_cell_shows(draw):
    fig = draw()
    assert isinstance(fig, Figure)
    assert any(ax.get_xlabel() for ax in fig.axes)


@pytest.mark.parametrize("hop", [1, 50, 64, 128, 192, 256, 300])
@pytest.mark.parametrize("samples", [1, 100, 1_000])
def test_window_sum_is_that_of_a_plain_loop(hop, samples):
    periods = 10_000 // hop
    total = np.zeros(periods * hop + 256 + samples)
    for start in range(0, len(total) - 256, hop):
        total[start : start + 256] += HANN
    first = (5_000 // hop) * hop  # far from both ends
    got = frames.window_sum(HANN, hop=hop, samples=samples)
    assert np.allclose(got, total[first : first + samples], atol=1e-12)


def test_the_sum_is_constant_just_where_the_package_says_so():
    for hop, product in [(128, HANN), (64, HANN), (64, HANN**2)]:
        total = frames.window_sum(product, hop=hop, samples=512)
        assert np.ptp(total) < 1e-12
        gain = frames.overlap_add_gain(
            frames.window("hann", 256) ** (2 - (product is HANN)), hop=hop
        )
        assert total[0] == pytest.approx(gain)
    assert np.ptp(frames.window_sum(HANN, hop=192, samples=512)) > 0.5


@pytest.mark.parametrize("hop", [100, 128, 192])
def test_frames_and_their_sum_are_those_of_a_plain_loop(hop):
    fig = plots.cut_and_added(NOISE, frame=256, hop=hop, sample_rate=RATE)
    pieces, total = fig.axes
    starts = list(range(0, 700 - 256 + 1, hop))
    assert len(pieces.lines) == 2 * len(starts)
    added = np.zeros(700)
    for start in starts:
        for n in range(256):
            added[start + n] += HANN[n] * NOISE[start + n]
    assert np.allclose(total.lines[0].get_ydata(), NOISE)
    assert np.allclose(total.lines[1].get_ydata(), added)
    if hop == 128:  # where no neighbor is missing, the sum is the signal
        assert np.allclose(added[128 : starts[-1] + 128], NOISE[128 : starts[-1] + 128], atol=1e-6)


def test_sums_are_drawn_over_their_windows():
    for ax, hop in zip(FIGURES["sums"]().axes, (128, 192), strict=True):
        ms, total = ax.lines[-1].get_data()
        assert ms[-1] == pytest.approx((3 * 128 - 1) / 16)
        drawn = np.zeros(3 * 128)
        for line in ax.lines[:-1]:
            drawn[np.rint(line.get_xdata() * 16).astype(int)] += line.get_ydata()
        assert np.allclose(drawn, frames.window_sum(HANN, hop=hop, samples=3 * 128))
        assert np.allclose(drawn, total)


def test_curves_over_the_length():
    (ax,) = FIGURES["lengths"]().axes
    assert [line.get_label() for line in ax.lines] == ["added up", "network"]
    assert list(ax.lines[0].get_xdata()) == [64, 128, 256]
    assert list(ax.lines[1].get_ydata()) == [2.5, 2.5, 2.5]
    assert [line.get_marker() for line in ax.lines] == ["o", ""]  # one number was measured once


def test_values_along_a_frame_stand_in_the_middle_of_their_parts():
    (ax,) = FIGURES["along"]().axes
    assert np.allclose(ax.lines[0].get_xdata(), [2, 6, 10, 14])
    assert ax.get_xlim() == (0, 16) and ax.get_ylim() == (0, 2)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.cut_and_added(NOISE, frame=256, hop=0, sample_rate=RATE),
        lambda: plots.cut_and_added(NOISE, frame=1024, hop=512, sample_rate=RATE),
        lambda: plots.cut_and_added(NOISE[None], frame=256, hop=128, sample_rate=RATE),
        lambda: plots.window_sums({}, sample_rate=RATE),
        lambda: plots.window_sums({"a": (HANN, 0)}, sample_rate=RATE),
        lambda: plots.window_sums({"a": (HANN[None], 128)}, sample_rate=RATE),
        lambda: plots.window_sums({"a": (HANN, 128)}, sample_rate=RATE, hops=0),
        lambda: plots.by_frame_length([64, 128], {}),
        lambda: plots.by_frame_length([128, 64], {"a": [1, 2]}),
        lambda: plots.by_frame_length([64], {"a": [1]}),
        lambda: plots.by_frame_length([64, 128], {"a": [1]}),
        lambda: plots.by_frame_length([64, 128], {"a": [1, np.inf]}),
        lambda: plots.along_frame({}, frame=256, sample_rate=RATE, ylabel=""),
        lambda: plots.along_frame({"a": []}, frame=256, sample_rate=RATE, ylabel=""),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw):
    with pytest.raises(EqlibError):
        draw()
