"""How the book's figures look, fixed once: sizes, colors with a meaning, and the axes they share.

A color always means the same thing, here and in the components (widgets/page/face.css), and never
alone: each comes with a line style of its own, so that the figures can be read in print and by
color-blind readers. All stand out from the white ground by a contrast of 3:1 or more.

Source of most colors: M. Okabe, K. Ito, "Color universal design".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial, wraps
from typing import Literal, ParamSpec, TypedDict

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm
from matplotlib.container import Container
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, NullLocator

from eqlib.errors import checked
from eqlib.plots.vector import svg

P = ParamSpec("P")

WIDTH = 5.6  # inches; with the sizes below, text of 17 px on a desk; a page narrows it for a phone
RC = {
    "figure.dpi": 120,
    "figure.facecolor": "white",  # opaque, so that black text stays legible on dark pages
    "figure.constrained_layout.use": True,
    "font.size": 10.5,
    "axes.titlesize": "medium",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.handlelength": 2.7,  # room for a dash-dot pattern to show
    "legend.columnspacing": 1.4,
}

DOTTED, DASHED, DASH_DOT = (0, (1, 1.2)), (0, (4, 2.5)), (0, (6, 1.5, 1, 1.5))


class Style(TypedDict):
    """How a curve is drawn, as arguments of matplotlib."""

    color: str
    linestyle: str | tuple[int, tuple[float, ...]]


ROLES: dict[str, Style] = {
    "input": {"color": "#777777", "linestyle": DOTTED},
    "dry": {"color": "#777777", "linestyle": DOTTED},
    "nothing": {"color": "#777777", "linestyle": DOTTED},
    "target": {"color": "#0072B2", "linestyle": "-"},
    "output": {"color": "#D55E00", "linestyle": DASHED},
    "network": {"color": "#D55E00", "linestyle": DASHED},
    "fir": {"color": "#009E73", "linestyle": DASH_DOT},
}
"""A name that holds one of these words is drawn so: "doing nothing", "least-squares FIR". Of two of
them, the first decides: "network, input +30 dB" is the network's."""

OTHERS: tuple[Style, ...] = (
    {"color": "#1a1a1a", "linestyle": "-"},
    {"color": "#882255", "linestyle": DASHED},
    {"color": "#A8701E", "linestyle": DASH_DOT},
    {"color": "#332288", "linestyle": DOTTED},
)
"""For all other names, in turn; where a role has the dashes, with others."""


UNNAMED = re.compile(r"_(child|container)\d+|_nolegend_")
"""What matplotlib calls a curve that has no name."""
VISIBLE = "\u2060"
"""Matplotlib leaves out of a legend what begins with "_"; a reader's names may, behind this."""


def figure(draw: Callable[P, Figure]) -> Callable[P, Figure]:
    """Gives what a function draws the book's style, whatever style the session has set.

    The function makes its `Figure` without pyplot, which therefore does not show it at the end of
    the cell: it is shown once, as the cell's value.
    """
    draw = checked(draw)

    @wraps(draw)
    def styled(*args: P.args, **kwargs: P.kwargs) -> Figure:
        # Loads the session's backend, which teaches a notebook to show figures. Not below: what
        # a backend sets would be undone at the end of the context.
        plt.draw_if_interactive()
        with plt.style.context(["default", RC]):
            fig = draw(*args, **kwargs)
            for text in fig.findobj(Text):  # a name with a $ in it is a name, and no formula
                if "$" in text.get_text() and "mathdefault" not in text.get_text():
                    text.set_parse_math(False)
            FigureCanvasAgg(fig)  # sets fig.canvas
            fig.draw_without_rendering()  # now, because ticks are born here and take this style
        vars(fig)["_repr_svg_"] = partial(svg, fig)  # a notebook asks for it, beside the bitmap
        return fig

    return styled


def styles(names: Iterable[str]) -> list[Style]:
    """Color and line style of each name; no two alike, as far as there are styles.

    A role is given once, to the first name that has it. All other names, in their order, take the
    colors of `OTHERS`: roles take none of these away.
    """
    names = list(names)
    chosen: dict[int, Style] = {}
    for place, name in enumerate(names):
        own = [ROLES[word] for word in re.findall(r"\w+", name.lower()) if word in ROLES]
        if own and own[0] not in chosen.values():
            chosen[place] = own[0]
    others = [place for place in range(len(names)) if place not in chosen]
    for count, place in enumerate(others):
        style = OTHERS[count % len(OTHERS)]
        taken = [each["linestyle"] for each in chosen.values()]
        dashes = [style["linestyle"], *(each["linestyle"] for each in OTHERS)]
        free = [each for each in dashes if each not in taken]
        chosen[place] = {"color": style["color"], "linestyle": (free or dashes)[0]}
    return [chosen[place] for place in range(len(names))]


def legend(fig: Figure, ax: Axes) -> None:
    """Names the curves of an axes above the figure, in one row if they fit."""
    named: list[Artist | Container] = [*ax.get_children(), *ax.containers]
    for artist in named:
        label = str(artist.get_label())
        if label.startswith("_") and not UNNAMED.fullmatch(label):
            artist.set_label(VISIBLE + label)
    handles, names = ax.get_legend_handles_labels()
    fits = sum(len(name) + 10 for name in names) <= 71  # letters, and about 10 for a line
    columns = len(names) if fits else min(2, max(1, 71 // (max(map(len, names)) + 10)))
    made = fig.legend(handles, names, loc="outside upper center", ncols=columns)
    for text in made.get_texts():
        text.set_text(text.get_text().removeprefix(VISIBLE))


def log_frequency(ax: Axes, which: Literal["x", "y"], *, low_hz: float, high_hz: float) -> None:
    """Makes the "x" or "y" axis a logarithmic one of frequency, with round ticks (1, 2, 5)."""
    ticks = [digit * 10**power for power in range(6) for digit in (1, 2, 5)]
    ax.set(**{f"{which}scale": "log", f"{which}lim": (low_hz, high_hz)})
    axis = getattr(ax, f"{which}axis")
    axis.set_major_locator(FixedLocator([hz for hz in ticks if low_hz <= hz <= high_hz]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(lambda hz, _: f"{hz / 1e3:g}k" if hz >= 1e3 else f"{hz:g}")
    axis.set_label_text("frequency (Hz)")


class Steps(TypedDict):
    """A color scale, as arguments of pcolormesh."""

    cmap: str
    norm: BoundaryNorm
    rasterized: bool


def steps(
    edges: Sequence[float] | np.ndarray,
    *,
    extend: Literal["neither", "min", "both"] = "neither",
    colors: str = "viridis",
) -> Steps:
    """Arguments of pcolormesh for a color scale in steps: easy to read off, and a small file.

    Args:
        edges: the values between which a color holds.
        extend: "min" if values below the first edge occur, which take the first color; "both" if
            there are others above the last.
        colors: a color map of matplotlib.
    """
    return {"cmap": colors, "norm": BoundaryNorm(edges, 256, extend=extend), "rasterized": True}


def steps_db(lowest: int, *, step: int = 5) -> Steps:
    """The same from 0 dB, the strongest, down to `lowest`, in steps of so many dB."""
    return steps(np.arange(lowest, 1, step), extend="min")
