from __future__ import annotations

import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import signal

import refresh
from eqlib import EqlibError, EQNetConfig, plots
from eqlib.analysis import bank, channels

RATE = 16_000
CENTERS_HZ = np.geomspace(200, 6_000, 6)
WEIGHT = bank.windowed_cosines(CENTERS_HZ, phases=np.radians([0, 45]))
SMALL = EQNetConfig(frame=256, hop=128, local_kernel=31)
NET = bank.by_hand(WEIGHT, SMALL)
NOISE = np.random.default_rng(0).standard_normal(1_024).astype(np.float32)
FADER, PLACES = np.linspace(0.2, 0.9, 4), np.array([3, 20, 32, 63])
PATHS = channels.channel_paths(NET)

FIGURES = {
    "taps": lambda: plots.taps({"a": WEIGHT[0], "b": WEIGHT[7]}, sample_rate=RATE),
    "one_channel": lambda: plots.one_channel(NET, NOISE, 5),
    "channels": lambda: plots.channels({"by hand": NET, "the same": NET}, NOISE),
    "unpoolings": lambda: plots.unpoolings(NOISE[:64], FADER, PLACES, sample_rate=RATE),
    "paths": lambda: plots.paths({"one set": PATHS[:2]}, ["x", "y"], sample_rate=RATE),
    "faders": lambda: plots.faders(CENTERS_HZ, {"x": np.ones(6), "y": np.arange(6)}),
}


def plain_front_end():
    """X1, envelopes and Z by nn.Conv1d's function, in (C, samples)."""
    with torch.no_grad():
        x = torch.from_numpy(NOISE).view(1, 1, -1)
        X1 = F.conv1d(F.pad(x, (31, 32)), NET.conv.weight.unsqueeze(1))
        local = NET.conv_local.weight.unsqueeze(1)
        smooth = F.conv1d(F.pad(X1.abs(), (15, 15)), local, groups=len(WEIGHT))
        Z = F.max_pool1d(F.softplus(smooth), SMALL.pool)
    return X1[0].numpy(), smooth[0].numpy(), Z[0].numpy()


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_a_figure_is_small_white_and_the_same_in_any_session(draw):
    def png(fig):
        file = io.BytesIO()
        fig.canvas.print_figure(file, dpi=fig.dpi, facecolor=fig.get_facecolor())
        return file.getvalue()

    file = png(draw())
    assert len(refresh.smaller(file)) < 40_000  # as a page has it
    pixels = plt.imread(io.BytesIO(file))
    assert pixels.shape[1] < 700 and np.all(pixels[[0, 0, -1, -1], [0, -1, 0, -1]] == 1)
    with plt.style.context("dark_background"):
        assert png(draw()) == file
    assert plt.get_fignums() == []


def test_taps_are_drawn_around_time_zero_with_scipys_gain():
    above, below = FIGURES["taps"]().axes
    ms = above.lines[0].get_xdata()
    np.testing.assert_array_equal(above.lines[1].get_ydata(), WEIGHT[7])
    assert ms[31] == 0 and ms[32] == pytest.approx(1e3 / RATE)
    for line, taps in zip(below.lines, (WEIGHT[0], WEIGHT[7]), strict=True):
        _, expected = signal.freqz(taps.astype(float), worN=line.get_xdata(), fs=RATE)
        np.testing.assert_allclose(10 ** (line.get_ydata() / 20), np.abs(expected), atol=1e-9)


def test_one_channel_shows_what_the_plain_layers_give():
    X1, smooth, Z = (part[5] for part in plain_front_end())
    first, second, third = FIGURES["one_channel"]().axes
    np.testing.assert_allclose(first.lines[0].get_ydata(), X1, atol=1e-5)
    np.testing.assert_allclose(second.lines[0].get_ydata(), np.abs(X1), atol=1e-5)
    np.testing.assert_allclose(second.lines[1].get_ydata(), smooth, atol=1e-5)
    np.testing.assert_allclose(third.lines[0].get_ydata(), np.log1p(np.exp(smooth)), atol=1e-5)
    (stairs,) = third.patches
    np.testing.assert_allclose(stairs.get_data().values, Z, atol=1e-5)
    np.testing.assert_allclose(stairs.get_data().edges, np.arange(65) * 1.0)


