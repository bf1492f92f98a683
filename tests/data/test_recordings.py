"""The recordings, their split, and the loaders."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile as sf
from scipy.io import wavfile

from eqlib import data
from eqlib.data import recordings
from eqlib.errors import EqlibError
from support import ROOT

ROWS = data.index()


def tone(samples: int, hz: float = 440.0, rate: int = 16_000) -> np.ndarray:
    return 0.4 * np.sin(2 * np.pi * hz * np.arange(samples) / rate)


def write(path: Path, audio: np.ndarray, rate: int = 16_000, **options) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, audio, rate, **options)
    return path


# The package's recordings


def test_every_file_is_what_the_index_says():
    for row in ROWS:
        path = recordings.AUDIO_FOLDER / row["file"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"], row["file"]
        audio, rate = sf.read(path)
        assert rate == data.SAMPLE_RATE and audio.ndim == 1
        assert len(audio) / rate == pytest.approx(row["duration_s"], abs=6e-4)
        assert 20 * np.log10(np.abs(audio).max()) == pytest.approx(-6.02, abs=0.005)
        rms_dbfs = 10 * np.log10(np.mean(audio**2))
        assert rms_dbfs == pytest.approx(row["rms_dbfs"], abs=0.0501)


def test_index_lists_each_file_once_with_its_credit():
    files = [row["file"] for row in ROWS]
    on_disk = {
        p.relative_to(recordings.AUDIO_FOLDER).as_posix()
        for p in recordings.AUDIO_FOLDER.rglob("*.*")
    }
    assert len(files) == len(set(files)) == 332
    assert on_disk == {*files, "index.csv", "LICENSES.md"}
    licenses = (recordings.AUDIO_FOLDER / "LICENSES.md").read_text(encoding="utf-8")
    lines = data.attributions().splitlines()
    assert sum(int(re.search(r"\((\d+) recordings?\)", line)[1]) for line in lines) == 332
    for row in ROWS:
        assert f"**{row['license']}**" in licenses and row["attribution"] in licenses
        assert any(line.endswith(row["attribution"]) for line in lines)
        if row["midi"] is not None:
            assert row["midi"] == librosa.note_to_midi(row["note"])


def test_index_is_a_copy():
    data.index()[0]["split"] = "changed"
    assert data.index() == ROWS


def test_split_follows_the_rule():
    def group(row):
        stem = Path(row["file"]).stem
        return row["midi"] or (re.sub(r"_\d+$", "", stem) if row["kind"] == "segment" else stem)

    turns = ["train"] * 3 + ["test"] + ["train"] * 3 + ["validation"]
    for instrument in {row["instrument"] for row in ROWS}:
        rows = [row for row in ROWS if row["instrument"] == instrument]
        order = sorted({group(row) for row in rows if row["kind"] != "phrase"})
        for row in rows:
            phrase = row["kind"] == "phrase"
            assert row["split"] == ("test" if phrase else turns[order.index(group(row)) % 8]), row


def test_no_note_and_no_recording_is_in_two_splits():
    splits = defaultdict(set)
    for row in ROWS:
        splits[row["source"], row["source_path"]].add(row["split"])
        if row["midi"] is not None:
            splits[row["instrument"], row["midi"]].add(row["split"])
    assert {len(found) for found in splits.values()} == {1}


def test_piano_counts():
    counts = Counter(row["split"] for row in ROWS if row["instrument"] == "piano")
    assert counts == {"train": 72, "validation": 8, "test": 12}
    test = data.load(instrument="piano", split="test")
    assert {row["note"] for row in test.info} == {"F#1", "F#4", "D#7"}


def test_load_gives_the_files_in_the_order_of_the_index():
    start = time.process_time()
    clips = data.load(instrument="piano", split="train")
    assert time.process_time() - start < 1
    rows = [row for row in ROWS if row["instrument"] == "piano" and row["split"] == "train"]
    assert list(clips.info) == rows
    assert clips.lengths.tolist() == [32_000] * 72 and clips.samples.dtype == np.float32
    for clip, row in zip(clips, rows, strict=True):
        expected, _ = sf.read(recordings.AUDIO_FOLDER / row["file"], dtype="int16")
        np.testing.assert_array_equal(clip, expected / 32768)


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": None, "family": "drums"},
        {"kind": ["hit", "segment"]},
        {"instrument": ("violin", "flute"), "split": "test"},
        {"family": "bass", "split": ["train", "validation"]},
    ],
)
def test_load_selects(asked):
    asked = {"kind": "note", **asked}
    rows = [
        row["file"]
        for row in ROWS
        if all(v is None or row[k] == v or row[k] in list(v) for k, v in asked.items())
    ]
    assert [f"{name}.flac" for name in data.load(**asked).names] == rows


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"instrument": "oboe"}, ["'oboe'", "piano", "violin"]),
        ({"instrument": ["piano", "pianos"]}, ["'pianos'", "piano"]),
        ({"instrument": 3}, ["is 3", "a text"]),
        ({"kind": "notes"}, ["'notes'", "hit, note, phrase, segment"]),
        ({"split": "eval"}, ["'eval'", "test, train, validation"]),
        ({"family": "horns"}, ["'horns'", "brass"]),
        ({"instrument": "drums"}, ["'drums'", "drums/hit/train (49)", "drums/phrase/test (1)"]),
        ({"instrument": "piano", "family": "bass"}, ["'bass'", "keys/note/train (72)"]),
        ({"instrument": []}, ["[]"]),
    ],
)
def test_load_refuses_and_lists_what_there_is(asked, words):
    with pytest.raises(EqlibError) as error:
        data.load(**asked)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_import_is_quick_and_works_from_any_folder(tmp_path):
    code = (
        "import sys; from eqlib import data; assert 'librosa' not in sys.modules;"
        "print(data.load(instrument='flute', split='test'))"
    )
    path = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "Clips(1 clips, 2.0 s in all, 16000 Hz)", done.stderr


# Files and folders of the reader's own


def test_from_folder_reads_every_format_in_sorted_order(tmp_path):
    names = ["B.WAV", "a.wav", "c.flac", "deep/er/f.wav", "d.ogg"]
    names += ["e.mp3"] if "MP3" in sf.available_formats() else []
    for i, name in enumerate(names):
        write(tmp_path / name, tone(4000 + 1000 * i))
    (tmp_path / "notes.txt").write_text("not audio")
    (tmp_path / "._a.wav").write_text("what some systems leave behind")
    (tmp_path / ".trash").mkdir()
    (tmp_path / ".trash" / "old.wav").write_text("deleted")
    clips = data.from_folder(tmp_path)
    assert clips.names == tuple(sorted(names)) and clips.sample_rate == 16_000
    for name, clip in zip(clips.names, clips, strict=True):
        expected = tone(4000 + 1000 * names.index(name))
        lossy = name.endswith(("ogg", "mp3"))
        assert clip.dtype == np.float32 and len(clip) >= len(expected)
        error = np.abs(clip[500:3500] - expected[500:3500]).max()
        assert error < (0.02 if lossy else 1 / 32768), name
        if not lossy:
            assert len(clip) == len(expected)
    pcm = wavfile.read(tmp_path / "a.wav")[1]
    np.testing.assert_array_equal(clips["a.wav"], pcm / np.float32(32768))


# librosa.load imports modules of Python's own that are going away.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_stereo_and_sample_rate_are_refused_then_changed_on_request(tmp_path):
    stereo = np.stack([tone(44_100, 300, 44_100), 0.3 * tone(44_100, 2000, 44_100)], axis=1)
    path = write(tmp_path / "band.wav", stereo, 44_100, subtype="FLOAT")
    with pytest.raises(EqlibError, match=r"band\.wav has 2 channels.*mix_to_mono=True"):
        data.from_folder(tmp_path, resample=True)
    with pytest.raises(EqlibError, match=r"band\.wav .* 44100 Hz; expected 16000.*resample=True"):
        data.from_folder(tmp_path, mix_to_mono=True)
    clips = data.from_folder(tmp_path, mix_to_mono=True, resample=True)
    expected, _ = librosa.load(path, sr=16_000, mono=True)
    assert clips.lengths.tolist() == [16_000] and clips.samples.dtype == np.float32
    np.testing.assert_allclose(clips[0], expected, atol=1e-6)
    ideal = (tone(16_000, 300) + 0.3 * tone(16_000, 2000)) / 2
    np.testing.assert_allclose(clips[0][500:-500], ideal[500:-500], atol=1e-3)
    native = data.from_folder(tmp_path, mix_to_mono=True, sample_rate=44_100)
    np.testing.assert_allclose(native[0], stereo.mean(axis=1), atol=1e-7)
    assert native.sample_rate == 44_100


def test_levels_are_kept(tmp_path):
    for gain in (0.001, 1.8):
        audio = (gain * tone(2000)).astype(np.float32)
        path = write(tmp_path / "x.wav", audio, subtype="FLOAT")
        np.testing.assert_array_equal(data.read(path), audio)


BAD_AUDIO = {
    "empty": (np.zeros(0), "shape"),
    "nan": (np.where(np.arange(2000) == 7, np.nan, tone(2000)), "1 samples that are NaN"),
    "silent": (np.zeros(2000), "silent"),
    "short": (tone(1023), "at least 1024 samples"),
    "antiphase": (np.stack([tone(2000), -tone(2000)], axis=1), "silent"),
}


@pytest.mark.parametrize("name", BAD_AUDIO)
def test_bad_audio_is_refused_by_name(tmp_path, name):
    audio, word = BAD_AUDIO[name]
    write(tmp_path / "good.wav", tone(1024))
    assert len(data.from_folder(tmp_path)) == 1
    path = write(tmp_path / f"{name}.wav", audio, subtype="FLOAT")
    for loader, place in [(data.read, path), (data.from_folder, tmp_path)]:
        with pytest.raises(EqlibError, match=rf"{name}\.wav .*{word}"):
            loader(place, mix_to_mono=True)


@pytest.mark.parametrize("damage", ["not audio", "nothing", "half"])
def test_damaged_file_is_refused_by_name(tmp_path, damage):
    path = write(tmp_path / "x.flac", np.random.default_rng(0).uniform(-0.5, 0.5, 16_000))
    whole = path.read_bytes()
    content = {"not audio": b"not audio" * 99, "nothing": b"", "half": whole[: len(whole) // 2]}
    path.write_bytes(content[damage])
    with pytest.raises(EqlibError, match=r"x\.flac cannot be read"):
        data.from_folder(tmp_path)


def test_missing_folder_file_and_audio(tmp_path):
    path = write(tmp_path / "one" / "x.wav", tone(2000))
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "x.txt").write_text("no audio")
    for folder, words in [
        (tmp_path / "nowhere", "nowhere is not a folder"),
        (path, r"x\.wav is not a folder.*eqlib\.data\.read"),
        (tmp_path / "none", r"none holds no audio file.*\.flac, \.mp3"),
    ]:
        with pytest.raises(EqlibError, match=words):
            data.from_folder(folder)
    with pytest.raises(EqlibError, match=r"no file .*y\.wav"):
        data.read(tmp_path / "y.wav")
    with pytest.raises(EqlibError, match="sample_rate is '16k'"):
        data.read(path, sample_rate="16k")


# NSynth


@pytest.fixture
def nsynth(tmp_path) -> Path:
    notes = {}
    for family in ("string", "bass"):
        for pitch in (40, 52, 64, 76):
            name = f"{family}_acoustic_000-{pitch:03d}-100"
            notes[name] = {
                "note_str": name,
                "instrument_family_str": family,
                "instrument_str": f"{family}_acoustic_000",
                "pitch": pitch,
                "velocity": 100,
                "sample_rate": 16_000,
            }
            write(tmp_path / "audio" / f"{name}.wav", tone(1024 + pitch, 10.0 * pitch))
    (tmp_path / "examples.json").write_text(json.dumps(notes))
    return tmp_path


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["b40", "b52", "b64", "b76", "s40", "s52", "s64", "s76"]),
        ({"families": "bass"}, ["b40", "b52", "b64", "b76"]),
        ({"families": ["string"], "pitches": range(50, 70)}, ["s52", "s64"]),
        ({"pitches": 40}, ["b40", "s40"]),
        ({"limit": 4}, ["b40", "b64", "s40", "s64"]),
        ({"limit": 99, "families": "bass", "pitches": [76]}, ["b76"]),
    ],
)
def test_nsynth_selects(nsynth, options, expected):
    clips = data.from_nsynth(nsynth, **options)
    got = [f"{row['instrument_family_str'][0]}{row['pitch']}" for row in clips.info]
    assert got == expected and clips.sample_rate == 16_000
    for name, clip, row in zip(clips.names, clips, clips.info, strict=True):
        assert name == row["note_str"]
        np.testing.assert_allclose(
            clip, tone(1024 + row["pitch"], 10.0 * row["pitch"]), atol=1 / 32768
        )


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "there is no file"),
        ("{not json", "damaged"),
        ("[1, 2]", "damaged"),
        ('{"a": {"pitch": 40}}', "instrument_family_str"),
        ("{}", "no note"),
    ],
)
def test_nsynth_refuses_its_json(nsynth, content, word):
    path = nsynth / "examples.json"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(EqlibError, match=rf"examples\.json .*{word}|{word} .*examples\.json"):
        data.from_nsynth(nsynth)


def test_nsynth_refuses_notes(nsynth):
    for options, word in [
        ({"families": "organ"}, "'organ'.*bass, string"),
        ({"pitches": [1]}, "pitches=.*MIDI"),
        ({"limit": 0}, "limit is 0"),
    ]:
        with pytest.raises(EqlibError, match=word):
            data.from_nsynth(nsynth, **options)
    path = nsynth / "audio" / "bass_acoustic_000-040-100.wav"
    write(path, tone(4000), 22_050)
    with pytest.raises(EqlibError, match=r"bass_acoustic_000-040-100\.wav .* 22050 Hz"):
        data.from_nsynth(nsynth)
    path.unlink()
    with pytest.raises(EqlibError, match=r"no file .*bass_acoustic_000-040-100\.wav"):
        data.from_nsynth(nsynth)
