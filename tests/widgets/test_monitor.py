"""The training monitor, watching real runs of a small network."""

from __future__ import annotations

import html
import json
import re

import numpy as np
import pytest
import torch

import eqlib
from eqlib import EQ, EqlibError, EQNet, EQNetConfig, Recipe, data
from eqlib.widgets.monitor import LOSSES, POINTS, TrainingMonitor

SMALL = EQNetConfig(frame=256, hop=128, filters=8, kernel=16, local_kernel=32, pool=16)
SHELF = EQ.low_shelf(cutoff_hz=500, gain_db=10)
RECIPE = Recipe(validate_every=20, warmup_steps=5)


@pytest.fixture
def pairs():
    notes = data.load(instrument="piano", split="train")[::30]
    held_out = data.load(instrument="piano", split="validation")[::6]
    return eqlib.pair(notes, SHELF), eqlib.pair(held_out, SHELF)


def run(monitor, pairs, *, which=eqlib.train, net=None, **budget):
    net = net or EQNet(SMALL)
    return which(net, *pairs, recipe=RECIPE, progress=False, watch=monitor, **budget)


def test_it_notes_what_the_history_says(pairs):
    monitor, net = TrainingMonitor(SHELF), EQNet(SMALL)
    history = run(monitor, pairs, net=net, steps=60)
    state = monitor.state
    assert [check["step"] for check in state["checks"]] == history.steps == [20, 40, 60]
    for check, mae, snr_db in zip(
        state["checks"], history.validation_mae, history.validation_snr_db, strict=True
    ):
        assert check["mae"] == pytest.approx(mae, rel=1e-3)
        assert check["snr_db"] == pytest.approx(snr_db, abs=0.06)
    assert (state["best"], state["running"], state["step"]) == (history.best, False, 60)
    mean = np.mean([mae for _, mae in state["losses"]])
    assert mean == pytest.approx(np.mean(history.train_mae), rel=0.01)
    expected = 20 * np.log10(np.abs(SHELF.response(np.array(state["frequencies_hz"]))))
    np.testing.assert_allclose(state["target_db"], expected, atol=0.06)


def test_its_response_is_that_of_the_network(pairs):
    monitor, net = TrainingMonitor(SHELF), EQNet(SMALL)
    history = run(monitor, pairs, net=net, steps=40)
    assert history.best == len(history.steps) - 1, "the weights of the last check are in the net"
    tone_hz = 1_000
    tone = 0.1 * np.sin(2 * np.pi * tone_hz * np.arange(16_000) / 16_000)
    out = net.process(tone)[4_000:12_000]
    gain_db = 20 * np.log10(
        2 * abs(np.mean(out * np.exp(-2j * np.pi * tone_hz * np.arange(8_000) / 16_000))) / 0.1
    )
    measured = np.interp(
        tone_hz, monitor.state["frequencies_hz"], monitor.state["checks"][-1]["gain_db"]
    )
    assert measured == pytest.approx(gain_db, abs=2.5)  # which is no filter yet


def test_the_button_ends_the_run_and_keeps_the_best(pairs):
    class Pressed(TrainingMonitor):
        def stepped(self, *stage, **now):
            self.stop = now["step"] == 50
            return super().stepped(*stage, **now)

    monitor = Pressed(SHELF)
    history = run(monitor, pairs, steps=5_000)
    assert history.interrupted
    assert history.steps == [20, 40, 50]
    assert monitor.state["interrupted"]
    assert not monitor.stop, "ready for the next run"
    history = run(monitor, pairs, steps=20, which=eqlib.pretrain)
    assert not history.interrupted
    assert monitor.state["stage"] == "pretrain"
    assert len(monitor.state["checks"]) == 1
    assert set(monitor.state["target_db"]) == {0.0}, "step one is to return what it hears"


def test_a_long_run_is_noted_in_few_numbers_and_whole():
    monitor = TrainingMonitor()
    for step in range(1, 5_001):
        monitor.stepped("train", step=step, seconds=step / 20, used=step / 5_000, mae=1 / step)
    losses = monitor._log["losses"]
    assert LOSSES / 2 <= len(losses) <= LOSSES
    steps = [step for step, _ in losses]
    assert steps == sorted(steps)
    expected = [np.mean(1 / np.arange(a + 1, b + 1)) for a, b in zip([0, *steps], steps)]  # noqa: B905
    np.testing.assert_allclose([mae for _, mae in losses], expected, rtol=2e-3)
    assert monitor._log["left_s"] == 0


