"""Both stages of training: what they reach, how they stop, and how they go on."""

from __future__ import annotations

import signal
from dataclasses import asdict

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import eqlib
from eqlib import EQ, EqlibError, EQNet, EQNetConfig, Recipe, checkpoints, data, metrics
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs
from eqlib.training.sampler import FrameSampler

SMALL = EQNetConfig(frame=256, hop=64, filters=8, kernel=16, local_kernel=32, pool=16)
QUICK = Recipe(validate_every=10, warmup_steps=5, learning_rate=3e-3)
STAGES = {"pretrain": eqlib.pretrain, "train": eqlib.train}


@pytest.fixture(scope="module")
def pairs():
    notes = data.load(instrument="piano", split="train")[::12]
    held_out = data.load(instrument="piano", split="validation")[:2]
    short = [
        Clips.from_arrays([clip[:4000] for clip in clips], sample_rate=16_000)
        for clips in (notes, held_out)
    ]
    low_shelf = EQ.low_shelf(cutoff_hz=1_000, gain_db=6)
    return [eqlib.pair(clips, low_shelf) for clips in short]


def weights(net: EQNet) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def run(stage, pairs, net=None, **options):
    net = net or EQNet(SMALL)
    options = {"steps": 40, "recipe": QUICK, "progress": False} | options
    return net, STAGES[stage](net, *pairs, **options)


def interrupt_at(step: int, monkeypatch) -> None:
    """Sends this process a Ctrl-C while the given step's frames are drawn."""
    draw, drawn = FrameSampler.draw, []

    def draw_and_interrupt(*args):
        drawn.append(None)
        if len(drawn) == step:
            signal.raise_signal(signal.SIGINT)
        return draw(*args)

    monkeypatch.setattr(FrameSampler, "draw", draw_and_interrupt)


def same_but_for_time(a: eqlib.training.history.History, b: eqlib.training.history.History) -> bool:
    return {**asdict(a), "seconds": 0} == {**asdict(b), "seconds": 0}


@pytest.mark.parametrize("stage", STAGES)
def test_training_lowers_the_error_and_ends_with_the_best_weights(stage, pairs):
    untrained = EQNet(SMALL)
    net, history = run(stage, pairs, steps=150)
    assert history.steps == list(range(10, 151, 10))
    assert history.validation_mae[history.best] == min(history.validation_mae)
    validation = pairs[1]
    process, target = {
        "pretrain": (EQNet.reconstruct, validation.dry),
        "train": (EQNet.process, validation.wet),
    }[stage]
    scores = [
        (metrics.mae(wanted, process(net, clip)), metrics.snr_db(wanted, process(net, clip)))
        for clip, wanted in zip(validation.dry, target, strict=True)
    ]
    mae, snr_db = np.mean(scores, axis=0)
    assert mae == pytest.approx(history.validation_mae[history.best], rel=1e-5)
    assert snr_db == pytest.approx(history.validation_snr_db[history.best], rel=1e-4)
    before = [
        metrics.mae(wanted, process(untrained, clip))
        for clip, wanted in zip(validation.dry, target, strict=True)
    ]
    assert mae < np.mean(before) / 2


@pytest.mark.parametrize("loss", ["mae", "normalized_mae"])
@pytest.mark.parametrize("clip_quantile", [0.5, 1.0])
def test_a_step_is_adam_on_the_mean_absolute_error(loss, clip_quantile, pairs):
    """Oracle: steps written out, with torch's own Adam and clipping, and the same frames."""
    net, expected = EQNet(SMALL), EQNet(SMALL)
    recipe = Recipe(
        batch=4,
        warmup_steps=1,
        learning_rate=1e-3,
        validate_every=6,
        loss=loss,
        clip_quantile=clip_quantile,
    )
    eqlib.train(net, *pairs, steps=6, recipe=recipe, progress=False)

    sampler = FrameSampler(pairs[0], EQNet(SMALL))
    generator = torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(expected.parameters())
    norms = []
    for step in range(6):
        optimizer.param_groups[0]["lr"] = 1e-3 * (1 + np.cos(np.pi * step / 6)) / 2
        x, y = sampler.draw(4, generator)
        optimizer.zero_grad()
        scale = torch.stack([frame.square().mean().sqrt() for frame in y]).clamp_min(1e-4)
        error = (expected(x) - y).abs()
        (error if loss == "mae" else error / scale[:, None, None]).mean().backward()
        norms.append(torch.nn.utils.get_total_norm([p.grad for p in expected.parameters()]))
        if clip_quantile < 1:
            limit = np.quantile(norms, clip_quantile)
            torch.nn.utils.clip_grad_norm_(expected.parameters(), limit)
        optimizer.step()
    torch.testing.assert_close(weights(net), weights(expected), rtol=0, atol=1e-6)


