"""The rivals of an equalizer that listens: each is fitted or trained, and a run adds to them."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from eqlib import EqlibError, EQNet, data, metrics
from eqlib.__main__ import main
from eqlib.data.clips import Clips
from eqlib.experiments import dynamic
from eqlib.experiments.parts import HIGHEST_DB


def stored(path):
    return json.loads(path.read_text(encoding="utf-8"))["parts"]


@pytest.fixture
def few(monkeypatch):
    """Two short clips for each split, one seed, and little training."""

    def short(split, _left_out):
        clips = data.load(instrument="flute", split="train")[:2]
        return Clips.from_arrays([clip[:4_000] for clip in clips], sample_rate=16_000)

    monkeypatch.setattr(dynamic.sets, "heard", short)
    monkeypatch.setattr(dynamic, "PRETRAIN_STEPS", 1)
    monkeypatch.setattr(dynamic, "SEEDS", (0,))


def test_the_shipped_results_are_complete_and_current():
    content = json.loads(dynamic.RESULTS.read_text(encoding="utf-8"))
    assert content["settings"] == json.loads(json.dumps(dynamic.settings()))
    assert list(content["parts"]) == list(dynamic.measures())
    heard = list(dynamic.pairs_of("test").dry.names)
    assert all(list(part["values"]) == heard for part in content["parts"].values())


@pytest.mark.parametrize("method", ["doing nothing", "causal FIR", "fitted dynamic shelf"])
def test_shipped_scores_are_reached_again(method):
    test = dynamic.pairs_of("test")
    process = dynamic.FITTED[method][0](dynamic.pairs_of("train"))
    found = stored(dynamic.RESULTS)[method]["values"]
    for i in range(0, len(test), 9):
        snr_db = min(float(metrics.snr_db(test.wet[i], process(test.dry[i]))), HIGHEST_DB)
        assert found[test.dry.names[i]] == [pytest.approx(snr_db, abs=0.1)]


def test_an_interval_is_of_all_recordings_and_seeds():
    parts = [stored(dynamic.RESULTS)[f"dilated network | seed {s}"] for s in dynamic.SEEDS]
    whole = dynamic.interval("dilated network")
    assert whole.mean == pytest.approx(np.mean([list(part["values"].values()) for part in parts]))
    assert whole.low < whole.mean < whole.high


def test_a_difference_is_paired_and_may_be_from_a_method_without_seeds():
    ours, parts = "network with a side chain", stored(dynamic.RESULTS)
    for other, names in (
        ("network", [f"network | seed {s}" for s in dynamic.SEEDS]),
        ("biquads", ["biquads"] * len(dynamic.SEEDS)),
    ):
        pairs = [
            (parts[f"{ours} | seed {s}"]["values"], parts[name]["values"])
            for s, name in zip(dynamic.SEEDS, names, strict=True)
        ]
        by_hand = np.mean([a[clip][0] - b[clip][0] for a, b in pairs for clip in a])
        found = dynamic.difference(ours, other)
        assert found.mean == pytest.approx(by_hand) and found.low < by_hand < found.high


def test_the_table_has_every_method():
    rows = dynamic.table().rows
    assert [row[0] for row in rows] == [*dynamic.FITTED, *dynamic.NETWORKS]
    for method, snr, worst, _ in rows:
        mean_db = float(snr.split(" ")[0])
        assert mean_db == pytest.approx(dynamic.interval(method).mean, abs=0.06)
        assert float(worst.replace("−", "-")) <= mean_db


@pytest.mark.parametrize("method", ["doing nothing", "fitted dynamic shelf"])
def test_a_run_adds_what_is_missing_and_leaves_the_rest(few, method, tmp_path):
    path = tmp_path / "dynamic.json"
    dynamic.run([method], path=path)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert list(content["parts"]) == [method]
    content["parts"][method]["seconds"] = 99.0
    path.write_text(json.dumps(content), encoding="utf-8")
    dynamic.run(["doing nothing", "fitted"], path=path)
    assert len(stored(path)) == 2 and stored(path)[method]["seconds"] == 99.0


@pytest.mark.parametrize("method", dynamic.NETWORKS)
def test_each_network_learns(few, monkeypatch, method):
    how = dynamic.NETWORKS[method]
    short = dynamic.Trained(how.make, 2, how.learning_rate)
    monkeypatch.setitem(dynamic.NETWORKS, method, short)
    net = dynamic.trained(method, 0)
    before = how.make(0).state_dict()
    changed = [not torch.equal(w, before[name]) for name, w in net.state_dict().items()]
    assert any(changed) and isinstance(net, EQNet) == ("frame" in vars(net.config))


def test_scores_are_of_each_recording():
    test = dynamic.pairs_of("test")
    found = dynamic.judged(test, np.copy)
    for name, dry, wet in zip(test.dry.names, test.dry, test.wet, strict=True):
        assert found[name] == [pytest.approx(metrics.snr_db(wet, dry), abs=0.01)]


def test_the_command_line_names_what_there_is(capsys):
    assert main(["dynamic", "perceptron"]) == 2
    assert "gated recurrent network" in capsys.readouterr().err


def test_an_unknown_method_is_told():
    with pytest.raises(EqlibError, match="perceptron"):
        dynamic.interval("perceptron")


def test_a_table_of_what_was_not_measured_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(dynamic, "RESULTS", tmp_path / "none.json")
    with pytest.raises(EqlibError, match="doing nothing"):
        dynamic.table()
