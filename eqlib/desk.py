"""The EQ desk: an equalizer that is drawn, dragged and heard, in Jupyter and in the book's page.

    from eqlib.desk import EQDesk

    desk = EQDesk(EQ.low_shelf(cutoff_hz=500, gain_db=10), sounds={"piano": note})
    desk                 # the last line of a cell shows it
    pairs = eqlib.pair(notes, desk.eq)

In the rendered book, where no Python runs, the same desk runs by itself in the reader's browser.

Chapter: the tour (book/tour.ipynb).
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import anywidget
import soundfile as sf
import traitlets

from eqlib.biquad import Biquad
from eqlib.errors import EqlibError, check_sample_rate
from eqlib.filters import EQ, REFERENCE
from eqlib.fir import FIR, Curve
from eqlib.named import Audio, as_clips
from eqlib.players import MP3_RATES
from eqlib.targets import TARGETS

PAGE = Path(__file__).resolve().parent / "page"
PRESETS = ("low-shelf", "peaking", "highpass", "lowpass", "air", "vocal-chain", "drawn-curve")
TAPS = 129  # of a drawn curve, as in page/curve.js


def module(name: str) -> str:
    """One of the page's ES modules, with all that it imports, as a single one.

    A page loads a module's neighbors by itself; a notebook gets the text of one module only.
    """
    source = (PAGE / f"{name}.js").read_text(encoding="utf-8")
    imported = re.findall(r'^import .* from "\./(\w+)\.js";\n', source, flags=re.MULTILINE)
    source = re.sub(r"^import .*\n", "", source, flags=re.MULTILINE)
    parts: dict[str, None] = {}
    for other in imported:
        text = re.sub(r"^export ", "", module(other), flags=re.MULTILINE)
        parts |= dict.fromkeys(text.strip().split("\n\n"))  # what two of them import comes once
    return "\n\n".join([*parts, source])


class EQDesk(anywidget.AnyWidget):
    """An equalizer with a handle for each band, or each point of a curve: seen, moved and heard.

    Args:
        eq: what it shows first: biquads, or one drawn curve of minimum phase and 129 taps.
        sounds: name -> (samples,), clips to hear it on, at the equalizer's sample rate.

    Attributes:
        eq: the equalizer as it is set now, without bypassed bands. Setting it moves the handles.

    Raises:
        EqlibError: for an equalizer that has other FIR stages, or sounds that no player takes.
    """

    _esm = module("desk")
    _css = (PAGE / "desk.css").read_text(encoding="utf-8")
    bands = traitlets.List(traitlets.Dict()).tag(sync=True)
    curve = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    sample_rate = traitlets.Int().tag(sync=True)
    sounds = traitlets.Dict().tag(sync=True)
    presets = traitlets.Dict().tag(sync=True)

    def __init__(self, eq: EQ | None = None, *, sounds: Mapping[str, Audio] | None = None) -> None:
        eq = REFERENCE["low-shelf"] if eq is None else eq
        rate = eq.sample_rate
        presets = {name: _state(TARGETS[name]) for name in PRESETS} if rate == 16_000 else {}
        super().__init__(
            **_state(eq),
            sample_rate=rate,
            sounds=_addresses(sounds, rate) if sounds else {},
            presets=presets,
        )

    @property
    def eq(self) -> EQ:
        """The equalizer as it is set now."""
        if self.curve is not None:
            return EQ.drawn(**self.curve, taps=TAPS, phase="minimum", sample_rate=self.sample_rate)
        settings = [dict(band) for band in self.bands if not band.get("bypass")]
        for band in settings:
            band.pop("bypass", None)
        return EQ(tuple(Biquad(**band) for band in settings), self.sample_rate)

    @eq.setter
    def eq(self, eq: EQ) -> None:
        check_sample_rate("the equalizer", eq.sample_rate, self.sample_rate)
        with self.hold_sync():  # both at once, or the page would draw a mixture
            for name, value in _state(eq).items():
                setattr(self, name, value)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The live widget, and the same desk for a page without Python."""
        bundle = super()._repr_mimebundle_(**options)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/html"] = self._repr_html_()
        data["text/plain"] = f"EQDesk: {self.eq}"
        return bundle

    def _repr_html_(self) -> str:
        state = {
            name: getattr(self, name) for name in ("bands", "sample_rate", "sounds", "presets")
        }
        return (
            f'<div class="eq-desk" data-eq-desk="{html.escape(json.dumps(state))}">'
            f"<p>An equalizer desk, set to: {html.escape(str(self.eq))}. To move it, run this "
            "cell, or open the book's page.</p></div>"
        )


def _state(eq: EQ) -> dict[str, Any]:
    """An equalizer as the page's bands and curve."""
    if all(isinstance(stage, Biquad) for stage in eq.stages):
        return {"bands": [asdict(stage) | {"bypass": False} for stage in eq.stages], "curve": None}
    (stage, *others) = eq.stages
    curve = stage.target[0] if isinstance(stage, FIR) and len(stage.target) == 1 else None
    if others or not isinstance(curve, Curve) or (stage.taps, stage.phase) != (TAPS, "minimum"):
        raise EqlibError(
            f"the equalizer is {eq}",
            f"biquads only, or one drawn curve of minimum phase and {TAPS} taps",
            "Other FIR filters have nothing to drag; look at them with plots.responses.",
        )
    return {"bands": [], "curve": {name: list(values) for name, values in asdict(curve).items()}}


def _addresses(sounds: Mapping[str, Audio], sample_rate: int) -> dict[str, str]:
    """Each sound as a data URI."""
    clips = as_clips("sounds", sounds, sample_rate=sample_rate)
    kind, media_type = ("MP3", "audio/mpeg") if sample_rate in MP3_RATES else ("FLAC", "audio/flac")
    addresses = {}
    for name, clip in zip(clips.names, clips, strict=True):
        file = io.BytesIO()
        sf.write(file, clip, sample_rate, format=kind)
        addresses[name] = f"data:{media_type};base64,{base64.b64encode(file.getvalue()).decode()}"
    return addresses
