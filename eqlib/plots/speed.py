"""Figures of where time goes, and of the memory trick behind the fast deconvolution.

Use them as `eqlib.plots.times` and so on. Chapter: "Making it fast" (book/fast.ipynb).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eqlib.errors import EqlibError, check_integer, check_named, check_number
from eqlib.plots.style import WIDTH, figure, legend, styles

WAYS = ("plain", "fast")
INK = "#0b1a26"  # on a light cell, which black, being the page's ink, would not be in the dark


@figure
def times(milliseconds: Mapping[str, Mapping[str, float]], *, log: bool = False) -> Figure:
    """Times as bars: a group for each thing that was done, a bar for each way to do it.

    Look for: the longest bar; what is not in it is not worth making faster.

    Args:
        milliseconds: what was done -> {way -> ms}. All have the same ways.
        log: draw a logarithmic axis, for times that differ by factors of ten.

    Raises:
        EqlibError: for nothing measured, groups with different ways, or times that are not
            positive and finite (zero too, if not log).
    """
    check_named("milliseconds", milliseconds)
    ways = list(next(iter(milliseconds.values())))
    if not ways:
        raise EqlibError("there is no time", "at least one way in each group", "Measure one.")
    for name, group in milliseconds.items():
        if list(group) != ways:
            given = f"{name} has {', '.join(group)}"
            raise EqlibError(given, ", ".join(ways), "Measure everything in the same ways.")
        for way, ms in group.items():
            above = 0 if log else -1e-12
            check_number(f"{name}, {way}", ms, above=above, cure="Measure it again, in ms.")
    count = len(milliseconds)
    fig = Figure(figsize=(WIDTH, 0.9 + 0.27 * count * max(1, 0.8 * len(ways))))
    ax = fig.subplots()
    height = 0.8 / len(ways)
    names = list(dict.fromkeys((*WAYS, *ways)))  # these two look the same in every figure
    looks = dict(zip(names, styles(names), strict=True))
    for number, way in enumerate(ways):
        middle = np.arange(count) + (number - (len(ways) - 1) / 2) * height
        values = [group[way] for group in milliseconds.values()]
        odd = names.index(way) % 2
        bars = ax.barh(
            middle,
            values,
            height * 0.95,
            label=way,
            color=looks[way]["color"],
            hatch="///" if odd else None,
            edgecolor="white" if odd else None,
        )
        ax.bar_label(bars, [f"{v:.0f}" if v >= 10 else f"{v:.1f}" for v in values], padding=3)
    ax.set_yticks(range(count), list(milliseconds))
    ax.set_xlabel("time (ms)")
    if log:
        shortest = min(ms for group in milliseconds.values() for ms in group.values())
        ax.set(xscale="log", xlim=(shortest / 3, None))
    ax.margins(x=0.12)
    ax.invert_yaxis()
    ax.grid(False, axis="y")
    if len(ways) > 1:
        legend(fig, ax)
    return fig


@figure
def diagonals(*, kernel: int = 3, time: int = 5) -> Figure:
    """How a sum along diagonals becomes a sum along columns.

    On the left, the table of all products with a zero for each of the `kernel` taps at the end of
    each row, as it lies in memory; the numbers say which output sample a product belongs to. On
    the right, the same memory, read with rows one shorter.

    Look for: equal numbers, on diagonals at the left and in columns at the right.

    Args:
        kernel: taps, 2 to 5.
        time: samples, from kernel to 8.

    Raises:
        EqlibError: for numbers out of range.
    """
    check_integer("kernel", kernel, at_least=2, cure="Use 3.")
    check_number("kernel", kernel, below=5.5, cure="Use 3.")
    check_integer("time", time, at_least=kernel, cure="Use 5.")
    check_number("time", time, below=8.5, cure="Use 5.")
    belongs = np.full((kernel, time + kernel), -1)
    belongs[:, :time] = np.arange(kernel)[:, None] + np.arange(time)
    shorter = belongs.ravel()[: kernel * (time + kernel - 1)].reshape(kernel, -1)
    fig = Figure(figsize=(WIDTH, 1.5))
    # Cells of one size in both, and room for the line at the right end.
    left, right = fig.subplots(1, 2, width_ratios=(time + kernel, time + kernel - 1))
    _table(left, belongs, f"rows of {time + kernel}")
    _table(right, shorter, f"rows of {time + kernel - 1}")
    return fig


def _table(ax: Axes, numbers: np.ndarray, title: str) -> None:
    rows, columns = numbers.shape
    shades = np.where(numbers < 0, np.nan, numbers % 2)
    edges = (np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5)
    ax.pcolormesh(*edges, shades, cmap="Blues", vmin=-0.5, vmax=2.5, ec="#777777", lw=0.8)
    for row, column in np.ndindex(rows, columns):
        n = numbers[row, column]
        ax.text(
            column,
            row,
            n if n >= 0 else "0",
            ha="center",
            va="center",
            color=INK if n >= 0 else "#777777",
            style="normal" if n >= 0 else "italic",
        )
    ax.set(title=title, xticks=[], yticks=[], aspect="equal", xlim=(-0.55, columns - 0.4))
    ax.set_ylim(rows - 0.45, -0.55)
    ax.spines[:].set_visible(False)
    ax.grid(False)
