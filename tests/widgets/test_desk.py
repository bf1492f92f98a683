"""The EQ desk from Python: its equalizer, both ways, and its form for a page."""

from __future__ import annotations

import base64
import html
import io
import json
import re

import numpy as np
import pytest
import soundfile as sf

from eqlib import EQ, EqlibError
from eqlib.equalizers.targets import TARGETS
from eqlib.widgets.desk import EQDesk
from eqlib.widgets.drawing import PRESETS

CHAIN = EQ.low_shelf(cutoff_hz=200, gain_db=-3, slope=0.5) + EQ.notch(cutoff_hz=1_000, q=4)
TONE = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32) / 4


def test_the_equalizer_goes_in_and_comes_out_the_same():
    assert EQDesk(CHAIN).eq == CHAIN
    desk = EQDesk()
    assert desk.eq == TARGETS["low-shelf"]
    desk.eq = CHAIN
    assert desk.eq == CHAIN
    assert [band["kind"] for band in desk.bands] == ["low_shelf", "notch"]
    desk.eq = EQ.flat()
    assert desk.bands == []
    desk.eq = TARGETS["drawn-curve"]
    assert desk.eq == TARGETS["drawn-curve"]
    assert desk.curve["gains_db"] == [3, 6, -5, 2, -4, 5]
    desk.eq = CHAIN
    assert (desk.eq, desk.curve) == (CHAIN, None)


def test_what_the_page_sends_becomes_an_equalizer():
    """The browser's numbers are JavaScript's: 500.0 arrives as 500."""
    desk = EQDesk()
    peak = {"kind": "peaking", "cutoff_hz": 500, "gain_db": 6, "q": 1, "slope": None}
    desk.bands = [peak | {"bypass": False}, peak | {"cutoff_hz": 900, "bypass": True}]
    assert desk.eq == EQ.peaking(cutoff_hz=500, gain_db=6, q=1)
    desk.bands = [*desk.bands, peak]
    assert len(desk.eq.stages) == 2


def test_the_presets_are_the_books_targets():
    for name, state in EQDesk().presets.items():
        desk = EQDesk()
        desk.bands, desk.curve = state["bands"], state["curve"]
        assert desk.eq == TARGETS[name]
    assert set(EQDesk().presets) == set(PRESETS)
    assert EQDesk(EQ.lowpass(cutoff_hz=500, sample_rate=44_100)).presets == {}


def test_a_page_gets_the_whole_state():
    desk = EQDesk(CHAIN, sounds={'a "tone"': TONE})
    (state,) = re.findall(r'data-eq-state="([^"]*)"', desk._repr_html_())
    state = json.loads(html.unescape(state))
    assert state["bands"] == desk.bands
    assert state["sample_rate"] == 16_000
    media_type, data = state["sounds"]['a "tone"'].split(";base64,")
    assert media_type == "data:audio/mpeg"
    audio, rate = sf.read(io.BytesIO(base64.b64decode(data)))
    assert rate == 16_000
    assert np.abs(np.fft.rfft(audio)).argmax() * rate / len(audio) == pytest.approx(440, abs=2)
    bundle = desk._repr_mimebundle_()[0]
    assert {"text/html", "application/vnd.jupyter.widget-view+json"} <= bundle.keys()


def test_a_sound_above_full_scale_is_turned_down_and_says_so():
    sounds = EQDesk(sounds={"hot": 8 * TONE, "fine": TONE}).sounds
    assert list(sounds) == ["hot, turned down by 6.0 dB", "fine"]
    file = base64.b64decode(sounds["hot, turned down by 6.0 dB"].split(";base64,")[1])
    audio, _ = sf.read(io.BytesIO(file))
    inside = audio[2_000:14_000]
    power = np.abs(np.fft.rfft(inside * np.hanning(len(inside)))) ** 2
    third = round(1_320 * len(inside) / 16_000)  # where clipping would add a partial
    assert power[third - 5 : third + 5].max() < 1e-5 * power.max()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: EQDesk(CHAIN.fir(taps=65)), "biquads only"),
        (lambda: EQDesk(CHAIN, sounds={"stereo": np.ones((2, 8))}), "stereo"),
        (lambda: setattr(EQDesk(), "eq", EQ.flat(sample_rate=8_000)), "8000 Hz"),
        (lambda: setattr(EQDesk(), "eq", TARGETS["drawn-curve"] + CHAIN), "biquads only"),
        (lambda: EQDesk(TARGETS["low-shelf-fir-linear"]), "nothing to drag"),
        (lambda: EQDesk("low shelf"), "'low shelf'; expected an EQ"),
        (lambda: setattr(EQDesk(), "eq", None), "is None"),
    ],
)
def test_what_it_cannot_show_is_refused(make, message):
    with pytest.raises(EqlibError, match=message):
        make()