def test_pretraining_hears_dry_and_equalized_frames_and_leaves_the_dnn_alone(pairs, monkeypatch):
    heard = []
    monkeypatch.setattr(EQNet, "autoencode", lambda self, x: heard.append(x) or self.conv(x)[:, :1])
    net, _ = run("pretrain", pairs, steps=1, recipe=Recipe(batch=6, validate_every=99))
    sampler = FrameSampler(pairs[0], EQNet(SMALL))
    dry, wet = sampler.draw(6, torch.Generator().manual_seed(0))
    assert torch.equal(heard[0], torch.cat((dry[::2], wet[1::2])))
    assert torch.equal(net.dense_local.weight, EQNet(SMALL).dense_local.weight)


@pytest.mark.parametrize("stage", STAGES)
def test_a_run_stopped_and_resumed_twice_equals_one_never_stopped(
    stage, pairs, tmp_path, monkeypatch
):
    straight, expected = run(stage, pairs)
    for step in (7, 16):
        # A network with other weights: all that counts must come from the checkpoint.
        with monkeypatch.context() as context:
            interrupt_at(step, context)
            net = EQNet(SMALL, seed=0 if step == 7 else 9)
            _, history = run(stage, pairs, net, folder=tmp_path, resume=True)
        assert history.interrupted
    resumed, history = run(stage, pairs, EQNet(SMALL, seed=9), folder=tmp_path, resume=True)
    assert same_but_for_time(history, expected)
    assert torch.equal(weights(resumed), weights(straight))
    best = eqlib.load(tmp_path / f"{stage}-best.safetensors")
    assert torch.equal(weights(best), weights(straight))


@pytest.mark.parametrize("stage", STAGES)
def test_an_interrupt_ends_the_run_and_keeps_the_best_weights(stage, pairs, tmp_path, monkeypatch):
    interrupt_at(33, monkeypatch)
    net, history = run(stage, pairs, steps=10_000, folder=tmp_path)
    assert history.interrupted and history.steps == [10, 20, 30, 33]
    best = eqlib.load(tmp_path / f"{stage}-best.safetensors")
    assert torch.equal(weights(net), weights(best))
    assert net.info[stage]["steps"] == history.steps[history.best]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_same_seed_trains_the_same_network(pairs):
    first, again, other = (run("train", pairs, seed=seed)[0] for seed in (0, 0, 1))
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))


def test_training_notes_what_the_network_was_trained_on(pairs, tmp_path):
    net, _ = run("pretrain", pairs)
    run("train", pairs, net, seed=3)
    eqlib.save(net, tmp_path / "net.safetensors")
    info = eqlib.load(tmp_path / "net.safetensors").info
    assert EQ.from_dict(info["target"]) == EQ.low_shelf(cutoff_hz=1_000, gain_db=6)
    assert info["train"]["seed"] == 3 and info["train"]["steps"] in range(10, 41)
    assert info["pretrain"]["validation_snr_db"] != info["train"]["validation_snr_db"]


@pytest.mark.parametrize("rate", [1e30, float("1e12")])
def test_a_loss_that_is_not_a_number_stops_with_the_cause_and_the_best_weights(rate, pairs):
    net = EQNet(SMALL)
    with pytest.raises(EqlibError, match=r"loss became (nan|inf) at step .*learning_rate"):
        run("train", pairs, net, recipe=Recipe(learning_rate=rate, warmup_steps=1))
    assert weights(net).isfinite().all()
    # A validation may be the first to see it.
    with pytest.raises(EqlibError, match=r"loss became (nan|inf) at step .*learning_rate"):
        run("train", pairs, net, steps=1, recipe=Recipe(learning_rate=1e30, warmup_steps=1))
    assert torch.equal(weights(net), weights(EQNet(SMALL)))


