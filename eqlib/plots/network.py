"""Figures of a network: how it was trained, its filters, and what they make of one frame.

The filters a network learns have no order. Here they are sorted by center frequency, the
centroid of their power spectrum, and so are the channels behind them: pictures of one network
have the same rows.

Use them as `eqlib.plots.training` and so on. Chapters: the tour
(book/tour.ipynb), "The adaptive front-end".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from eqlib import frames
from eqlib.errors import EqlibError, check_audio
from eqlib.model import EQNet
from eqlib.named import check_named
from eqlib.plots.style import (
    OTHERS,
    ROLES,
    WIDTH,
    figure,
    legend,
    log_frequency,
    steps,
    steps_db,
    styles,
)
from eqlib.training.recipe import History

LOW_HZ = 62.5
MOVES_DB = steps(np.array([-6, -3, 3, 6]), extend="both", colors="RdBu_r")  # white: within 3 dB


@figure
def training(histories: History | Sequence[History] | Mapping[str, History]) -> Figure:
    """How the validation scores went while networks trained; a dot marks the weights kept.

    Look for: whether the curves still got better when the time was up (then more time helps), or
    had turned (then it does not). Pretraining and training are judged by different tasks.

    Args:
        histories: one history, several (named by their stage), or name -> history.

    Raises:
        EqlibError: for no history, what is none, or one without a validation.
    """
    if isinstance(histories, History):
        histories = [histories]
    if isinstance(histories, Sequence):
        names = [getattr(h, "stage", "?") for h in histories]
        if len(set(names)) < len(names):
            names = [f"{number}, {name}" for number, name in enumerate(names, 1)]
        histories = dict(zip(names, histories, strict=True))
    check_named("histories", histories)
    for name, history in histories.items():
        if not isinstance(history, History) or not history.steps:
            given = "has no validation" if isinstance(history, History) else f"is {history!r}"
            cure = "Give what eqlib.pretrain or eqlib.train returned."
            raise EqlibError(f"{name} {given}", "a History with a validation or more", cure)

    fig = Figure(figsize=(WIDTH, 4.2))
    top, bottom = fig.subplots(2, sharex=True)
    for (name, h), style in zip(histories.items(), styles(histories), strict=True):
        for ax, values in ((top, h.validation_mae), (bottom, h.validation_snr_db)):
            ax.plot(h.seconds, values, label=name, **style)
            ax.plot(h.seconds[h.best], values[h.best], "o", color=style["color"], markersize=8)
    top.plot([], [], "o", color=ROLES["input"]["color"], markersize=8, label="weights kept")
    top.set(yscale="log", ylabel="validation mae")
    bottom.set(ylabel="validation SNR (dB)", xlabel="training time (s)", xlim=(0, None))
    fig.align_ylabels()
    legend(fig, top)
    return fig


@figure
def filter_bank(net: EQNet) -> Figure:
    """The Conv1D filters: all of them in frequency, three of them in time.

    Look for: rows with one narrow bright spot (a filter that picks out a band) against rows that
    are bright all over (one that has learned little), and how many rows the low octaves get.

    Args:
        net: the network, trained or not.
    """
    weight, sample_rate = _weight(net), net.config.sample_rate
    centers_hz = center_frequencies_hz(net)
    order = np.argsort(centers_hz)
    frequencies_hz = np.geomspace(LOW_HZ, sample_rate / 2, 150)
    seconds = np.arange(weight.shape[1]) / sample_rate
    gain = np.abs(weight[order] @ np.exp(-2j * np.pi * np.outer(seconds, frequencies_hz)))
    gain_db = 20 * np.log10(np.maximum(gain / gain.max(), 1e-6))

    fig = Figure(figsize=(WIDTH, 5))
    grid = fig.add_gridspec(2, 3, height_ratios=[5, 2])
    ax = fig.add_subplot(grid[0, :])
    mesh = ax.pcolormesh(frequencies_hz, np.arange(len(order)), gain_db, **steps_db(-40))
    ax.set_ylabel("filter, by center")
    ax.grid(False)
    log_frequency(ax, "x", low_hz=LOW_HZ, high_hz=sample_rate / 2)
    fig.colorbar(mesh, ax=ax, label="gain (dB)")

    ms = seconds * 1e3
    for column, row in enumerate(np.linspace(0, len(order) - 1, 3).round().astype(int)):
        ax = fig.add_subplot(grid[1, column])
        ax.plot(ms, weight[order[row]], **{**OTHERS[0], "linewidth": 1.4})
        ax.set(title=f"filter {row}", xlabel="time (ms)", xlim=(0, ms[-1]))
        ax.set_ylabel("weight" * (column == 0))
    return fig


@figure
def intermediates(net: EQNet, frame: np.ndarray | torch.Tensor) -> Figure:
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
    x = frame.detach().cpu().numpy() if isinstance(frame, torch.Tensor) else np.asarray(frame)
    check_audio("the frame", x)
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
        part[0].cpu().numpy()[order] for part in (parts.X1, parts.Z, parts.Z_hat, parts.X1_hat)
    )

    fig = Figure(figsize=(WIDTH, 4.6))
    axes = fig.subplots(2, 2, sharex=True, sharey=True)
    panels = (
        ("X1, level in dB", _level_db(X1, config.pool), steps_db(-50, step=10)),
        ("Z", Z, steps(MaxNLocator(6).tick_values(Z.min(), Z.max()))),
        ("X1_hat, level in dB", _level_db(X1_hat, config.pool), steps_db(-50, step=10)),
        ("Z_hat, against its median in dB", _moves_db(Z_hat), MOVES_DB),
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


def center_frequencies_hz(net: EQNet) -> np.ndarray:
    """The centroid of each Conv1D filter's power spectrum, (filters,), in Hz."""
    power = np.abs(np.fft.rfft(_weight(net), 512)) ** 2
    return power @ np.fft.rfftfreq(512, 1 / net.config.sample_rate) / power.sum(1)


def _weight(net: EQNet) -> np.ndarray:
    return net.conv.weight.detach().cpu().double().numpy()


def _moves_db(faders: np.ndarray) -> np.ndarray:
    return 20 * np.log10(np.maximum(faders / np.median(faders, axis=1, keepdims=True), 1e-6))


def _level_db(channels: np.ndarray, pool: int) -> np.ndarray:
    """The peak of every `pool` samples, relative to the highest of all."""
    peaks = np.abs(channels).reshape(len(channels), -1, pool).max(-1)
    return 20 * np.log10(np.maximum(peaks / peaks.max(), 1e-6))
