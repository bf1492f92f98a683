"""The figures of the latent space: what they compute against filters that run, and sines."""

from __future__ import annotations

import dataclasses
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from eqlib import EQ, EqlibError, EQNet, EQNetConfig, plots
from eqlib.analysis import channels

RATE = 16_000
SMALL = EQNetConfig(frame=256, hop=128, filters=8, kernel=16, local_kernel=32, pool=16)
NOISE = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
FIGURES = {
    "connections": plots.connections,
    "softplus": plots.softplus,
    "fader_responses": lambda: plots.fader_responses(
        EQNet(SMALL), {"low": np.eye(8)[0], "all": np.ones(8)}, eq=EQ.flat()
    ),
    "faders_in_frame": lambda: plots.faders_in_frame(
        {"jumping": NOISE[:64] ** 2, "still": np.ones(64)}, pool=16, sample_rate=RATE
    ),
    "fine_spectra": lambda: plots.fine_spectra({"a": NOISE, "b": NOISE}, sample_rate=RATE),
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_figures_are_drawn_small_and_shown_once(draw):
    fig = draw()
    assert isinstance(fig, Figure)
    assert plt.get_fignums() == []
    file = io.BytesIO()
    fig.canvas.print_figure(file, dpi=fig.dpi, bbox_inches="tight")
    assert len(file.getvalue()) < 90_000


@pytest.mark.parametrize("orientation", ["unreversed", "adjoint"])
def test_path_responses_are_those_of_filters_that_run(orientation):
    own = {"orientation": orientation, "window": "rectangular", "hop": 256}
    config = dataclasses.replace(SMALL, **own)
    net = EQNet(config).double()
    gains = np.random.default_rng(1).uniform(0, 1, 8)
    impulse = torch.zeros(1, 1, 256, dtype=torch.float64)
    impulse[..., 128] = 1
    with torch.no_grad():
        y = channels.frozen(net, gains[:, None])(impulse)[0, 0].numpy()
    hz = np.fft.rfftfreq(256, 1 / RATE)
    expected = np.fft.rfft(np.roll(y, -128))
    got = gains @ channels.path_responses(net, frequencies_hz=hz)
    np.testing.assert_allclose(got, expected, atol=1e-10)


def test_fader_responses_draw_the_gain_in_db():
    net, gains = EQNet(SMALL), np.linspace(0.1, 1, 8)
    above, below = plots.fader_responses(net, {"mix": gains}).axes
    hz, drawn_db = above.lines[0].get_data()
    exact = np.abs(gains @ channels.path_responses(net, frequencies_hz=hz))
    np.testing.assert_allclose(drawn_db, 20 * np.log10(exact))
    np.testing.assert_array_equal(below.lines[0].get_ydata(), gains)


def test_connections_count_the_cells_that_they_draw():
    for ax in plots.connections().axes:
        count = sum(int(block.get_width() * block.get_height()) for block in ax.patches)
        times = 1 if ax.get_title() != "shared" else 4  # one block, drawn four times
        assert f"{count // times} weights" == ax.get_xlabel()
        lines = ax.lines[::2]  # of each block, those between its rows
        for block, between in zip(ax.patches, lines, strict=True):
            assert np.isnan(between.get_xdata()).sum() == block.get_height() - 1


def test_softplus_and_its_slope_are_those_of_torch():
    value, slope = plots.softplus().axes
    x = torch.from_numpy(np.array(value.lines[0].get_xdata())).requires_grad_()
    y = torch.nn.functional.softplus(x)
    y.sum().backward()
    np.testing.assert_allclose(value.lines[0].get_ydata(), y.detach().numpy(), atol=1e-9)
    np.testing.assert_allclose(slope.lines[0].get_ydata(), x.grad.numpy(), atol=1e-9)


def test_a_swinging_sine_has_two_sidebands_in_its_fine_spectrum():
    t = np.arange(RATE) / RATE
    sine = np.sin(2 * np.pi * 400 * t)
    swinging = (1 + 0.5 * np.sin(2 * np.pi * 50 * t)) * sine
    axes = plots.fine_spectra({"still": sine, "swinging": swinging}, sample_rate=RATE).axes
    hz, level_db = axes[1].lines[0].get_data()
    loud = hz[level_db > -20]
    assert {round(f / 50) * 50 for f in loud} == {350, 400, 450}
    assert level_db[hz == 350] == pytest.approx(20 * np.log10(0.25), abs=0.01)
    still_db = axes[0].lines[0].get_ydata()
    assert still_db[hz == 400] == pytest.approx(0, abs=0.01)
    assert still_db[hz == 350] < -60


def test_held_faders_are_stairs_of_one_pool_each():
    values = np.arange(4.0)
    ax = plots.faders_in_frame({"fader": values}, pool=16, sample_rate=RATE).axes[0]
    (stairs,) = ax.patches
    np.testing.assert_array_equal(stairs.get_data().values, values)
    np.testing.assert_array_equal(stairs.get_data().edges, [0, 1, 2, 3, 4])


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.fader_responses(EQNet(SMALL), {}), "settings"),
        (lambda: plots.fader_responses(EQNet(SMALL), {"a": np.ones((8, 1))}), "shape"),
        (
            lambda: plots.faders_in_frame(
                {"a": np.ones(4), "b": np.ones(5)}, pool=16, sample_rate=RATE
            ),
            "b has shape",
        ),
        (lambda: plots.fine_spectra({"a": NOISE}, sample_rate=RATE, high_hz=9e3), "high_hz"),
        (lambda: plots.fine_spectra({"a": NOISE}, sample_rate=RATE, low_hz=2e3), "low_hz"),
    ],
)
def test_bad_input_is_told(draw, message):
    with pytest.raises(EqlibError, match=message):
        draw()
