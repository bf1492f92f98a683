"""Networks as ONNX files, run by onnxruntime, against torch."""

from __future__ import annotations

import contextlib
import json
import sys

import numpy as np
import onnxruntime
import pytest
import torch

import eqlib
from eqlib import EqlibError, EQNet, EQNetConfig, data, frames
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.onnx_export import export_onnx

SMALL = {"frame": 256, "hop": 128, "filters": 8, "kernel": 17, "local_kernel": 30, "pool": 16}


def cut(note, config):
    window = frames.window(config.window, config.frame)
    rows = torch.from_numpy(note.astype(np.float64))
    return (frames.cut(rows, frame=config.frame, hop=config.hop) * window).float().unsqueeze(1)


@pytest.mark.parametrize("name", ["low-shelf", "peaking-long"])
def test_a_shipped_network_is_the_same_in_onnx(name, tmp_path):
    net = eqlib.pretrained(name)
    session = onnxruntime.InferenceSession(export_onnx(net, tmp_path / "net.onnx"))
    facts = session.get_modelmeta().custom_metadata_map
    told = {name: facts[name] for name in ("sample_rate", "frame", "hop", "window")}
    assert told == {name: str(getattr(net.config, name)) for name in told}
    assert json.loads(facts["target"]) == net.info["target"]
    for clip in ("piano/sal_Fs4_v10", "piano/sal_Ds7_v16"):
        x = cut(data.load(instrument="piano", split="test")[clip], net.config)
        (y,) = session.run(None, {"x": x.numpy()})
        with torch.no_grad():
            np.testing.assert_allclose(y, net(x), atol=1e-4 * float(x.abs().max()))
        (one,) = session.run(None, {"x": x[3:4].numpy()})
        np.testing.assert_allclose(one[0], y[3], atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


@pytest.mark.parametrize(
    "changes", [{}, {"orientation": "adjoint"}, {"rectifier": "square"}, {"kernel": 16}]
)
def test_any_network_is_exported_and_left_as_it_was(changes, tmp_path):
    config = EQNetConfig(**SMALL | changes)
    net = EQNet(config, seed=3).double().train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    session = onnxruntime.InferenceSession(export_onnx(net, tmp_path / "net.onnx"))
    x = torch.randn(3, 1, config.frame, generator=torch.Generator().manual_seed(0))
    (y,) = session.run(None, {"x": x.numpy()})
    with torch.no_grad():
        np.testing.assert_allclose(y, net(x.double()), atol=1e-5)
    assert net.training
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())


@pytest.mark.parametrize("change", [True, False])
def test_a_setting_is_a_second_input(change, tmp_path):
    config = ConditionedConfig(**SMALL, controller="setting", settings=3, change=change)
    net = ConditionedEQNet(config, seed=3)
    generator = torch.Generator().manual_seed(0)
    torch.nn.init.normal_(net.controller[-1].weight, std=0.3, generator=generator)
    session = onnxruntime.InferenceSession(export_onnx(net, tmp_path / "net.onnx"))
    x = torch.randn(3, 1, config.frame, generator=generator)
    s = torch.randn(3, 3, generator=generator)
    for n in (3, 1):
        (y,) = session.run(None, {"x": x[:n].numpy(), "s": s[:n].numpy()})
        with torch.no_grad():
            np.testing.assert_allclose(y, net(x[:n], s[:n]), atol=1e-5)


def test_a_spectrum_is_a_second_input(tmp_path):
    net = ConditionedEQNet(ConditionedConfig(**SMALL, controller="spectrum"), seed=3)
    generator = torch.Generator().manual_seed(0)
    torch.nn.init.normal_(net.controller[-1].weight, std=0.05, generator=generator)
    session = onnxruntime.InferenceSession(export_onnx(net, tmp_path / "net.onnx"))
    x = torch.randn(3, 1, net.config.frame, generator=generator)
    s = torch.randn(3, 21, generator=generator)
    (y,) = session.run(None, {"x": x.numpy(), "s": s.numpy()})
    with torch.no_grad():
        assert not torch.allclose(net(x, s), net(x, 0 * s), atol=1e-2)
        np.testing.assert_allclose(y, net(x, s), atol=1e-5)


@contextlib.contextmanager
def every_mode():
    """All the modes of torch that somebody may have switched on, at once."""
    torch.set_default_dtype(torch.float64)
    torch.use_deterministic_algorithms(True)
    try:
        with torch.inference_mode(), torch.autocast("cpu"), torch.device("meta"):
            yield
            assert torch.get_default_dtype() == torch.float64
            assert torch.are_deterministic_algorithms_enabled()
            assert torch.is_inference_mode_enabled() and torch.is_autocast_enabled("cpu")
    finally:
        torch.set_default_dtype(torch.float32)
        torch.use_deterministic_algorithms(False)


def test_the_file_is_the_same_whatever_mode_torch_is_in(tmp_path):
    config = EQNetConfig(**SMALL)
    with torch.inference_mode():
        net = EQNet(config, seed=3)
    with every_mode():
        export_onnx(net, tmp_path / "net.onnx")
    export_onnx(EQNet(config, seed=3), tmp_path / "usual.onnx")
    x = torch.randn(3, 1, config.frame, generator=torch.Generator().manual_seed(0)).numpy()
    sessions = [onnxruntime.InferenceSession(tmp_path / f"{n}.onnx") for n in ("net", "usual")]
    np.testing.assert_array_equal(*(session.run(None, {"x": x})[0] for session in sessions))


def test_what_cannot_be_exported_is_refused(tmp_path, monkeypatch):
    with pytest.raises(EqlibError, match="unpooling is 'position'"):
        export_onnx(EQNet(EQNetConfig(**SMALL, unpooling="position")), tmp_path / "net.onnx")
    (tmp_path / "file").write_text("here")
    with pytest.raises(EqlibError, match="cannot be written"):
        export_onnx(EQNet(EQNetConfig(**SMALL)), tmp_path / "file" / "net.onnx")
    net = EQNet(EQNetConfig(**SMALL))
    for wrong in ("net.onnx", net.state_dict(), type("Other", (EQNet,), {})(net.config)):
        with pytest.raises(EqlibError, match="net is a .*The network comes first"):
            export_onnx(wrong, tmp_path / "net.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)  # to an import, as if it were not installed
    command = r'^onnx cannot be imported.*pip install onnx\. .*pip install "\.\[onnx\]"'
    with pytest.raises(EqlibError, match=command):
        export_onnx(EQNet(EQNetConfig(**SMALL)), tmp_path / "net.onnx")
