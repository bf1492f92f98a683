"""Networks as files: exact when whole, refused when damaged, never half written."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, replace

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
    with pytest.raises(EqlibError, match=rf"no file {tmp_path / 'nothing'}; expected a checkpoint"):
        eqlib.load(tmp_path / "nothing")


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


# --- what is read stays what it was


def damage_in_place(path):
    with open(path, "r+b") as file:
        file.write(b"\xff" * path.stat().st_size)


def truncate(path):
    os.truncate(path, 0)


def test_what_was_read_does_not_hang_on_the_file(tmp_path):
    # In a process of its own, for one that reads a mapped file that is gone is killed.
    net = EQNet(replace(SMALL, filters=32, local_kernel=256), seed=1)
    changes = {"damaged": damage_in_place, "truncated": truncate, "gone": os.unlink}
    paths = [eqlib.save(net, tmp_path / name) for name in changes]
    code = (
        "import sys, torch; from eqlib import checkpoints\n"
        "read = [checkpoints.read(path)[0] for path in sys.argv[2:]]\n"
        "print('read', flush=True); input()\n"
        "torch.save(read, sys.argv[1])"
    )
    arguments = [sys.executable, "-c", code, tmp_path / "after.pt", *paths]
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(arguments, **options) as process:
        assert process.stdout.readline() == "read\n"
        for path, change in zip(paths, changes.values(), strict=True):
            change(path)
        process.communicate("\n")
    assert process.returncode == 0
    expected = net.state_dict()
    for after in torch.load(tmp_path / "after.pt"):
        assert after.keys() == expected.keys()
        assert all(torch.equal(after[name], expected[name]) for name in after)


def test_an_unreadable_file_is_not_called_damaged(path, monkeypatch):
    def fail(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", fail)
    monkeypatch.setattr("io.open", fail)
    monkeypatch.setattr(checkpoints, "safe_open", fail, raising=False)  # of versions before
    with pytest.raises(EqlibError) as error:
        eqlib.load(path)
    assert "cannot be read (Permission denied)" in str(error.value)
    assert "damaged" not in str(error.value) and "again" not in str(error.value)


# --- classes of network


@dataclass(frozen=True)
class WiderConfig(EQNetConfig):
    gain: float = 1.0


class Wider(EQNet):
    config_type = WiderConfig

    def __init__(self, config=None, *, seed=0):
        super().__init__(config or WiderConfig(), seed=seed)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self.twin = self.deconv.bias  # one memory under two names

    def forward(self, x):
        return self.config.gain * super().forward(x)


@pytest.fixture
def registered():
    checkpoints.register(Wider)
    yield
    checkpoints._registered.clear()


def test_a_file_names_its_class_of_network(path):
    assert checkpoints.read(path)[1]["network"] == "EQNet"
    for name, module in checkpoints.NETWORKS.items():
        assert issubclass(getattr(importlib.import_module(module), name), EQNet)


def test_a_file_from_before_classes_were_named_holds_an_eqnet(path):
    tensors, header = checkpoints.read(path)
    del header["network"]
    assert_same(eqlib.load(checkpoints.write(path, tensors, header)), network())
    for file in shipped.WEIGHTS_FOLDER.glob("*.safetensors"):
        assert "network" not in checkpoints.read(file)[1] and type(eqlib.load(file)) is EQNet


def test_a_class_of_ones_own_comes_back_once_it_is_registered(tmp_path, registered):
    config = WiderConfig(**asdict(SMALL), gain=3.0)
    net = Wider(config, seed=2)
    net.steps += 2**60 + 1
    back = eqlib.load(eqlib.save(net, tmp_path / "net.safetensors"), config=config)
    assert type(back) is Wider and back.steps == 2**60 + 1
    assert_same(net, back)
    audio = np.random.default_rng(0).uniform(-1, 1, 1_000).astype(np.float32)
    np.testing.assert_array_equal(back.process(audio), net.process(audio))
    with pytest.raises(EqlibError, match=r"with gain=3\.0; expected gain=None"):
        eqlib.load(tmp_path / "net.safetensors", config=SMALL)


def test_a_class_that_is_not_registered_is_refused_in_writing_and_in_reading(tmp_path):
    before = list(tmp_path.iterdir())
    with pytest.raises(EqlibError, match=r"class Wider .*one of EQNet, FrozenEQNet, C.*register"):
        eqlib.save(Wider(WiderConfig(**asdict(SMALL))), tmp_path / "net.safetensors")
    same_name = type("EQNet", (EQNet,), {})
    with pytest.raises(EqlibError, match="class EQNet that is not known"):
        eqlib.save(same_name(SMALL), tmp_path / "net.safetensors")
    assert list(tmp_path.iterdir()) == before
    header = {"config": asdict(SMALL), "info": {}}
    for name in ("Wider", "os.system", "", 3, None, ["EQNet"]):
        path = tmp_path / "net.safetensors"
        checkpoints.write(path, network().state_dict(), header | {"network": name})
        with pytest.raises(EqlibError) as error:
            eqlib.load(path)
        assert f"class {name!r}, which is not known here" in error.value.given


def test_a_run_of_a_class_that_cannot_be_saved_is_refused_before_it_starts(tmp_path):
    clips = Clips.from_arrays([np.random.default_rng(0).uniform(-1, 1, 999)], sample_rate=16_000)
    pairs, net = eqlib.pair(clips, eqlib.EQ.lowpass(cutoff_hz=500)), Wider(WiderConfig())
    with pytest.raises(EqlibError, match="register"):
        eqlib.train(net, pairs, pairs, steps=1, folder=tmp_path, progress=False)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (network(), "cannot be registered"),
        (torch.nn.Linear, "cannot be registered"),
        (type("Odd", (EQNet,), {"config_type": dict}), "cannot be registered"),
        (type("EQNet", (EQNet,), {}), "there is a class EQNet in eqlib"),
        ("EQNet", "cannot be registered"),
    ],
)
def test_what_cannot_be_registered_is_refused(kind, word):
    with pytest.raises(EqlibError, match=word):
        checkpoints.register(kind)


# --- checks before casts


@pytest.mark.parametrize(
    ("value", "dtype", "word"),
    [
        (65_520.0, torch.float16, r"conv\.bias of the network reaches 65520; .*at most 65504"),
        (-1e39, torch.float32, "reaches 1e\\+39"),
        (1e39, torch.bfloat16, "reaches 1e\\+39"),
        (float("nan"), torch.float32, "NaN or infinite"),
        (float("inf"), torch.float64, "NaN or infinite"),
    ],
)
def test_weights_that_would_not_be_finite_are_refused(value, dtype, word, path):
    before, net = path.read_bytes(), network().double()
    with torch.no_grad():
        net.conv.bias[1] = value
    with pytest.raises(EqlibError, match=word):
        eqlib.save(net, path, dtype=dtype)
    assert path.read_bytes() == before


@pytest.mark.parametrize("value", [float("nan"), float("-inf"), 1e39])
def test_a_file_with_weights_that_are_not_finite_is_refused(value, path):
    weights = network().double().state_dict()
    weights["conv.bias"] = torch.full((4,), value, dtype=torch.float64)
    checkpoints.write(path, weights, {"config": asdict(SMALL)})
    with pytest.raises(EqlibError, match=r"conv\.bias in .*net\.safetensors has values"):
        eqlib.load(path)


def test_the_largest_weight_of_half_precision_is_kept(path):
    net = network()
    with torch.no_grad():
        net.conv.bias[1] = 65_504
    assert eqlib.load(eqlib.save(net, path, dtype=torch.float16)).conv.bias[1] == 65_504


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda path: eqlib.save(str(path), network()), "net is a str"),
        (lambda path: eqlib.save(network().state_dict(), path), "net is a OrderedDict"),
        (lambda path: eqlib.save(network(), network()), "path is a EQNet"),
        (lambda path: eqlib.save(network(), path, dtype="float16"), "dtype is 'float16'"),
        (lambda path: eqlib.save(network(), path, dtype=np.float16), "dtype is <class 'numpy"),
        (lambda path: eqlib.save(network(), path, dtype=np.dtype("f2")), "dtype is dtype"),
        (lambda path: eqlib.save(network(), path, dtype=torch.int8), r"dtype is torch\.int8"),
        (lambda path: eqlib.save(network(), path, dtype=None), "dtype is None"),
        (lambda path: eqlib.load(3), "path is a int"),
        (lambda path: eqlib.load(path, config=asdict(SMALL)), "config is a dict"),
    ],
)
def test_arguments_of_another_kind_are_refused(call, word, path):
    before = path.read_bytes()
    with pytest.raises(EqlibError, match=word):
        call(path)
    assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]


# --- torch's global modes


@contextlib.contextmanager
def float64_by_default():
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)


@contextlib.contextmanager
def deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize(
    "mode",
    [
        torch.inference_mode,
        torch.no_grad,
        deterministic,
        float64_by_default,
        lambda: torch.autocast("cpu"),
        lambda: torch.device("meta"),
    ],
)
def test_in_any_mode_what_is_loaded_is_a_network_that_can_be_trained(mode, path):
    other = network(seed=1)
    with mode():
        net = eqlib.load(path)
    assert_same(net, network())
    net(torch.ones(1, 1, SMALL.frame)).sum().backward()
    assert net.conv.weight.grad.abs().sum() > 0
    with mode():
        eqlib.save(other, path)
    assert_same(eqlib.load(path), other)


def test_a_network_that_inference_mode_made_is_saved(path):
    with torch.inference_mode():
        net = network(seed=5)
    assert_same(eqlib.load(eqlib.save(net, path)), network(seed=5))


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
