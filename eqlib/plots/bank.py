"""Figures of a filter bank at work: filters, channels, unpooling, paths and faders.

Chapters: "The adaptive front-end", "The synthesis
back-end".
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from eqlib.analysis.channels import center_frequencies_hz, filters, symmetry
from eqlib.audio import check_audio, db
from eqlib.equalizers.stage import taps_response
from eqlib.errors import EqlibError, check_integer, check_named, check_number
from eqlib.model import EQNet
from eqlib.plots.style import OTHERS, WIDTH, figure, legend, log_frequency, steps, steps_db, styles

LOW_HZ = 30
IMAGE = {"aspect": "auto", "origin": "lower", "interpolation": "none", "rasterized": False}
BANK_LOW_HZ = 62.5  # a filter of 64 taps has nothing to tell below


@figure
def taps(filters: Mapping[str, np.ndarray], *, sample_rate: int, range_db: float = 70) -> Figure:
    """FIR filters in time, around time zero, and their gain at each frequency.

    Time zero is tap (K - 1) // 2, as in the network's layers.

    Look for: the one band of frequencies that a filter lets pass, how wide it is, and at which
    frequencies two filters part.

    Args:
        filters: name -> (taps,).
        sample_rate: in Hz.
        range_db: how far below the highest gain the axis ends.

    Raises:
        EqlibError: for no filter, or one that is not one row of finite floats.
    """
    check_named("filters", filters)
    check_number("range_db", range_db, above=0, cure="Give a positive number of dB.")
    frequencies_hz = np.geomspace(LOW_HZ, sample_rate / 2, 500)
    fig = Figure(figsize=(WIDTH, 4.2))
    above, below = fig.subplots(2, height_ratios=[2, 3])
    top_db = -np.inf
    for (name, h), style in zip(filters.items(), styles(filters), strict=True):
        h = np.asarray(h)
        check_audio(name, h)
        if h.ndim != 1:
            raise EqlibError(f"{name} has shape {h.shape}", "one row of taps", "Take one filter.")
        lags = np.arange(len(h)) - (len(h) - 1) // 2
        gain = np.abs(taps_response(h, lags, frequencies_hz, sample_rate=sample_rate))
        gain_db = db(gain, floor=1e-12)
        above.plot(lags / sample_rate * 1e3, h, label=name, **style)
        below.plot(frequencies_hz, gain_db, **style)
        top_db = max(top_db, gain_db.max())
    above.set(xlabel="time (ms)", ylabel="weight")
    above.margins(x=0)
    below.set(ylabel="gain (dB)", ylim=(top_db - range_db, top_db + 4))
    log_frequency(below, "x", low_hz=LOW_HZ, high_hz=sample_rate / 2)
    fig.align_ylabels()
    legend(fig, above)
    return fig


@figure
def paths(sets: Mapping[str, np.ndarray], labels: Sequence[str], *, sample_rate: int) -> Figure:
    """Impulse responses of some channels' paths, a panel for each set, curves named alike.

    Look for: whether the curves of a panel differ, and whether they are symmetric around zero.

    Args:
        sets: name -> (channels, 2 K + 1), rows of `bank.channel_paths`.
        labels: a name for each channel.
        sample_rate: in Hz.

    Raises:
        EqlibError: for no set, or one that does not have a row for each label.
    """
    check_named("sets", sets)
    fig = Figure(figsize=(WIDTH, 3))
    axes = fig.subplots(1, len(sets), sharex=True, sharey=True, squeeze=False)[0]
    for ax, (title, rows) in zip(axes, sets.items(), strict=True):
        if np.ndim(rows) != 2 or len(rows) != len(labels):
            given = f"{title} has shape {np.shape(rows)} for {len(labels)} labels"
            raise EqlibError(given, "a row for each label", "Pass as many labels as channels.")
        ms = (np.arange(rows.shape[1]) - rows.shape[1] // 2) / sample_rate * 1e3
        for label, row, style in zip(labels, rows, styles(labels), strict=True):
            ax.plot(ms, row, label=label, **style)
        ax.set(title=title, xlabel="time (ms)", xlim=(ms[0], ms[-1]))
    axes[0].set_ylabel("impulse response")
    legend(fig, axes[0])
    return fig


@figure
def filter_bank(net: EQNet) -> Figure:
    """The Conv1D filters: all of them in frequency, three of them in time.

    A color is 5 dB wide, and 0 dB is in the middle of one; the darkest begins some 40 dB below the
    highest gain.

    Look for: rows with one narrow bright spot (a filter that picks out a band) against rows that
    are bright all over (one that has learned little), and how many rows the low octaves get.

    Args:
        net: the network, trained or not.
    """
    weight, sample_rate = filters(net), net.config.sample_rate
    centers_hz = center_frequencies_hz(net)
    order = np.argsort(centers_hz)
    frequencies_hz = np.geomspace(BANK_LOW_HZ, sample_rate / 2, 150)
    lags = np.arange(weight.shape[1])
    gain = np.abs(taps_response(weight[order], lags, frequencies_hz, sample_rate=sample_rate))
    gain_db = db(gain, floor=1e-6)
    highest = 5 * math.ceil((gain_db.max() - 2.5) / 5)  # the middle of its color
    levels_db = np.arange(highest - 35, highest + 1, 5)
    scale = steps([*(levels_db - 2.5), highest + 2.5], extend="min")

    fig = Figure(figsize=(WIDTH, 5))
    grid = fig.add_gridspec(2, 3, height_ratios=[5, 2])
    ax = fig.add_subplot(grid[0, :])
    mesh = ax.pcolormesh(frequencies_hz, np.arange(len(order)), gain_db, **scale)
    ax.set_ylabel("filter, by center")
    ax.grid(False)
    log_frequency(ax, "x", low_hz=BANK_LOW_HZ, high_hz=sample_rate / 2)
    fig.colorbar(mesh, ax=ax, label="gain (dB)", ticks=levels_db[levels_db % 10 == 0])

    ms = lags / sample_rate * 1e3
    for column, row in enumerate(np.linspace(0, len(order) - 1, 3).round().astype(int)):
        ax = fig.add_subplot(grid[1, column])
        ax.plot(ms, weight[order[row]], **OTHERS[0], linewidth=1.4)
        ax.set(title=f"filter {row}", xlabel="time (ms)", xlim=(0, ms[-1]))
        ax.set_ylabel("weight" * (column == 0))
    return fig


@figure
def filters_forming(networks: Mapping[str, EQNet]) -> Figure:
    """The filter bank of several networks, or of one at several moments, side by side.

    Above: the gain of each filter over frequency, 0 dB being its own highest, rows by center
    frequency. Below: how symmetric each filter is (`symmetry`), as a count of filters.

    Look for: speckles (noise) that give way to bands, and the counts that move to the right.

    Args:
        networks: name -> network; four are as many as a phone can show.

    Raises:
        EqlibError: for no network, or what is none.
    """
    check_named("networks", networks)
    for name, net in networks.items():
        if not isinstance(net, EQNet):
            raise EqlibError(f"{name} is a {type(net).__name__}", "an EQNet", "Give a network.")
    fig = Figure(figsize=(WIDTH, 4.6))
    axes = fig.subplots(2, len(networks), sharex="row", sharey="row", squeeze=False)
    for (name, net), (above, below) in zip(networks.items(), axes.T, strict=True):
        sample_rate = net.config.sample_rate
        weight = filters(net)
        weight = weight[np.argsort(center_frequencies_hz(net))]
        frequencies_hz = np.geomspace(BANK_LOW_HZ, sample_rate / 2, 100)
        lags = np.arange(weight.shape[1])
        gain = np.abs(taps_response(weight, lags, frequencies_hz, sample_rate=sample_rate))
        gain_db = db(gain / gain.max(1, keepdims=True), floor=1e-6)
        # An image of as many pixels as there are values: as a mesh, noise makes a large file. It
        # needs a linear axis, which is one of octaves.
        extent = (*np.log2(frequencies_hz[[0, -1]]), -0.5, len(weight) - 0.5)
        mesh = above.imshow(gain_db, extent=extent, **{**steps_db(-30), **IMAGE})
        above.set_title(name)
        above.grid(False)
        above.set_xticks(np.log2([100, 1_000]), ["100", "1k"])
        counts, limits = np.histogram(symmetry(net), bins=np.linspace(-1, 1, 21))
        below.stairs(counts, limits, fill=True, color=OTHERS[0]["color"])
        below.set(xlim=(-1, 1), xticks=(0, 1))  # at -1 it would touch the neighbor's 1
    axes[0, 0].set_ylabel("filter, by center")
    axes[1, 0].set_ylabel("filters")
    fig.colorbar(mesh, ax=axes[0], label="gain (dB)")
    for ax in axes[0]:
        ax.set_xlabel("Hz")
    for ax in axes[1]:
        ax.set_xlabel("symmetry")
    return fig


@figure
def orientations(net: EQNet, channel: int) -> Figure:
    """One filter's path through front-end and back-end, as it is and reversed in time.

    The filter twice in a row, w * w, has the response W squared; the filter and its mirror image
    have |W| squared. Their gains are the same. In time they are not: the mirrored path is
    symmetric around time zero.

    Look for: the symmetry on the right, which is what "no phase" looks like, and the one curve
    that both gains lie on, each in the color of its panel.

    Args:
        net: the network.
        channel: which filter, counted by center frequency from the lowest.

    Raises:
        EqlibError: for a channel that does not exist.
    """
    cure = f"Count from 0 to {net.config.filters - 1}."
    check_integer("channel", channel, at_least=0, cure=cure)
    check_number("channel", channel, below=net.config.filters, cure=cure)
    row = np.argsort(center_frequencies_hz(net))[channel]
    w = filters(net)[row]
    left = (len(w) - 1) // 2
    # Cross-correlation is what the layers compute, so a tap's lag has the opposite sign.
    twice, mirrored = np.convolve(w, w)[::-1], np.convolve(w, w[::-1])
    rate = net.config.sample_rate
    paths = {
        "unreversed": (twice, np.arange(len(twice)) - (len(twice) - 1 - 2 * left)),
        "reversed": (mirrored, np.arange(len(mirrored)) - (len(w) - 1)),
    }
    frequencies_hz = np.geomspace(30, rate / 2, 400)

    fig = Figure(figsize=(WIDTH, 4))
    grid = fig.add_gridspec(2, 2)
    spectrum = fig.add_subplot(grid[1, :])
    for column, ((name, (path, lags)), style) in enumerate(
        zip(paths.items(), OTHERS, strict=False)
    ):
        ax = fig.add_subplot(grid[0, column])
        ax.plot(lags / rate * 1e3, path, color=style["color"])
        ax.axvline(0, color="#999999", linewidth=1, zorder=1)
        ax.set(title=name, xlabel="time (ms)")
        ax.set_ylabel("impulse response" * (column == 0))
        gain = np.abs(taps_response(path, lags, frequencies_hz, sample_rate=rate))
        gain_db = db(gain / gain.max(), floor=1e-5)
        spectrum.plot(frequencies_hz, gain_db, **style, linewidth=4 - 2.4 * column)
    spectrum.set(ylabel="gain (dB)", ylim=(-82, 3))
    log_frequency(spectrum, "x", low_hz=30, high_hz=rate / 2)
    return fig
