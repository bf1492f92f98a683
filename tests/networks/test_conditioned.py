"""The network with a controller: equal to the plain one at zero, and to its formula elsewhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

import eqlib
from eqlib import EqlibError, EQNet, EQNetConfig, Recipe, frames
from eqlib.networks.conditioned import REACH, ConditionedConfig, ConditionedEQNet
from eqlib.networks.controllers import BANDS_HZ, band_levels
from eqlib.networks.onnx_export import export_onnx

SIZES = {"frame": 256, "hop": 128, "filters": 4, "kernel": 16, "local_kernel": 16, "pool": 16}
SETTING = torch.tensor([0.5, -1.0])


def made(controller, **changes):
    config = ConditionedConfig(**SIZES, controller=controller, settings=2, hidden=8, **changes)
    return ConditionedEQNet(config, seed=3)


def awake(net):
    """The same network with a controller that does something."""
    torch.nn.init.normal_(net.controller[-1].weight, std=0.3)
    torch.nn.init.normal_(net.controller[-1].bias, std=0.3)
    return net


def given(net):
    return {"setting": SETTING} if net.config.controller == "setting" else {}


@pytest.fixture
def noise():
    return (np.random.default_rng(0).standard_normal((2, 3_000)) / 8).astype(np.float32)


@pytest.mark.parametrize("controller", ["setting", "spectrum", "history", "peaks"])
def test_a_new_one_is_the_plain_network_to_the_last_bit(controller, noise):
    plain, net = EQNet(EQNetConfig(**SIZES), seed=3), made(controller)
    np.testing.assert_array_equal(net.process(noise[0], **given(net)), plain.process(noise[0]))
    np.testing.assert_array_equal(net.reconstruct(noise), plain.reconstruct(noise))


def factors(net, s):
    """exp of the controller, by loops over its units."""
    h = [float(v) for v in s]
    layers = [m for m in net.controller if isinstance(m, torch.nn.Linear)]
    for i, layer in enumerate(layers):
        rows = zip(layer.weight.tolist(), layer.bias.tolist(), strict=True)
        h = [sum(w * v for w, v in zip(row, h, strict=True)) + bias for row, bias in rows]
        h = [max(v, 0.0) for v in h] if i < 2 else h
    return np.exp(h)


def by_hand(net, audio, s_of_unit):
    """Frame by frame, with the plain network's own parts.

    s_of_unit takes the number of a unit's last sample, and of the frame's first one.
    """
    c = net.config
    window = frames.window(c.window, c.frame).numpy()
    output, edge = np.zeros(len(audio) + 2 * c.frame), c.frame - c.hop
    padded = np.concatenate((np.zeros(edge), audio, np.zeros(2 * c.frame)))
    for start in range(0, len(audio) + edge, c.hop):
        x = torch.from_numpy(padded[start : start + c.frame] * window).view(1, 1, -1)
        X1, Z, _ = net.front_end(x, positions=False)
        last = [start - edge + (m + 1) * c.pool - 1 for m in range(c.units)]
        gains = np.stack([factors(net, s_of_unit(n, start - edge)) for n in last], -1)
        y = net.back_end(X1, net.latent(Z) * torch.from_numpy(gains))
        output[start : start + c.frame] += y.detach().numpy()[0, 0]
    return output[edge : edge + len(audio)]


def level(energy):
    return (10 * math.log10(energy + 1e-9) + 30) / 20


@pytest.mark.parametrize("controller", ["history", "peaks"])
@pytest.mark.parametrize("window", ["hann", "rectangular"])
def test_history_is_the_levels_of_what_was(window, controller, noise):
    net = awake(made(controller, window=window)).double()
    audio = noise[0, :700].astype(np.float64)

    def s(last, first):
        heard = np.concatenate((np.zeros(20_000), audio, np.zeros(1_000)))
        if window == "hann":  # which multiplies the first sample of a frame by zero
            heard[20_000 + first] = 0
        before = heard[: 20_000 + last + 1]
        heard_of = [before[-16 * n :] ** 2 for n in REACH]
        means = [level(float(energies.mean())) for energies in heard_of]
        peaks = [level(float(energies.max())) for energies in heard_of]
        return means + peaks * (controller == "peaks")

    assert max(REACH) == 512 and len(REACH) == 18
    windows_sum_to = {"hann": 1, "rectangular": 2}[window]
    expected = by_hand(net, audio, s) / windows_sum_to
    np.testing.assert_allclose(net.process(audio), expected, atol=1e-9)


def test_spectrum_is_the_levels_of_the_bands(noise):
    net = awake(made("spectrum")).double()
    audio = noise[0, :1_500].astype(np.float64)
    n = np.arange(1_500)
    s = []
    for center in BANDS_HZ:
        energy = 0.0
        for k in range(751):
            if center / 2 ** (1 / 6) <= k * 16_000 / 1_500 < center * 2 ** (1 / 6):
                turn = 2 * np.pi * k * n / 1_500
                power = (audio @ np.cos(turn)) ** 2 + (audio @ np.sin(turn)) ** 2
                energy += power * (2 if k else 1) / 1_500**2
        s.append(level(energy))
    found = band_levels(torch.from_numpy(audio), sample_rate=16_000)
    np.testing.assert_allclose(found, s, atol=1e-9)
    np.testing.assert_allclose(net.process(audio), by_hand(net, audio, lambda *_: s), atol=1e-9)


def test_a_setting_is_what_was_given(noise):
    net = awake(made("setting")).double()
    audio = noise[0, :700].astype(np.float64)
    expected = by_hand(net, audio, lambda *_: SETTING.tolist())
    np.testing.assert_allclose(net.process(audio, setting=SETTING), expected, atol=1e-9)


def test_a_setting_may_move_within_a_frame(noise):
    net = awake(made("setting"))
    x = torch.from_numpy(noise[:, :256]).unsqueeze(1)
    still = net(x, SETTING.expand(2, -1))
    moving = SETTING.expand(2, net.config.units, -1).clone()
    torch.testing.assert_close(net(x, moving), still)
    moving[:, 8:] += 1
    assert not torch.allclose(net(x, moving), still, atol=1e-4)


def test_a_change_is_nothing_to_the_last_bit_where_the_setting_is_zero(noise):
    net = awake(made("setting", change=True))
    torch.nn.init.constant_(net.deconv.bias, 0.1)
    x = torch.from_numpy(noise[:, :256]).unsqueeze(1)
    nothing, something = torch.tensor([[0.0, 3.0]]), torch.tensor([[0.5, 3.0]])
    assert torch.equal(net(x, nothing.expand(2, -1)), x)
    assert not torch.allclose(net(x, something.expand(2, -1)), x, atol=1e-3)
    output = net.process(noise, setting=nothing[0])
    np.testing.assert_allclose(output, noise, atol=1e-6)


def test_a_change_is_its_formula(noise):
    net = awake(made("setting", change=True)).double()
    torch.nn.init.constant_(net.deconv.bias, 0.1)
    x = torch.from_numpy(noise[0, :256].astype(np.float64)).view(1, 1, -1)
    s = [0.5, -1.0]
    X1, Z, _ = net.front_end(x, positions=False)
    gains = torch.from_numpy(factors(net, s) ** s[0] - 1).view(1, -1, 1)
    change = net.back_end(X1, net.latent(Z) * gains) - 0.1
    torch.testing.assert_close(net(x, torch.tensor([s]).double()), x + change)


@pytest.mark.parametrize("controller", ["history", "peaks"])
def test_history_does_not_depend_on_where_the_frame_was_cut(controller, noise):
    """The window of the frame is undone: the same past gives the same levels."""
    net, context, frame = made(controller), 8_192, 256
    long = torch.from_numpy(np.resize(noise[0], context + 2 * frame))
    window = frames.window("hann", frame).float()
    first, later = long[: context + frame].clone(), long[128 : context + frame + 128].clone()
    for x in (first, later):
        x[context:] *= window
    levels = [net.history(x.unsqueeze(0))[0] for x in (first, later)]
    # Units 8 to 15 of the first are units 0 to 7 of the later; its first ones lack one sample.
    torch.testing.assert_close(levels[0][8 + 1 :, :1], levels[1][1:8, :1], atol=1e-4, rtol=0)
    torch.testing.assert_close(levels[0][8:], levels[1][:8], atol=0.3, rtol=0)


@pytest.mark.parametrize("controller", ["setting", "spectrum", "history", "peaks"])
def test_a_file_holds_all_of_it(controller, noise, tmp_path):
    net = awake(made(controller))
    loaded = eqlib.load(eqlib.save(net, tmp_path / "it.safetensors"))
    assert type(loaded) is ConditionedEQNet and loaded.config == net.config
    output = net.process(noise, **given(net))
    np.testing.assert_array_equal(loaded.process(noise, **given(net)), output)


def test_it_learns_a_gain_that_follows_the_past():
    """Noise in steps of level, under a gain set by the last 62 ms: four frames of these."""
    rng = np.random.default_rng(0)
    steps = 10 ** rng.uniform(-2, 0, (6, 8))
    noise = rng.standard_normal((6, 8_000)) * steps.repeat(1_000, axis=1) / 8
    clips = eqlib.Clips.from_arrays(list(noise.astype(np.float32)), sample_rate=16_000)

    def ducked(audio):
        past = np.concatenate((np.zeros(1_000), audio))[: len(audio)]
        power = np.convolve(past**2, np.ones(1_000) / 1_000)[: len(audio)]
        return (audio / (1 + 20 * np.sqrt(power))).astype(np.float32)

    pairs = eqlib.pair(clips, ducked)
    recipe = Recipe(loss="normalized_mae", learning_rate=5e-3, warmup_steps=20)
    scores_db = {}
    for net in (EQNet(EQNetConfig(**SIZES), seed=3), made("history")):
        eqlib.pretrain(net, pairs, pairs, steps=150, recipe=recipe, progress=False)
        history = eqlib.train(net, pairs, pairs, steps=300, recipe=recipe, progress=False)
        scores_db[type(net)] = history.validation_snr_db[-1]
    assert scores_db[ConditionedEQNet] > scores_db[EQNet] + 2


def test_in_training_a_frame_comes_with_the_levels_of_its_own_clip(monkeypatch):
    """Each clip has a level of its own, which tells of a frame where it is from."""
    rng, gains = np.random.default_rng(0), (0.3, 0.03, 0.003)
    noise = [(rng.standard_normal(2_000 + 500 * i) * g / 3) for i, g in enumerate(gains)]
    clips = eqlib.Clips.from_arrays([x.astype(np.float32) for x in noise], sample_rate=16_000)
    pairs = eqlib.pair(clips, lambda x: x)
    expected = [band_levels(torch.from_numpy(x), sample_rate=16_000) for x in clips]
    heard = []
    forward = ConditionedEQNet.forward

    def told(self, x, s=None):
        if self.training and torch.is_grad_enabled():
            heard.extend(zip(x.detach(), s, strict=True))
        return forward(self, x, s)

    monkeypatch.setattr(ConditionedEQNet, "forward", told)
    net = made("spectrum")
    eqlib.train(net, pairs, pairs, steps=6, progress=False)
    froms = set()
    for x, s in heard:
        i = int(np.argmin([abs(np.log(float(x.std()) / (g / 3 * 0.6))) for g in gains]))
        froms.add(i)
        torch.testing.assert_close(s, expected[i])
    assert froms == {0, 1, 2} and len(heard) >= 48


def test_a_plain_part_of_another_network_fits():
    plain, net = EQNet(EQNetConfig(**SIZES), seed=9), made("history")
    missing, unexpected = net.load_state_dict(plain.state_dict(), strict=False)
    assert not unexpected and {name.split(".")[0] for name in missing} == {"controller"}


def test_mistakes_are_told(noise, tmp_path):
    net = made("setting")
    with pytest.raises(EqlibError, match="setting is None"):
        net.process(noise)
    with pytest.raises(EqlibError, match=r"setting is \(3,\)"):
        net.process(noise, setting=torch.zeros(3))
    with pytest.raises(EqlibError, match="hears its history"):
        made("history").process(noise, setting=SETTING)
    with pytest.raises(EqlibError, match="s is None"):
        net(torch.zeros(1, 1, 256))
    with pytest.raises(EqlibError, match="8448"):
        made("history")(torch.zeros(1, 1, 256))
    with pytest.raises(EqlibError, match="controller is 'knob'"):
        ConditionedConfig(controller="knob")
    with pytest.raises(EqlibError, match="'repeat'"):
        ConditionedConfig(unpooling="position")
    with pytest.raises(EqlibError, match="change is True for a controller that hears the history"):
        ConditionedConfig(change=True)
    with pytest.raises(EqlibError, match="ConditionedEQNet"):
        export_onnx(made("history"), tmp_path / "it.onnx")
    with pytest.raises(EqlibError, match="sample rate of 44100"):
        made("history").process(noise, sample_rate=44_100)
