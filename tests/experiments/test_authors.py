"""`python -m eqlib compare DIR`, on a folder of synthetic files with the authors' layout."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf

from eqlib import EqlibError, EQNet, checkpoints, data, metrics
from eqlib.__main__ import main
from eqlib.equalizers.targets import REFERENCE
from eqlib.experiments.authors import as_text, compare
from eqlib.networks import shipped

# What the files are called does not matter, and is not what the package calls its targets.
NAMES = {"low-shelf": "shelf", "peaking": "pk", "highpass": "hp"}


def limited(audio):
    """Smoothly kept below full scale, and unchanged up to 0.8."""
    over = np.maximum(np.abs(audio) - 0.8, 0)
    return np.float32(np.sign(audio) * np.minimum(np.abs(audio), 1 - 0.2 * np.exp(-over / 0.2)))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    note = data.load(instrument="piano", split="test")["piano/sal_Fs4_v10"]
    note *= 1.12 / np.abs(REFERENCE["low-shelf"](note)).max()
    rng = np.random.default_rng(0)
    for target, name in NAMES.items():
        wet = REFERENCE[target](note)
        wet = limited(wet) if target == "low-shelf" else wet  # as the published one is
        theirs = wet + 0.01 * rng.standard_normal(len(note)).astype(np.float32)
        for number, (part, audio) in enumerate(
            {"INPUT": note, "TARGET": wet, "OUTPUT": theirs}.items(), 1
        ):
            sf.write(tmp_path / f"{number}-{name}_{part}.wav", audio, 16_000, subtype="FLOAT")
    weights = tmp_path / "weights"
    for seed, target in enumerate(REFERENCE):
        checkpoints.save(EQNet(seed=seed), weights / f"{target}.safetensors")
    monkeypatch.setattr(shipped, "WEIGHTS_FOLDER", weights)
    return tmp_path


def test_each_method_is_scored_on_the_files(folder):
    rows = {(row.target, row.against, row.method): row for row in compare(folder)}
    assert len(rows) == 18
    for target, name in NAMES.items():
        files = [folder / f"1-{name}_INPUT.wav", folder / f"2-{name}_TARGET.wav"]
        dry, wet = (sf.read(file, dtype="float32")[0] for file in files)
        ours = EQNet(seed=list(REFERENCE).index(target)).process(dry)
        assert rows[target, "file", "ours"].snr_db == pytest.approx(
            metrics.snr_db(wet, ours), abs=1e-3
        )
        assert rows[target, "file", "theirs"].mae == pytest.approx(
            0.01 * np.sqrt(2 / np.pi), rel=0.02
        )
        nothing = np.mean(np.abs(wet - dry)) / np.sqrt(np.mean(wet**2))
        row = rows[target, "file", "doing nothing"]
        assert row.normalized_mae == pytest.approx(nothing, rel=1e-5)
        exact = REFERENCE[target](dry)
        row = rows[target, "exact", "ours"]
        assert row.snr_db == pytest.approx(metrics.snr_db(exact, ours), abs=1e-3)


def test_a_limited_target_is_recognized_although_no_equalizer_explains_it_well(folder):
    dry, wet = (
        sf.read(folder / f"{n}-shelf_{part}.wav")[0] for n, part in ((1, "INPUT"), (2, "TARGET"))
    )
    assert 20 < metrics.snr_db(wet, REFERENCE["low-shelf"](dry)) < 40
    assert {row.target for row in compare(folder)} == set(NAMES)


def test_the_table_names_every_score_and_the_ratio(folder):
    rows = compare(folder)
    text = as_text(rows)
    assert all(f"{row.mae:.5f}" in text and f"{row.snr_db:.1f} dB" in text for row in rows)
    theirs, ours = rows[1].normalized_mae, rows[2].normalized_mae
    assert f"{theirs / ours:.3g} times smaller" in text


def test_the_command_prints_it(folder, capsys):
    assert main(["compare", str(folder)]) == 0
    assert "low-shelf" in capsys.readouterr().out


def change(folder, what):
    file = folder / "2-pk_TARGET.wav"
    audio, _ = sf.read(file, dtype="float32")
    rates = {"rate": 44_100}
    if what == "missing":
        file.unlink()
    elif what == "another equalizer":
        sf.write(file, audio[::-1] * 0.5, 16_000, subtype="FLOAT")
    elif what == "twice":
        for number, part in enumerate(("INPUT", "TARGET", "OUTPUT"), 1):
            copy = (folder / f"{number}-hp_{part}.wav").read_bytes()
            (folder / f"{number}-pk_{part}.wav").write_bytes(copy)
    else:
        short = audio[:-5] if what == "length" else audio
        sf.write(file, short, rates.get(what, 16_000), subtype="FLOAT")


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("missing", r"lacks 2-pk_TARGET\.wav"),
        ("another equalizer", "no reference equalizer"),
        ("twice", "two of the targets"),
        ("rate", "44100 Hz"),
        ("length", "has shape"),
    ],
)
def test_wrong_files_are_refused(folder, what, message):
    change(folder, what)
    with pytest.raises(EqlibError, match=message):
        compare(folder)


def test_a_folder_that_is_none_or_of_something_else_is_refused(tmp_path, capsys):
    with pytest.raises(EqlibError, match="is not a folder"):
        compare(tmp_path / "nowhere")
    with pytest.raises(EqlibError, match="0 targets"):
        compare(tmp_path)
    assert main(["compare", str(tmp_path)]) == 2
    assert "nine WAV files" in capsys.readouterr().err
