"""What the first page plays and draws: the files are what their maker says, and fit the page."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile as sf

import eqlib
import opening
from eqlib import Recipe, data, metrics, pair
from eqlib.analysis.systems import sweep_response
from eqlib.equalizers.targets import TARGETS

STATIC = opening.STATIC
SHELF = TARGETS["low-shelf"]


@pytest.fixture(scope="module")
def made():
    return json.loads((STATIC / "opening.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def tracks(made):
    audio, rate = sf.read(STATIC / "opening.flac")
    assert rate == made["sample_rate"] == data.SAMPLE_RATE
    return audio.reshape(2 + len(made["moments"]), made["samples"])


def test_all_of_it_is_below_300_kb():
    sizes = [(STATIC / f"opening.{kind}").stat().st_size for kind in ("flac", "json")]
    assert sum(sizes) < 300_000


def test_note_and_target_are_the_books(made, tracks):
    note = data.load(instrument="piano", split="test")[made["note"]][: made["samples"]]
    gains = [10 ** (db / 20) for db in made["gains_db"].values()]
    plain = made["samples"] - opening.FADE
    np.testing.assert_allclose(tracks[0][:plain], gains[0] * note[:plain], atol=1e-4)
    assert abs(tracks[0][-1]) < 1e-4  # a note that goes round and round ends softly
    assert metrics.snr_db(gains[1] * SHELF(opening.the_note()), tracks[1]) > 60
    assert np.abs(tracks).max() < 1


def test_each_snr_is_that_of_the_sounds_that_are_played(made, tracks):
    target = tracks[1] * 10 ** (-made["gains_db"]["target"] / 20)
    snr_db = [moment["snr_db"] for moment in made["moments"]]
    for moment, track in zip(made["moments"], tracks[2:], strict=True):
        output = track * 10 ** (-moment["gain_db"] / 20)
        assert metrics.snr_db(target, output) == pytest.approx(moment["snr_db"], abs=0.1)
    assert snr_db == sorted(snr_db)
    assert snr_db[0] < 0 < 40 < snr_db[-1]


def test_all_sounds_are_equally_loud(made, tracks):
    loudness = [metrics.loudness(t, sample_rate=made["sample_rate"]) for t in tracks]
    assert max(loudness) - min(loudness) < 0.15


def test_the_last_moment_is_the_network_beside_it(made, tracks):
    net = eqlib.load(STATIC / "opening.safetensors")
    gain = 10 ** (made["moments"][-1]["gain_db"] / 20)
    assert metrics.snr_db(gain * net.process(opening.the_note()), tracks[-1]) > 55
    found = sweep_response(net.process, points=opening.POINTS).response
    np.testing.assert_allclose(
        20 * np.log10(np.abs(found)), made["moments"][-1]["response_db"], atol=0.1
    )
    assert net.config.filters == made["run"]["filters"]
    test = pair(data.load(split="test"), SHELF)
    assert len(test) == made["made"]["unseen_clips"]
    mean = opening.mean_snr_db(test, net.process)
    assert mean == pytest.approx(made["made"]["snr_unseen_db"], abs=0.3)


def test_the_same_seed_gives_the_same_first_moments_again(made, tracks):
    class Until:
        def stepped(self, stage, *, step, **others):
            return step == made["moments"][2]["step"]

        def validated(self, history, net): ...

        def ended(self, history, net): ...

    run = made["run"]
    pairs = [pair(data.load(split=split), SHELF) for split in ("train", "validation")]
    net = eqlib.EQNet(eqlib.EQNetConfig(filters=run["filters"]), seed=run["seed"])
    note, recipe = opening.the_note(), Recipe(run["learningRate"], batch=4, warmup_steps=30)
    for moment, track in ((0, tracks[2]), (2, tracks[4])):
        if moment:
            settings = {"recipe": recipe, "seed": run["seed"], "progress": False}
            eqlib.train(net, *pairs, steps=run["steps"], watch=Until(), **settings)
        gain = 10 ** (made["moments"][moment]["gain_db"] / 20)
        assert metrics.snr_db(track, gain * net.process(note)) > 40
