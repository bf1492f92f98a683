"""An engineer's habit: complete results, held-out instruments, scores reached again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eqlib import EqlibError, data, metrics
from eqlib.__main__ import main
from eqlib.data.clips import Clips
from eqlib.experiments import habits, style
from eqlib.experiments.plan import UNHEARD
from eqlib.networks.conditioned import ConditionedEQNet
from eqlib.networks.shipped import WEIGHTS_FOLDER

INSTRUMENTS = {
    *("trumpet", "violin", "xylophone"),
    *("flute", "contrabass", "bass-fretless", "guitar-steel"),
}


@pytest.fixture
def few(monkeypatch):
    """Three short clips in each set, and two rivals that need no time."""
    clips = data.load(instrument="flute", split="train")[:3]
    short = Clips.from_arrays([clip[:4_000] for clip in clips], sample_rate=16_000)
    monkeypatch.setattr(habits, "heard", lambda _which: short)
    monkeypatch.setattr(habits, "RIVALS", {k: habits.RIVALS[k] for k in list(habits.RIVALS)[:2]})
    monkeypatch.setattr(style, "SEEDS", {})
    habits.pairs_of.cache_clear()
    yield
    habits.pairs_of.cache_clear()


def test_the_shipped_results_are_complete_and_current():
    assert list(style.read()) == style.parts()


def test_held_out_instruments_are_in_one_set_alone():
    of = {which: habits.heard(which) for which in ("train", *habits.SETS)}
    assert {row["instrument"] for row in of["instruments"].info} == INSTRUMENTS
    for which in ("train", "validation", "recordings"):
        assert not {row["instrument"] for row in of[which].info} & INSTRUMENTS
    assert set(UNHEARD) <= {row["family"] for row in of["instruments"].info}
    names = [name for which in of for name in of[which].names]
    assert len(set(names)) == len(names)


def test_stored_scores_are_reached_again():
    parts, net = style.read(), style.trained_network()
    assert style.HABIT.stat().st_size < 5e5
    stored = {
        "doing nothing": np.copy,
        "with encoder, seed 0": net.process,
        "average filter": habits.average_filter(
            habits.pairs_of("train"), habits.pairs_of("validation")
        ).process,
    }
    for name, process in stored.items():
        for which in ("recordings", "instruments"):
            pairs = habits.pairs_of(which)
            for i in range(0, len(pairs), 9):
                snr_db = metrics.snr_db(pairs.wet[i], process(pairs.dry[i]))
                found = parts[name]["scores"][which][pairs.dry.names[i]][0]
                assert found == pytest.approx(float(snr_db), abs=0.1)


def test_a_choice_is_the_best_on_validation():
    for name in habits.RIVALS:
        part = style.read()[name]
        assert part["chosen"] == max(part["validation"], key=part["validation"].get)


def test_the_encoder_is_ahead_of_what_does_not_hear_the_recording():
    for which in ("recordings", "instruments"):
        ours, theirs = (style.interval(n, which).mean for n in ("with encoder", "without encoder"))
        assert ours > theirs
    assert style.interval("ridge regression", "recordings", "lsd_db").mean < 1


def test_a_run_adds_what_is_missing_and_leaves_the_rest(few, tmp_path):
    path = tmp_path / "style.json"
    style.run(["doing nothing"], path=path)
    content = json.loads(path.read_text())
    assert list(content["parts"]) == ["doing nothing"]
    content["parts"]["doing nothing"]["seconds"] = 99.0
    path.write_text(json.dumps(content))
    style.run(path=path)
    found = style.read(path)
    assert list(found) == list(habits.RIVALS) and found["doing nothing"]["seconds"] == 99.0


def test_results_of_other_settings_do_not_count(few, tmp_path, monkeypatch):
    path = tmp_path / "style.json"
    style.run(["doing nothing"], path=path)
    monkeypatch.setattr(habits, "PRETRAIN_STEPS", 3)
    assert style.read(path) == {}


def test_training_hears_the_clip_that_a_frame_is_from(few):
    pairs = habits.pairs_of("train")
    net, history = habits.trained("with encoder", pairs, pairs, steps=4, pretrain_steps=2)
    assert isinstance(net, ConditionedEQNet) and history.steps[-1] == 4
    assert float(net.controller[-1].weight.detach().abs().max()) > 0


def test_the_tables_have_every_method():
    for measure in style.MEASURES:
        rows = style.table(measure).rows
        assert [row[0].split(", ")[0] for row in rows] == [
            name.split(", ")[0] for name in [*habits.RIVALS, *style.SEEDS]
        ]


def test_mistakes_are_told(tmp_path):
    path = tmp_path / "style.json"
    with pytest.raises(EqlibError, match="nothing is called 'phaser'"):
        style.run(["phaser"], path=path)
    with pytest.raises(EqlibError, match="which is 'test'"):
        habits.heard("test")
    with pytest.raises(EqlibError, match="name is 'plain'"):
        habits.untrained("plain")
    with pytest.raises(EqlibError, match="measure is 'mae'"):
        style.interval("doing nothing", "recordings", "mae")
    with pytest.raises(EqlibError, match="no result for 'none'"):
        style.interval("none", "recordings")
    path.write_text("{")
    with pytest.raises(EqlibError, match="cannot be read"):
        style.read(path)
    with pytest.raises(EqlibError, match="another network"):
        style.trained_network(WEIGHTS_FOLDER / "peaking.safetensors")
    assert main(["style", "phaser"]) == 2
