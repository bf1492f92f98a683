"""Steps of training as ONNX, run by onnxruntime, against eqlib's own on the same frames."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
import torch

from eqlib import EQ, EQNet, EQNetConfig, Recipe, pair
from eqlib.data.clips import Clips
from eqlib.networks import flat, page_layers
from eqlib.networks.step_onnx import (
    ENDLESS,
    EPSILON,
    NORMS,
    STATE,
    _clipping,
    export_forward,
    export_step,
    export_steps,
)
from eqlib.training.loop import fit
from eqlib.training.recipe import Budget
from eqlib.training.run import Run
from eqlib.training.stages import Supervised, Unsupervised
from support import Losses

SMALL = {"frame": 256, "hop": 128, "filters": 8, "kernel": 17, "local_kernel": 30, "pool": 16}
# Loud to the edges, and hardly smoothed: maxima that rounding cannot confuse.
SHARP = {"window": "rectangular", "local_kernel": 4}
OTHER = {"orientation": "adjoint", "kernel": 16}
BY_POSITION = SHARP | {"unpooling": "position"}
STAGES = {"train": Supervised, "pretrain": Unsupervised}
STEPS = 50


def row_of(net):
    return torch.cat([p.detach().reshape(-1) for p in net.parameters()]).numpy().copy()


@torch.no_grad()
def has_ties(net, x):
    """Whether rounding decides on the place of a maximum."""
    envelopes = net.conv_local(net.rectify(net.conv(x)))
    first, second = envelopes.unflatten(-1, (-1, net.config.pool)).topk(2).values.unbind(-1)
    return (first - second < 1e-6 * envelopes.abs().max()).any()


def trained(stage, net, recipe):
    """What eqlib's loop makes of a network: the frames it drew, and the loss of each step.

    Where the two largest envelopes of a pool are the same to rounding, as in silence, either may be
    taken for the maximum, and its position counts: such frames are drawn again.
    """
    generator = np.random.default_rng(0)
    noise = [level * generator.normal(size=3_000) for level in (0.02, 0.1, 0.3)]
    clips = Clips.from_arrays(noise, sample_rate=16_000)
    pairs = pair(clips, EQ.low_shelf(cutoff_hz=500, gain_db=10))

    by_position = stage == "pretrain" or net.config.unpooling == "position"

    class Within(STAGES[stage]):
        def draw(self, run):
            x, y = super().draw(run)
            while by_position and has_ties(net, x):
                x, y = super().draw(run)
            frames.append((x, y))
            return x, y

    frames, watch = [], Losses()
    run = Run(
        stage,
        net,
        pairs,
        pairs,
        recipe=recipe,
        seed=1,
        budget=Budget("steps", STEPS),
        folder=None,
        resume=False,
        watch=watch,
        device="cpu",
    )
    fit(run, Within(), progress=False)
    return [(x.numpy(), y.numpy()) for x, y in frames], watch.all


def stepped(path, row, frames, recipe, together):
    """The same by the graph: weights, and the loss of each step, of which some are one run."""
    session = onnxruntime.InferenceSession(path)
    state = [row, np.zeros_like(row), np.zeros_like(row), np.full(NORMS, ENDLESS, np.float32)]
    losses = []
    for first in range(0, STEPS, together or 1):
        steps = np.arange(first, min(STEPS, first + (together or 1)))
        x, y = (np.stack(each) for each in zip(*(frames[step] for step in steps), strict=True))
        rms = np.sqrt(np.square(y, dtype=np.float64).mean((2, 3)))
        weight = 1 / np.maximum(rms, 1e-4) if recipe.loss == "normalized_mae" else np.ones_like(rms)
        rate = [recipe.rate(step, step / STEPS) / (1 - 0.9 ** (step + 1)) for step in steps]
        given = {
            "x": x,
            "y": y,
            "weight": weight,
            "rate": rate,
            "correction": (1 - 0.999 ** (steps + 1)) ** 0.5,
            "place": recipe.clip_quantile * steps,
            "leaving": np.full(len(steps), ENDLESS),
        }
        *state, mae, _ = session.run(
            None,
            {
                **dict(zip(STATE, state, strict=True)),
                # The graph of one step has no axis of steps.
                **{n: np.asarray(a if together else a[0], np.float32) for n, a in given.items()},
                "epsilon": np.array(EPSILON, np.float32),
            },
        )
        losses += np.atleast_1d(mae).tolist()
    return state[0], losses


@pytest.mark.parametrize(
    ("stage", "changes", "settings", "together"),
    [
        ("train", {}, {}, 4),
        ("pretrain", SHARP, {}, 7),
        ("train", OTHER | {"rectifier": "square"}, {"loss": "normalized_mae"}, 1),
        ("train", BY_POSITION, {}, None),
        ("pretrain", OTHER | SHARP, {"clip_quantile": 1}, 50),
    ],
)
def test_fifty_steps_are_those_of_eqlib(stage, changes, settings, together, tmp_path):
    config = EQNetConfig(**SMALL | changes)
    # Adam's first step divides a gradient by itself, and where that is nearly zero its sign is a
    # matter of rounding: at a small rate such weights stay together.
    recipe = Recipe(**{"learning_rate": 1e-4, "batch": 6, "warmup_steps": 10} | settings)
    net = EQNet(config, seed=3)
    first = row_of(net)
    frames, losses = trained(stage, net, recipe)
    path = (export_steps if together else export_step)(config, stage, tmp_path / "step.onnx")
    weights, found = stepped(path, first, frames, recipe, together)
    np.testing.assert_allclose(found, losses, rtol=1e-4)
    for part in flat.layout(config):
        here = slice(part.first, part.first + part.size)
        expected = row_of(net)[here]
        error = np.sqrt(np.square(weights[here] - expected).mean())
        size = np.sqrt(np.square(expected).mean())
        assert error <= 1e-4 * max(size, 0.01), part.name  # a bias begins at zero
        moved = np.abs(expected - first[here]).max()
        still = stage == "pretrain" and part.name.startswith("dense")
        assert (moved == 0) if still else (moved > 0), part.name
    assert [p.name for p in tmp_path.iterdir()] == ["step.onnx"]


def test_clipping_cuts_what_the_recipe_cuts(tmp_path):
    # Without it, and with another quantile, the weights are others by far more than rounding.
    config = EQNetConfig(**SMALL)
    path = export_steps(config, "train", tmp_path / "steps.onnx", one=tmp_path / "step.onnx")
    assert {p.name for p in tmp_path.iterdir()} == {"steps.onnx", "step.onnx"}
    ends = {}
    for quantile in (0.1, 0.5, 1):
        recipe = Recipe(learning_rate=1e-3, warmup_steps=1, clip_quantile=quantile)
        net = EQNet(config, seed=3)
        first = row_of(net)
        frames, _ = trained("train", net, recipe)
        ends[quantile], _ = stepped(path, first, frames, recipe, 4)
        np.testing.assert_allclose(ends[quantile], row_of(net), atol=1e-4)
    for one, other in ((0.1, 0.5), (0.5, 1)):
        assert np.abs(ends[one] - ends[other]).max() > 5e-4


@pytest.mark.parametrize("quantile", [0, 0.1, 0.5, 0.97, 1])
def test_the_limit_is_the_quantile_of_the_latest_lengths(quantile):
    generator = np.random.default_rng(0)
    lengths = np.float32(generator.lognormal(size=3 * NORMS))
    norms, before = torch.full((NORMS,), ENDLESS), NORMS - 1
    for step, length in enumerate(lengths):
        latest = lengths[max(0, step - before) : step + 1]
        place = torch.tensor(quantile * (len(latest) - 1)).float()
        leaving = torch.tensor(latest[0] if len(latest) == NORMS else ENDLESS).float()
        limit, norms = _clipping(norms, torch.tensor(length), place, leaving)
        np.testing.assert_allclose(limit, np.quantile(latest.astype(float), quantile), rtol=1e-4)


@pytest.mark.parametrize("stage", ["train", "pretrain"])
def test_a_network_without_its_weights_is_given_them(stage, tmp_path):
    config = EQNetConfig(**SMALL)
    session = onnxruntime.InferenceSession(export_forward(config, stage, tmp_path / "net.onnx"))
    for seed, count in ((0, 1), (1, 5)):
        net = EQNet(config, seed=seed)
        x = torch.randn(count, 1, config.frame, generator=torch.Generator().manual_seed(seed))
        (y,) = session.run(None, {"weights": row_of(net), "x": x.numpy()})
        with torch.no_grad():
            expected = net(x) if stage == "train" else net.autoencode(x)
        np.testing.assert_allclose(y, expected, atol=1e-5)


@pytest.mark.parametrize(
    "changes", [{}, {"unpooling": "position"}, {"orientation": "adjoint"}, {"rectifier": "square"}]
)
@pytest.mark.parametrize("stage", ["train", "pretrain"])
def test_gradients_written_by_hand_are_those_that_pytorch_derives(stage, changes):
    config = EQNetConfig(**SMALL | changes)
    net = EQNet(config, seed=5).double()
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, 3, 1, config.frame, generator=generator, dtype=torch.float64)
    if stage == "train" and config.unpooling == "repeat":
        # Many samples share a maximum there. Of positions, rounding would choose any of them.
        x[0, 0, :100] = 0
    output = net(x) if stage == "train" else net.autoencode(x)
    (output - y).square().sum().backward()
    ours = flat.FlatEQNet(config, stage)
    w = ours.split(torch.from_numpy(row_of(net)))
    found, signals = ours.run(w, x)
    gradients = ours.split(ours.gradients(w, signals, 2 * (found - y[:, 0])))
    for name, parameter in net.named_parameters():
        expected = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
        torch.testing.assert_close(gradients[name], expected, rtol=1e-9, atol=1e-9)


def test_the_forms_are_what_they_say():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 40, generator=generator, dtype=torch.float64)
    shifted = page_layers.shifted(x, 5, 2).reshape(5, 2, 40)
    for k in range(5):
        for n in range(40):
            there = n + k - 2
            expected = x[:, there] if 0 <= there < 40 else torch.zeros(2, dtype=torch.float64)
            assert torch.equal(shifted[k, :, n], expected)
    products = torch.randn(5, 2 * 40, generator=generator, dtype=torch.float64)
    sums = page_layers.sum_along_diagonals(products, 40, 2)
    # An adjoint: both inner products are the same.
    one, other = (shifted.reshape(5, -1) * products).sum(), (x * sums).sum()
    torch.testing.assert_close(one, other)
    taps = torch.randn(3, 9, generator=generator, dtype=torch.float64)
    matrix = page_layers.toeplitz(taps)
    for s in range(page_layers.BLOCK):
        assert torch.equal(matrix[:, s, s : s + 9], taps)
        assert matrix[:, s].count_nonzero() == taps.numel()
    some = torch.tensor([-1e8, -2.0, -1e-20, -0.0, 0.0, 1e-20, 0.5, 1e8])
    assert torch.equal(page_layers.signs(some), some.sign())


def test_the_layout_is_that_of_the_network_and_of_its_first_weights():
    config = EQNetConfig(**SMALL)
    net = EQNet(config, seed=0)
    parts = flat.layout(config)
    assert [(p.name, p.shape) for p in parts] == [
        (name, tuple(p.shape)) for name, p in net.named_parameters()
    ]
    for part, (name, parameter) in zip(parts, net.named_parameters(), strict=True):
        highest = parameter.abs().max().item()
        assert highest <= part.limit and highest >= 0.9 * part.limit, name
        assert parameter.numel() == part.size
