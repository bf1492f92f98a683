"""The faders' widget: what its page starts from, and what it refuses."""

from __future__ import annotations

import base64
import html
import io
import json
import re

import numpy as np
import pytest
import soundfile as sf

import eqlib
from eqlib import EqlibError, EQNet, EQNetConfig, data
from eqlib.widgets.faders import Faders


@pytest.fixture
def note():
    return data.load(instrument="piano", split="test")[0][:16_000]


def content(address):
    return base64.b64decode(address.split(",", 1)[1])


def test_its_page_holds_the_network_and_the_note(note, tmp_path):
    net = EQNet(EQNetConfig(filters=4), seed=3)
    page = Faders(net, note)._repr_html_()
    (state,) = re.findall(r'data-eq-state="(.*?)"', page)
    state = json.loads(html.unescape(state))
    path = tmp_path / "network.safetensors"
    path.write_bytes(content(state["networks"]["the network"]))
    np.testing.assert_array_equal(eqlib.load(path).process(note), net.process(note))
    audio, rate = sf.read(io.BytesIO(content(state["sound"])))
    assert rate == net.config.sample_rate
    np.testing.assert_allclose(audio, note, atol=1e-4)


def test_what_cannot_be_opened_is_refused(note):
    net = EQNet(EQNetConfig(filters=2))
    by_place = EQNet(EQNetConfig(filters=2, unpooling="position"))
    with pytest.raises(EqlibError, match="position"):
        Faders(by_place, note)
    with pytest.raises(EqlibError, match="11.0 s"):
        Faders(net, np.tile(note, 11))
    with pytest.raises(EqlibError, match="peak"):
        Faders(net, 10 * note / np.abs(note).max())
