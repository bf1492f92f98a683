"""Training under torch's global modes: it works and gives the same weights, or says why not."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import signal

import eqlib
from eqlib import EQ, EqlibError, EQNet, EQNetConfig, Recipe
from eqlib.data.clips import Clips
from eqlib.training.sampler import FrameSampler

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


@each_stage
def test_a_network_in_double_precision_trains_in_it(stage, pairs):
    """Oracle: steps written out in float64, with torch's own Adam, on frames cut by hand."""
    recipe = Recipe(
        batch=4, warmup_steps=1, validate_every=3, learning_rate=3e-3, clip_quantile=1.0
    )
    net, expected = EQNet(SMALL).double(), EQNet(SMALL).double()
    heard = []
    net.conv.register_forward_pre_hook(lambda _, given: heard.append(given[0].dtype))
    STAGES[stage](net, *pairs, steps=3, recipe=recipe, progress=False)
    assert set(heard) == {torch.float64} and weights(net).dtype == torch.float64

    plain = FrameSampler(pairs[0], EQNet(replace(SMALL, window="rectangular")))
    hann = torch.from_numpy(signal.get_window("hann", 64))
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(expected.parameters())
    for step in range(3):
        optimizer.param_groups[0]["lr"] = 3e-3 * (1 + np.cos(np.pi * step / 3)) / 2
        x, y = (frames.double() * hann for frames in plain.draw(4, generator))
        if stage == "pretrain":
            x = y = torch.cat((x[step % 2 :: 2], y[1 - step % 2 :: 2]))
        output = expected(x) if stage == "train" else expected.autoencode(x)
        optimizer.zero_grad()
        (output - y).abs().mean().backward()
        optimizer.step()
    # In float32 they would differ from the seventh digit on.
    torch.testing.assert_close(weights(net), weights(expected), rtol=0, atol=1e-12)


@pytest.mark.parametrize("method", ["process", "reconstruct"])
def test_a_network_in_double_precision_processes_in_it(method, pairs):
    """Oracle: the frames cut, windowed and added up by a plain loop in float64."""
    net = EQNet(SMALL).double()
    audio = np.random.default_rng(1).normal(0, 0.1, 300)
    forward = net.forward if method == "process" else net.autoencode
    padded, hann = np.pad(audio, 64), signal.get_window("hann", 64)
    expected = np.zeros(len(padded))
    for start in range(0, len(padded) - 63, 32):
        frame = torch.from_numpy(padded[start : start + 64] * hann)[None, None]
        expected[start : start + 64] += forward(frame).detach().numpy()[0, 0]
    for given in (audio, torch.from_numpy(audio)):
        output = np.asarray(getattr(net, method)(given))
        assert output.dtype == np.float64
        np.testing.assert_allclose(output, expected[64:-64], rtol=0, atol=1e-13)


def test_a_run_in_double_precision_goes_on_as_if_never_stopped(pairs, tmp_path):
    straight = run("train", pairs, EQNet(SMALL).double())

    class Impatient:
        def stepped(self, stage, *, step, **_):
            return step == 7

        def validated(self, *_):
            pass

        ended = validated

    options = {"recipe": QUICK, "progress": False, "folder": tmp_path}
    eqlib.train(EQNet(SMALL).double(), *pairs, steps=12, watch=Impatient(), **options)
    net = EQNet(SMALL, seed=9).double()
    eqlib.train(net, *pairs, steps=12, resume=True, **options)
    assert weights(net).dtype == torch.float64
    assert torch.equal(weights(net), weights(straight))
