"""The recurrent network against its equations as plain loops, and whole against block by block."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import eqlib
from eqlib import EqlibError, Recipe, data, metrics
from eqlib.networks.recurrent import RecurrentConfig, RecurrentNet

SMALL = RecurrentConfig(units=3, samples=512, context=256)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def loops(net, x):
    """y of a signal x before which there is silence, sample by sample."""
    w = {name: p.detach().numpy() for name, p in net.named_parameters()}
    units, h, y = net.config.units, np.zeros(net.config.units), []
    for sample in x:
        heard = w["gru.weight_ih_l0"][:, 0] * sample + w["gru.bias_ih_l0"]
        known = w["gru.weight_hh_l0"] @ h + w["gru.bias_hh_l0"]
        reset = sigmoid(heard[:units] + known[:units])
        update = sigmoid(heard[units : 2 * units] + known[units : 2 * units])
        new = np.tanh(heard[2 * units :] + reset * known[2 * units :])
        h = (1 - update) * new + update * h
        y.append(w["sum.weight"][0] @ h + w["sum.bias"][0] + w["dry"][0] * sample)
    return np.array(y)


@pytest.fixture
def net():
    net = RecurrentNet(SMALL, seed=1).double()
    with torch.no_grad():  # it begins at zero
        for weights in net.sum.parameters():
            weights.copy_(torch.linspace(-1, 1, weights.numel()).reshape(weights.shape))
    return net


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal(200) / 4


def test_it_is_its_equations(net, noise):
    np.testing.assert_allclose(net.process(noise), loops(net, noise), atol=1e-12, rtol=0)


def test_in_training_it_finds_its_state_in_the_context(net, noise):
    x = torch.from_numpy(np.concatenate((np.zeros(256), noise)))[None, None]
    after = net.process(np.concatenate((np.zeros(256), noise)))[256:]
    np.testing.assert_allclose(net(x)[0, 0].detach().numpy(), after, atol=1e-12, rtol=0)
    with pytest.raises(EqlibError, match="context|256"):
        net(x[..., :256])


def test_it_learns_a_gain_that_follows_the_level():
    clips = data.load(instrument="piano", split="train")[:4]
    pairs = eqlib.pair(clips, lambda x: np.tanh(4 * x) / 4)
    net = RecurrentNet(RecurrentConfig(units=8, samples=256, context=64), seed=0)
    recipe = Recipe(learning_rate=1e-2, loss="normalized_mae", validate_every=1_000)
    before = np.mean([metrics.snr_db(y, x) for x, y in zip(pairs.dry, pairs.wet, strict=True)])
    eqlib.train(net, pairs, pairs, steps=60, recipe=recipe, progress=False)
    after = [metrics.snr_db(y, net.process(x)) for x, y in zip(pairs.dry, pairs.wet, strict=True)]
    assert np.mean(after) > before + 1


def test_it_begins_as_doing_nothing(noise):
    np.testing.assert_array_equal(RecurrentNet().double().process(noise), noise)


def test_sizes_are_checked():
    with pytest.raises(EqlibError, match="units is 0"):
        RecurrentConfig(units=0)
