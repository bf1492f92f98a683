"""The dilated network against its equations as plain loops, and whole against block by block."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

import eqlib
from eqlib import EqlibError, Recipe, data, metrics
from eqlib.networks.dilated import DilatedConfig, DilatedNet

SMALL = DilatedConfig(channels=3, kernel=3, layers=3, growth=2, samples=512)


def weighed(w, layer, h, t, step):
    """What the taps of a layer make of its input h at t."""
    total, taps = w[f"{layer}.bias"].copy(), w[f"{layer}.weight"]
    for k in range(taps.shape[-1]):
        total += taps[:, :, k] @ h[t - (taps.shape[-1] - 1 - k) * step]
    return total


def loops(net, x):
    """y of a signal x before which there is silence, sample by sample."""
    w = {name: p.detach().numpy() for name, p in net.named_parameters()}
    c, n = net.config, len(x)
    # The silence before has a past too: what the biases alone make of it.
    x = np.concatenate((np.zeros(c.context), x))
    h = [w["lift.weight"][:, 0, 0] * sample + w["lift.bias"] for sample in x]
    first = 0
    for i in range(c.layers):
        step, new = c.growth**i, {}
        first += (c.kernel - 1) * step
        for t in range(first, len(x)):
            heard = np.tanh(weighed(w, f"taps.{i}", h, t, step))
            if c.gated:
                heard /= 1 + np.exp(-weighed(w, f"gates.{i}", h, t, step))
            new[t] = h[t] + w[f"mix.{i}.weight"][:, :, 0] @ heard + w[f"mix.{i}.bias"]
        h = [new.get(t) for t in range(len(x))]
    sums = [w["sum.weight"][0, :, 0] @ h[t] + w["sum.bias"][0] for t in range(first, len(x))]
    assert first == c.context and len(sums) == n
    return np.array(sums) + w["dry"] * x[first:]


@pytest.fixture(params=[SMALL, replace(SMALL, gated=True)], ids=["plain", "gated"])
def net(request):
    """Of random weights throughout: as it is made, it does nothing."""
    net = DilatedNet(request.param, seed=1).double()
    torch.nn.init.normal_(net.sum.weight, generator=torch.Generator().manual_seed(2))
    return net


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal(200) / 4


def test_it_is_its_equations(net, noise):
    np.testing.assert_allclose(net.process(noise), loops(net, noise), atol=1e-12, rtol=0)


def test_the_past_ends_where_it_says(net, noise):
    changed = noise.copy()
    changed[50] += 1
    differs = np.flatnonzero(net.process(changed) != net.process(noise))
    assert differs[0] == 50 and differs[-1] == 50 + SMALL.context


def test_it_begins_as_doing_nothing(noise):
    for gated in (False, True):
        net = DilatedNet(replace(SMALL, gated=gated)).double()
        np.testing.assert_array_equal(net.process(noise), noise)


def test_its_size_is_the_documented_one():
    net = DilatedNet()
    assert sum(p.numel() for p in net.parameters()) == 9_458
    assert net.config.context == 5_460  # 341 ms


def test_the_same_seed_gives_the_same_network():
    one, same, other = (DilatedNet(SMALL, seed=seed).lift.weight for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)


def test_it_learns_what_no_filter_can():
    notes = data.load(instrument="flute", split="train")
    notes = eqlib.Clips.from_arrays([clip[:4_000] for clip in notes], sample_rate=16_000)
    pairs = eqlib.pair(notes, lambda x: np.tanh(10 * x))
    net = DilatedNet(DilatedConfig(channels=8, kernel=3, layers=2, samples=1024))
    recipe = Recipe(loss="normalized_mae", learning_rate=2e-2, warmup_steps=20)
    history = eqlib.train(net, pairs, pairs, steps=200, recipe=recipe, progress=False)
    fir = eqlib.baselines.least_squares_fir(pairs, weighting="clips")
    both = list(zip(pairs.dry, pairs.wet, strict=True))
    filtered_db = np.mean([metrics.snr_db(wet, fir(dry)) for dry, wet in both])
    learned_db = np.mean([metrics.snr_db(wet, net.process(dry)) for dry, wet in both])
    assert history.validation_snr_db[-1] == pytest.approx(learned_db, abs=0.01)
    assert learned_db > filtered_db + 5


def test_mistakes_are_told(net, noise):
    with pytest.raises(EqlibError, match="sample rate of 44100"):
        net.process(noise, sample_rate=44_100)
    with pytest.raises(EqlibError, match=r"\(batch, 1, 14 \+ samples\)"):
        net(torch.zeros(1, 1, 14))
    with pytest.raises(EqlibError, match="layers is 0"):
        DilatedConfig(layers=0)
