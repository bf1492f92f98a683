"""Figures of the inside of a network: its filters, and what they make of one frame.

The filters a network learns have no order. Here they are sorted by center frequency, the
centroid of their power spectrum, and so are the channels behind them: pictures of one network
have the same rows.

Use them as `eqlib.plots.filter_bank` and `eqlib.plots.intermediates`. Chapters: the tour
(book/tour.ipynb), "The adaptive front-end".
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.figure import Figure

from eqlib import frames
from eqlib.errors import EqlibError, check_audio
from eqlib.model import EQNet
from eqlib.style import OTHERS, WIDTH, figure, steps

FFT_SIZE = 512


@figure
def filter_bank(net: EQNet) -> Figure:
    """The Conv1D filters: all of them in frequency, four of them in time.

    Look for: rows with one narrow bright spot (a filter that picks out a band) against rows that
    are bright all over (one that has learned little), and how many rows the low octaves get.

    Args:
        net: the network, trained or not.
    """
    weight = _weight(net)
    gain = np.abs(np.fft.rfft(weight, FFT_SIZE))
    centers_hz = center_frequencies_hz(net)
    order = np.argsort(centers_hz)
    gain_db = 20 * np.log10(np.maximum(gain[order] / gain.max(), 1e-6))

    fig = plt.figure(figsize=(WIDTH, 3.8))
    grid = fig.add_gridspec(4, 2, width_ratios=[3, 2])
    ax = fig.add_subplot(grid[:, 0])
    frequencies_khz = np.fft.rfftfreq(FFT_SIZE, 1e3 / net.config.sample_rate)
    mesh = ax.pcolormesh(frequencies_khz, np.arange(len(order)), gain_db, **steps(-40, 0, 5))
    ax.set(xlabel="frequency (kHz)", ylabel="filter, sorted by center")
    ax.grid(False)
    fig.colorbar(mesh, ax=ax, label="gain (dB)", location="top")

    ms = np.arange(weight.shape[1]) / net.config.sample_rate * 1e3
    few = order[np.linspace(0, len(order) - 1, 4).round().astype(int)]
    for row, chosen in enumerate(few[::-1]):
        ax = fig.add_subplot(grid[row, 1])
        ax.plot(ms, weight[chosen], **{**OTHERS[0], "linewidth": 1.4})
        ax.set_title(f"center {centers_hz[chosen]:,.0f} Hz", loc="right")
        ax.set(xlim=(0, ms[-1]), xlabel="time (ms)", ylabel="weight")
        ax.label_outer()
    return fig


@figure
def intermediates(net: EQNet, frame: np.ndarray | torch.Tensor) -> Figure:
    """What becomes of one frame on its way through the network: X1, Z, Z_hat and X1_hat.

    Look for: which channels are awake (X1), how their envelopes rise and fall (Z), what the
    latent-space DNN makes of these (Z_hat, the gain of each channel in time), and which channels
    it makes stronger or weaker (X1_hat against X1: both have one color scale).

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
    # The strongest sample in a thousand may saturate, so that the others keep some color.
    swing = max(np.quantile(np.abs(image), 0.999) for image in (X1, X1_hat))
    signed = {"cmap": "RdBu_r", "vmin": -swing, "vmax": swing}

    fig, axes = plt.subplots(2, 2, sharex=True, sharey=True, figsize=(WIDTH, 5))
    titles = (
        ("X1, the filters' output", X1, signed),
        ("Z, the envelopes", Z, {}),
        ("X1_hat = X1 times Z_hat", X1_hat, signed),
        ("Z_hat, the gains", Z_hat, {}),
    )
    ms = config.frame / config.sample_rate * 1e3
    for ax, (title, image, colors) in zip(axes.flat, titles, strict=True):
        shown = ax.imshow(
            image, aspect="auto", origin="lower", extent=(0, ms, -0.5, len(order) - 0.5), **colors
        )
        ax.set(title=title, xlabel="time (ms)", ylabel="channel")
        ax.grid(False)
        ax.label_outer()
        fig.colorbar(shown, ax=ax)
    return fig


def center_frequencies_hz(net: EQNet) -> np.ndarray:
    """The centroid of each Conv1D filter's power spectrum, (filters,), in Hz."""
    power = np.abs(np.fft.rfft(_weight(net), FFT_SIZE)) ** 2
    frequencies_hz = np.fft.rfftfreq(FFT_SIZE, 1 / net.config.sample_rate)
    return power @ frequencies_hz / power.sum(1)


def _weight(net: EQNet) -> np.ndarray:
    return net.conv.weight.detach().cpu().double().numpy()
