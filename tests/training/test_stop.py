"""Ctrl-C and SIGTERM at any moment of a training: never swallowed, and nothing lost."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
import torch

import eqlib
from eqlib.training import loop, snapshot
from eqlib.training.progress import Progress
from eqlib.training.run import Run
from eqlib.training.sampler import FrameSampler
from eqlib.training.stages import Supervised
from small_run import training
from support import ROOT

# Where a signal comes, as (class or module, name, at which call); ten steps, validated every five.
MOMENTS = {
    "setup": (FrameSampler, "__init__", 1),
    "the first checkpoint": (snapshot, "save", 1),
    "the last step": (FrameSampler, "draw", 10),
    "the last step's end": (loop, "clip_gradients", 10),
    "while a step is shown": (Progress, "show", 7),
    "the last validation": (Supervised, "check", 2),
    "the last checkpoint": (snapshot, "save", 3),
    "the end": (Run, "__exit__", 1),
}
each_moment = pytest.mark.parametrize("moment", MOMENTS)


def signal_at(moment, monkeypatch, number=signal.SIGINT, times=1):
    """Sends this process signals when a moment of a training comes."""
    owner, name, wanted = MOMENTS[moment]
    real, calls = getattr(owner, name), []

    def interrupting(*arguments, **options):
        calls.append(None)
        if len(calls) == wanted:
            for _ in range(times):
                signal.raise_signal(number)
        return real(*arguments, **options)

    monkeypatch.setattr(owner, name, interrupting)


def weights(net):
    return torch.cat([p.detach().flatten() for p in net.parameters()])


@each_moment
def test_a_ctrl_c_at_any_moment_is_told(moment, tmp_path, monkeypatch):
    straight, _ = training()
    with monkeypatch.context() as context:
        signal_at(moment, context)
        net, history = training(tmp_path)
    assert history.interrupted
    best = eqlib.load(tmp_path / "train-best.safetensors")
    assert torch.equal(weights(net), weights(best))
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    # And the next run goes on, to the same end.
    resumed, history = training(tmp_path, resume=True)
    assert not history.interrupted and torch.equal(weights(resumed), weights(straight))


@pytest.mark.parametrize("moment", ["setup", "the end"])
def test_impatience_breaks_nothing_while_a_run_begins_or_ends(moment, tmp_path, monkeypatch):
    signal_at(moment, monkeypatch, times=3)
    net, history = training(tmp_path)
    assert history.interrupted
    best = eqlib.load(tmp_path / "train-best.safetensors")
    assert torch.equal(weights(net), weights(best))


def test_a_watcher_that_stops_the_last_step_has_stopped_the_run():
    class Stop:
        def stepped(self, stage, *, step, **_):
            return step == 10

        def validated(self, history, net):
            pass

        def ended(self, history, net):
            assert history.interrupted

    assert training(watch=Stop())[1].interrupted


@each_moment
def test_a_sigterm_saves_and_goes_to_whoever_heard_it_before(moment, tmp_path, monkeypatch):
    heard = []
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append(snapshot_step(tmp_path)))
    try:
        handler = signal.getsignal(signal.SIGTERM)
        with monkeypatch.context() as context:
            signal_at(moment, context, signal.SIGTERM)
            _, history = training(tmp_path)
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)
    steps = {"setup": 0, "the first checkpoint": 0, "while a step is shown": 7}.get(moment, 10)
    assert heard == [steps] and history.interrupted
    straight, _ = training()
    resumed, _ = training(tmp_path, resume=True)
    assert torch.equal(weights(resumed), weights(straight))


def snapshot_step(folder):
    return eqlib.checkpoints.read(folder / "train-last.safetensors")[1]["step"]


def test_a_program_that_ignores_sigterm_trains_on(monkeypatch):
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        signal_at("the last step", monkeypatch, signal.SIGTERM)
        assert not training()[1].interrupted
    finally:
        signal.signal(signal.SIGTERM, before)


ENDLESS = """
import sys
from small_run import training
class Tell:
    def stepped(self, stage, *, step, **_):
        if step == 7:
            print("seven", flush=True)
        return False
    def validated(self, history, net): pass
    def ended(self, history, net): pass
from eqlib import Recipe
training(sys.argv[1], steps=10**9, recipe=Recipe(validate_every=10**9), watch=Tell())
print("went on")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_a_process_that_is_terminated_ends_so_but_has_saved(tmp_path):
    command = [sys.executable, "-c", ENDLESS, str(tmp_path)]
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": ""}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=paths) as process:
        try:
            assert process.stdout.readline() == "seven\n"
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == -signal.SIGTERM and rest == ""
    assert snapshot_step(tmp_path) >= 7