def test_one_channel_shows_the_square_where_the_network_squares():
    net = bank.by_hand(WEIGHT, SMALL, rectifier="square")
    second = plots.one_channel(net, NOISE, 0).axes[1]
    np.testing.assert_allclose(second.lines[0].get_ydata(), plain_front_end()[0][0] ** 2, atol=1e-4)


def test_channels_are_sorted_levels_and_means():
    X1, _, Z = plain_front_end()
    swapped = bank.by_hand(WEIGHT[::-1], SMALL)
    images = [
        ax.collections[0].get_array().data
        for ax in plots.channels({"a": swapped}, NOISE).axes
        if ax.get_title()
    ]
    peaks = np.array([[max(abs(row[n : n + 64])) for n in range(0, 1_024, 64)] for row in X1])
    # Two filters of one band differ in phase only, so their order may be either one.
    level_db = 20 * np.log10(peaks / peaks.max())
    means = np.array([[row[m : m + 4].mean() for m in range(0, 64, 4)] for row in Z])
    for image, expected in zip(images, (level_db, means), strict=True):
        by_band = np.sort(image.reshape(6, 2, -1), axis=1)
        np.testing.assert_allclose(by_band, np.sort(expected.reshape(6, 2, -1), axis=1), atol=1e-3)


def test_unpoolings_are_torchs():
    P = torch.from_numpy(NOISE[:64])
    spikes = F.max_unpool1d(torch.from_numpy(FADER)[None], torch.from_numpy(PLACES)[None], 16)[0]
    held = torch.from_numpy(FADER).repeat_interleave(16)
    left, right, left_product, right_product = FIGURES["unpoolings"]().axes
    for above, below, expected in ((left, left_product, held), (right, right_product, spikes)):
        np.testing.assert_allclose(above.lines[0].get_ydata(), expected)
        np.testing.assert_array_equal(below.lines[0].get_ydata(), P)
        np.testing.assert_allclose(below.lines[1].get_ydata(), P * expected, rtol=1e-6)


def test_paths_and_faders_are_what_they_were_given():
    (ax,) = FIGURES["paths"]().axes
    for line, path in zip(ax.lines, PATHS, strict=False):
        np.testing.assert_array_equal(line.get_ydata(), path)
        assert line.get_xdata()[64] == 0
    first, second = FIGURES["faders"]().axes
    np.testing.assert_array_equal(first.lines[0].get_ydata(), np.ones(6))
    np.testing.assert_array_equal(second.lines[0].get_ydata(), np.arange(6))
    assert second.get_xscale() == "log" and second.get_ylabel() == "y"


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.taps({}, sample_rate=RATE),
        lambda: plots.taps({"a": WEIGHT}, sample_rate=RATE),
        lambda: plots.taps({"a": WEIGHT[0] * np.nan}, sample_rate=RATE),
        lambda: plots.taps({"a": WEIGHT[0]}, sample_rate=RATE, range_db=0),
        lambda: plots.one_channel(NET, NOISE, 12),
        lambda: plots.one_channel(NET, NOISE, -1),
        lambda: plots.one_channel(NET, NOISE[:1_000], 0),
        lambda: plots.channels({}, NOISE),
        lambda: plots.channels({"a": NET}, NOISE[:1_008]),
        lambda: plots.channels({"a": NET}, NOISE.reshape(2, -1)),
        lambda: plots.unpoolings(NOISE[:63], FADER, PLACES, sample_rate=RATE),
        lambda: plots.unpoolings(NOISE[:64], FADER, PLACES[:3], sample_rate=RATE),
        lambda: plots.paths({}, ["x"], sample_rate=RATE),
        lambda: plots.paths({"a": PATHS}, ["x"], sample_rate=RATE),
        lambda: plots.faders(CENTERS_HZ, {}),
        lambda: plots.faders(CENTERS_HZ, {"x": np.ones(5)}),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw):
    with pytest.raises(EqlibError):
        draw()


def test_places_and_centers_that_cannot_be_are_refused():
    P, Z_hat = np.ones(32), np.ones(2)
    for places in (np.array([0, 32]), np.array([-1, 3]), np.array([0.0, 1.0])):
        with pytest.raises(EqlibError, match="places are"):
            plots.unpoolings(P, Z_hat, places, sample_rate=16_000)
    with pytest.raises(EqlibError, match="no center"):
        plots.faders(np.zeros(3), {"gains": np.ones(3)})
