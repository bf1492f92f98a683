"""Figures of a network: how it was trained, its filters, and what they make of one frame.

The filters a network learns have no order. Here they are sorted by center frequency, the
centroid of their power spectrum, and so are the channels behind them: pictures of one network
have the same rows.

Use them as `eqlib.plots.training` and so on. Chapters: the tour
(book/tour.ipynb), "The adaptive front-end".
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from eqlib import frames
from eqlib.analysis.channels import center_frequencies_hz, front_end
from eqlib.audio import Audio, check_same_shape, db, to_array
from eqlib.errors import EqlibError, check_integer, check_named, check_number
from eqlib.model import EQNet
from eqlib.plots.style import (
    OTHERS,
    WIDTH,
    figure,
    steps,
    steps_db,
)

MOVES_DB = steps(np.array([-6, -3, 3, 6]), extend="both", colors="RdBu_r")  # white: within 3 dB


@figure
def intermediates(net: EQNet, frame: Audio) -> Figure:
    """What becomes of one frame on its way through the network: X1, Z, Z_hat and X1_hat.

    X1 and X1_hat swing too fast to draw: shown is the highest level, sign aside, of the samples
    that share one latent value, relative to the strongest of all.

    Look for: which channels are awake (X1), how their envelopes rise and fall (Z), what the
    latent-space DNN makes of these (Z_hat, the gain of each channel in time, against the middle
    one of its row, so that a fader that stands still is white), and which channels are stronger or
    weaker for it (X1_hat against X1).

    Args:
        net: the network.
        frame: ``net.config.frame`` samples, (frame,) or (1, 1, frame), not yet windowed.

    Raises:
        EqlibError: for another number of samples, or audio that is not finite floating point.
    """
    config = net.config
    x = to_array("the frame", frame)
    if x.size != config.frame or x.shape[-1] != config.frame:
        raise EqlibError(
            f"the frame has shape {x.shape}",
            f"({config.frame},), one frame of this network",
            f"Cut it out of a clip: clip[start : start + {config.frame}].",
        )
    window = frames.window(config.window, config.frame).numpy()
    weight = net.conv.weight
    parts = net.intermediates(torch.from_numpy(x.reshape(1, 1, -1) * window).to(weight))
    order = np.argsort(center_frequencies_hz(net))
    X1, Z, Z_hat, X1_hat = (
        part[0].float().cpu().numpy()[order]
        for part in (parts.X1, parts.Z, parts.Z_hat, parts.X1_hat)
    )

    fig = Figure(figsize=(WIDTH, 4.6))
    axes = fig.subplots(2, 2, sharex=True, sharey=True)
    panels = (
        ("X1, level in dB", _level_db(X1, config.pool), steps_db(-50, step=10)),
        ("Z", Z, steps(MaxNLocator(6).tick_values(Z.min(), Z.max()))),
        ("X̂1, level in dB", _level_db(X1_hat, config.pool), steps_db(-50, step=10)),
        ("Ẑ by its median (dB)", _moves_db(Z_hat), MOVES_DB),
    )
    edges_ms = np.arange(config.units + 1) * config.pool / config.sample_rate * 1e3
    edges = np.arange(len(order) + 1) - 0.5
    for ax, (title, image, colors) in zip(axes.flat, panels, strict=True):
        mesh = ax.pcolormesh(edges_ms, edges, image, **colors)
        ax.set(title=title, xlabel="time (ms)", ylabel="channel, by center")
        ax.grid(False)
        ax.label_outer()
        fig.colorbar(mesh, ax=ax)
    return fig


def _moves_db(faders: np.ndarray) -> np.ndarray:
    """Each fader against the middle one of its row; two that are at zero are equal."""
    moves_db: np.ndarray = db(faders) - db(np.median(faders, axis=1, keepdims=True))
    return moves_db


def _level_db(channels: np.ndarray, pool: int) -> np.ndarray:
    """The peak of every `pool` samples, relative to the highest of all."""
    peaks = np.abs(channels).reshape(len(channels), -1, pool).max(-1)
    return db(peaks / (peaks.max() or 1), floor=1e-6)


IMAGE_POOL = 64  # samples a column of the images in `channels`; finer ones a page cannot show


@figure
def one_channel(net: EQNet, audio: Audio, channel: int) -> Figure:
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
    X1, smooth, Z = (part[channel] for part in front_end(net, audio))
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
def channels(nets: Mapping[str, EQNet], audio: Audio) -> Figure:
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
        X1, _, Z = (part[order] for part in front_end(net, audio, multiple=IMAGE_POOL))
        peaks = np.abs(X1).reshape(len(X1), -1, IMAGE_POOL).max(-1)
        level_db = db(peaks / (peaks.max() or 1), floor=1e-6)
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
    P, Z_hat, places = to_array("P", P), to_array("Z_hat", Z_hat), np.asarray(places)
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
    axes[0, 0].set_ylabel("X̂2")
    axes[1, 0].set_ylabel("P, and X̂1")
    fig.align_ylabels()
    return fig


def _check_channel(net: EQNet, channel: int) -> None:
    cure = f"Count from 0 to {net.config.filters - 1}."
    check_integer("channel", channel, at_least=0, cure=cure)
    check_number("channel", channel, below=net.config.filters, cure=cure)
