"""One network for every type of filter: its targets, its numbers, and its results."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib import EqlibError, data
from eqlib.__main__ import main
from eqlib.data.clips import Clips
from eqlib.equalizers.biquad import Biquad
from eqlib.experiments import every_type, generalize, sets, type_limits, type_steps
from eqlib.experiments.plan import UNHEARD
from eqlib.networks.conditioned import ConditionedEQNet

SMALL = replace(type_steps.EVERY_TYPE, filters=4, hidden=16)


def test_a_setting_is_the_filter_that_its_numbers_tell():
    """Oracle: the biquads of the textbook, by their own names."""
    shares = np.random.default_rng(0).random((5, 3))
    eqs, numbers = type_steps.filters_of(shares, range(5))
    hz = np.array([50.0, 300.0, 1_000.0, 5_000.0])
    for place, (eq, of, (f, g, q)) in enumerate(zip(eqs, numbers, shares, strict=True)):
        name = type_steps.TYPES[place]
        cutoff_hz, gain_db = 200 * 20**f, -12 + 24 * g
        width = {"slope": 1.0} if name.endswith("shelf") else {"q": 0.7071}
        width = {"q": 0.5 * 4**q} if name == "peaking" else width
        gains = {"gain_db": gain_db} if place < 3 else {}
        made = Biquad(name.replace("-", "_"), cutoff_hz, **gains, **width)
        _, expected = signal.freqz(*made.coefficients(16_000), worN=hz, fs=16_000)
        np.testing.assert_allclose(eq.response(hz), expected, atol=1e-9)
        assert of[0] == pytest.approx(gain_db / 12 if place < 3 else 1, abs=1e-6)
        assert of[11:].tolist() == [float(place == other) for other in range(5)]


def test_a_step_draws_all_types():
    step = type_steps.EveryType.__new__(type_steps.EveryType)
    shares = np.stack([np.full(5, 0.5)] * 3 + [np.array([0, 0.25, 0.5, 0.7, 1.0])], -1)
    _, numbers = step.filters(shares)
    assert numbers[:, 11:].argmax(-1).tolist() == [0, 1, 2, 3, 4]


def test_a_short_training_learns_every_type():
    flute = data.load(instrument="flute", split="train")[:3]
    clips = Clips.from_arrays([clip[:8_000] for clip in flute], sample_rate=16_000)
    recipe = replace(every_type.RECIPE, learning_rate=1e-2, warmup_steps=20)
    attempt = every_type.Attempt(steps=150, config=SMALL, recipe=recipe)
    net = every_type.attempted(clips, clips, attempt)
    nothing, learned = (
        np.mean([v for t in type_steps.TYPES for of in scores(t).values() for v in of])
        for scores in (
            lambda t: type_limits.judged(clips, None, t),
            lambda t: type_limits.judged(clips, net, t),
        )
    )
    assert learned > nothing + 3


def test_with_no_gain_a_shelf_is_exact():
    net = ConditionedEQNet(SMALL)
    for parameter in net.controller.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    _, numbers = type_steps.filters_of(np.full((5, 3), 0.5), range(5))
    note = data.load(instrument="flute", split="test")[0][:4_000]
    for place, setting in enumerate(numbers):
        error = np.abs(net.process(note, setting=setting) - note).max()
        assert (error < 1e-6) == (place < 3)


def test_the_shipped_results_are_complete_current_and_support_the_choice():
    assert list(every_type.read()) == list(every_type.parts())
    means = {
        name: np.mean(
            [
                every_type.interval(f"every type in validation | {name} | {type_}").mean
                for type_ in type_steps.TYPES
            ]
        )
        for name in every_type.ATTEMPTS
    }
    assert max(means, key=means.get) == every_type.BEST
    assert [row[0] for row in every_type.table().rows] == list(type_steps.TYPES)
    assert len(every_type.table_of_attempts().rows) == 1 + len(every_type.ATTEMPTS)


def test_a_part_is_current_while_what_decides_it_is_the_same(tmp_path, monkeypatch):
    path = tmp_path / "every_type.json"
    shutil.copy(every_type.RESULTS, path)
    everything = set(every_type.read(path))
    wide = every_type.ATTEMPTS["128 channels"]
    wider = {"128 channels": replace(wide, steps=wide.steps + 1)}
    monkeypatch.setattr(every_type, "ATTEMPTS", every_type.ATTEMPTS | wider)
    assert {each.split(" | ")[1] for each in everything - set(every_type.read(path))} == set(wider)
    monkeypatch.setattr(type_limits, "SETTINGS", 1)
    gone = {each.split(" | ")[1] for each in everything - set(every_type.read(path))}
    assert gone == {*wider, *every_type.LIMITS}
    monkeypatch.setattr(every_type, "BEST", "128 channels")
    assert not any("seed" in each for each in every_type.read(path))
    monkeypatch.setattr(every_type, "PER_CLIP", 3)
    assert not every_type.read(path)


def test_ways_of_training_are_part_of_what_decides():
    attempts = every_type.settings()["attempts"].values()
    assert len({json.dumps(attempt) for attempt in attempts}) == len(every_type.ATTEMPTS)
    assert set(every_type.Attempt().settings()) == {"steps", "config", "recipe"}


def mean_of(cell):
    """Of "39.7 [37.2, 42.4]", whose interval holds it."""
    mean, low, high = (float(number) for number in re.findall(r"-?\d+\.\d", cell))
    assert low < mean < high
    return mean


def test_an_attempt_is_compared_recording_by_recording():
    rows = {row[0]: row for row in every_type.table_of_attempts().rows}
    parts = every_type.read()

    def of(name, type_):
        return parts[f"every type in validation | {name} | {type_}"]["values"]

    by_hand = np.mean(
        [
            np.mean(of("128 channels", type_)[clip]) - np.mean(of(every_type.BASE, type_)[clip])
            for type_ in type_steps.TYPES
            for clip in of(every_type.BASE, type_)
        ]
    )
    assert rows["128 channels"][-1].startswith(f"{by_hand:+.1f} [")
    assert rows[every_type.BASE][-1] == "-"


def test_the_network_and_not_its_shape_is_what_fails():
    """What the chapter says of the highpass, from the results themselves."""
    rows = {row[0]: row[1:] for row in every_type.table_of_limits().rows if len(row) > 1}
    for name, (_, error_db, reached_db, shapes_db, cut_db, best_db) in rows.items():
        assert mean_of(reached_db) + 10 < float(shapes_db) <= float(cut_db), name
        assert float(best_db) > 50
        assert -45 < float(error_db) < -30  # 0.6 to 3 percent
    targets_db = [float(of[0]) for name, of in rows.items() if name.endswith("Hz")]
    assert targets_db == sorted(targets_db, reverse=True)
    assert min(rows, key=lambda name: mean_of(rows[name][2])) == list(rows)[-1]


def test_the_table_of_limits_agrees_with_the_parts():
    parts = every_type.read()
    for name, target_db, error_db, reached_db, *_ in every_type.table_of_limits().rows[:5]:
        found = [
            np.mean(list(parts[f"every type | seed {seed} | {name}"]["values"].values()))
            for seed in every_type.SEEDS
        ]
        assert mean_of(reached_db) == pytest.approx(np.mean(found), abs=0.051)
        assert float(target_db) - mean_of(reached_db) == pytest.approx(float(error_db), abs=0.16)


def test_doing_nothing_is_reached_again():
    clips = sets.heard("test", UNHEARD)
    found = type_limits.judged(clips, None, "highpass")
    assert every_type.read()["every type | nothing | highpass"]["values"] == found


def test_the_command_runs_what_is_named(monkeypatch, capsys):
    ran = []
    monkeypatch.setattr(every_type, "run", lambda kinds: ran.append(("types", kinds)))
    monkeypatch.setattr(generalize, "run", lambda kinds: ran.append(("rest", kinds)))
    for names in ([], ["every type"], ["repaired"]):
        assert main(["generalize", *names]) == 0
    assert ran == [
        ("rest", []),
        ("types", []),
        ("types", ["every type"]),
        ("rest", ["repaired"]),
    ]
    with pytest.raises(EqlibError, match="nothing is called 'every typo'"):
        every_type._PARTS.run(["every typo"], every_type.RESULTS)
