from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import optimize, signal

from eqlib import EQ, EqlibError, EQNet, EQNetConfig
from eqlib.analysis import bank, channels, systems
from eqlib.layers import ORIENTATIONS

RATE = 16_000
CENTERS_HZ = [500, 1_000, 2_500, 6_000]
SMALL = EQNetConfig(frame=256, hop=128, local_kernel=32)


def test_filters_are_cosines_under_scipys_hann_window():
    weight = bank.windowed_cosines(CENTERS_HZ, phases=[0, 0.7], kernel=64)
    bell = signal.get_window("hann", 64, fftbins=True)  # symmetric around tap 32, zero at tap 0
    for band, hz in enumerate(CENTERS_HZ):
        for which, phase in enumerate([0, 0.7]):
            taps = [
                bell[n + 32] * np.cos(2 * np.pi * hz * n / RATE + phase) * 2 / bell.sum()
                for n in range(-31, 32)
            ]
            np.testing.assert_allclose(weight[2 * band + which, :63], taps, atol=1e-7)
    assert not weight[:, 63].any()


@pytest.mark.parametrize("kernel", [32, 63, 64])
def test_gain_is_one_at_the_center_and_nothing_is_delayed(kernel):
    for hz in (1_500, 4_000):
        (taps,) = bank.windowed_cosines([hz], kernel=kernel)
        lags = np.arange(kernel) - (kernel - 1) // 2
        response = taps @ np.exp(-2j * np.pi * hz / RATE * lags)
        assert response == pytest.approx(1, abs=2e-3)


def test_phase_is_the_response_s_phase():
    weight = bank.windowed_cosines([2_000], phases=np.radians([0, 45, 90, 135]))
    response = weight @ np.exp(-2j * np.pi * 2_000 / RATE * (np.arange(64) - 31))
    np.testing.assert_allclose(np.angle(response, deg=True), [0, 45, 90, 135], atol=0.2)


@pytest.mark.parametrize(
    "wrong",
    [
        dict(centers_hz=[9_000]),
        dict(centers_hz=[-1]),
        dict(centers_hz=[]),
        dict(centers_hz=[100], phases=[]),
        dict(centers_hz=[100], phases=[np.nan]),
        dict(centers_hz=[100], kernel=3),
        dict(centers_hz=[100], sample_rate=0),
    ],
)
def test_filters_that_cannot_be_are_refused(wrong):
    with pytest.raises(EqlibError):
        bank.windowed_cosines(**wrong)


def test_a_network_by_hand_has_these_filters_and_averaging_smoothers():
    weight = bank.windowed_cosines(CENTERS_HZ, kernel=32)
    net = bank.by_hand(weight, SMALL, orientation="adjoint")
    assert net.config.filters == 4 and net.config.kernel == 32
    assert net.deconv.orientation == "adjoint"
    np.testing.assert_array_equal(net.conv.weight.detach(), weight)
    assert not net.conv.bias.any() and not net.conv_local.bias.any()
    with torch.no_grad():
        smoothed = net.conv_local(torch.full((1, 4, 256), 0.3))
    np.testing.assert_allclose(smoothed[..., 32:-32], 0.3, rtol=1e-5)


@pytest.mark.parametrize("weight", [np.zeros(3), np.full((2, 8), np.nan)])
def test_weights_that_cannot_be_are_refused(weight):
    with pytest.raises(EqlibError):
        bank.by_hand(weight, SMALL)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("kernel", [7, 8])
def test_paths_are_what_the_layers_make_of_a_click(orientation, kernel):
    weight = np.random.default_rng(0).standard_normal((3, kernel))
    net = bank.by_hand(weight, SMALL, orientation=orientation)
    click = torch.zeros(1, 1, 256)
    click[..., 128] = 1
    paths = channels.channel_paths(net)
    assert paths.shape == (3, 2 * kernel + 1)
    for c, path in enumerate(paths):
        with torch.no_grad():
            only = net.conv(click) * (torch.arange(3) == c).view(-1, 1)
            heard = net.deconv(only, net.conv.weight)[0, 0].numpy()
        np.testing.assert_allclose(heard[128 - kernel : 129 + kernel], path, atol=1e-5)
        heard[128 - kernel : 129 + kernel] = 0
        assert not heard.any()


def test_still_faders_make_the_network_one_filter():
    net = bank.by_hand(bank.windowed_cosines(CENTERS_HZ, phases=[0.3]))
    gains = np.array([0.5, 1, 0, 2], np.float32)
    audio = np.random.default_rng(1).standard_normal(4_000).astype(np.float32)
    expected = np.convolve(audio, gains @ channels.channel_paths(net), "same")
    output = channels.frozen(net, gains[:, None]).process(audio)
    # Frames end in silence, where the filters reach beyond them.
    np.testing.assert_allclose(output, expected, atol=2e-3)


@pytest.mark.parametrize("ridge", [1e-4, 1e-2])
def test_best_faders_are_those_of_another_solver(ridge):
    rng = np.random.default_rng(2)
    paths, target = rng.standard_normal((6, 21)), rng.standard_normal(21)
    gains = channels.best_faders(paths, target, ridge=ridge)

    def cost(g):
        energy = max(np.dot(path, path) for path in paths)
        return np.sum((g @ paths - target) ** 2) + ridge * energy * np.sum(g**2)

    other = optimize.minimize(cost, np.ones(6), bounds=[(0, None)] * 6, tol=1e-12)
    np.testing.assert_allclose(gains, other.x, atol=1e-4)
    assert (gains >= 0).all() and (gains == 0).any()


def test_four_phases_make_a_shelf_unreversed_only():
    weight = bank.windowed_cosines(np.linspace(150, 7_800, 32), phases=np.pi / 4 * np.arange(4))
    target = systems.click_response(EQ.low_shelf(cutoff_hz=800, gain_db=10))
    wrong = {}
    for orientation in ORIENTATIONS:
        paths = channels.channel_paths(bank.by_hand(weight, orientation=orientation))
        wrong[orientation] = np.sum((channels.best_faders(paths, target) @ paths - target) ** 2)
    assert wrong["unreversed"] < 0.1 * wrong["adjoint"]


@pytest.mark.parametrize("wrong", [dict(target=np.zeros(4)), dict(target=np.zeros(5), ridge=0)])
def test_faders_that_cannot_be_found_are_refused(wrong):
    with pytest.raises(EqlibError):
        channels.best_faders(np.ones((2, 5)), **wrong)


def test_impulse_response_is_scipys_from_the_middle_on():
    eq = EQ.highpass(cutoff_hz=500)
    response = systems.click_response(eq, before=32, after=33)
    click = np.zeros(33)
    click[0] = 1
    assert len(response) == 65 and not response[:32].any()
    np.testing.assert_allclose(response[32:], signal.sosfilt(eq.sos, click), atol=1e-12)
    with pytest.raises(EqlibError):
        systems.click_response(eq, after=0)


def test_the_default_network_can_be_set_by_hand():
    weight = bank.windowed_cosines(np.linspace(100, 7_900, 128))
    assert bank.by_hand(weight).config == EQNet().config
