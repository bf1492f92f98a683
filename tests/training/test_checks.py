"""What the trainers refuse, when, and where the network is then; and who is heard if two fail."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest
import torch
from torch import nn

import eqlib
from eqlib import EQ, EqlibError, EQNet, EQNetConfig, Recipe
from eqlib.data.clips import Clips
from eqlib.training import snapshot
from eqlib.training.sampler import FrameSampler
from eqlib.widgets.monitor import TrainingMonitor

SMALL = EQNetConfig(frame=64, hop=32, filters=4, kernel=8, local_kernel=16, pool=8)
STAGES = {"pretrain": eqlib.pretrain, "train": eqlib.train}
SHELF = EQ.low_shelf(cutoff_hz=1_000, gain_db=6)


def noise(*, sample_rate=16_000):
    samples = np.random.default_rng(0).normal(0, 0.1, (5, 1_000)).astype(np.float32)
    return Clips.from_arrays(samples, sample_rate=sample_rate)


CLIPS = noise()
PAIRS = eqlib.pair(CLIPS[:4], SHELF), eqlib.pair(CLIPS[4:], SHELF)


class Watcher:
    """Counts its calls, and fails where it is told to."""

    def __init__(self, fails: str = "") -> None:
        self.fails, self.calls = fails, []

    def _called(self, name):
        self.calls.append(name)
        if name == self.fails:
            raise RuntimeError(f"{name} fails")

    def stepped(self, stage, *, step, seconds, used, mae):
        self._called("stepped")
        return False

    def validated(self, history, net):
        self._called("validated")

    def ended(self, history, net):
        self.weights = weights(net)
        self._called("ended")


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


def traveler():
    """A network, and a list of where it is sent to."""
    net, sent = EQNet(SMALL), []
    net.to = lambda device: sent.append(torch.device(device)) or nn.Module.to(net, device)
    return net, sent


def run(stage="train", net=None, pairs=PAIRS, **options):
    net = net or EQNet(SMALL)
    recipe = Recipe(batch=4, warmup_steps=2, validate_every=5, learning_rate=3e-3)
    options = {"steps": 12, "recipe": recipe, "progress": False} | options
    return net, STAGES[stage](net, *pairs, **options)


OTHER = eqlib.pair(CLIPS[4:], EQ.highpass(cutoff_hz=300))
SLOW = noise(sample_rate=8_000)
MISTAKES = {
    "clips": ({"pairs": (CLIPS, PAIRS[1])}, r"pairs is a Clips.*eqlib\.pair\(pairs, equalizer"),
    "two clips": ({"pairs": (PAIRS[0], CLIPS)}, r"validation is a Clips.*pair\(validation, eq"),
    "arrays": ({"pairs": (CLIPS.samples, CLIPS.samples)}, r"pairs is a ndarray.*pair\(clips, eq"),
    "no validation": ({"pairs": (PAIRS[0], None)}, "validation is None"),
    "another effect": ({"pairs": (PAIRS[0], OTHER)}, "another effect"),
    "another rate": ({"pairs": [eqlib.Pairs(SLOW, SLOW)] * 2}, "training audio.*8000 Hz"),
    "a dict": ({"recipe": {"batch": 4}}, r"recipe is a dict.*Recipe\(\*\*settings\)"),
    "a rate": ({"recipe": 1e-3}, r"recipe is a float.*Recipe\(learning_rate=1e-3\)"),
    "no seed": ({"seed": None}, "seed is None"),
    "a huge seed": ({"seed": 2**64}, "seed is 18446744073709551616"),
    "a number": ({"folder": 3}, "folder is a int; expected the name of a file or folder"),
    "bytes": ({"folder": b"runs"}, "folder is a bytes; expected the name of a file or folder"),
    "no name": ({"folder": " "}, "folder is ' '; expected the name of a file or folder"),
    "nobody's home": ({"folder": "~nobody-of-this-name/runs"}, "no user of that name"),
    "no folder": ({"resume": True}, "resume is True without a folder"),
    "no watcher": ({"watch": print}, "watch is a builtin.*stepped, validated and ended"),
    "a class": ({"watch": TrainingMonitor}, r"the class TrainingMonitor.*TrainingMonitor\(\.\.\."),
    "two budgets": ({"seconds": 5}, "only one of seconds, steps and epochs"),
    "no budget": ({"steps": "many"}, "steps is 'many'"),
    "no device": ({"device": "gpu"}, 'device is \'gpu\'.*"cpu" or "cuda"'),
    "no numbers": ({"device": "meta"}, "device is 'meta'.*device of this computer"),
    "device 0": ({"device": 0}, "device is '0'.*it is a int"),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_before_anything_has_changed(mistake, stage, tmp_path):
    options, message = MISTAKES[mistake]
    net, sent = traveler()
    state = torch.random.get_rng_state()
    with pytest.raises(EqlibError, match=message):
        run(stage, net, **{"device": "cpu", **options})
    assert sent == [] and net.info == {}
    assert torch.equal(weights(net), weights(EQNet(SMALL)))
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("net", [None, PAIRS[0], EQNet, nn.Linear(2, 2), SMALL], ids=repr)
def test_what_is_no_network_is_told(net, stage):
    with pytest.raises(EqlibError, match=r"net is .*; expected a network, such as EQNet\(\)"):
        STAGES[stage](net, *PAIRS, steps=1, progress=False)


def test_a_network_without_step_one_is_told():
    class OneStep(nn.Module):
        segment, config = EQNet(SMALL).segment, SMALL

        def __init__(self):
            super().__init__()
            self.gain = nn.Parameter(torch.ones(1))

    with pytest.raises(EqlibError, match="OneStep cannot autoencode or reconstruct"):
        eqlib.pretrain(OneStep(), *PAIRS, steps=1)


def test_an_effect_whose_description_is_no_json_is_told():
    target = {"gains": np.ones(2)}
    pairs = [eqlib.Pairs(PAIRS[0].dry, PAIRS[0].wet, target)] * 2
    with pytest.raises(EqlibError, match="target of the pairs cannot become JSON"):
        run(pairs=pairs)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_a_gpu_that_is_not_there_is_told():
    net, sent = traveler()
    with pytest.raises(EqlibError, match=r"device is 'cuda'.*Leave device out"):
        run(net=net, device="cuda")
    assert sent == []


# torch keeps "cpu:0" apart from "cpu", though both are the same processor.
ABROAD, HOME = torch.device("cpu:0"), torch.device("cpu")


@pytest.mark.parametrize("stage", STAGES)
def test_the_network_trains_where_it_is_told_to_and_comes_home(stage):
    net, sent = traveler()
    run(stage, net, device="cpu:0")
    assert sent == [ABROAD, HOME]
    assert torch.equal(weights(net), weights(run(stage)[0]))


def test_without_a_device_a_gpu_is_used_if_there_is_one(monkeypatch):
    from eqlib.training import checks

    assert checks.choose_device(None, HOME) == HOME or torch.cuda.is_available()
    # As if there were one: it is asked for, and, here, then found missing.
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(EqlibError, match="device is 'cuda'"):
        checks.choose_device(None, HOME)


def test_the_network_comes_home_after_an_error_and_an_interrupt(tmp_path, monkeypatch):
    recipe = Recipe(learning_rate=1e30, warmup_steps=1)
    lost, sent = traveler()
    with pytest.raises(EqlibError, match="loss became"):
        run(net=lost, recipe=recipe, device="cpu:0")
    assert sent == [ABROAD, HOME]

    net, sent = traveler()
    with monkeypatch.context() as full, pytest.raises(OSError):  # when it has just arrived
        full.setattr(snapshot, "save", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        run(net=net, folder=tmp_path, device="cpu:0")
    assert sent == [ABROAD, HOME]
    assert torch.equal(weights(net), weights(EQNet(SMALL)))

    net, sent = traveler()
    monkeypatch.setattr(FrameSampler, "draw", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        run(net=net, device="cpu:0")
    assert sent == [ABROAD, HOME]


def test_a_failing_watcher_does_not_hide_why_the_run_ended(caplog):
    net, watch = EQNet(SMALL), Watcher(fails="ended")
    with caplog.at_level(logging.ERROR), pytest.raises(EqlibError, match="loss became"):
        run(net=net, recipe=Recipe(learning_rate=1e30, warmup_steps=1), watch=watch)
    assert watch.calls[-1] == "ended"
    (record,) = caplog.records
    assert "watcher" in record.message and "ended fails" in str(record.exc_info[1])
    assert torch.equal(weights(net), weights(EQNet(SMALL)))


@pytest.mark.parametrize("fails", ["stepped", "validated", "ended"])
@pytest.mark.parametrize("stage", STAGES)
def test_a_watcher_that_fails_leaves_the_best_weights(stage, fails, tmp_path):
    (net, sent), watch = traveler(), Watcher(fails)
    with pytest.raises(RuntimeError, match=f"{fails} fails"):
        run(stage, net, folder=tmp_path, watch=watch, device="cpu:0")
    assert watch.calls[-1] == "ended" and sent == [ABROAD, HOME]
    assert torch.equal(watch.weights, weights(net))
    if fails == "stepped":  # before the first validation
        assert torch.equal(weights(net), weights(EQNet(SMALL)))
    else:
        best = eqlib.load(tmp_path / f"{stage}-best.safetensors")
        assert torch.equal(weights(net), weights(best))
        assert best.info == net.info and stage in net.info
    # The same run without it.
    expected, _ = run(stage)
    resumed, _ = run(stage, EQNet(SMALL, seed=9), folder=tmp_path, resume=True)
    if fails != "stepped":
        assert torch.equal(weights(resumed), weights(expected))


@pytest.mark.parametrize("number", [np.float32(1e-3), np.array(1e-3), torch.tensor(1e-3), 1])
def test_numbers_of_a_recipe_become_pythons(number, tmp_path):
    recipe = Recipe(learning_rate=number, clip_quantile=np.float32(0.5), validate_every=5)
    assert type(recipe.learning_rate) is float and recipe.learning_rate == float(number)
    assert type(recipe.clip_quantile) is float and recipe.clip_quantile == 0.5
    net, _ = run(recipe=recipe, folder=tmp_path)  # and a checkpoint can hold them
    assert json.dumps(net.info)
    _, history = run(recipe=recipe, folder=tmp_path, resume=True)
    assert history.steps[-1] == 12


@pytest.mark.parametrize("value", [["mae"], np.array(["mae", "mae"]), None, 3, "MAE"], ids=repr)
def test_a_loss_or_schedule_that_is_none_is_told(value):
    with pytest.raises(EqlibError, match="loss is .*; expected mae or normalized_mae or"):
        Recipe(loss=value)
    with pytest.raises(EqlibError, match="schedule is .*; expected cosine or patience"):
        Recipe(schedule=value)


def test_a_folder_may_begin_with_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    run(folder="~/runs")
    assert (tmp_path / "runs/train-best.safetensors").is_file()