def test_a_page_can_replay_it(pairs):
    monitor = TrainingMonitor(SHELF)
    run(monitor, pairs, steps=40)
    (state,) = re.findall(r'data-eq-state="([^"]*)"', monitor._repr_html_())
    assert json.loads(html.unescape(state)) == monitor.state
    assert len(state) < 20_000
    assert "40 steps" in monitor._repr_html_()
    assert "40 steps" in monitor._repr_mimebundle_()[0]["text/plain"]


def test_after_an_error_it_no_longer_says_that_it_runs(pairs):
    monitor = TrainingMonitor(SHELF)
    with pytest.raises(EqlibError, match="the loss became"):
        eqlib.train(
            EQNet(SMALL),
            *pairs,
            steps=5_000,
            recipe=Recipe(learning_rate=1e9, clip_quantile=1, warmup_steps=1),
            watch=monitor,
        )
    assert not monitor.state["running"]
    assert monitor.state["interrupted"]


def test_a_resumed_run_shows_what_came_after(pairs, tmp_path):
    class Pressed(TrainingMonitor):
        def stepped(self, *stage, **now):
            self.stop = now["step"] == 60
            return super().stepped(*stage, **now)

    rest = {"folder": tmp_path, "steps": 120}
    run(Pressed(SHELF), pairs, **rest)
    monitor = TrainingMonitor(SHELF)
    history = run(monitor, pairs, resume=True, **rest)
    assert history.steps == [20, 40, 60, 80, 100, 120]
    state = monitor.state
    assert [check["step"] for check in state["checks"]] == [80, 100, 120]
    kept = history.steps[history.best]
    shown = None if state["best"] is None else state["checks"][state["best"]]["step"]
    assert shown == (kept if kept > 60 else None)
    assert "120 steps" in monitor._repr_html_()


def test_a_monitor_shows_one_run_at_a_time(pairs):
    monitor = TrainingMonitor(SHELF)
    run(monitor, pairs, steps=40)
    run(monitor, pairs, steps=20)
    assert [check["step"] for check in monitor.state["checks"]] == [20]


def test_what_watches_cannot_cost_the_best_weights(pairs):
    class Fails(TrainingMonitor):
        def validated(self, history, net):
            raise RuntimeError("no picture")

    net, untrained = EQNet(SMALL), EQNet(SMALL)
    with pytest.raises(RuntimeError, match="no picture"):
        run(Fails(), pairs, net=net, steps=40)
    assert not torch.equal(net.conv.weight, untrained.conv.weight)


def test_an_effect_without_a_response_is_refused_at_once():
    with pytest.raises(EqlibError, match="expected an EQ"):
        TrainingMonitor(lambda audio: audio)


def test_a_target_at_another_rate_is_not_drawn(pairs):
    monitor = TrainingMonitor(EQ.low_shelf(cutoff_hz=500, gain_db=10, sample_rate=44_100))
    run(monitor, pairs, steps=20)
    assert monitor.state["target_db"] is None


def test_with_the_network_it_also_notes_how_it_began(pairs):
    net = EQNet(SMALL)
    monitor = TrainingMonitor(SHELF, net=net)
    run(monitor, pairs, net=net, steps=40)
    frames = monitor.state["frames"]
    assert [frame["step"] for frame in frames] == [1, 5]
    assert all(len(frame["gain_db"]) == POINTS for frame in frames)
    assert frames[0]["gain_db"] != frames[-1]["gain_db"]
    assert [frame["seconds"] for frame in frames] == sorted(frame["seconds"] for frame in frames)
    run(monitor, pairs, net=net, steps=5)
    assert [frame["step"] for frame in monitor.state["frames"]] == [1, 5]


def test_noting_the_beginning_changes_no_weight(pairs):
    first, second = EQNet(SMALL), EQNet(SMALL)
    second.load_state_dict(first.state_dict())
    run(TrainingMonitor(SHELF, net=first), pairs, net=first, steps=20)
    run(TrainingMonitor(SHELF), pairs, net=second, steps=20)
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name]), name


def test_a_network_that_is_none_is_refused():
    with pytest.raises(EqlibError, match="expected an EQNet or None"):
        TrainingMonitor(SHELF, net="net")
