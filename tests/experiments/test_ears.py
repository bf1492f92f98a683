"""By ear and by number: results are complete and current, reached again, and a run adds to them."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from eqlib import EqlibError, data, metrics, pair, spectral_metrics
from eqlib.__main__ import main
from eqlib.data.clips import Clips
from eqlib.equalizers.targets import TARGETS
from eqlib.experiments import ears, rivals
from eqlib.experiments.plan import UNHEARD, experiments


def stored(path=ears.RESULTS):
    return json.loads(path.read_text(encoding="utf-8"))["parts"]


@pytest.fixture
def deaf(monkeypatch):
    """The fourth measure is 3, so that no library is needed."""
    monkeypatch.setattr(ears.perceptual, "visqol_mos", lambda *_, sample_rate: np.array(3.0))
    monkeypatch.setattr(ears.perceptual, "check_library", lambda: None)


def test_the_shipped_results_are_complete_and_current():
    assert list(stored()) == list(ears.measures()) == list(ears._PARTS.read(ears.RESULTS))


def test_what_is_judged_on_was_heard_in_no_training():
    judged, heard = ears.recordings(), data.load(split="train", kind=["note", "hit", "segment"])
    of_training = {r["file"] for r in heard.info if r["family"] not in UNHEARD}
    assert not {f"{name}.flac" for name in judged.names} & of_training
    assert max(map(len, judged)) == ears.SECONDS * judged.sample_rate
    for part in stored().values():
        assert tuple(part["values"]) == judged.names


def test_doing_nothing_is_reached_again():
    pairs = pair(ears.recordings(), TARGETS["low-shelf"])
    for column, measure in enumerate(
        (
            metrics.snr_db,
            spectral_metrics.multi_resolution_stft_error,
            spectral_metrics.log_spectral_distance_db,
        )
    ):
        found = ears.values("low-shelf", "doing nothing", ears.MEASURES[column])
        for name, dry, wet in zip(pairs.dry.names, pairs.dry, pairs.wet, strict=True):
            assert found[0][name] == pytest.approx(float(measure(wet, dry)), rel=1e-3, abs=2e-3)


@pytest.mark.parametrize("way", ears.WAYS)
def test_the_network_that_ships_reaches_its_scores_again(deaf, way):
    pairs = pair(ears.recordings()[::6], TARGETS[ears.TARGET])
    found = ears.judged(pairs, ears.network(way).process)
    for column, within in enumerate((0.1, 0.002, 0.02)):
        first = ears.values("trained", way, ears.MEASURES[column])[0]
        for name, of in found.items():
            assert of[column] == pytest.approx(first[name], abs=within)
    assert ears.WEIGHTS[way].stat().st_size < 4e5


@pytest.mark.skipif(importlib.util.find_spec("visqol") is None, reason="no extra 'perceptual'")
def test_the_predicted_opinion_is_reached_again():
    clips = ears.recordings()[::8]
    for kind, method in (("low-shelf", "doing nothing"), ("trained", "spectrum")):
        process = np.copy if kind != "trained" else ears.network(method).process
        found = ears.judged(pair(clips, TARGETS["low-shelf"]), process)
        first = ears.values(kind, method, "ViSQOL")[0]
        for name, of in found.items():
            assert of[3] == pytest.approx(first[name], abs=0.01)


def test_intervals_are_of_all_recordings_and_seeds():
    for measure in ears.MEASURES:
        found = ears.values("trained", "spectrum", measure)
        whole = ears.interval("trained", "spectrum", measure)
        assert len(found) == len(ears.SEEDS)
        assert whole.mean == pytest.approx(np.mean([list(of.values()) for of in found]))
        assert whole.low <= whole.mean <= whole.high
        apart = ears.difference("spectrum", "waveform", measure)
        other = ears.interval("trained", "waveform", measure)
        assert apart.mean == pytest.approx(whole.mean - other.mean, abs=1e-9)


def test_the_table_has_a_group_for_each_target_and_every_method():
    rows = ears.table(*ears.SHIPPED, "trained").rows
    heads = [row[0] for row in rows if len(row) == 1]
    assert heads == [*ears.SHIPPED, "trained"]
    methods = [row[0] for row in rows if len(row) > 1]
    assert methods == [*rivals.METHODS] * len(ears.SHIPPED) + [*ears.WAYS]
    cells = {row[0]: row for row in ears.table("low-shelf").rows}
    assert cells["doing nothing"][1] == ears.interval("low-shelf", "doing nothing", "SNR").text(1)
    assert cells["biquads"][2] == "< 0.001"


@pytest.fixture
def few(monkeypatch, deaf):
    """Two short clips for each split, and little training."""
    clips = data.load(instrument="flute", split="train")[:2]
    short = Clips.from_arrays(
        [clip[:4_000] for clip in clips], sample_rate=16_000, names=clips.names
    )
    monkeypatch.setattr(ears.sets, "heard", lambda *_: short)
    monkeypatch.setattr(ears, "recordings", lambda: short)
    monkeypatch.setattr(ears, "PRETRAIN_STEPS", 1)
    monkeypatch.setattr(ears, "TRAIN_STEPS", 2)


def test_a_run_adds_what_is_missing_and_leaves_the_rest(few, tmp_path):
    path = tmp_path / "ears.json"
    ears.run(["low-shelf | doing", "trained | spectrum | seed 0"], path=path)
    content = json.loads(path.read_text())
    assert list(content["parts"]) == ["trained | spectrum | seed 0", "low-shelf | doing nothing"]
    assert (tmp_path / ears.WEIGHTS["spectrum"].name).exists()
    content["parts"]["low-shelf | doing nothing"]["seconds"] = 99.0
    path.write_text(json.dumps(content))
    ears.run(["low-shelf | doing", "low-shelf | biquads"], path=path)
    assert len(stored(path)) == 3 and stored(path)["low-shelf | doing nothing"]["seconds"] == 99.0


def test_without_the_library_nothing_is_trained_and_no_weights_are_replaced(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "visqol", None)
    ears.perceptual._judge.cache_clear()
    with pytest.raises(EqlibError, match="visqol"):
        ears.run(["trained | spectrum | seed 0"], path=tmp_path / "ears.json")
    assert not list(tmp_path.iterdir())


def test_another_recipe_makes_only_its_own_results_old(few, tmp_path, monkeypatch):
    path = tmp_path / "ears.json"
    names = ["low-shelf | doing", "trained | spectrum | seed 0", "trained | waveform | seed 0"]
    ears.run(names, path=path)
    way = ears.WAYS["spectrum"]
    other = replace(way, train=replace(way.train, learning_rate=1e-4))
    monkeypatch.setitem(ears.WAYS, "spectrum", other)
    left = ["trained | waveform | seed 0", "low-shelf | doing nothing"]
    assert list(ears._PARTS.read(path)) == left


def test_the_ways_differ_in_what_they_learn_from(few):
    nets = {way: ears.trained(way, 0).state_dict() for way in ears.WAYS}
    first = {way: next(iter(weights.values())) for way, weights in nets.items()}
    a, b, c = first.values()
    assert not a.equal(b) and not b.equal(c) and not a.equal(c)


def test_rivals_are_those_of_the_results():
    found = rivals.methods(experiments()["low-shelf"])
    assert tuple(sorted(found)) == tuple(sorted(rivals.METHODS))
    dry = ears.recordings()[0]
    wet = TARGETS["low-shelf"](dry)
    assert metrics.snr_db(wet, found["biquads"](dry)) > 80
    assert np.array_equal(found["doing nothing"](dry), dry)


def test_mistakes_are_told(tmp_path, capsys, monkeypatch):
    with pytest.raises(EqlibError, match="measure is 'ear'"):
        ears.interval("trained", "spectrum", "ear")
    with pytest.raises(EqlibError, match="nothing is called 'trained . magic'"):
        ears.interval("trained", "magic", "SNR")
    with pytest.raises(EqlibError, match="a name is 'lowpass'"):
        ears.table("lowpass")
    with pytest.raises(EqlibError, match="way is 'magic'"):
        ears.network("magic")
    monkeypatch.setattr(ears, "RESULTS", tmp_path / "none.json")
    with pytest.raises(EqlibError, match="there is no result for 'low-shelf . biquads'"):
        ears.values("low-shelf", "biquads", "SNR")
    assert main(["ears", "shelf"]) == 2
    assert "nothing is called 'shelf'" in capsys.readouterr().err
