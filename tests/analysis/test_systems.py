"""Probes of a system, on systems whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eqlib import EqlibError, EQNet, EQNetConfig, plots
from eqlib.analysis import channels, systems
from eqlib.equalizers.targets import TARGETS

NOISE = np.random.default_rng(0).standard_normal(6_000).astype(np.float32) / 10


@pytest.mark.parametrize("name", TARGETS)
def test_a_sweep_measures_gain_and_phase_of_an_equalizer(name):
    eq = TARGETS[name]
    frequencies_hz, response = systems.sweep_response(eq)
    exact = eq.response(frequencies_hz)
    wrong = np.abs(response - exact) / np.abs(exact)
    assert 20 * np.log10(wrong.max()) < -49


def test_a_sweep_shows_the_linear_part_of_a_distortion():
    """x + x^3 turns a sine of level a into (1 + 3/4 a^2) of itself, and a harmonic."""
    level = 10 ** (-10 / 20)
    response = systems.sweep_response(lambda x: x + x**3, level_dbfs=-10).response
    assert np.median(np.abs(response)) == pytest.approx(1 + 0.75 * level**2, rel=0.02)


def test_a_linear_system_agrees_with_itself_and_a_compressor_does_not():
    def compress(x):
        return np.tanh(3 * x)

    eq = TARGETS["low-shelf"]
    assert systems.homogeneity_db(eq, NOISE, np.array([-40.0, 20.0])).min() > 110
    assert systems.additivity_db(eq, NOISE, NOISE[::-1].copy()) > 110
    quiet, loud = systems.homogeneity_db(compress, NOISE, np.array([-60.0, 30.0]))
    assert loud < 10 < quiet
    expected = np.tanh(3 * NOISE * 10**1.5) / 10**1.5 - np.tanh(3 * NOISE)
    expected = -10 * np.log10(np.sum(expected**2) / np.sum(np.tanh(3 * NOISE) ** 2))
    assert loud == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("orientation", ["unreversed", "adjoint"])
def test_with_still_faders_the_sweep_and_the_equation_agree(orientation):
    config = EQNetConfig(filters=8, orientation=orientation)
    net = channels.frozen(EQNet(config), np.linspace(0.5, 2, 8)[:, None])
    assert channels.faders(net, NOISE).shape == (13, 8, 64)
    by_sweep = systems.sweep_response(net.process)
    inside = channels.static_response(net, NOISE, frequencies_hz=by_sweep.frequencies_hz)
    wrong = np.abs(by_sweep.response - inside.response) / np.abs(inside.response).mean()
    # What is left is the window: each frame is filtered after it was faded.
    assert np.median(wrong) < 0.03


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (systems.sine_sweep, {"high_hz": 9_000}, "high_hz is 9000"),
        (systems.sine_sweep, {"low_hz": 8_000, "high_hz": 7_000}, "low_hz is 8000"),
        (systems.sine_sweep, {"level_dbfs": 3}, "level_dbfs is 3"),
        (channels.frozen, {"net": EQNet(EQNetConfig(filters=8)), "gains": np.ones((8, 3))}, "8, 3"),
        (plots.orientations, {"net": EQNet(EQNetConfig(filters=8)), "channel": 8}, "channel is 8"),
        (plots.linearity, {"gains_db": [0, 1], "curves": {"a": [1]}}, "a has 1 values"),
        (plots.sweep_responses, {"eq": TARGETS["air"], "measured": {}}, "measured is empty"),
    ],
)
def test_what_cannot_be_is_refused(function, arguments, message):
    with pytest.raises(EqlibError, match=message):
        function(**arguments)


def test_a_system_that_changes_the_length_is_refused():
    with pytest.raises(EqlibError, match="the system's output has shape"):
        systems.sweep_response(lambda x: x[1:])


def test_the_figures_show_what_was_measured():
    eq = TARGETS["low-shelf"]
    fig = plots.sweep_responses(eq, {"itself": systems.sweep_response(eq)})
    gain, error = fig.axes
    assert gain.lines[1].get_ydata()[0] == pytest.approx(10, abs=0.2)
    assert error.lines[0].get_ydata().max() < -49
    fig = plots.linearity([-10, 0], {"network": [30, np.inf]})
    assert list(fig.axes[0].lines[0].get_ydata()) == [30, 140]


def test_the_two_paths_of_a_filter_are_those_of_the_layers():
    """Oracle: an impulse through one channel of the network itself."""
    for orientation, index in {"unreversed": 0, "adjoint": 1}.items():
        net = EQNet(EQNetConfig(filters=1, orientation=orientation), seed=3)
        x = torch.zeros(1, 1, 1024)
        x[..., 512] = 1
        path = net.deconv(net.conv(x), net.conv.weight).detach().flatten().numpy()
        fig = plots.orientations(net, 0)
        (line, _) = fig.axes[1 + index].lines
        at = np.rint(512 + line.get_xdata() / 1e3 * 16_000).astype(int)
        np.testing.assert_allclose(line.get_ydata(), path[at], atol=1e-6)
        outside = np.setdiff1d(np.arange(1024), at)
        assert np.abs(path[outside]).max() < 1e-6


def test_faders_take_one_channel():
    with pytest.raises(EqlibError, match="one channel"):
        channels.faders(EQNet(), np.ones((2, 4_000), np.float32))


def test_an_equalizer_keeps_time_and_frames_with_other_gains_do_not():
    shifts = np.array([0, 8, 500])
    assert systems.invariance_db(TARGETS["low-shelf"], NOISE, shifts).min() > 110

    def by_frame(audio):
        gains = np.where(np.arange(len(audio)) // 100 % 2, 0.5, 1.0)
        return (audio * gains).astype(np.float32)

    found = systems.invariance_db(by_frame, NOISE, np.array([50, 200]))
    assert found[1] > 110
    # Half of the samples change their gain, by 0.5.
    gains = np.where(np.arange(6_050) // 100 % 2, 0.5, 1.0)
    reference, delayed = gains[:6_000] * NOISE, gains[50:6_050] * NOISE
    expected = 10 * np.log10(np.sum(reference**2) / np.sum((reference - delayed) ** 2))
    assert found[0] == pytest.approx(expected, abs=1e-3)
    with pytest.raises(EqlibError, match="whole numbers"):
        systems.invariance_db(by_frame, NOISE, np.array([1.5]))
