"""Paths that users give, and the one writer of files: whole or not at all, whatever fails."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

import eqlib
from eqlib import EQ, EqlibError, EQNet, EQNetConfig, checkpoints, data
from eqlib.data.files import as_path, replacing
from eqlib.experiments import authors, results
from eqlib.networks.onnx_export import export_onnx

SMALL = EQNetConfig(frame=256, hop=64, filters=4, kernel=16, local_kernel=32, pool=16)
TONE = np.sin(2 * np.pi * 440 / 16_000 * np.arange(2_000)).astype(np.float32)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home of its own, and a working folder beside it in which no "~" may appear."""
    here = tmp_path / "here"
    for folder in (tmp_path / "home", here):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(here)
    yield tmp_path / "home"
    assert list(here.iterdir()) == []


def pairs():
    clips = data.Clips.from_arrays([TONE], sample_rate=16_000)
    return eqlib.pair(clips, EQ.lowpass(cutoff_hz=500))


# --- what is a path


def test_the_home_is_found_in_writing_and_in_reading(home):
    assert eqlib.save(EQNet(SMALL), "~/net.safetensors") == home / "net.safetensors"
    assert eqlib.load("~/net.safetensors").config == SMALL
    assert eqlib.load(Path("~/net.safetensors")).config == SMALL
    sf.write(home / "a.wav", TONE, 16_000)
    assert len(data.read("~/a.wav")) == len(TONE)
    assert data.from_folder("~").names == ("a.wav",)
    (home / "nsynth" / "audio").mkdir(parents=True)
    sf.write(home / "nsynth" / "audio" / "n.wav", TONE, 16_000)
    notes = '{"n": {"instrument_family_str": "bass", "pitch": 69}}'
    (home / "nsynth" / "examples.json").write_text(notes)
    assert data.from_nsynth("~/nsynth").names == ("n",)
    with pytest.raises(EqlibError, match=rf"{home} holds 0 targets"):
        authors.compare("~")


def test_a_run_in_the_home_is_found_again(home):
    options = {"steps": 2, "folder": "~/run", "progress": False}
    eqlib.train(EQNet(SMALL), pairs(), pairs(), **options)
    eqlib.train(EQNet(SMALL), pairs(), pairs(), **options, resume=True)
    assert eqlib.load("~/run/train-best.safetensors").info["train"]
    names = {path.name for path in (home / "run").iterdir()}
    assert names == {".lock", "train-best.safetensors", "train-last.safetensors"}


def test_a_name_that_begins_like_a_home_can_be_written_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EqlibError, match=r'"\./~nobody-of-this-name/x"'):
        as_path("~nobody-of-this-name/x")
    once = as_path("./~nobody-of-this-name/x")
    assert once == as_path(once) == tmp_path / "~nobody-of-this-name" / "x"


WRONG = [
    ("", "is ''"),
    (" ", "is ' '"),
    (b"x", "is a bytes"),
    (3, "is a int"),
    (None, "is a NoneType|is ''"),
    ("a\0b", r"is 'a\\x00b'"),
    ("\ud800", "is '"),
]


@pytest.mark.parametrize(("wrong", "word"), WRONG)
def test_what_is_no_path_is_refused_everywhere(wrong, word, home):
    net = EQNet(SMALL)
    for use in (
        lambda: eqlib.save(net, wrong),
        lambda: eqlib.load(wrong),
        lambda: checkpoints.read(wrong),
        lambda: export_onnx(net, wrong),
        lambda: data.read(wrong),
        lambda: data.from_folder(wrong),
        lambda: data.from_nsynth(wrong),
        lambda: authors.compare(wrong),
    ):
        with pytest.raises(EqlibError, match=word):
            use()


@pytest.mark.parametrize(("wrong", "word"), [case for case in WRONG if case[0] is not None])
def test_what_is_no_path_is_refused_by_a_trainer(wrong, word):
    with pytest.raises(EqlibError, match=word):
        eqlib.train(EQNet(SMALL), pairs(), pairs(), steps=1, folder=wrong, progress=False)


def test_a_name_too_long_is_refused_everywhere(tmp_path):
    long, net = tmp_path / ("n" * 300), EQNet(SMALL)
    for use in (
        lambda: eqlib.save(net, long),
        lambda: eqlib.load(long),
        lambda: export_onnx(net, long),
        lambda: data.read(long),
        lambda: data.from_folder(long),
        lambda: data.from_nsynth(long),
        lambda: authors.compare(long),
        lambda: eqlib.train(net, pairs(), pairs(), steps=1, folder=long, progress=False),
    ):
        with pytest.raises(EqlibError, match="File name too long"):
            use()
    assert list(tmp_path.iterdir()) == []


# --- what is not a file


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def in_time(function, *arguments):
    """Calls a function that might wait for the other end of a pipe; returns what it raised."""
    raised = []

    def call():
        try:
            function(*arguments)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "it waits"
    return raised[0]


