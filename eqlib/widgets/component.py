"""What the page's components have in common: one module of JavaScript, shown in two ways.

In Jupyter, Colab and VS Code a component is a widget, tied to Python by anywidget. In the rendered
book, where no Python runs, `page.js` finds the component's place and its state in the page and
mounts the same module there.

Chapter: "How to run this book".
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import soundfile as sf

from eqlib.named import Audio, as_clips

PAGE = Path(__file__).resolve().parent / "page"
HOW_TO_USE = "To use it, run this cell in Jupyter, or open the book's page."
MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


def module(name: str) -> str:
    """One of the page's ES modules, linked with all that it imports into a single one.

    A page loads a module's neighbors by itself; a notebook gets the text of one module only. Each
    neighbor becomes a function that runs once and returns what it exports.
    """
    linked = []
    for each in _in_order(name, []):
        source = (PAGE / f"{each}.js").read_text(encoding="utf-8")
        source = re.sub(r"^import {(.+?)} from \"\./(\w+)\.js\";$", _take, source, flags=re.M)
        if each != name:
            exported = re.findall(
                r"^export (?:async )?(?:function|class|const|let) (\w+)", source, flags=re.M
            )
            source = re.sub(r"^export default", "const standalone =", source, flags=re.M)
            source = re.sub(r"^export ", "", source, flags=re.M)
            taken = ", ".join(exported)
            source = f"const {each}Module = (() => {{\n{source}return {{ {taken} }};\n}})();"
        linked.append(source.strip())
    return "\n\n".join(linked) + "\n"


class Component(anywidget.AnyWidget):
    """A widget that has a second form, for a page without Python.

    Subclasses name their module in `_esm`, and say in `_page_state` and `_words` what the page's
    form starts from, and what stands there before it runs.
    """

    _name = ""

    def __init__(self, **traits: Any) -> None:
        if on_colab():
            from google.colab import output  # anywidget's components are custom widgets there

            output.enable_custom_widget_manager()
        super().__init__(**traits)

    def _page_state(self) -> dict[str, Any]:
        raise NotImplementedError

    def _words(self) -> str:
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> Any:
        """The live widget, and the same component for a page without Python."""
        bundle = super()._repr_mimebundle_(**options)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/html"] = self._repr_html_()
        data["text/plain"] = f"{type(self).__name__}: {self._words()}"
        return bundle

    def _repr_html_(self) -> str:
        state = html.escape(json.dumps(self._page_state(), allow_nan=False))
        words = html.escape(self._words())
        return (
            f'<div class="eq-component eq-{self._name}" data-eq-component="{self._name}" '
            f'data-eq-state="{state}"><p>{words}</p></div>'
        )


def styles(*names: str) -> str:
    """The style sheets of some components, for a notebook."""
    return "\n".join((PAGE / f"{name}.css").read_text(encoding="utf-8") for name in names)


def on_colab() -> bool:
    """Whether this runs in a Colab notebook."""
    return "google.colab" in sys.modules


def addresses(sounds: Mapping[str, Audio], *, sample_rate: int) -> dict[str, str]:
    """Each sound as a data URI: MP3, or FLAC at a rate that MP3 does not have.

    Raises:
        EqlibError: for sounds that no player takes.
    """
    made = {}
    clips = as_clips("sounds", sounds, sample_rate=sample_rate)
    for name, clip in zip(clips.names, clips, strict=True):
        media_type, file = encode(clip, sample_rate=sample_rate)
        made[name] = f"data:{media_type};base64,{base64.b64encode(file).decode()}"
    return made


def encode(audio: np.ndarray, *, sample_rate: int) -> tuple[str, bytes]:
    """A sound as a file that browsers play, and its media type.

    MP3 of variable bit rate; FLAC, at twice the size, where MP3 has not got the rate.
    """
    mp3 = "MP3" in sf.available_formats() and sample_rate in MP3_RATES
    kind, media_type = ("MP3", "audio/mpeg") if mp3 else ("FLAC", "audio/flac")
    file = io.BytesIO()
    sf.write(file, audio, sample_rate, format=kind)
    return media_type, file.getvalue()


def _take(found: re.Match[str]) -> str:
    """An import statement, as taking from a neighbor that is in the same text."""
    return f"const {{{found[1].replace(' as ', ': ')}}} = {found[2]}Module;"


def _in_order(name: str, found: list[str]) -> list[str]:
    """A module after all that it imports, and they after what they import."""
    source = (PAGE / f"{name}.js").read_text(encoding="utf-8")
    for other in re.findall(r'^import .+ from "\./(\w+)\.js";$', source, flags=re.M):
        if other not in found:
            _in_order(other, found)
    found.append(name)
    return found
