"""Files and rights: what cannot be read or written, or is damaged, is told in one line."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

import eqlib
from eqlib import EQ, EqlibError, EQNet, EQNetConfig, data
from eqlib.cli.main import main
from eqlib.data import nsynth
from eqlib.experiments.results import add, read_results

NOISE = np.random.default_rng(0).uniform(-0.2, 0.2, 16_000).astype(np.float32)
NET = EQNet(EQNetConfig(frame=256, hop=128, filters=1, kernel=8, local_kernel=8, pool=16))
PAIRS = eqlib.pair(data.Clips.from_arrays([NOISE], sample_rate=16_000), EQ.flat())
DEEP = "[" * 3_000 + "]" * 3_000
NOBODY = 65_534


def train(folder):
    recipe = eqlib.Recipe(validate_every=1)
    eqlib.train(NET, PAIRS, PAIRS, steps=1, folder=folder, recipe=recipe, progress=False)


def entry(path):
    add(path, "low-shelf", {})


DOORS = {
    "read": lambda folder: data.read(folder / "a.wav"),
    "from_folder": data.from_folder,
    "write": lambda folder: data.write(folder / "b.wav", NOISE, sample_rate=16_000),
    "load": lambda folder: eqlib.load(folder / "n.safetensors"),
    "save": lambda folder: eqlib.save(NET, folder / "m.safetensors"),
    "train": train,
    "train, below": lambda folder: train(folder / "below"),
    "nsynth": nsynth.from_nsynth,
    "results": lambda folder: read_results(folder / "results.json"),
    "results, written": lambda folder: entry(folder / "results.json"),
    "results, below": lambda folder: entry(folder / "below" / "results.json"),
}
WRITING = ("write", "save", "train", "train, below", "results, written", "results, below")


@pytest.fixture
def as_nobody():
    """A folder with a sound and a network; within it, rights hold for this process too."""
    folder = Path(tempfile.mkdtemp())  # pytest's own lets no other user in
    folder.chmod(0o755)
    inside = folder / "inside"
    inside.mkdir()
    sf.write(inside / "a.wav", NOISE, 16_000)
    eqlib.save(NET, inside / "n.safetensors")
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    yield inside, root
    if root:
        os.seteuid(0)
    inside.chmod(0o755)
    shutil.rmtree(folder)


def shut(inside, root, mode):
    if root:
        os.seteuid(0)
    inside.chmod(mode)
    if root:
        os.seteuid(NOBODY)


@pytest.mark.skipif(sys.platform == "win32", reason="its rights are others")
@pytest.mark.filterwarnings("ignore:left out of")
@pytest.mark.parametrize("door", DOORS)
def test_a_folder_without_rights_is_told_by_name(door, as_nobody):
    inside, root = as_nobody
    shut(inside, root, 0o000)
    with pytest.raises(EqlibError) as told:
        DOORS[door](inside)
    assert str(inside) in str(told.value) and "\n" not in str(told.value)
    if door in WRITING:
        shut(inside, root, 0o555)
        with pytest.raises(EqlibError, match="Permission denied"):
            DOORS[door](inside)


@pytest.mark.parametrize("door", DOORS)
def test_a_name_beyond_what_a_disk_holds_is_told(door, tmp_path):
    with pytest.raises(EqlibError):
        DOORS[door](tmp_path / ("n" * 300))


@pytest.mark.skipif(sys.platform != "linux", reason="other disks refuse such a name")
def test_a_name_that_is_not_utf8_is_a_name(tmp_path):
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.wav")
    data.write(path, NOISE, sample_rate=16_000)
    assert len(data.read(path)) == len(NOISE)
    assert len(data.from_folder(tmp_path)) == 1
    eqlib.save(NET, path + ".safetensors")
    eqlib.load(path + ".safetensors")
    Path(path).write_bytes(b"no sound")
    with pytest.raises(EqlibError) as told:
        data.read(path)
    str(told.value).encode(errors="surrogateescape")


@pytest.mark.parametrize("samples", [0, 2**36 - 1], ids=["unknown", "256 GB"])
def test_a_flac_of_a_length_that_cannot_be_is_told_by_name(samples, tmp_path):
    file = io.BytesIO()
    sf.write(file, NOISE, 16_000, format="FLAC")
    content = bytearray(file.getvalue())
    # STREAMINFO ends its first 64 bits after the frame sizes with 36 bits of total samples.
    told = int.from_bytes(content[18:26], "big") >> 36 << 36 | samples
    content[18:26] = told.to_bytes(8, "big")
    path = tmp_path / "odd.flac"
    path.write_bytes(content)
    try:
        read = data.read(path)
    except EqlibError as error:
        assert "odd.flac" in str(error)
    else:
        assert samples == 0 and np.allclose(read, NOISE, atol=1e-4)


@pytest.mark.parametrize(
    "index",
    [
        DEEP,
        "null",
        '{"a": null}',
        json.dumps({"a": {"instrument_family_str": ["piano"], "pitch": 60}}),
        json.dumps({"a": {"instrument_family_str": "piano", "pitch": [60]}}),
    ],
)
def test_an_index_of_notes_that_is_none_is_told(index, tmp_path):
    (tmp_path / "examples.json").write_text(index)
    with pytest.raises(EqlibError, match=r"examples\.json is damaged"):
        nsynth.from_nsynth(tmp_path, families="bass")


@pytest.mark.parametrize("text", [DEEP, "null", '{"networks": null}', '{"networks": {"a": null}}'])
def test_results_that_are_none_are_told(text, tmp_path):
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(EqlibError, match=r"results\.json cannot be read"):
        read_results(tmp_path / "results.json")


REPRODUCE = "reproduce --quick --only low-shelf --work"


def one_line(line, capsys):
    code = main(line.split())
    error = [text for text in capsys.readouterr().err.splitlines() if "expected" in text]
    assert code == 2 and len(error) == 1
    return error[0]


def test_reproduce_into_a_file_is_told(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert str(tmp_path / "file") in one_line(f"{REPRODUCE} {tmp_path}/file", capsys)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(sys.platform == "win32", reason="its rights are others")
@pytest.mark.parametrize("mode", [0o000, 0o555])
def test_reproduce_without_rights_is_told(mode, as_nobody, capsys):
    inside, root = as_nobody
    shut(inside, root, mode)
    assert "Permission denied" in one_line(f"{REPRODUCE} {inside}/work", capsys)


@pytest.mark.parametrize("variable", ["RANK", "WORLD_SIZE"])
def test_what_no_launcher_says_is_told(variable, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv(variable, "abc")
    error = one_line(f"{REPRODUCE} {tmp_path}", capsys)
    assert variable in error and "'abc'" in error and f"unset {variable}" in error
