"""Ways to train one network for every type: what a step draws, how errors count, what pairs are."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib import EqlibError
from eqlib.experiments import type_steps
from eqlib.experiments.knobs import EveryPeak
from eqlib.networks.conditioned import ConditionedEQNet

SMALL = replace(type_steps.EVERY_TYPE, filters=4, hidden=16)
RUN = SimpleNamespace(recipe=SimpleNamespace(batch=2_000))


def drawn(kind, used, monkeypatch):
    """The settings of a step when so much of the training is over: (2,000, 16)."""
    shares = np.random.default_rng(0).random((RUN.recipe.batch, 4))
    step = kind.__new__(kind)
    monkeypatch.setattr(EveryPeak, "draw", lambda self, _: self.filters(shares))
    _, numbers = step.draw(SimpleNamespace(used=lambda: used, **vars(RUN)))
    assert torch.equal(step.filters(shares)[1], type_steps.EveryType.filters(step, shares)[1])
    return numbers


@pytest.mark.parametrize(("used", "most_db"), [(0, 3), (0.25, 7.5), (0.5, 12), (1, 12)])
def test_mild_settings_come_first(used, most_db, monkeypatch):
    numbers = drawn(type_steps.MildFirst, used, monkeypatch)
    types = numbers[:, 11:].argmax(-1)
    gains_db = 12 * numbers[types < 3, 0]
    assert 0.98 * most_db < gains_db.abs().max() <= most_db + 1e-4
    assert 0.98 * most_db / 12 < numbers[:, 1:3].abs().max() <= most_db / 12 + 1e-6
    assert types.bincount(minlength=5).min() > 300


@pytest.mark.parametrize(("used", "come"), [(0, 1), (0.09, 1), (0.11, 2), (0.41, 5), (1, 5)])
def test_easy_types_come_first(used, come, monkeypatch):
    numbers = drawn(type_steps.EasyTypesFirst, used, monkeypatch)
    counts = numbers[:, 11:].argmax(-1).bincount(minlength=5)
    assert all(counts[:come] > 0.8 * 2_000 / come)
    assert not any(counts[come:])
    assert numbers[:, 0].max() > 0.98


def test_errors_count_in_decibels():
    generator = torch.Generator().manual_seed(0)
    dry, wet = torch.randn(2, 3, 1, 8, generator=generator)
    output = torch.randn(3, 1, 8, generator=generator, requires_grad=True)
    step = type_steps.InDecibels.__new__(type_steps.InDecibels)
    step.wet, step.setting = wet, None
    net = SimpleNamespace(forward=lambda x, setting: output)
    loss = (step.forward(net, dry) - wet).abs().mean((1, 2)).mean()
    expected = (output - wet).abs().sum((1, 2)).log().mean()
    torch.testing.assert_close(*(torch.autograd.grad(of, output) for of in (loss, expected)))


def test_two_filters_of_a_pair_applied_twice_are_in_quadrature():
    """Oracle: SciPy's analytic signal of the first one's path."""
    net = type_steps.PairedEQNet(SMALL)
    taps = np.arange(64)
    wave = np.hanning(64) * np.cos(2 * np.pi * 0.15 * taps + 1)
    with torch.no_grad():
        free = net.conv.parametrizations.weight.original
        assert free.shape == (2, 64)
        free[:] = torch.from_numpy(wave).float()
        first, _, second, _ = (np.convolve(w, w) for w in net.conv.weight.double().numpy())
    turned = np.imag(signal.hilbert(first, 512))[:127]
    assert np.abs(second - turned).max() < 0.03 * np.abs(first).max() or (
        np.abs(second + turned).max() < 0.03 * np.abs(first).max()
    )
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02


def test_only_the_first_filters_of_pairs_are_learned():
    net, plain = type_steps.PairedEQNet(SMALL, seed=3), ConditionedEQNet(SMALL, seed=3)
    assert torch.equal(net.conv.weight[:2], plain.conv.weight[:2])
    sizes = [sum(p.numel() for p in each.parameters()) for each in (plain, net)]
    assert sizes[0] - sizes[1] == 2 * 64
    net(torch.randn(1, 1, 1024), torch.ones(1, 16)).square().mean().backward()
    with pytest.raises(EqlibError, match="even"):
        type_steps.PairedEQNet(replace(SMALL, filters=3))


def test_the_fader_of_the_input_turns_it_down_and_rests_without_gain():
    net = type_steps.InputFaderEQNet(SMALL)
    x, s = torch.randn(1, 1, 1024), torch.ones(2, 16)
    s[:, 0] = torch.tensor([1.0, 0.5])
    with torch.no_grad():
        net.controller[-1].bias[-1] = np.log(0.25)
        y = net(x.expand(2, -1, -1), s)
        torch.testing.assert_close(y, torch.stack((0.25 * x[0], 0.5 * x[0])))
        net.controller[-1].bias += 1
        assert not torch.allclose(net(x, s[:1]), torch.e * y[:1], atol=1e-3)
        assert torch.equal(net(x, 0 * s[:1]), x)
