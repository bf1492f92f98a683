"""Figures as SVG: sharp at every size, and, in the book's pages, in the colors of the page.

A notebook gets it beside the bitmap, where the file stays small. Lines and text are drawn as such;
of a picture, such as a spectrogram, only what is within its axes is a bitmap, of two pixels where a
page has one.

Chapters: all of them.
"""

from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from eqlib.errors import checked

SVG = "http://www.w3.org/2000/svg"
LINK = "{http://www.w3.org/1999/xlink}href"
LARGEST_BYTES = 48_000  # the bitmap of a figure takes 9 to 45 thousand in a notebook
PICTURE_DPI = 240  # a figure is 5.6 inches wide, and 672 pixels in a page
NUMBER = r"-?\d*\.?\d+(?:e-?\d+)?"
NUMBERS = ("x", "y", "width", "height", "points", "transform")
DATA = "data:image/png;base64,"


@checked
def svg(figure: Figure) -> str | None:
    """A figure as SVG, or None where it would be a large file.

    Numbers have a decimal of a point; text remains text, in the page's font.
    """
    file = io.BytesIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "eqlib"}):
        figure.savefig(
            file,
            format="svg",
            dpi=PICTURE_DPI,
            facecolor=figure.get_facecolor(),
            metadata={"Date": None},
        )
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", LINK[1:].split("}")[0])
    root = ElementTree.fromstring(file.getvalue())
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    # A style sheet within would hold for the whole page.
    for defs in root.findall(f"{{{SVG}}}defs"):
        for sheet in defs.findall(f"{{{SVG}}}style"):
            defs.remove(sheet)
    root.set("style", "stroke-linejoin: round; stroke-linecap: butt; font-family: sans-serif")
    named = {element.get("id"): _declared(element) for element in root.iter()}
    used = set(re.findall(r'(?:"#|url\(#)(\w+)', file.getvalue().decode()))
    for element in root.iter():
        _shorten(element, used, named)
    text = ElementTree.tostring(root, encoding="unicode")
    return text if len(text.encode()) <= LARGEST_BYTES else None


def _shorten(
    element: ElementTree.Element, used: set[str], named: dict[str | None, dict[str, str]]
) -> None:
    """Leaves out of an element what nobody sees."""
    if element.get("id") not in used:
        element.attrib.pop("id", None)
    for name in NUMBERS:
        # The matrix of an image has small numbers, which are factors and no places.
        if not element.attrib.get(name, "matrix").startswith("matrix"):
            value = element.attrib[name]
            element.set(name, re.sub(NUMBER, lambda number: _short(number[0]), value))
    if "d" in element.attrib:
        element.set("d", _steps(element.attrib["d"]))
    style = _declared(element)
    if element.tag == f"{{{SVG}}}text":
        style.pop("font-family", None)
        if element.get("transform", "").startswith("rotate(0 "):
            del element.attrib["transform"]
    if element.tag == f"{{{SVG}}}use":  # what is used has declared it, and does not inherit it
        for name in named.get(element.get(LINK, "")[1:], {}):
            style.pop(name, None)
    if element.get(LINK, "").startswith(DATA):
        element.set(LINK, DATA + _repacked(element.attrib[LINK][len(DATA) :]))
    element.attrib.pop("style", None)
    if style:
        element.set("style", ";".join(f"{name}:{value}" for name, value in style.items()))
    for side in ("text", "tail"):
        if not (getattr(element, side) or "").strip():
            setattr(element, side, None)


def _declared(element: ElementTree.Element) -> dict[str, str]:
    """What an element's style declares: property -> value."""
    pairs = [each.split(":", 1) for each in element.get("style", "").split(";") if ":" in each]
    return {name.strip(): value.strip() for name, value in pairs}


def _short(number: str | float) -> str:
    """A number with one decimal, or none."""
    return f"{round(float(number), 1) + 0.0:g}"


def _steps(path: str) -> str:
    """A path, from matplotlib's M, L, Q, C and z, as steps from point to point: half as long.

    A step leads from where the steps before have led, so that their roundings do not add up.
    """
    short, last = "", ""
    here = start = np.zeros(2)
    for letter, numbers in re.findall(r"([MLQCz])([^MLQCz]*)", path):
        if letter == "z":
            here, short, last = start, short + "z", "z"
            continue
        points = np.array(re.findall(NUMBER, numbers), float).reshape(-1, 2)
        steps = [_short(value) for value in (points - here).ravel()]
        short += "" if letter == last else letter.lower()
        last = "L" if letter == "M" else letter  # what follows a move without a letter is a line
        for step in steps:
            short += step if short[-1].isalpha() or step[0] == "-" else " " + step
        here = here + np.array(steps[-2:], float)
        start = here if letter == "M" else start
    return short


def _repacked(png: str) -> str:
    """A bitmap in Base64, with its colors in a palette where there are up to 256 of them."""
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")
    pixels = np.asarray(image).reshape(-1, 4)
    colors, places = np.unique(pixels, axis=0, return_inverse=True)
    if len(colors) > 256:
        return "".join(png.split())
    packed = Image.fromarray(places.reshape(image.size[::-1]).astype(np.uint8), "P")
    packed.putpalette(colors.tobytes(), "RGBA")
    file = io.BytesIO()
    packed.save(file, "PNG", optimize=True)
    return base64.b64encode(file.getvalue()).decode()
