"""eqlib.audio: the one door for audio, and everybody who takes it through that door."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import eqlib
from eqlib import EQ, EqlibError, EQNet, EQNetConfig, audio, metrics
from eqlib.analysis import channels
from eqlib.baselines import fit_biquads, least_squares_fir
from eqlib.data import Clips

SMALL = EQNetConfig(frame=256, hop=128, filters=8, kernel=16, local_kernel=32, pool=16)
NOISE = np.random.default_rng(0).standard_normal((2, 4_000)).astype(np.float32) / 10
FLAT = EQ.low_shelf(cutoff_hz=500, gain_db=10)


def pairs():
    clips = Clips.from_arrays([*NOISE], sample_rate=16_000)
    return eqlib.pair(clips, FLAT)


TAKERS = {
    "EQNet.process": lambda x: EQNet(SMALL).process(x),
    "EQNet.reconstruct": lambda x: EQNet(SMALL).reconstruct(x),
    "EQ": FLAT,
    "mae": lambda x: metrics.mae(x, x),
    "snr_db": lambda x: metrics.snr_db(x, x),
    "measured_response": lambda x: metrics.measured_response(x, x, sample_rate=16_000),
    "least squares": lambda x: least_squares_fir(pairs(), taps=15)(x),
    "biquads": lambda x: fit_biquads(pairs(), sections=1)(x),
}


@pytest.mark.parametrize("kind", ["numpy", "torch", "three axes"])
@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
def test_samples_by_channels_are_refused_and_channels_by_samples_are_not(take, kind):
    stereo = {"numpy": NOISE, "torch": torch.from_numpy(NOISE), "three axes": NOISE[None]}[kind]
    take(stereo)
    turned = stereo.swapaxes(-1, -2)
    with pytest.raises(EqlibError, match="2 samples of 4000 clips or channels") as error:
        take(turned)
    assert "audio.T" in error.value.cure


def test_real_stereo_is_two_signals():
    net = EQNet(SMALL)
    for process in (net.process, FLAT):
        together = process(NOISE)
        for channel, alone in zip(together, NOISE, strict=True):
            np.testing.assert_allclose(channel, process(alone), atol=1e-6)


@pytest.mark.parametrize("shape", [(31,), (2, 31), (31, 31), (2, 40), (40, 40), (1, 1)])
def test_short_audio_beside_few_clips_passes(shape):
    audio.check_axis("audio", shape)


def test_a_sample_rate_that_is_told_is_checked():
    net = EQNet(SMALL)
    for process in (net.process, net.reconstruct, FLAT):
        assert process(NOISE, sample_rate=16_000).shape == NOISE.shape
        with pytest.raises(EqlibError, match="44100 Hz; expected 16000 Hz"):
            process(NOISE, sample_rate=44_100)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.longdouble])
def test_every_kind_of_float_comes_back_as_it_was(kind):
    given = NOISE.astype(kind)
    for process in (EQNet(SMALL).process, FLAT):
        assert process(given).dtype == kind
    assert audio.to_array("x", given).dtype in (np.float32, np.float64)


def test_tensors_are_checked_where_they_are(monkeypatch):
    moved = []
    monkeypatch.setattr(torch.Tensor, "cpu", lambda self: moved.append(self) or self)
    monkeypatch.setattr(torch.Tensor, "numpy", lambda self, **_: moved.append(self) or self)
    audio.to_tensor("x", torch.from_numpy(NOISE))
    with pytest.raises(EqlibError, match="holds 1 samples"):
        audio.to_tensor("x", torch.tensor([0.0, float("nan")]))
    assert moved == []


def test_half_precision_of_torch_becomes_float32():
    half = torch.from_numpy(NOISE).bfloat16()
    np.testing.assert_array_equal(audio.to_array("x", half), half.float().numpy())


@pytest.mark.parametrize("what", [[0.1, 0.2], "note.wav", None, 3.0, {"a": NOISE}])
def test_what_is_no_audio_is_told_so(what):
    for take in (EQNet(SMALL).process, FLAT, lambda x: metrics.mae(x, x)):
        with pytest.raises(EqlibError, match="a NumPy array or a torch tensor"):
            take(what)


def test_decibels_have_a_floor():
    assert audio.db(10.0) == pytest.approx(20)
    assert audio.db(-0.1j) == pytest.approx(-20)
    assert audio.db(0.0) == pytest.approx(-180)
    np.testing.assert_allclose(audio.db(np.array([0.0, 1.0]), floor=1e-3), [-60, 0])


# --- torch's global modes


def modes():
    """Switches torch to each of its global modes for a while."""

    def deterministic():
        torch.use_deterministic_algorithms(True)
        return lambda: torch.use_deterministic_algorithms(False)

    def double_default():
        torch.set_default_dtype(torch.float64)
        return lambda: torch.set_default_dtype(torch.float32)

    def inference():
        mode = torch.inference_mode()
        mode.__enter__()
        return lambda: mode.__exit__(None, None, None)

    def autocast():
        mode = torch.autocast("cpu")
        mode.__enter__()
        return lambda: mode.__exit__(None, None, None)

    return [deterministic, double_default, inference, autocast]


@pytest.mark.parametrize("unpooling", ["repeat", "position"])
@pytest.mark.parametrize("mode", modes(), ids=lambda mode: mode.__name__)
def test_a_network_processes_in_every_mode_of_torch(mode, unpooling):
    net = EQNet(EQNetConfig(frame=256, hop=128, filters=8, kernel=16, pool=16, unpooling=unpooling))
    expected = net.process(NOISE), net.reconstruct(NOISE)
    leave = mode()
    try:
        got = net.process(NOISE), net.reconstruct(NOISE)
    finally:
        leave()
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_a_network_of_double_precision_processes():
    net = EQNet(SMALL)
    expected = net.process(NOISE)
    double = net.double()
    for given in (NOISE, NOISE.astype(np.float64)):
        np.testing.assert_allclose(double.process(given), expected, atol=1e-5)
        assert double.process(given).dtype == given.dtype


# --- what a figure asks of a network


def test_faders_need_room_for_little_more_than_themselves(monkeypatch):
    net, seen = EQNet(), []
    front_end = net.front_end
    monkeypatch.setattr(
        net, "front_end", lambda x, **k: seen.append(len(x)) or front_end(x, **k), raising=False
    )
    note = eqlib.data.load(instrument="piano", split="test")[0]
    gains = channels.faders(net, note)
    assert max(seen) <= 6  # frames whose 128 channels are there at once
    together = net.intermediates(channels.windowed_frames(net, note)).Z_hat.numpy()
    np.testing.assert_allclose(gains, together, atol=1e-6)
