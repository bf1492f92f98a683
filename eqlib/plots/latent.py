"""Figures of the latent space: who is connected to whom, what faders do, and what moving ones add.

Chapter: "The latent-space DNN" (book/latent.ipynb).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from eqlib.analysis.channels import center_frequencies_hz, path_responses
from eqlib.audio import check_same_shape, db
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_named
from eqlib.model import EQNet
from eqlib.plots.style import ROLES, WIDTH, figure, legend, log_frequency, styles

LOW_HZ = 30


@figure
def connections() -> Figure:
    """Three ways to connect latent values, as matrices of weights: 4 channels of 5 values.

    A cell is a weight, from the value of its column to that of its row; where it is empty, there
    is none. Locally connected blocks have weights of their own; the shared block is one block.

    Look for: how much of the full matrix the other two leave out.
    """
    ways = {  # the colors of the blocks along the diagonal, and how many cells wide each is
        ("fully connected", 400): (["#aaaaaa"], 20),
        ("locally connected", 100): (["#0072B2", "#D55E00", "#009E73", "#882255"], 5),
        ("shared", 25): (["#56B4E9"] * 4, 5),
    }
    fig = Figure(figsize=(WIDTH, 2.5))
    for ax, ((title, count), (colors, wide)) in zip(fig.subplots(1, 3), ways.items(), strict=True):
        for start, color in zip(range(0, 20, wide), colors, strict=True):
            ax.add_patch(Rectangle((start, start), wide, wide, color=color, linewidth=0))
            ends = np.tile([start, start + wide, np.nan], wide - 1)
            between = np.repeat(np.arange(start + 1, start + wide), 3)
            ax.plot(ends, between, color="white", linewidth=0.4)
            ax.plot(between, ends, color="white", linewidth=0.4)
        limits = {"xlim": (0, 20), "ylim": (20, 0)}
        ax.set(title=title, xlabel=f"{count} weights", xticks=[], yticks=[], **limits)
        ax.set_aspect("equal")
        ax.grid(False)
        ax.spines[["top", "right"]].set_visible(True)
    return fig


@figure
def softplus() -> Figure:
    """Softplus beside the ramp max(0, x), and the slopes of both.

    Look for: that softplus is never zero, and its slope neither, left of zero.
    """
    x = np.linspace(-6, 6, 241)
    curves = {
        "softplus": (np.logaddexp(0, x), 1 / (1 + np.exp(-x))),
        "max(0, x)": (np.maximum(x, 0), np.heaviside(x, np.nan)),
    }
    fig = Figure(figsize=(WIDTH, 2.8))
    axes = fig.subplots(1, 2, sharex=True)
    for (name, both), style in zip(curves.items(), styles(curves), strict=True):
        for ax, curve in zip(axes, both, strict=True):
            ax.plot(x, curve, label=name, **style)
    for ax, title in zip(axes, ("value", "slope"), strict=True):
        ax.set(title=title, xlabel="x")
    legend(fig, axes[0])
    return fig


@figure
def fader_responses(
    net: EQNet, settings: Mapping[str, np.ndarray], *, eq: EQ | None = None
) -> Figure:
    """The equalizers that settings of the faders make, and below, the faders.

    Look for: what one setting does and another does not, and at which faders they differ.

    Args:
        net: the network whose filter bank it is.
        settings: name -> (C,), a gain of zero or more for each channel.
        eq: an equalizer to compare with.

    Raises:
        EqlibError: for no setting, or one of another shape.
    """
    check_named("settings", settings)
    for name, gains in settings.items():
        if np.shape(gains) != (net.config.filters,):
            given, cure = f"{name} has shape {np.shape(gains)}", "Take the mean over time first."
            raise EqlibError(given, f"({net.config.filters},), a gain for each channel", cure)
    high_hz = 0.47 * net.config.sample_rate  # above, 64 taps can do little
    frequencies_hz = np.geomspace(LOW_HZ, high_hz, 400)
    paths = path_responses(net, frequencies_hz=frequencies_hz)
    centers_hz = center_frequencies_hz(net)
    fig = Figure(figsize=(WIDTH, 4))
    above, below = fig.subplots(2, height_ratios=[3, 2])
    if eq is not None:
        exact_db = db(eq.response(frequencies_hz), floor=1e-4)
        above.plot(frequencies_hz, exact_db, **ROLES["target"], lw=5, alpha=0.3, label="target")
    looks = styles(settings)
    # Of several sizes, so that the markers of equal faders do not hide each other.
    sizes = np.linspace(7, 3, len(settings))
    for (name, gains), style, mark, size in zip(
        settings.items(), looks, "osD^v<>" * 9, sizes, strict=False
    ):
        gain_db = db(gains @ paths, floor=1e-4)
        above.plot(frequencies_hz, gain_db, label=name, **style)
        below.plot(
            centers_hz,
            gains,
            mark,
            color=style["color"],
            markersize=size,
            linestyle="none",
            mfc="none",
        )
    above.set_ylabel("gain (dB)")
    below.set_ylabel("fader")
    for ax in (above, below):
        log_frequency(ax, "x", low_hz=LOW_HZ, high_hz=high_hz)
    below.set_xlabel("center of the fader's filter (Hz)")
    fig.align_ylabels()
    legend(fig, above)
    return fig


@figure
def faders_in_frame(faders: Mapping[str, np.ndarray], *, pool: int, sample_rate: int) -> Figure:
    """Faders of one frame as the back-end plays them: each value is held for `pool` samples.

    Look for: the height of the steps, and how far it is from one swing to the next.

    Args:
        faders: name -> (units,).
        pool: samples that a value is held for.
        sample_rate: in Hz.

    Raises:
        EqlibError: for no fader, or one of another length than the first.
    """
    check_named("faders", faders)
    units = np.size(next(iter(faders.values())))
    fig = Figure(figsize=(WIDTH, 2.6))
    ax = fig.subplots()
    edges_ms = np.arange(units + 1) * pool / sample_rate * 1e3
    for (name, values), style in zip(faders.items(), styles(faders), strict=True):
        if np.shape(values) != (units,):
            raise EqlibError(f"{name} has shape {np.shape(values)}", f"({units},)", "Cut it.")
        ax.stairs(values, edges_ms, baseline=None, label=name, linewidth=1.6, **style)
    ax.set(xlabel="time (ms)", ylabel="fader", xlim=(0, edges_ms[-1]), ylim=(0, None))
    legend(fig, ax)
    return fig


@figure
def faders(centers_hz: np.ndarray, gains: Mapping[str, np.ndarray]) -> Figure:
    """Faders as stems over the center frequency of their bands.

    Look for: which bands are in use, and by which kind of filter.

    Args:
        centers_hz: (bands,) in Hz.
        gains: name -> (bands,).

    Raises:
        EqlibError: for no gains, or another number of them than of centers.
    """
    check_named("gains", gains)
    centers_hz = np.asarray(centers_hz)
    if not np.any(centers_hz > 0):
        raise EqlibError("no center is above 0 Hz", "centers in Hz", "Give one for each band.")
    fig = Figure(figsize=(WIDTH, 1 + 0.9 * len(gains)))
    axes = fig.subplots(len(gains), sharex=True, sharey=True, squeeze=False)[:, 0]
    for ax, (name, row), style in zip(axes, gains.items(), styles(gains), strict=True):
        check_same_shape(name, np.asarray(row), "centers_hz", centers_hz)
        _stems(ax, centers_hz, np.asarray(row), color=style["color"])
        ax.set_ylabel(name)
    low_hz, high_hz = centers_hz[centers_hz > 0].min() * 0.9, centers_hz.max() * 1.05
    log_frequency(axes[-1], "x", low_hz=low_hz, high_hz=high_hz)
    return fig


def _stems(ax: Axes, x: np.ndarray, y: np.ndarray, *, color: str) -> None:
    ax.vlines(x, 0, y, linewidth=1.4, color=color)
    ax.plot(x, y, "o", markersize=3.5, color=color)
