"""Responses as small SVG pictures, each with its words: what a report shows of an answer.

They are written here and not by matplotlib, which a plain installation does not have. Colors and
line styles are those of the book's figures.

Chapters: all that have exercises.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np

from eqlib.errors import checked
from eqlib.exercises.curves import hertz
from eqlib.exercises.showing import OWN, TARGET, curve_hz

WIDTH, HEIGHT = 560, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 10, 44
TICKS_HZ = (50, 100, 200, 500, 1_000, 2_000, 5_000)
TOLD_HZ = (100, 500, 2_000, 6_000)
SMALLEST_SPAN_DB, LARGEST_SPAN_DB = 12.0, 60.0
STYLE = (
    f".{TARGET}{{stroke:light-dark(#0072b2,#5ab4ec)}}"
    f".{OWN}{{stroke:light-dark(#d55e00,#ff9a4d);stroke-dasharray:7 4}}"
    "svg{width:100%;height:auto;font:14px system-ui,sans-serif;fill:currentColor}"
    "svg path{fill:none;stroke-width:2.5}svg line{stroke:#8886}"
)
LINES = {OWN: "dashed", TARGET: "solid"}


@checked
def response_svg(curves: Mapping[str, Sequence[float]]) -> str:
    """Responses as an SVG picture with a description; "" if there are none.

    Args:
        curves: gains in dB at `curve_hz()`, by name: "answer", "target".
    """
    drawn = {n: np.asarray(curves[n]) for n in (TARGET, OWN) if _is_curve(curves.get(n))}
    if not drawn:
        return ""
    low_db, high_db, step_db = _range_db(list(drawn.values()))
    x = _across(curve_hz())
    parts = [
        f'<svg role="img" viewBox="0 0 {WIDTH} {HEIGHT}" aria-label="{html.escape(_words(drawn))}">'
    ]
    for level_db in np.arange(low_db, high_db + step_db / 2, step_db):
        height = float(_up(level_db, low_db, high_db))
        ends = f'y1="{height:.1f}" y2="{height:.1f}"'
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" {ends}/>')
        parts.append(_text(LEFT - 6, height + 5, f"{level_db:.0f}".replace("-", "−"), "end"))
    for hz in TICKS_HZ:
        at = float(_across(hz))
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(_text(at, HEIGHT - BOTTOM + 18, f"{hz:,}", "middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "frequency (Hz)", "middle"))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    turned = f'transform="rotate(-90 14 {middle:.0f})"'
    parts.append(_text(14, middle, "gain (dB)", "middle", turned))
    for name, gain_db in drawn.items():
        y = _up(np.clip(gain_db, low_db, high_db), low_db, high_db)
        points = "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y, strict=True))
        parts.append(f'<path class="{name}" d="M{points}"/>')
    return "".join([*parts, "</svg>"])


@checked
def caption(curves: Mapping[str, Sequence[float]]) -> str:
    """Which line is which."""
    drawn = [name for name in (OWN, TARGET) if _is_curve(curves.get(name))]
    return ", ".join(f"{LINES[name]}: {name}" for name in drawn)


def _is_curve(gain_db: Sequence[float] | None) -> bool:
    return gain_db is not None and len(gain_db) == len(curve_hz())


def _range_db(curves: list[np.ndarray]) -> tuple[float, float, float]:
    """The ends of the axis and its step; what lies far below the top is cut off there."""
    highest = max(float(each.max()) for each in curves)
    lowest = max(min(float(each.min()) for each in curves), highest - LARGEST_SPAN_DB)
    missing = max(SMALLEST_SPAN_DB - (highest - lowest), 0) / 2
    step = 10.0 if highest - lowest > 24 else 5.0
    ends = np.floor((lowest - missing) / step), np.ceil((highest + missing) / step)
    return float(ends[0]) * step, float(ends[1]) * step, step


def _across(hz: float | np.ndarray) -> np.ndarray:
    low, high = np.log(curve_hz()[[0, -1]])
    return np.asarray(LEFT + (np.log(hz) - low) / (high - low) * (WIDTH - LEFT - RIGHT))


def _up(level_db: float | np.ndarray, low_db: float, high_db: float) -> np.ndarray:
    share = (np.asarray(level_db) - low_db) / (high_db - low_db)
    return np.asarray(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM))


def _text(x: float, y: float, words: str, anchor: str, more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f"<text {place} {more}>{words}</text>".replace(" >", ">")


def _words(drawn: Mapping[str, np.ndarray]) -> str:
    told = []
    for name, gain_db in drawn.items():
        levels = np.interp(np.log(TOLD_HZ), np.log(curve_hz()), gain_db)
        at = (f"{db:.1f} dB at {hertz(hz)}" for hz, db in zip(TOLD_HZ, levels, strict=True))
        told.append(f"{name}: {', '.join(at)}")
    return f"Response over frequency; {'; '.join(told)}."
