"""Networks as files: exact when whole, refused when damaged, never half written."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import eqlib
from eqlib import EqlibError, EQNet, EQNetConfig, checkpoints
from eqlib.data.clips import Clips
from eqlib.networks import shipped

SMALL = EQNetConfig(frame=256, hop=64, filters=4, kernel=16, local_kernel=32, pool=16)
INFO = {"target": {"stages": [{"cutoff_hz": 500.1}]}, "train": {"seed": 3, "note": "é \n 😀"}}


def network(seed: int = 0, **changes) -> EQNet:
    net = EQNet(replace(SMALL, **changes), seed=seed)
    net.info = json.loads(json.dumps(INFO))
    return net


@pytest.fixture
def path(tmp_path):
    return eqlib.save(network(), tmp_path / "net.safetensors")


def assert_same(a: EQNet, b: EQNet) -> None:
    assert a.config == b.config and a.info == b.info
    assert a.state_dict().keys() == b.state_dict().keys()
    for name, tensor in a.state_dict().items():
        other = b.state_dict()[name]
        assert tensor.dtype == other.dtype and torch.equal(tensor, other)


@pytest.mark.parametrize(
    "changes", [{}, {"orientation": "adjoint", "unpooling": "position", "sample_rate": 44_100}]
)
def test_a_network_comes_back_bit_by_bit(changes, tmp_path):
    net = network(seed=7, **changes)
    written = eqlib.save(net, str(tmp_path / "some" / "where" / "net.safetensors"))
    assert written == tmp_path / "some" / "where" / "net.safetensors"
    back = eqlib.load(str(written), config=net.config)
    assert_same(net, back)
    audio = np.random.default_rng(0).uniform(-1, 1, (2, 1000)).astype(np.float32)
    np.testing.assert_array_equal(back.process(audio), net.process(audio))
    # Any program for safetensors can read the weights.
    weights = load_file(written)
    assert weights.keys() == net.state_dict().keys()
    assert all(torch.equal(weights[name], net.state_dict()[name]) for name in weights)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_another_precision_are_loaded_as_float32(dtype, tmp_path):
    net = network().to(dtype)
    back = eqlib.load(eqlib.save(net, tmp_path / "net.safetensors"))
    for name, tensor in back.state_dict().items():
        assert tensor.dtype == torch.float32
        assert torch.equal(tensor, net.state_dict()[name].float())


def test_saving_again_replaces_the_file_and_leaves_no_other(path):
    assert_same(eqlib.load(eqlib.save(network(seed=1), path)), network(seed=1))
    assert list(path.parent.iterdir()) == [path]


def test_every_flipped_bit_is_refused(path):
    whole = path.read_bytes()
    header_ends = 8 + int.from_bytes(whole[:8], "little")
    rng = np.random.default_rng(0)
    # All of the header's length, a part of the header, some of the weights, and the last byte.
    places = [*range(8), *rng.choice(np.arange(8, header_ends), 150, replace=False)]
    places += [header_ends, *rng.integers(header_ends, len(whole), 40), len(whole) - 1]
    for place in places:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(5)  # the bit of capital letters is left out: 1E5 is 1e5
        path.write_bytes(damaged)
        with pytest.raises(EqlibError, match=r"net\.safetensors (is damaged|holds no eqlib)"):
            eqlib.load(path)
    path.write_bytes(whole)
    assert_same(eqlib.load(path), network())


@pytest.mark.parametrize("part", [0, 1, 7, 8, 9, 0.1, 0.5, 0.999, -1])
def test_a_truncated_file_is_refused(part, path):
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole)) if isinstance(part, float) else part])
    with pytest.raises(EqlibError, match=r"net\.safetensors is damaged.*again"):
        eqlib.load(path)


@pytest.mark.parametrize("content", [b"", b"no network", b"\xff" * 99, bytes(99)])
def test_a_file_of_something_else_is_refused(content, path):
    path.write_bytes(content)
    with pytest.raises(EqlibError, match="is damaged"):
        eqlib.load(path)


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"eqlib": "null"}, {"eqlib": "[1]"}])
def test_safetensors_without_an_eqlib_header_are_refused(metadata, path):
    save_file(network().state_dict(), path, metadata)
    with pytest.raises(EqlibError, match=r"holds no eqlib header; .*eqlib\.save"):
        eqlib.load(path)


@pytest.mark.parametrize("header", ["{}", "{not json", '{"sha256": "0"}'])
def test_a_header_that_does_not_fit_is_refused(header, path):
    save_file(network().state_dict(), path, {"eqlib": header})
    with pytest.raises(EqlibError, match="is damaged"):
        eqlib.load(path)


def test_another_config_than_the_one_asked_for_is_refused_by_its_fields(path):
    with pytest.raises(EqlibError) as error:
        eqlib.load(path, config=replace(SMALL, hop=32, orientation="adjoint"))
    assert error.value.given.endswith("hop=64, orientation='unreversed'")
    assert error.value.expected == "hop=32, orientation='adjoint'"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (asdict(SMALL) | {"layers": 3}, "layers.*fields of EQNetConfig.*version"),
        (None, "config.*version"),
        ([1, 2], "version"),
        (asdict(SMALL) | {"pool": 7}, "pool is 7"),
    ],
)
def test_a_config_that_this_version_does_not_know_is_refused(config, message, path):
    header = {"info": {}} if config is None else {"config": config}
    checkpoints.write(path, network().state_dict(), header)
    with pytest.raises(EqlibError, match=message):
        eqlib.load(path)


def test_weights_that_do_not_fit_the_config_are_refused(path):
    weights = network().state_dict()
    for tensors in (
        {name: weights[name] for name in list(weights)[1:]},
        weights | {"more": torch.zeros(3)},
        weights | {"conv.weight": torch.zeros(4, 17)},
    ):
        checkpoints.write(path, tensors, {"config": asdict(SMALL)})
        with pytest.raises(EqlibError, match=r"net\.safetensors is damaged"):
            eqlib.load(path)


def test_of_a_training_run_the_best_network_can_be_loaded(tmp_path):
    clips = Clips.from_arrays([np.random.default_rng(0).uniform(-1, 1, 999)], sample_rate=16_000)
    net, pairs = network(), eqlib.pair(clips, eqlib.EQ.lowpass(cutoff_hz=500))
    eqlib.train(net, pairs, pairs, steps=3, folder=tmp_path, progress=False)
    with pytest.raises(EqlibError, match=r"state of a training run.*-best.*resume=True"):
        eqlib.load(tmp_path / "train-last.safetensors")
    net.info = json.loads(json.dumps(net.info))  # as a file keeps it, tuples as lists
    assert_same(eqlib.load(tmp_path / "train-best.safetensors"), net)


def test_a_missing_file_is_named(tmp_path):
    for place in (tmp_path / "nothing.safetensors", tmp_path):
        with pytest.raises(EqlibError, match=f"no file {place}"):
            eqlib.load(place)


def test_a_place_that_cannot_be_written_is_named(path):
    folder = path.parent / "folder"
    folder.mkdir()
    for place in (path / "net.safetensors", folder, folder / ("n" * 300)):
        with pytest.raises(EqlibError, match="cannot be written .*Choose another path"):
            eqlib.save(network(), place)
    assert sorted(path.parent.iterdir()) == [folder, path] and list(folder.iterdir()) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left"), OSError("No space left")])
def test_a_write_that_fails_leaves_the_old_file_and_no_other(error, path, monkeypatch):
    before = path.read_bytes()

    def fail(*_):
        raise error

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(EqlibError, match=r"cannot be written \(.*No space left\)"):
        eqlib.save(network(seed=1), path)
    assert list(path.parent.iterdir()) == [path] and path.read_bytes() == before


def test_an_interrupted_write_leaves_the_old_file_and_no_other(path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        eqlib.save(network(seed=1), path)
    assert list(path.parent.iterdir()) == [path] and path.read_bytes() == before


def test_info_is_json(path):
    net = network()
    net.info = {"notes": {2: "two", 10: "ten"}, "gains": (1, 2.5), "none": None}
    back = eqlib.load(eqlib.save(net, path))
    assert back.info == json.loads(json.dumps(net.info))
    net.info = {"gain": np.float32(3)}
    before = path.read_bytes()
    with pytest.raises(EqlibError, match=r"net\.info cannot become JSON \(.*float32"):
        eqlib.save(net, path)
    assert path.read_bytes() == before


def test_trained_networks_are_found_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "WEIGHTS_FOLDER", tmp_path)
    with pytest.raises(EqlibError, match=r"'nope'.*\(none\)"):
        eqlib.pretrained("nope")
    for seed, name in enumerate(["peaking", "low-shelf"]):
        eqlib.save(network(seed), tmp_path / f"{name}.safetensors")
    assert_same(eqlib.pretrained("low-shelf"), network(seed=1))
    for name in ("nope", "../low-shelf", "Peaking", "", 3, None):
        with pytest.raises(EqlibError, match="one of low-shelf, peaking"):
            eqlib.pretrained(name)


@pytest.mark.parametrize("file", sorted(shipped.WEIGHTS_FOLDER.glob("*.safetensors")) or [None])
def test_the_trained_networks_that_ship_can_be_loaded(file):
    if file is None:
        pytest.skip("this version ships none")
    assert eqlib.pretrained(file.stem).info["target"]
