"""One network for every type of filter: its targets, its numbers, and its results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib import EqlibError, data
from eqlib.__main__ import main
from eqlib.data.clips import Clips
from eqlib.equalizers.biquad import Biquad
from eqlib.experiments import every_type, generalize
from eqlib.networks.conditioned import ConditionedEQNet

SMALL = replace(every_type.EVERY_TYPE, filters=4, hidden=16)


def test_a_setting_is_the_filter_that_its_numbers_tell():
    """Oracle: the biquads of the textbook, by their own names."""
    shares = np.random.default_rng(0).random((5, 3))
    eqs, numbers = every_type.filters_of(shares, range(5))
    hz = np.array([50.0, 300.0, 1_000.0, 5_000.0])
    for place, (eq, of, (f, g, q)) in enumerate(zip(eqs, numbers, shares, strict=True)):
        name = every_type.TYPES[place]
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
    step = every_type.EveryType.__new__(every_type.EveryType)
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
        np.mean([v for t in every_type.TYPES for of in scores(t).values() for v in of])
        for scores in (
            lambda t: every_type.judged(clips, None, t),
            lambda t: every_type.judged(clips, net, t),
        )
    )
    assert learned > nothing + 3


def test_with_no_gain_a_shelf_is_exact():
    net = ConditionedEQNet(SMALL)
    for parameter in net.controller.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    _, numbers = every_type.filters_of(np.full((5, 3), 0.5), range(5))
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
                for type_ in every_type.TYPES
            ]
        )
        for name in every_type.ATTEMPTS
    }
    assert max(means, key=means.get) == every_type.BEST
    assert [row[0] for row in every_type.table().rows] == list(every_type.TYPES)
    assert len(every_type.table_of_attempts().rows) == 1 + len(every_type.ATTEMPTS)


def test_doing_nothing_is_reached_again():
    clips = every_type.sets.heard("test", every_type.UNHEARD)
    found = every_type.judged(clips, None, "highpass")
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
