"""Figures of a filter bank at work: filters, channels, unpooling, paths and faders.

Use them as ``from eqlib import bank_plots``. Chapters: "The adaptive front-end", "The synthesis
back-end".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from eqlib.errors import EqlibError, check_audio, check_integer, check_number, check_same_shape
from eqlib.layers import max_pool
from eqlib.model import EQNet
from eqlib.named import check_named
from eqlib.plots.network import center_frequencies_hz
from eqlib.plots.style import OTHERS, WIDTH, figure, legend, log_frequency, steps, steps_db, styles

LOW_HZ = 30
IMAGE_POOL = 64  # samples a column of the images in `channels`; finer ones a page cannot show


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
        seconds = (np.arange(len(h)) - (len(h) - 1) // 2) / sample_rate
        gain = np.abs(np.exp(-2j * np.pi * np.outer(frequencies_hz, seconds)) @ h)
        gain_db = 20 * np.log10(np.maximum(gain, 1e-12))
        above.plot(seconds * 1e3, h, label=name, **style)
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
def one_channel(net: EQNet, audio: np.ndarray, channel: int) -> Figure:
    """One channel through the front-end: X1, its absolute value, the smoothed one, X2 and Z.

    Look for: that the absolute value doubles the oscillation's rate, how much of it the smoother
    leaves, and that every value of Z is the highest of the samples it stands for.

    Args:
        net: the network.
        audio: (samples,), a multiple of ``net.config.pool``.
        channel: which one, as the network counts them.

    Raises:
        EqlibError: for a channel that does not exist, or audio of another length or kind.
    """
    _check_channel(net, channel)
    X1, smooth, Z = (part[channel] for part in _front_end(net, audio))
    ms = np.arange(len(X1)) / net.config.sample_rate * 1e3
    edges_ms = np.arange(len(Z) + 1) * net.config.pool / net.config.sample_rate * 1e3
    line, other = OTHERS[0], OTHERS[1]

    fig = Figure(figsize=(WIDTH, 4.4))
    axes = fig.subplots(3, sharex=True)
    axes[0].plot(ms, X1, color=line["color"], linewidth=1)
    axes[0].set_ylabel("X1")
    absolute = net.rectify(torch.from_numpy(X1)).numpy()
    axes[1].plot(ms, absolute, color="#bbbbbb", linewidth=1, label="rectified")
    axes[1].plot(ms, smooth, color=other["color"], label="smoothed")
    axes[1].set_ylabel("envelope")
    axes[1].set_ylim(top=float(1.35 * absolute.max()))
    axes[1].legend(loc="upper right", ncols=2)
    axes[2].plot(ms, np.logaddexp(0, smooth), **line, label="X2")
    axes[2].stairs(Z, edges_ms, baseline=None, color=other["color"], linewidth=1.4, label="Z")
    axes[2].set(ylabel="softplus", xlabel="time (ms)", xlim=(0, edges_ms[-1]))
    axes[2].legend(loc="lower center", ncols=2)
    fig.align_ylabels()
    return fig


@figure
def channels(nets: Mapping[str, EQNet], audio: np.ndarray) -> Figure:
    """X1 and Z of a whole sound, for one network or two: rows are channels, sorted by center.

    X1 swings too fast to draw: shown is the highest level of every 64 samples, relative to the
    strongest of all.

    Look for: partials, as bright rows that fade; attacks, as bright columns; and how much of
    either is left in Z.

    Args:
        nets: name -> network; two are as many as a phone can show.
        audio: (samples,), a multiple of 64 and of each network's pool.

    Raises:
        EqlibError: for no network, or audio of another length or kind.
    """
    check_named("nets", nets)
    fig = Figure(figsize=(WIDTH, 5))
    axes = fig.subplots(2, len(nets), sharex=True, squeeze=False)
    for column, (name, net) in zip(axes.T, nets.items(), strict=True):
        order = np.argsort(center_frequencies_hz(net))
        X1, _, Z = (part[order] for part in _front_end(net, audio, multiple=IMAGE_POOL))
        peaks = np.abs(X1).reshape(len(X1), -1, IMAGE_POOL).max(-1)
        level_db = 20 * np.log10(np.maximum(peaks / peaks.max(), 1e-6))
        seconds = X1.shape[1] / net.config.sample_rate
        scale = steps(MaxNLocator(8).tick_values(Z.min(), Z.max()))
        # The mean of neighboring values, for an image as coarse as the other.
        Z = Z.reshape(len(Z), peaks.shape[1], -1).mean(-1)
        panels = ((f"{name}: X1 (dB)", level_db, steps_db(-70, step=10)), (f"{name}: Z", Z, scale))
        for ax, (title, image, colors) in zip(column, panels, strict=True):
            times = np.linspace(0, seconds, image.shape[1] + 1)
            mesh = ax.pcolormesh(times, np.arange(len(order) + 1) - 0.5, image, **colors)
            ax.set_title(title)
            ax.grid(False)
            fig.colorbar(mesh, ax=ax)
        column[1].set_xlabel("time (s)")
    for ax in axes[:, 0]:
        ax.set_ylabel("channel, by center")
    return fig


@figure
def unpoolings(P: np.ndarray, Z_hat: np.ndarray, places: np.ndarray, *, sample_rate: int) -> Figure:
    """A fader's curve unpooled in both ways, and the product of each with the residual.

    Look for: stairs on the left, single spikes on the right, and what each leaves of the
    residual.

    Args:
        P: (samples,) the residual of one channel.
        Z_hat: (units,) the fader; units divide the samples.
        places: (units,) whole numbers, where each maximum stood, in samples.
        sample_rate: in Hz.

    Raises:
        EqlibError: for units that do not divide the samples, or places of another shape.
    """
    P, Z_hat, places = np.asarray(P), np.asarray(Z_hat), np.asarray(places)
    check_audio("P", P)
    check_audio("Z_hat", Z_hat)
    check_same_shape("places", places, "Z_hat", Z_hat)
    if P.ndim != 1 or Z_hat.ndim != 1 or len(P) % len(Z_hat):
        given = f"P has shape {P.shape} and Z_hat {Z_hat.shape}"
        raise EqlibError(given, "units that divide the samples", "Pass one channel's P and Z_hat.")
    if places.dtype.kind not in "iu" or places.min() < 0 or places.max() >= len(P):
        given = f"places are {places.dtype} from {places.min()} to {places.max()}"
        raise EqlibError(given, f"whole numbers from 0 to {len(P) - 1}", "Count from P's start.")
    by_position = np.zeros(len(P))
    by_position[places] = Z_hat
    ways = {"repeated": np.repeat(Z_hat, len(P) // len(Z_hat)), "by position": by_position}
    ms = np.arange(len(P)) / sample_rate * 1e3

    fig = Figure(figsize=(WIDTH, 3.8))
    axes = fig.subplots(2, 2, sharex=True, sharey="row")
    for column, ((name, X2_hat), style) in enumerate(zip(ways.items(), OTHERS, strict=False)):
        above, below = axes[:, column]
        above.plot(ms, X2_hat, color=style["color"], linewidth=1.2)
        below.plot(ms, P, color="#bbbbbb", linewidth=1)
        below.plot(ms, P * X2_hat, color=style["color"], linewidth=1.2)
        above.set_title(name)
        below.set(xlabel="time (ms)", xlim=(0, ms[-1]))
    axes[0, 0].set_ylabel("X2_hat")
    axes[1, 0].set_ylabel("P, and X1_hat")
    fig.align_ylabels()
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


def _stems(ax: Axes, x: np.ndarray, y: np.ndarray, **color: Any) -> None:
    ax.vlines(x, 0, y, linewidth=1.4, **color)
    ax.plot(x, y, "o", markersize=3.5, **color)


def _check_channel(net: EQNet, channel: int) -> None:
    cure = f"Count from 0 to {net.config.filters - 1}."
    check_integer("channel", channel, at_least=0, cure=cure)
    check_number("channel", channel, below=net.config.filters, cure=cure)


def _front_end(net: EQNet, audio: np.ndarray, *, multiple: int = 1) -> tuple[np.ndarray, ...]:
    """X1, the smoothed envelopes (C, samples), and Z (C, samples / pool), of a whole sound."""
    audio, multiple = np.asarray(audio), max(multiple, net.config.pool)
    check_audio("audio", audio)
    if audio.ndim != 1 or len(audio) % multiple:
        given = f"audio has shape {audio.shape}"
        cure = f"Cut it: audio[:{len(audio) // multiple * multiple}]."
        raise EqlibError(given, f"one row of samples, a multiple of {multiple}", cure)
    with torch.no_grad():
        x = torch.from_numpy(audio.astype(np.float64)).to(net.conv.weight)
        X1 = net.conv(x.view(1, 1, -1))
        envelopes = net.conv_local(net.rectify(X1))
        Z = F.softplus(max_pool(envelopes, net.config.pool))
    return tuple(part[0].cpu().numpy() for part in (X1, envelopes, Z))