def test_patience_quarters_the_rate_once_and_then_stops(pairs, monkeypatch):
    rates = []
    step = torch.optim.Adam.step
    monkeypatch.setattr(
        torch.optim.Adam,
        "step",
        lambda self: rates.append(self.param_groups[0]["lr"]) or step(self),
    )
    # With a rate as small as this nothing improves: validations count down the patience.
    recipe = Recipe(
        learning_rate=1e-12, warmup_steps=1, schedule="patience", patience=2, validate_every=3
    )
    monkeypatch.setattr(eqlib.training.stages, "_scores", lambda *_: (1.0, 0.0))
    _, history = run("train", pairs, recipe=recipe, steps=1_000)
    assert history.steps == [3, 6, 9, 12, 15]
    assert rates == [1e-12] * 9 + [1e-12 / 4] * 6


@pytest.mark.parametrize(
    ("budget", "steps"), [({"steps": 7}, 7), ({"epochs": 0.5}, None), ({"seconds": 0.3}, None)]
)
def test_budgets(budget, steps, pairs):
    net = EQNet(SMALL)
    history = eqlib.train(net, *pairs, recipe=QUICK, progress=False, **budget)
    if "epochs" in budget:
        frames = sum(-(-4000 // 64) for _ in range(len(pairs[0])))
        steps = pytest.approx(frames / QUICK.batch / 2, abs=2)
    if "seconds" in budget:
        assert history.seconds[-1] > 0.3
    else:
        assert history.steps[-1] == steps


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 5, "seconds": 5}, "only one of seconds, steps and epochs"),
        ({"steps": 0}, "steps is 0"),
        ({"steps": None, "seconds": float("nan")}, "seconds is nan"),
        ({"resume": True}, "resume.*folder"),
    ],
)
def test_a_budget_or_option_that_cannot_be_is_refused(options, message, pairs):
    with pytest.raises(EqlibError, match=message):
        run("train", pairs, **options)


