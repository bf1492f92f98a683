"""A user's own sound files: every format, headers that lie, cut-off files, and writing."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
import soundfile as sf
from scipy.io import wavfile

from eqlib import EqlibError, data
from eqlib.data.sound_files import FORMATS
from support import ROOT

TONE = (0.5 * np.sin(2 * np.pi * 440 / 16_000 * np.arange(8_000))).astype(np.float32)
HEADERS = {"a.wav": "WAV", "a.aiff": "AIFF", "a.w64": "W64", "a.rf64": "RF64", "a.caf": "CAF"}
HEADERS |= {"a.au": "AU", "b.wav": "WAVEX"}


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_every_format_is_read_and_written(suffix, tmp_path):
    path = data.write(tmp_path / f"tone{suffix}", TONE, sample_rate=16_000)
    got = data.read(path)
    lossy = sf.info(path).subtype in ("VORBIS", "OPUS") or "MPEG" in sf.info(path).subtype
    assert abs(len(got) - len(TONE)) <= (1_200 if lossy else 0)
    error = np.abs(got[1_000:7_000] - TONE[1_000:7_000]).max()
    assert error < (0.05 if lossy else 1 / 2**22)
    assert data.from_folder(tmp_path).names == (f"tone{suffix}",)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_samples_of_every_width_are_read_at_their_level(subtype, tmp_path):
    sf.write(tmp_path / "a.wav", TONE, 16_000, subtype=subtype)
    step = 1 / 128 if subtype == "PCM_U8" else 1 / 32_768
    np.testing.assert_allclose(data.read(tmp_path / "a.wav"), TONE, atol=step)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.999])
@pytest.mark.parametrize("name", HEADERS)
def test_a_file_that_is_cut_off_says_how_much_is_missing(name, share, tmp_path):
    path = tmp_path / name
    sf.write(path, TONE, 16_000, format=HEADERS[name], subtype="PCM_16")
    content = path.read_bytes()
    start = content.index(TONE_BYTES[name[2:] in ("aiff", "caf", "au")]) if share > 0.1 else 0
    size = start + int((len(content) - start) * share)
    path.write_bytes(content[:size])
    with pytest.raises(EqlibError) as error:
        data.read(path)
    assert str(path) in str(error.value)
    if start:  # else the header itself is not complete
        missing = 16_000 - (size - start)
        assert f"cut off: {missing} of" in str(error.value), error.value


PCM = np.round(TONE[100:200] * 32_768)
TONE_BYTES = [b"", b""]


@pytest.fixture(autouse=True, scope="module")
def where_the_sound_is(tmp_path_factory):
    """The first samples, as little- and big-endian files hold them."""
    path = tmp_path_factory.mktemp("pcm") / "a.wav"
    sf.write(path, TONE, 16_000, subtype="PCM_16")
    first = wavfile.read(path)[1][:40]
    TONE_BYTES[:] = [first.astype("<i2").tobytes(), first.astype(">i2").tobytes()]


def test_compressed_files_that_are_cut_off_are_refused(tmp_path):
    for name in ("a.flac", "a.mp3", "a.ogg", "a.opus"):
        path = data.write(tmp_path / name, np.tile(TONE, 20), sample_rate=16_000)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) * 6 // 10])
        with pytest.raises(EqlibError, match=rf"{name}.*(missing|can be read|malformed)"):
            data.read(path)


@pytest.mark.parametrize("told", [0, 0xFFFF_FFFF])
def test_a_wav_whose_length_was_never_written_is_read_to_its_end(told, tmp_path):
    path = tmp_path / "a.wav"
    sf.write(path, TONE, 16_000, subtype="PCM_16")
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", told)
    path.write_bytes(content)
    np.testing.assert_allclose(data.read(path), TONE, atol=1 / 32_768)


def test_a_flac_of_unknown_or_impossible_length_ends_in_an_answer(tmp_path):
    path = data.write(tmp_path / "a.flac", TONE, sample_rate=16_000)
    content = bytearray(path.read_bytes())
    for samples in (0, 2**36 - 1):
        # STREAMINFO: 20 bits of rate, 3 of channels, 5 of width, and 36 of samples.
        content[21] = content[21] & 0xF0 | samples >> 32
        content[22:26] = struct.pack(">I", samples & 0xFFFF_FFFF)
        path.write_bytes(content)
        try:
            assert len(data.read(path)) == len(TONE)
        except EqlibError as error:
            assert "a.flac" in str(error)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_name_is_found_in_either_spelling_of_its_accents(form, tmp_path):
    other = {"NFC": "NFD", "NFD": "NFC"}[form]
    sf.write(tmp_path / unicodedata.normalize(form, "café ü 1.wav"), TONE, 16_000)
    assert len(data.read(tmp_path / unicodedata.normalize(other, "café ü 1.wav"))) == len(TONE)


@pytest.mark.parametrize("rate", [1, 999, 2_000_000, 2**31 - 1])
def test_rates_that_would_crash_the_resampler_are_refused(rate, tmp_path):
    sf.write(tmp_path / "a.wav", TONE, rate)
    with pytest.raises(EqlibError, match=rf"{rate} Hz; expected a whole number from 1000"):
        data.read(tmp_path / "a.wav", resample=True)


def test_a_rate_beyond_all_is_refused_as_the_one_that_is_wanted(tmp_path):
    sf.write(tmp_path / "a.wav", TONE, 16_000)
    for wanted in (10**10, 10**30, 1):
        with pytest.raises(EqlibError, match="whole number from 1000"):
            data.read(tmp_path / "a.wav", sample_rate=wanted, resample=True)


# --- folders


def test_a_folder_tells_what_it_leaves_out_and_why(tmp_path, monkeypatch):
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    (here / "locked").mkdir(parents=True)
    elsewhere.mkdir()
    for path in (here / "a.wav", here / "locked" / "b.wav", elsewhere / "c.wav"):
        sf.write(path, TONE, 16_000)
    (here / "link").symlink_to(elsewhere)
    (here / "d.m4a").write_bytes(b"sound")
    (here / "cover.jpg").write_bytes(b"no sound")
    scandir = os.scandir

    def denied(path):  # root may enter every folder
        if os.fspath(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.warns(UserWarning) as warned:
        assert data.from_folder(here).names == ("a.wav",)
    (text,) = [str(each.message) for each in warned]
    assert "link (a link to a folder)" in text and "locked (Permission denied)" in text
    assert "d.m4a (a format that is not read" in text and "cover" not in text


def test_a_folder_without_anything_strange_is_read_in_silence(tmp_path):
    sf.write(tmp_path / "a.AIFF", TONE, 16_000)
    (tmp_path / "notes.txt").write_text("not audio")
    assert data.from_folder(tmp_path).names == ("a.AIFF",)


# --- writing


def test_what_is_written_is_what_was_given(tmp_path):
    stereo = np.stack([TONE, -3 * TONE])
    path = data.write(tmp_path / "a.wav", stereo, sample_rate=44_100)
    got, rate = sf.read(path, dtype="float32")
    assert rate == 44_100 and np.array_equal(got.T, stereo)
    assert sf.info(path).subtype == "FLOAT"


@pytest.mark.parametrize(
    ("name", "audio", "options", "message"),
    [
        ("a.flac", 3 * TONE, {}, "reaches 1.5.*FLOAT"),
        ("a.wav", 3 * TONE, {"subtype": "PCM_16"}, "reaches 1.5.*FLOAT"),
        ("a.doc", TONE, {}, r"'\.doc'.*\.wav"),
        ("a", TONE, {}, "no suffix"),
        ("a.wav", TONE, {"subtype": "VORBIS"}, "PCM_16"),
        ("a.mp3", TONE, {"sample_rate": 12_345}, "12345 Hz"),
        ("a.wav", TONE[None, None], {}, "one file a clip"),
        ("a.wav", np.full(9, np.nan), {}, "NaN"),
        ("a.wav", TONE, {"sample_rate": 2**40}, "rate"),
    ],
)
def test_what_cannot_be_written_leaves_what_was_there(name, audio, options, message, tmp_path):
    (tmp_path / name).write_bytes(b"before")
    with pytest.raises(EqlibError, match=message):
        data.write(tmp_path / name, audio, **{"sample_rate": 16_000, **options})
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"before"]


# --- an index of a dataset


@pytest.mark.parametrize("key", ["../../secret", "/etc/secret", "a/b", "..", "a\0b", "c:x"])
def test_an_index_reads_no_file_outside_of_its_folder(key, tmp_path):
    folder = tmp_path / "set" / "nsynth"
    (folder / "audio").mkdir(parents=True)
    for path in (tmp_path / "secret.wav", folder / "audio" / "n.wav"):
        sf.write(path, TONE, 16_000)
    sf.write(tmp_path / "set" / "secret.wav", TONE, 16_000)
    entry = {"instrument_family_str": "bass", "pitch": 69}
    (folder / "examples.json").write_text(json.dumps({"n": entry, key: entry}))
    with pytest.raises(EqlibError, match="names of files in the folder"):
        data.from_nsynth(folder)


def test_resampling_compiles_nothing(tmp_path):
    """Whose cache would need a home, or an installation that can be written to."""
    sf.write(tmp_path / "a.wav", TONE, 44_100)
    code = (
        "import sys; from eqlib import data; data.read(sys.argv[1], resample=True);"
        "print({'numba', 'librosa'} & set(sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, str(tmp_path / "a.wav")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "set()\n"