def test_what_is_not_a_regular_file_is_refused_and_stays(tmp_path, pipe):
    null = tmp_path / "null"
    null.symlink_to("/dev/null")
    for place, word in ((pipe, "pipe"), (null, "device"), (tmp_path, "a folder")):
        before = os.stat(place).st_mode
        for function, arguments in (
            (eqlib.save, (EQNet(SMALL), place)),
            (eqlib.load, (place,)),
            (data.read, (place,)),
        ):
            error = in_time(function, *arguments)
            assert isinstance(error, EqlibError) and word in str(error), error
        assert os.stat(place).st_mode == before
    assert null.is_symlink() and sorted(tmp_path.iterdir()) == [null, pipe]


def test_the_root_is_refused():
    with pytest.raises(EqlibError, match="it is a folder"), replacing("/"):
        pass


# --- the writer


def put(path, content=b"new"):
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def test_a_link_is_followed_and_stays(tmp_path):
    real, link, second = tmp_path / "a" / "real", tmp_path / "link", tmp_path / "second"
    real.parent.mkdir()
    real.write_bytes(b"old")
    link.symlink_to(Path("a") / "real")
    second.symlink_to(link)
    put(second)
    assert real.read_bytes() == b"new" and link.is_symlink() and second.is_symlink()
    assert list(real.parent.iterdir()) == [real]


def test_the_target_of_a_dangling_link_is_made(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "to" / "come")
    put(link)
    assert link.is_symlink() and (tmp_path / "to" / "come").read_bytes() == b"new"


def test_links_in_a_circle_are_refused(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(EqlibError, match="symbolic links"):
        put(tmp_path / "a")
    with pytest.raises(EqlibError, match="symbolic links"):
        eqlib.load(tmp_path / "a")
    assert (tmp_path / "a").is_symlink() and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755, 0o444, 0o000])
def test_a_file_that_is_replaced_keeps_its_permissions(mode, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    path.chmod(mode)
    with replacing(path) as temporary:
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600  # nobody else's meanwhile
        temporary.write_bytes(b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode
    path.chmod(0o600)
    assert path.read_bytes() == b"new"


def test_a_new_file_has_the_permissions_of_any_new_file(tmp_path):
    old = os.umask(0o027)
    try:
        put(tmp_path / "x")
        (tmp_path / "y").write_bytes(b"")
    finally:
        os.umask(old)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in "xy"]
    assert modes == [0o640, 0o640]


@pytest.mark.parametrize("name", ["n" * 255, "é" * 127, "😀" * 63])
def test_the_longest_names_work(name, tmp_path):
    put(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "error", [ValueError("no"), KeyboardInterrupt(), SystemExit(), MemoryError(), GeneratorExit()]
)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("old", [b"old", None])
def test_whatever_fails_leaves_what_was_there_and_no_other_file(error, when, old, tmp_path):
    path = tmp_path / "x"
    if old:
        path.write_bytes(old)
    with contextlib.suppress(type(error)), replacing(path) as temporary:
        if when == "after":
            temporary.write_bytes(b"half")
        raise error
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [old] * bool(old)


def test_a_file_that_the_block_took_away_is_missed(tmp_path):
    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(EqlibError, match="cannot be written"), replacing(tmp_path / "x") as file:
        file.unlink()
    assert (tmp_path / "x").read_bytes() == b"old"


def test_the_data_are_on_the_disk_before_the_file_takes_its_place(tmp_path, monkeypatch):
    seen = []
    fsync, rename = os.fsync, os.replace

    def noted_fsync(descriptor):
        seen.append(os.fstat(descriptor).st_size)
        fsync(descriptor)

    def noted_rename(old, new):
        seen.append("renamed")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_rename)
    put(tmp_path / "x", b"12345")
    assert seen == [5, "renamed"]


def test_two_writers_in_one_process_do_not_meet(tmp_path):
    path = tmp_path / "x"
    with replacing(path) as first:
        first.write_bytes(b"first")
        with replacing(path) as second:
            second.write_bytes(b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first" and list(tmp_path.iterdir()) == [path]


def test_results_are_written_the_same_way(tmp_path):
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    results.add(tmp_path / "link.json", "one", {"scores": {}})
    assert (tmp_path / "link.json").is_symlink()
    assert list(results.read_results(tmp_path / "real.json")["networks"]) == ["one"]
    before = (tmp_path / "real.json").read_bytes()
    with pytest.raises(ValueError, match="JSON"):
        results.add(tmp_path / "link.json", "two", {"scores": float("nan")})
    assert (tmp_path / "real.json").read_bytes() == before
    assert not list(tmp_path.glob("*.tmp")) and not list(tmp_path.glob(".*.tmp"))