def test_a_folder_with_a_run_is_not_overwritten(pairs, tmp_path):
    run("train", pairs, folder=tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    with pytest.raises(EqlibError, match="already holds a run of train"):
        run("train", pairs, folder=tmp_path)
    run("pretrain", pairs, folder=tmp_path)  # the other stage may share the folder
    assert before.items() <= {file.name: file.read_bytes() for file in tmp_path.iterdir()}.items()


def test_a_resumed_run_refuses_other_settings(pairs, tmp_path):
    run("train", pairs, folder=tmp_path)
    for options, message in (
        ({"seed": 1}, "another seed"),
        ({"steps": 30}, "another budget"),
        ({"steps": None, "seconds": 1000}, "another budget"),
        ({"recipe": Recipe(batch=2)}, "another recipe"),
        ({"net": EQNet(EQNetConfig(**{**SMALL.__dict__, "filters": 4}))}, "filters=8"),
    ):
        with pytest.raises(EqlibError, match=message):
            run("train", pairs, folder=tmp_path, resume=True, **options)
    other = [eqlib.pair(p.dry, EQ.highpass(cutoff_hz=300)) for p in pairs]
    with pytest.raises(EqlibError, match="another target, another audio"):
        run("train", other, folder=tmp_path, resume=True)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("stop", [None, 17])
def test_a_run_that_goes_on_with_a_larger_budget_equals_one_that_had_it(
    stage, stop, pairs, tmp_path, monkeypatch
):
    """Where the rate does not depend on the budget; finished, or stopped on the way there."""
    recipe = {"recipe": Recipe(**{**asdict(QUICK), "schedule": "patience"})}
    straight, expected = run(stage, pairs, steps=40, **recipe)
    with monkeypatch.context() as context:
        if stop:
            interrupt_at(stop, context)
        run(stage, pairs, steps=20, folder=tmp_path, **recipe)
    other = EQNet(SMALL, seed=9)
    resumed, history = run(stage, pairs, other, steps=40, folder=tmp_path, resume=True, **recipe)
    assert same_but_for_time(history, expected)
    assert torch.equal(weights(resumed), weights(straight))
    assert resumed.info[stage]["budget"] == {"unit": "steps", "amount": 40}


def test_the_cosine_of_a_larger_budget_goes_on_at_its_share(pairs, tmp_path, monkeypatch):
    """Oracle: the formula, written out; and steps of torch's own Adam, whose moments go on."""
    rates = []
    real = torch.optim.Adam.step

    def noting(self, *arguments):
        rates.append(self.param_groups[0]["lr"])
        return real(self, *arguments)

    monkeypatch.setattr(torch.optim.Adam, "step", noting)
    recipe = Recipe(learning_rate=1e-3, warmup_steps=1, validate_every=5, clip_quantile=1)
    run("train", pairs, steps=5, recipe=recipe, folder=tmp_path)
    options = {"recipe": recipe, "folder": tmp_path, "resume": True}
    _, history = run("train", pairs, EQNet(SMALL, seed=9), steps=10, **options)
    shares = [step / 5 for step in range(5)] + [step / 10 for step in range(5, 10)]
    expected = [1e-3 * (1 + np.cos(np.pi * share)) / 2 for share in shares]
    np.testing.assert_allclose(rates, expected, rtol=1e-12)

    net, generator = EQNet(SMALL), torch.Generator().manual_seed(0)
    sampler, optimizer = FrameSampler(pairs[0], net), torch.optim.Adam(net.parameters())
    for rate in expected:
        optimizer.param_groups[0]["lr"] = rate
        x, y = sampler.draw(8, generator)
        optimizer.zero_grad()
        F.l1_loss(net(x), y).backward()
        real(optimizer)
    last = checkpoints.read(tmp_path / "train-last.safetensors")[0]
    for name, tensor in net.state_dict().items():
        torch.testing.assert_close(last[f"net.{name}"], tensor, rtol=0, atol=1e-6)
    assert history.steps == [5, 10]


def test_the_best_of_a_finished_run_outlives_a_worse_continuation(pairs, tmp_path, monkeypatch):
    """Also if it was found by the validation at the very end."""
    scores = iter([0.9, 0.1, 0.5, 0.5])
    monkeypatch.setattr(eqlib.training.stages, "_scores", lambda *_: (next(scores), 0.0))
    first, _ = run("train", pairs, steps=13, folder=tmp_path)  # at 10, and at 13 the best
    again, history = run("train", pairs, EQNet(SMALL), steps=25, folder=tmp_path, resume=True)
    assert history.validation_mae == [0.9, 0.1, 0.5, 0.5] and history.steps == [10, 13, 20, 25]
    assert torch.equal(weights(again), weights(first))


def untyped(value):
    """An equalizer's settings as they were until its stages named their types."""
    if isinstance(value, list):
        return [untyped(item) for item in value]
    if isinstance(value, dict):
        return {name: untyped(item) for name, item in value.items() if name != "type"}
    return value


def test_a_run_from_before_equalizers_named_their_types_goes_on(pairs, tmp_path, monkeypatch):
    straight, _ = run("train", pairs)
    with monkeypatch.context() as context:
        interrupt_at(17, context)
        run("train", pairs, folder=tmp_path)
    path = tmp_path / "train-last.safetensors"
    tensors, header = checkpoints.read(path)
    today = header["settings"]["target"]
    header["settings"]["target"] = untyped(today)
    assert header["settings"]["target"] != today
    checkpoints.write(path, tensors, header)
    resumed, _ = run("train", pairs, EQNet(SMALL, seed=9), folder=tmp_path, resume=True)
    assert torch.equal(weights(resumed), weights(straight))
    assert resumed.info["target"] == today


def test_pairs_whose_targets_are_written_in_two_ways_are_of_one_effect(pairs):
    training, validation = pairs
    validation = Pairs(validation.dry, validation.wet, untyped(validation.target))
    assert validation.target != training.target
    run("train", (training, validation), steps=1)


def test_audio_at_another_rate_is_refused(pairs):
    config = EQNetConfig(**{**SMALL.__dict__, "sample_rate": 44_100})
    with pytest.raises(EqlibError, match="16000 Hz.*44100 Hz"):
        run("train", pairs, EQNet(config))


def test_the_loss_is_the_mean_absolute_error_of_frames(pairs):
    net, history = run("train", pairs, steps=1, recipe=Recipe(batch=8, validate_every=1))
    sampler = FrameSampler(pairs[0], EQNet(SMALL))
    x, y = sampler.draw(8, torch.Generator().manual_seed(0))
    assert history.train_mae == [pytest.approx(F.l1_loss(EQNet(SMALL)(x), y).item())]


def test_an_impatient_second_interrupt_keeps_the_best_weights_too(pairs, tmp_path, monkeypatch):
    draw, drawn = FrameSampler.draw, []

    def draw_and_interrupt(*args):
        drawn.append(None)
        if len(drawn) == 33:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
        return draw(*args)

    monkeypatch.setattr(FrameSampler, "draw", draw_and_interrupt)
    net = EQNet(SMALL)
    with pytest.raises(KeyboardInterrupt):
        run("train", pairs, net, steps=10_000, folder=tmp_path)
    best = eqlib.load(tmp_path / "train-best.safetensors")
    assert torch.equal(weights(net), weights(best))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("stop", [4, 8, 13])
def test_patience_survives_a_resumption(stop, pairs, tmp_path, monkeypatch):
    recipe = Recipe(
        learning_rate=1e-3, warmup_steps=1, schedule="patience", patience=2, validate_every=3
    )
    scores = {0: 1.0, 3: 0.5}  # no validation after the first is better
    monkeypatch.setattr(
        eqlib.training.stages, "_scores", lambda *_: (scores.get(len(seen), 0.9), 0.0)
    )
    seen: list[None] = []
    straight, expected = run("train", pairs, recipe=recipe, steps=1_000)
    with monkeypatch.context() as context:
        interrupt_at(stop, context)
        run("train", pairs, recipe=recipe, steps=1_000, folder=tmp_path)
    resumed, history = run(
        "train",
        pairs,
        EQNet(SMALL, seed=9),
        recipe=recipe,
        steps=1_000,
        folder=tmp_path,
        resume=True,
    )
    assert same_but_for_time(history, expected)
    assert torch.equal(weights(resumed), weights(straight))


def test_a_resumed_run_remembers_what_was_noted_before(pairs, tmp_path, monkeypatch):
    net, _ = run("pretrain", pairs)
    net.info["room"] = "B 12"
    interrupt_at(50, monkeypatch)  # the pretraining above drew nothing of this patch
    run("train", pairs, net, steps=100, folder=tmp_path)
    monkeypatch.undo()
    resumed, _ = run("train", pairs, steps=100, folder=tmp_path, resume=True)
    assert resumed.info["room"] == "B 12" and "pretrain" in resumed.info
    assert eqlib.load(tmp_path / "train-best.safetensors").info == resumed.info


def test_small_and_odd_batches_hear_dry_and_equalized_frames(pairs, monkeypatch):
    heard = []
    monkeypatch.setattr(EQNet, "autoencode", lambda self, x: heard.append(x) or self.conv(x)[:, :1])
    run("pretrain", pairs, steps=2, recipe=Recipe(batch=1, validate_every=99))
    sampler = FrameSampler(pairs[0], EQNet(SMALL))
    generator = torch.Generator().manual_seed(0)
    assert torch.equal(heard[0], sampler.draw(1, generator)[0])
    assert torch.equal(heard[1], sampler.draw(1, generator)[1])


def test_validation_pairs_of_another_effect_or_rate_are_refused(pairs):
    other = eqlib.pair(pairs[1].dry, EQ.highpass(cutoff_hz=300))
    with pytest.raises(EqlibError, match="another effect"):
        run("train", [pairs[0], other])
    clips = Clips.from_arrays(list(pairs[1].dry), sample_rate=8_000)
    with pytest.raises(EqlibError, match="validation audio.*8000 Hz"):
        run("train", [pairs[0], eqlib.Pairs(clips, clips)])


def test_numpy_integers_serve_as_seeds_and_sizes(pairs):
    recipe = Recipe(batch=np.int64(16), validate_every=np.int32(10), warmup_steps=5)
    net, _ = run("train", pairs, seed=np.int64(1), recipe=recipe)
    assert torch.equal(weights(net), weights(run("train", pairs, seed=1, recipe=recipe)[0]))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_network_trains_on_the_gpu_and_comes_back(pairs):
    net, history = run("train", pairs)
    assert net.info["train"]["device"].startswith("cuda")
    assert weights(net).device.type == "cpu"
    assert history.validation_mae[-1] < history.validation_mae[0]


@pytest.mark.parametrize(
    "setting",
    [{"learning_rate": -1}, {"batch": 2.5}, {"batch": 0}, {"schedule": "linear"}, {"patience": 0}],
)
def test_recipes_that_cannot_be_are_refused(setting):
    with pytest.raises(EqlibError, match=next(iter(setting))):
        Recipe(**setting)
