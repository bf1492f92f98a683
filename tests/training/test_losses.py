"""The losses, each beside one that is written out in another way."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib import EQNet, Recipe, metrics
from eqlib.spectral_metrics import multi_resolution_stft_error
from eqlib.training.losses import loss_of
from small_run import TINY, noise, training

LOSSES = ("mae", "normalized_mae", "error_to_signal_ratio", "multi_resolution_stft")
RNG = np.random.default_rng(0)
TARGET = RNG.normal(0, 0.1, (3, 1, 256)) * np.hanning(256)
OUTPUT = TARGET + RNG.normal(0, 0.01, TARGET.shape)


def loss(output, target, which):
    y, t = torch.from_numpy(output), torch.from_numpy(target)
    return loss_of(y, t, (y - t).abs().mean((1, 2)), which).item()


def mean_absolute_error(y, t):
    return np.abs(y - t).mean()


def normalized(y, t):
    return np.abs(y - t).mean() / np.sqrt((t**2).mean())


def error_to_signal(y, t):
    y, t = (signal.lfilter([1, -0.85], [1], row) for row in (y, t))
    return ((y - t) ** 2).sum() / (t**2).sum()


def stft_error(y, t):
    """By SciPy's STFT, whose scale cancels: Parallel WaveGAN's equations 5 to 8."""
    total = 0.0
    for size in (128, 64, 32):
        options = {"window": "hann", "nperseg": size, "noverlap": size * 3 // 4}
        a, b = (
            np.abs(signal.stft(row, **options, boundary=None, padded=False)[2]) for row in (t, y)
        )
        floor = 1e-4 * a.max()
        logs = np.log(np.maximum(a, floor) / np.maximum(b, floor))
        total += np.sqrt(((a - b) ** 2).sum() / (a**2).sum()) + np.abs(logs).mean()
    return total / 3


ORACLES = dict(
    zip(LOSSES, (mean_absolute_error, normalized, error_to_signal, stft_error), strict=True)
)


@pytest.mark.parametrize("which", LOSSES)
def test_a_loss_is_its_formula(which):
    expected = np.mean([ORACLES[which](y[0], t[0]) for y, t in zip(OUTPUT, TARGET, strict=True)])
    assert loss(OUTPUT, TARGET, which) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("which", LOSSES[1:])
def test_a_loss_that_is_relative_does_not_know_the_level(which):
    assert loss(OUTPUT / 8, TARGET / 8, which) == pytest.approx(
        loss(OUTPUT, TARGET, which), rel=1e-3
    )


@pytest.mark.parametrize("which", LOSSES)
@pytest.mark.parametrize(("y", "t"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_silence_and_perfection_have_a_finite_loss_and_gradient(which, y, t):
    output = torch.from_numpy(y * TARGET).float().requires_grad_()
    target = torch.from_numpy(t * TARGET).float()
    value = loss_of(output, target, (output - target).abs().mean((1, 2)), which)
    value.backward()
    assert value.isfinite() and output.grad.isfinite().all()
    assert (value < 1e-6) == (y == t)


@pytest.mark.parametrize("which", LOSSES)
def test_a_step_down_the_gradient_lowers_the_loss(which):
    output, target = torch.from_numpy(OUTPUT).requires_grad_(), torch.from_numpy(TARGET)
    before = loss_of(output, target, (output - target).abs().mean((1, 2)), which)
    before.backward()
    with torch.no_grad():
        step = output - 1e-6 * output.grad / output.grad.abs().max()
        after = loss_of(step, target, (step - target).abs().mean((1, 2)), which)
    assert after < before


MEASURES = {
    "mae": metrics.mae,
    "normalized_mae": metrics.normalized_mae,
    "error_to_signal_ratio": metrics.error_to_signal_ratio,
    "multi_resolution_stft": partial(multi_resolution_stft_error, sizes=(8, 16, 32)),
}


@pytest.mark.parametrize("which", LOSSES)
def test_a_network_learns_by_each(which):
    """Judged on whole sounds by the metric that the loss is made after."""
    recipe = Recipe(loss=which, learning_rate=1e-2, warmup_steps=1, validate_every=50)
    net, _ = training(steps=200, recipe=recipe)
    pairs, measure = noise(), MEASURES[which]
    both = list(zip(pairs.dry, pairs.wet, strict=True))
    after, before = (
        np.mean([measure(wet, made.process(dry)) for dry, wet in both])
        for made in (net, EQNet(TINY))
    )
    assert after < 0.6 * before
