"""A network with frozen faders: a kind of network, that is saved, loaded, copied and trained."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import onnxruntime
import pytest
import torch

import eqlib
from eqlib import EQ, EqlibError, EQNet, EQNetConfig
from eqlib.analysis import channels
from eqlib.data.clips import Clips
from eqlib.networks.onnx_export import export_onnx

SMALL = EQNetConfig(frame=256, hop=128, filters=8, kernel=16, local_kernel=32, pool=16)
AUDIO = np.random.default_rng(0).uniform(-1, 1, 3_000).astype(np.float32)
GAINS = np.random.default_rng(1).uniform(0, 2, (8, 16)).astype(np.float32)


def network() -> EQNet:
    net = EQNet(SMALL, seed=3)
    net.info = {"target": None, "notes": ["a"]}
    return net


def test_a_frozen_network_is_what_it_was_when_it_comes_back(tmp_path):
    frozen = channels.frozen(network(), GAINS)
    back = eqlib.load(eqlib.save(frozen, tmp_path / "net.safetensors"), config=SMALL)
    assert type(back) is channels.FrozenEQNet and back.info == frozen.info
    assert torch.equal(back.gains, torch.from_numpy(GAINS))
    np.testing.assert_array_equal(back.process(AUDIO), frozen.process(AUDIO))
    assert np.abs(back.process(AUDIO) - network().process(AUDIO)).max() > 0.01


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))])
def test_a_copy_is_frozen_too_and_stands_by_itself(copied):
    frozen = channels.frozen(network(), GAINS)
    expected, twin = frozen.process(AUDIO), copied(frozen)
    np.testing.assert_array_equal(twin.process(AUDIO), expected)
    with torch.no_grad():
        frozen.gains.zero_()
    np.testing.assert_array_equal(twin.process(AUDIO), expected)


def test_the_network_it_was_made_of_stays_as_it_was():
    net = network().double().eval()
    net.conv.weight.requires_grad_(False)
    before = net.process(AUDIO)
    frozen = channels.frozen(net, GAINS)
    assert frozen.gains.dtype == frozen.conv.weight.dtype == torch.float64
    assert not frozen.training and not frozen.conv.weight.requires_grad
    assert frozen.conv.bias.requires_grad
    with torch.no_grad():
        frozen.conv.weight.zero_()
    frozen.info["notes"].append("b")
    np.testing.assert_array_equal(net.process(AUDIO), before)
    assert net.info["notes"] == ["a"] and type(net) is EQNet


def test_faders_are_the_same_for_every_frame_and_frozen_again():
    frozen = channels.frozen(network(), GAINS)
    heard = channels.faders(frozen, AUDIO)
    np.testing.assert_array_equal(heard, np.broadcast_to(GAINS, heard.shape))
    again = channels.frozen(frozen, GAINS[:, :1])
    np.testing.assert_array_equal(again.gains, np.repeat(GAINS[:, :1], 16, 1))


def test_training_moves_all_but_the_faders_and_goes_on_where_it_stopped(tmp_path):
    clips = Clips.from_arrays([AUDIO], sample_rate=16_000)
    pairs = eqlib.pair(clips, EQ.lowpass(cutoff_hz=500))
    nets = [channels.frozen(network(), GAINS) for _ in range(2)]
    eqlib.train(nets[0], pairs, pairs, steps=3, folder=tmp_path, progress=False)
    assert torch.equal(nets[0].gains, torch.from_numpy(GAINS))
    assert not torch.equal(nets[0].conv.weight, network().conv.weight)
    best = eqlib.load(tmp_path / "train-best.safetensors")
    np.testing.assert_array_equal(best.process(AUDIO), nets[0].process(AUDIO))
    again = {"steps": 3, "folder": tmp_path, "resume": True, "progress": False}
    eqlib.train(nets[1], pairs, pairs, **again)
    assert torch.equal(nets[1].conv.weight, nets[0].conv.weight)
    with pytest.raises(EqlibError, match="of a network of the class FrozenEQNet; expected EQNet"):
        eqlib.train(network(), pairs, pairs, **again)


def test_a_frozen_network_is_the_same_in_onnx(tmp_path):
    frozen = channels.frozen(network(), GAINS)
    session = onnxruntime.InferenceSession(export_onnx(frozen, tmp_path / "net.onnx"))
    x = torch.randn(3, 1, 256, generator=torch.Generator().manual_seed(0))
    (y,) = session.run(None, {"x": x.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(y, frozen(x), atol=1e-5)


class Other(EQNet):
    pass


@pytest.mark.parametrize(
    ("net", "gains", "word"),
    [
        (EQNet(SMALL), GAINS[:3], r"shape \(3, 16\)"),
        (EQNet(SMALL), GAINS[:, 0], r"shape \(8,\)"),
        (EQNet(SMALL), 1.0, r"shape \(\)"),
        (EQNet(SMALL), np.full((8, 16), np.nan), "NaN"),
        (EQNet(SMALL), np.full((8, 16), 1e39), "too large"),
        (EQNet(SMALL), GAINS.astype(complex), "complex"),
        (EQNet(SMALL), np.full((8, 1), "x"), "holds <U1"),
        (Other(SMALL), GAINS, "net is a Other"),
        (GAINS, EQNet(SMALL), "net is a ndarray"),
    ],
)
def test_what_cannot_be_frozen_is_refused(net, gains, word):
    with pytest.raises(EqlibError, match=word):
        channels.frozen(net, gains)


def test_gains_may_be_a_list():
    frozen = channels.frozen(network(), GAINS.tolist())
    assert torch.equal(frozen.gains, torch.from_numpy(GAINS))
