"""A network on sound of any rate and shape: in step with its input, and no comb at any strength."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib import EqlibError, EQNet, EQNetConfig, pretrained
from eqlib.apply import Equalizer, delay_samples, equalize
from eqlib.networks.shipped import WEIGHTS_FOLDER

SMALL = EQNetConfig(frame=256, hop=64, filters=6, kernel=16, local_kernel=32, pool=16)
NET = EQNet(SMALL, seed=1)
SHELF = pretrained("low-shelf")
MUSIC = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 30_000)).astype(np.float32)


class Late(EQNet):
    """A gain of two, some samples late: what a box with a converter does."""

    late = 20

    def forward(self, x):
        return 2 * torch.nn.functional.pad(x, (self.late, 0))[..., : x.shape[-1]]


def response_db(audio, output, rate, frequencies_hz):
    """Welch's estimate, far from all that is in the package."""
    f, cross = signal.csd(audio, output, rate, nperseg=4096)
    _, power = signal.welch(audio, rate, nperseg=4096)
    return np.interp(frequencies_hz, f, 20 * np.log10(np.abs(cross) / power))


def test_at_the_networks_rate_and_full_strength_it_is_process():
    for audio in (MUSIC, MUSIC[0].astype(np.float64), torch.from_numpy(MUSIC)[:, None]):
        got = NET.equalize(audio, sample_rate=16_000)
        assert type(got) is type(audio) and got.dtype == audio.dtype and got.shape == audio.shape
        np.testing.assert_allclose(got, NET.process(audio), rtol=0, atol=2e-6)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("samples", [1, 7, 4_411, 30_000])
def test_strength_zero_returns_the_audio_to_the_last_bit_at_any_rate(rate, samples):
    for audio in (MUSIC[:, :samples], MUSIC[0, :samples].astype(np.float64)):
        got = NET.equalize(audio, sample_rate=rate, strength=0)
        assert np.array_equal(got, audio) and got.dtype == audio.dtype


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_shelf_is_heard_below_and_all_above_the_networks_half_rate_is_kept(rate):
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, 6 * rate).astype(np.float32)
    output = SHELF.equalize(noise, sample_rate=rate)
    low = response_db(noise, output, rate, [100, 200])
    assert np.all(abs(low - 10) < 1)
    above = response_db(noise, output, rate, np.linspace(8_500, rate / 2 - 500, 50))
    assert np.all(abs(above) < 0.05)
    cut = equalize(SHELF, noise, sample_rate=rate, keep_above=False)
    assert np.all(response_db(noise, cut, rate, np.linspace(8_500, rate / 2 - 500, 50)) < -60)
    np.testing.assert_allclose(
        response_db(noise, cut, rate, [100, 1_000, 6_000]),
        response_db(noise, output, rate, [100, 1_000, 6_000]),
        atol=0.05,
    )


@pytest.mark.parametrize("rate", [44_100, 16_000])
def test_between_the_strengths_nothing_is_late(rate):
    t = np.arange(3 * rate) / rate
    tone = (0.2 * np.sin(2 * np.pi * 120 * t)).astype(np.float32)
    middle = slice(rate, 2 * rate)
    full = SHELF.equalize(tone, sample_rate=rate)[middle]
    for strength in (0.25, 0.5, 0.75):
        got = SHELF.equalize(tone, sample_rate=rate, strength=strength)[middle]
        expected = (1 - strength) * tone[middle] + strength * full
        np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_a_network_that_is_late_makes_no_comb_at_half_the_strength(rate):
    net = Late()
    assert delay_samples(net) == Late.late
    noise = np.random.default_rng(2).uniform(-0.3, 0.3, 4 * rate).astype(np.float32)
    f = np.linspace(300, 7_000, 60)
    for strength, gain in ((0.5, 1.5), (1, 2)):
        got = net.equalize(noise, sample_rate=rate, strength=strength)
        assert np.all(abs(response_db(noise, got, rate, f) - 20 * np.log10(gain)) < 0.1)
    # What the plain way makes of it: the first notch lies where 20 samples are half a period.
    if rate == net.config.sample_rate:
        comb = 0.5 * noise + 0.5 * net.process(noise) / 2
        assert response_db(noise, comb, rate, [400]) < -15


@pytest.mark.parametrize("name", [path.stem for path in WEIGHTS_FOLDER.glob("*.safetensors")])
def test_what_ships_is_not_late(name):
    assert delay_samples(pretrained(name)) == 0


@pytest.mark.parametrize("rate", [16_000, 44_100])
@pytest.mark.parametrize("keep", [True, False])
def test_blocks_are_the_same_as_the_whole(rate, keep):
    effect = Equalizer(NET, sample_rate=rate, channels=2, strength=0.7, keep_above=keep)
    edges = [0, 1, 5, 4_000, 4_001, 20_000, 30_000]
    parts = [effect.process(MUSIC[:, a:b]) for a, b in zip(edges, edges[1:], strict=False)]
    made = np.concatenate([*parts, effect.flush()], axis=-1)
    whole = equalize(NET, MUSIC, sample_rate=rate, strength=0.7, keep_above=keep)
    assert made.shape == MUSIC.shape
    np.testing.assert_allclose(made, whole, rtol=0, atol=2e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"strength": 1.5}, "strength is 1.5"),
        ({"strength": -0.1}, "strength is -0.1"),
        ({"strength": float("nan")}, "strength is nan"),
        ({"strength": True}, "strength is True"),
        ({"sample_rate": 10**10}, "sample rate of 10000000000 Hz"),
        ({"sample_rate": 0}, "sample rate of 0 Hz"),
        ({"sample_rate": 44_100.5}, "sample_rate is 44100.5"),
        ({"audio": np.arange(2_000)}, "int64"),
        ({"audio": np.zeros((2_000, 2))}, "time along the last axis"),
        ({"audio": np.full(2_000, 1e38)}, "reaches"),
    ],
)
def test_what_cannot_be_equalized_is_refused(wrong, message):
    arguments = {"audio": MUSIC, "sample_rate": 44_100, **wrong}
    audio = arguments.pop("audio")
    with pytest.raises(EqlibError, match=message):
        NET.equalize(audio, **arguments)


def test_blocks_of_another_shape_are_refused():
    effect = Equalizer(NET, sample_rate=16_000, channels=2)
    with pytest.raises(EqlibError, match=r"\(2, samples\)"):
        effect.process(MUSIC[0])
