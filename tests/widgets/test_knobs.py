"""The knobs: what the page starts from, what it computes, and what is refused."""

from __future__ import annotations

import base64
import html
import json
import re

import numpy as np
import pytest
import torch

import eqlib
from eqlib import EqlibError, data
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.knobs import NUMBERS, peak_setting
from eqlib.widgets.knobs import Knobs
from nodejs import needs_node, node

SIZES = {"filters": 4, "hidden": 8, "controller": "setting"}
SETTINGS = ({"cutoff_hz": 900, "gain_db": 9, "q": 1.5}, {"cutoff_hz": 250, "gain_db": -7, "q": 0.6})


@pytest.fixture
def net():
    config = ConditionedConfig(**SIZES, settings=NUMBERS, change=True)
    net = ConditionedEQNet(config, seed=3)
    torch.nn.init.normal_(net.controller[-1].weight, std=0.5)
    torch.nn.init.constant_(net.deconv.bias, 0.01)
    return net


@pytest.fixture
def note():
    return data.load(instrument="piano", split="test")[0][:6_000]


def test_its_page_holds_the_network_and_the_note(net, note, tmp_path):
    (state,) = re.findall(r'data-eq-state="(.*?)"', Knobs(net, note)._repr_html_())
    content = json.loads(html.unescape(state))
    path = tmp_path / "network.safetensors"
    path.write_bytes(base64.b64decode(content["network"].split(",", 1)[1]))
    loaded = eqlib.load(path)
    setting = peak_setting(**SETTINGS[0])
    np.testing.assert_array_equal(
        loaded.process(note, setting=setting), net.process(note, setting=setting)
    )


@needs_node
def test_the_page_computes_what_python_does(net, note, tmp_path):
    file = eqlib.save(net, tmp_path / "net.safetensors")
    script = """(async () => {
        const bytes = Uint8Array.from(atob(value.network), (c) => c.charCodeAt(0));
        const network = new knobs.PeakNetwork(await networks.read(bytes.buffer));
        await network.hear(Float32Array.from(value.note));
        return value.settings.map((s) => [knobs.peakNumbers(s), Array.from(network.output(s)),
            network.responseDb(s, value.hz)]);
    })()"""
    content = base64.b64encode(file.read_bytes()).decode()
    hz = [100, 700, 3_000]
    value = {"network": content, "note": note.tolist(), "settings": SETTINGS, "hz": hz}
    for setting, (numbers, output, response_db) in zip(
        SETTINGS, node(tmp_path, script, value), strict=True
    ):
        s = peak_setting(**setting)
        np.testing.assert_allclose(numbers, s, atol=1e-6)
        wanted = net.process(note, setting=s)
        assert np.abs(wanted - note).max() > 0.01 * np.abs(note).max()
        np.testing.assert_allclose(output, wanted, atol=1e-4 * np.abs(note).max())
        assert np.isfinite(response_db).all()


@needs_node
def test_with_still_faders_the_response_is_the_filters(note, tmp_path):
    """Oracle: the impulse response of a network whose latent part is one, whatever it hears."""
    config = ConditionedConfig(**SIZES, settings=NUMBERS, change=True)
    net = ConditionedEQNet(config, seed=3)
    torch.nn.init.normal_(net.controller[-1].weight, std=0.5)
    torch.nn.init.zeros_(net.dense.weight)
    torch.nn.init.constant_(net.dense.bias, float(np.log(np.e - 1)))  # softplus of it is one
    file = eqlib.save(net, tmp_path / "net.safetensors")
    script = """(async () => {
        const bytes = Uint8Array.from(atob(value.network), (c) => c.charCodeAt(0));
        const network = new knobs.PeakNetwork(await networks.read(bytes.buffer));
        await network.hear(Float32Array.from(value.note));
        return value.settings.map((s) => network.responseDb(s, value.hz));
    })()"""
    hz = [100, 700, 3_000, 6_000]
    content = base64.b64encode(file.read_bytes()).decode()
    value = {"network": content, "note": note.tolist(), "settings": SETTINGS, "hz": hz}
    click = torch.zeros(1, 1, 1024)
    click[0, 0, 512] = 1
    turn = np.exp(-2j * np.pi * np.outer(hz, np.arange(1024)) / 16_000)
    for setting, found in zip(SETTINGS, node(tmp_path, script, value), strict=True):
        with torch.no_grad():
            silent = net(torch.zeros(1, 1, 1024), peak_setting(**setting)[None])
            h = (net(click, peak_setting(**setting)[None]) - silent).numpy()[0, 0]
        np.testing.assert_allclose(found, 20 * np.log10(np.abs(turn @ h)), atol=0.02)


def test_what_has_no_knobs_is_refused(note):
    plain = ConditionedEQNet(ConditionedConfig(filters=2))
    with pytest.raises(EqlibError, match="18 numbers|1 numbers of a history"):
        Knobs(plain, note)
    other = ConditionedConfig(**SIZES, settings=NUMBERS)
    with pytest.raises(EqlibError, match="change is False"):
        Knobs(ConditionedEQNet(other), note)
    right = ConditionedConfig(**SIZES, settings=NUMBERS, change=True)
    with pytest.raises(EqlibError, match="peak"):
        Knobs(ConditionedEQNet(right), 10 * note / np.abs(note).max())
