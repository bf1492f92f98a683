"""The effects: their results are complete and current, and a run adds only what is missing."""

from __future__ import annotations

import json

import numpy as np
import pytest

from eqlib import EqlibError, data, metrics, pair
from eqlib.__main__ import main
from eqlib.data.clips import Clips
from eqlib.experiments import effects
from eqlib.experiments.effect_methods import fixed_gain


@pytest.fixture
def few(monkeypatch):
    """Two short clips for each split, and no training."""

    def short(split, _left_out):
        clips = data.load(instrument="flute", split="train")[:2]
        return Clips.from_arrays([clip[:4_000] for clip in clips], sample_rate=16_000)

    monkeypatch.setattr(effects.sets, "heard", short)
    monkeypatch.setattr(effects, "NETWORKS", {})
    monkeypatch.setattr(effects, "FITTED", {"doing nothing": lambda _: np.copy, "gain": fixed_gain})


def stored(path):
    return json.loads(path.read_text(encoding="utf-8"))["parts"]


def test_the_shipped_results_are_complete_and_current():
    everything = [part for name in effects.EFFECTS for part in effects.parts(name)]
    assert list(stored(effects.RESULTS)) == everything
    for name in effects.EFFECTS:
        assert len(effects.values(name, "network")["piano/sal_Fs4_v10"]) == len(effects.SEEDS)


def test_the_shipped_results_of_doing_nothing_are_reached_again():
    for name in effects.EFFECTS:
        test = effects.pairs_of(name)["test"]
        found = effects.values(name, "doing nothing")
        for clip, dry, wet in zip(test.dry.names, test.dry, test.wet, strict=True):
            assert found[clip] == [pytest.approx(metrics.snr_db(wet, dry), abs=0.01)]


def test_an_interval_is_of_all_clips_and_seeds():
    found = effects.values("compressor", "network")
    whole = effects.interval("compressor", "network")
    assert whole.mean == pytest.approx(np.mean([v for row in found.values() for v in row]))
    assert whole.low < whole.mean < whole.high


def test_a_difference_is_paired_by_clip_and_seed():
    ours, theirs = (effects.values("compressor", m) for m in ("network", "side chain"))
    found = effects.difference("compressor", "network", "side chain")
    by_hand = np.mean([np.subtract(ours[clip], theirs[clip]) for clip in ours])
    assert found.mean == pytest.approx(by_hand) and found.low < by_hand < found.high
    fixed = effects.values("compressor", "best fixed gain")
    found = effects.difference("compressor", "network", "best fixed gain")
    assert found.mean == pytest.approx(np.mean([np.subtract(ours[c], fixed[c]) for c in ours]))


def test_a_clip_that_is_shorter_than_the_longest_window_has_no_stft_error():
    rng = np.random.default_rng(0)
    noise = [rng.standard_normal(n).astype(np.float32) / 8 for n in (2_047, 2_048)]
    clips = Clips.from_arrays(noise, sample_rate=16_000, names=["short", "long"])
    found = effects.of_clips(pair(clips, lambda x: x / 2), np.copy)
    assert found["short"] == [pytest.approx(0, abs=0.01)] and len(found["long"]) == 2


def test_a_run_adds_what_is_missing_and_leaves_the_rest(few, tmp_path):
    path = tmp_path / "effects.json"
    effects.run(["tremolo"], path=path)
    content = json.loads(path.read_text())
    assert set(content["parts"]) == {"tremolo | doing nothing", "tremolo | gain"}
    content["parts"]["tremolo | gain"]["seconds"] = 99.0
    path.write_text(json.dumps(content))
    effects.run(["tremolo", "room"], path=path)
    assert len(stored(path)) == 4 and stored(path)["tremolo | gain"]["seconds"] == 99.0


def test_results_of_other_settings_do_not_count(few, tmp_path, monkeypatch):
    path = tmp_path / "effects.json"
    effects.run(["room"], path=path)
    monkeypatch.setattr(effects, "TRAIN_STEPS", 3)
    effects.run(["tremolo"], path=path)
    assert not any(part.startswith("room") for part in stored(path))


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

    best = fixed_gain(pairs)(np.ones(1))[0]
    assert error(best) < min(error(best * 1.01), error(best * 0.99))


@pytest.mark.parametrize("measure", effects.MEASURES)
def test_the_table_has_every_method_and_effect(measure):
    table = effects.table(measure)
    assert table.header[1:] == tuple(effects.EFFECTS)
    assert [row[0] for row in table.rows] == [*effects.FITTED, *effects.NETWORKS]
    for method, *cells in table.rows:
        tried = effects.NETWORKS.get(method, effects.ALL)
        assert [cell != "-" for cell in cells] == [name in tried for name in effects.EFFECTS]


@pytest.mark.parametrize("name", effects.SIDE_CHAINS)
def test_the_side_chain_that_ships_reaches_its_score_again(name):
    found = effects.of_clips(
        effects.pairs_of(name)["test"], effects.trained_side_chain(name).process
    )
    first = {clip: row[0] for clip, row in effects.values(name, effects.LONGER).items()}
    again = {clip: row[0] for clip, row in found.items()}
    assert np.mean(list(again.values())) == pytest.approx(np.mean(list(first.values())), abs=0.05)
    assert effects.SIDE_CHAINS[name].stat().st_size < 1e6


def test_mistakes_are_told(tmp_path, capsys):
    with pytest.raises(EqlibError, match="nothing is called 'flanger'"):
        effects.run(["flanger"], path=tmp_path / "effects.json")
    for of_an_effect in (effects.pairs_of, effects.parts):
        with pytest.raises(EqlibError, match="no effect called 'flanger'; expected one of dist"):
            of_an_effect("flanger")
    with pytest.raises(EqlibError, match="no effect called 'flanger'"):
        effects.effect_of("flanger", seed=0)
    with pytest.raises(EqlibError, match="measure is 'mae'"):
        effects.table("mae")
    with pytest.raises(EqlibError, match="was not tried on 'room'"):
        effects.values("room", "dilated network")
    (tmp_path / "effects.json").write_text("{")
    with pytest.raises(EqlibError, match="cannot be read"):
        effects.run(["room"], path=tmp_path / "effects.json")
    with pytest.raises(EqlibError, match="no side chain was trained on 'room'"):
        effects.trained_side_chain("room")
    assert main(["effects", "flanger"]) == 2
    assert "nothing is called" in capsys.readouterr().err
