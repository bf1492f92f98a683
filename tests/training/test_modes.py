"""Training under torch's global modes: it works and gives the same weights, or says why not."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest
import torch

import eqlib
from eqlib import EQ, EqlibError, EQNet, EQNetConfig, Recipe
from eqlib.data.clips import Clips

SIZES = {"frame": 64, "hop": 32, "filters": 4, "kernel": 8, "local_kernel": 16, "pool": 8}
SMALL = EQNetConfig(**SIZES)
QUICK = Recipe(batch=4, warmup_steps=2, validate_every=5, learning_rate=3e-3)
STAGES = {"pretrain": eqlib.pretrain, "train": eqlib.train}
each_stage = pytest.mark.parametrize("stage", STAGES)


@pytest.fixture(scope="module")
def pairs():
    noise = np.random.default_rng(0).normal(0, 0.1, (5, 1_000)).astype(np.float32)
    clips = Clips.from_arrays(noise, sample_rate=16_000)
    shelf = EQ.low_shelf(cutoff_hz=1_000, gain_db=6)
    return eqlib.pair(clips[:4], shelf), eqlib.pair(clips[4:], shelf)


def run(stage, pairs, net=None, steps=12, **options):
    net = net or EQNet(SMALL)
    history = STAGES[stage](net, *pairs, steps=steps, recipe=QUICK, progress=False, **options)
    assert history.steps == [5, 10, 12]
    return net


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


@contextmanager
def deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


@contextmanager
def float64_by_default():
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


MODES = {
    "deterministic": deterministic,
    "float64 by default": float64_by_default,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "no_grad": torch.no_grad,
}


@pytest.mark.parametrize("mode", MODES)
@each_stage
def test_a_mode_changes_no_bit_of_the_weights(mode, stage, pairs):
    net, expected = EQNet(SMALL), run(stage, pairs)
    with MODES[mode]():
        run(stage, pairs, net)
    assert torch.equal(weights(net), weights(expected))
    assert weights(net).dtype == torch.float32


def test_the_modes_are_as_before_after_training(pairs):
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        run("train", pairs)
        assert torch.is_autocast_enabled("cpu") and not torch.is_grad_enabled()
    assert not torch.is_autocast_enabled("cpu") and torch.is_grad_enabled()


def test_unpooling_by_position_trains_deterministically(pairs):
    config = EQNetConfig(**SIZES, unpooling="position")
    expected = run("train", pairs, EQNet(config))
    with deterministic():
        net = run("train", pairs, EQNet(config))
    assert torch.equal(weights(net), weights(expected))


@each_stage
def test_inference_mode_is_refused_with_its_cure(stage, pairs):
    net = EQNet(SMALL)
    with (
        torch.inference_mode(),
        pytest.raises(EqlibError, match=r"inference_mode.*Train outside of it"),
    ):
        run(stage, pairs, net)
    assert torch.equal(weights(net), weights(EQNet(SMALL)))
    with torch.inference_mode():
        made_there = EQNet(SMALL)
    with pytest.raises(EqlibError, match=r"network was made in.*load the network again"):
        run(stage, pairs, made_there)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_refused_with_its_cure(dtype, pairs):
    with pytest.raises(EqlibError, match=r"weights are torch\.b?float16.*net\.float"):
        run("train", pairs, EQNet(SMALL).to(dtype))
    mixed = EQNet(SMALL)
    mixed.dense.double()
    with pytest.raises(EqlibError, match=r"torch\.float32, torch\.float64; expected all"):
        run("train", pairs, mixed)
