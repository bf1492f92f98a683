"""Networks as ONNX files that take whole signals, run by onnxruntime, against `process`."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pytest

import eqlib
from eqlib import EqlibError, EQNet, EQNetConfig
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.onnx_export import export_onnx

SMALL = {"frame": 64, "hop": 32, "filters": 4, "kernel": 8, "local_kernel": 16, "pool": 16}
CASES = {
    "hann": {},
    "four hops": {"hop": 16},
    "rectangular": {"window": "rectangular", "hop": 64},
}


def noise(*shape):
    return np.random.default_rng(0).uniform(-0.5, 0.5, shape).astype(np.float32)


@pytest.mark.parametrize("case", CASES)
def test_a_whole_signal_is_what_process_makes_of_it(case, tmp_path):
    net = EQNet(EQNetConfig(**SMALL | CASES[case]), seed=3)
    session = onnxruntime.InferenceSession(export_onnx(net, tmp_path / "net.onnx", whole=True))
    for channels, samples in ((1, 1), (1, 31), (2, 64), (2, 65), (3, 1_000), (1, 5_000)):
        x = noise(channels, samples)
        (y,) = session.run(None, {"x": x})
        assert y.shape == x.shape
        np.testing.assert_allclose(y, net.process(x), rtol=0, atol=1e-6)


def test_a_shipped_network_takes_whole_signals_and_says_what_it_is(tmp_path):
    net = eqlib.pretrained("low-shelf")
    session = onnxruntime.InferenceSession(export_onnx(net, tmp_path / "net.onnx", whole=True))
    x = noise(2, 20_000)
    (y,) = session.run(None, {"x": x})
    np.testing.assert_allclose(y, net.process(x), rtol=0, atol=1e-5)
    facts = session.get_modelmeta().custom_metadata_map
    told = {name: facts[name] for name in ("sample_rate", "frame", "hop", "window")}
    assert told == {name: str(getattr(net.config, name)) for name in told}
    assert json.loads(facts["target"]) == net.info["target"] and "whole" in facts["form"]


def test_a_network_that_hears_a_setting_takes_frames(tmp_path):
    config = ConditionedConfig(**SMALL, controller="setting", settings=3)
    with pytest.raises(EqlibError, match="hears a setting"):
        export_onnx(ConditionedEQNet(config), tmp_path / "net.onnx", whole=True)
    assert not list(tmp_path.iterdir())
