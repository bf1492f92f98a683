"""What a figure of matplotlib is made of, as its SVG tells: axes, legends, words, their places.

An SVG of `eqlib.plots.vector` has no names, but each kind of thing has a structure of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from xml.etree import ElementTree

from matplotlib.font_manager import findfont
from PIL import ImageFont

SVG = "{http://www.w3.org/2000/svg}"
Element = ElementTree.Element


@dataclass
class Word:
    """A text: its anchor and its box, in the narrow figure."""

    group: Element
    text: Element
    x: float
    y: float
    width: float
    anchor: str
    was: float

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.x - {"start": 0, "middle": self.width / 2, "end": self.width}[self.anchor]

    @property
    def string(self) -> str:
        """What it says."""
        return "".join(self.text.itertext())

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width


@dataclass
class Axes:
    """The frame of axes, and what becomes of it."""

    element: Element
    left: float
    right: float
    top: float
    bottom: float
    scale: float = 1.0
    start: float = 0.0
    words: list[Word] = field(default_factory=list)
    under: list[Word] = field(default_factory=list)

    def x(self, x: float) -> float:
        """Where a place beside, above or within these axes goes to."""
        within = min(max(x, self.left), self.right) - self.left
        return self.start + within * self.scale + min(x - self.left, 0) + max(x - self.right, 0)


def frame(element: Element) -> Axes | None:
    """The axes that an element is: its first child is a rectangle, which is their ground."""
    ground = element.find(f"{SVG}g/{SVG}path")
    if ground is None or element[0].find(f"{SVG}path") is not ground or len(element) < 3:
        return None
    if is_legend(element):
        return None
    steps = [float(number) for number in re.findall(r"-?[\d.]+", ground.get("d", ""))]
    if len(steps) < 8:
        return None
    left, bottom, across, up = steps[0], steps[1], steps[2], steps[5]
    return Axes(element, left, left + across, bottom + up, bottom, start=left)


def is_legend(element: Element) -> bool:
    """Whether an element is pairs of a line and a name."""
    named = [child.find(f"{SVG}text") is not None for child in element]
    drawn = [child.find(f"{SVG}path") is not None for child in element]
    either = all(one or other for one, other in zip(named, drawn, strict=True))
    return either and len(named) > 1 and not named[0] and named[-1]


def entries_of(legend: Element) -> list[tuple[list[Element], list[Word], float]]:
    """The entries of a legend: their elements, their names, and where they begin."""
    entries: list[tuple[list[Element], list[Word], float]] = []
    elements: list[Element] = []
    for child in legend:
        elements.append(child)
        words = words_of(child)
        if words:
            line = elements[0].find(f".//{SVG}path")
            start = re.match(r"m(-?[\d.]+)", line.get("d", "")) if line is not None else None
            left = float(start[1]) if start else words[0].left
            entries.append((elements, words, left))
            elements = []
    return entries


def words_of(element: Element) -> list[Word]:
    """The texts of an element, each with the group that it is moved by."""
    found = []
    for group in element.iter(f"{SVG}g"):
        formula = len(group) == 1 and group[0].tag == group.tag and group[0].get("transform")
        inner = group[0] if formula else group
        text = inner.find(f"{SVG}text")
        if text is None or group.get("transform"):
            continue
        shift = re.match(r"translate\((-?[\d.]+) (-?[\d.]+)", inner.get("transform", ""))
        x, y = (float(text.get(name, "0")) for name in "xy")
        if shift:
            x, y = x + float(shift[1]), y + float(shift[2])
        anchor = re.search(r"text-anchor:(\w+)", text.get("style", ""))
        length = measured("".join(text.itertext()))
        found.append(Word(group, text, x, y, length, anchor[1] if anchor else "start", x))
    return found


@cache
def measured(text: str) -> float:
    """How wide a text is, in points, in the wide letters that matplotlib has by default."""
    return font().getlength(text) / 10


@cache
def font() -> ImageFont.FreeTypeFont:
    """The font that comes with matplotlib, ten times as large as in figures."""
    return ImageFont.truetype(findfont("DejaVu Sans"), 105)


def move(element: Element, across: float, down: float) -> None:
    """Tells where an element stands in the narrow figure."""
    if abs(across) >= 0.05 or abs(down) >= 0.05:
        declare(element, f"--eq-move:translate({across:.1f}px,{down:.1f}px)", "eq-moved")


def declare(element: Element, variable: str, name: str = "") -> None:
    """Adds a variable to an element's style, and a name to its class."""
    style = ";".join(filter(None, [element.get("style"), variable]))
    names = " ".join(filter(None, [element.get("class"), name]))
    for key, value in (("style", style), ("class", names)):
        if value:
            element.set(key, value)
