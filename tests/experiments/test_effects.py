"""The effects: their results are complete and current, and a run adds only what is missing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eqlib import EqlibError, data, metrics, pair
from eqlib.__main__ import main
from eqlib.data.clips import Clips
from eqlib.experiments import effects


@pytest.fixture
def few(monkeypatch):
    """Two short clips for each split, and no training."""

    def short(split, _left_out):
        clips = data.load(instrument="flute", split="train")[:2]
        return Clips.from_arrays([clip[:4_000] for clip in clips], sample_rate=16_000)

    monkeypatch.setattr(effects.sets, "heard", short)
    monkeypatch.setattr(effects, "TRAINED", {})
    monkeypatch.setattr(effects, "LONGER", "none")
    monkeypatch.setattr(
        effects, "FITTED", {"doing nothing": lambda _: np.copy, "gain": effects.fixed_gain}
    )


def test_the_shipped_results_are_complete_and_current():
    scores = effects.read()
    assert list(scores) and set(scores) == set(effects.EFFECTS)
    for name in effects.EFFECTS:
        assert {(m, s) for m, of in scores[name].items() for s in of} == set(effects.methods(name))


def test_the_shipped_results_of_doing_nothing_are_reached_again():
    for name in effects.EFFECTS:
        test = effects.pairs_of(name)["test"]
        stored = effects.read()[name]["doing nothing"]["-"]
        snr_db = np.mean(
            [metrics.snr_db(wet, dry) for dry, wet in zip(test.dry, test.wet, strict=True)]
        )
        assert stored["snr_db"] == pytest.approx(snr_db, abs=0.01)


def test_a_run_adds_what_is_missing_and_leaves_the_rest(few, tmp_path):
    path = tmp_path / "effects.json"
    effects.run(["tremolo"], path=path)
    content = json.loads(path.read_text())
    assert set(content["scores"]) == {"tremolo"}
    content["scores"]["tremolo"]["gain"]["-"]["snr_db"] = 99.0
    path.write_text(json.dumps(content))
    effects.run(["tremolo", "room"], path=path)
    scores = effects.read(path)
    assert set(scores) == {"tremolo", "room"} and scores["tremolo"]["gain"]["-"]["snr_db"] == 99.0


def test_results_of_other_settings_do_not_count(few, tmp_path, monkeypatch):
    path = tmp_path / "effects.json"
    effects.run(["room"], path=path)
    monkeypatch.setattr(effects, "TRAIN_STEPS", 3)
    assert effects.read(path) == {}


def test_another_setting_of_an_effect_makes_its_own_results_old(few, tmp_path, monkeypatch):
    path = tmp_path / "effects.json"
    effects.run(["room", "tremolo"], path=path)
    monkeypatch.setitem(effects.EFFECTS, "room", effects.Room(length_ms=90))
    assert set(effects.read(path)) == {"tremolo"}
    monkeypatch.delitem(effects.EFFECTS, "room")
    assert set(effects.read(path)) == {"tremolo"}


def test_each_clip_meets_the_tremolo_elsewhere_but_always_at_the_same_place():
    clip = np.full(16_000, 0.1, np.float32)
    one, again = effects.effect_of("tremolo", seed=3), effects.effect_of("tremolo", seed=3)
    first, second = one(clip), one(clip)
    assert np.abs(first - second).max() > 0.01
    np.testing.assert_array_equal(again(clip), first)


def test_the_fixed_gain_is_the_best_one():
    clips = data.load(instrument="flute", split="train")[:3]
    pairs = pair(clips, lambda x: np.tanh(3 * x))

    def error(gain):
        both = zip(pairs.dry, pairs.wet, strict=True)
        return sum(metrics.error_to_signal_ratio(wet, gain * dry) for dry, wet in both)

    best = effects.fixed_gain(pairs)(np.ones(1))[0]
    assert error(best) < min(error(best * 1.01), error(best * 0.99))


def test_the_table_has_every_method_and_effect():
    table = effects.table()
    assert table.header[1:] == tuple(effects.EFFECTS)
    assert [row[0] for row in table.rows] == [*effects.FITTED, *effects.TRAINED, effects.LONGER]
    untried = sum(row.count("-") for row in table.rows)
    assert untried == 2 * 4 + 5  # side chain and longer training: two effects each; dilated: one


@pytest.mark.parametrize("name", effects.SIDE_CHAINS)
def test_the_side_chain_that_ships_reaches_its_score_again(name):
    test = effects.pairs_of(name)["test"]
    process = effects.trained_side_chain(name).process
    snrs_db = [
        metrics.snr_db(wet, process(dry)) for dry, wet in zip(test.dry, test.wet, strict=True)
    ]
    stored = effects.read()[name][effects.LONGER]["0"]["snr_db"]
    assert np.mean(snrs_db) == pytest.approx(stored, abs=0.05)
    assert effects.SIDE_CHAINS[name].stat().st_size < 1e6


def test_mistakes_are_told(tmp_path, capsys):
    with pytest.raises(EqlibError, match="no effect called 'flanger'"):
        effects.run(["flanger"], path=tmp_path / "effects.json")
    with pytest.raises(EqlibError, match="measure is 'mae'"):
        effects.table("mae")
    (tmp_path / "effects.json").write_text("{")
    with pytest.raises(EqlibError, match="cannot be read"):
        effects.read(tmp_path / "effects.json")
    with pytest.raises(EqlibError, match="no side chain was trained on 'room'"):
        effects.trained_side_chain("room")
    assert main(["effects", "flanger"]) == 2
    assert "no effect called" in capsys.readouterr().err
