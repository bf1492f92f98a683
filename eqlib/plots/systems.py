"""Figures of what `eqlib.analysis.systems` finds, and of the paths that the two orientations make.

Use them as `eqlib.plots.sweep_responses` and so on. Chapters: "Results", "What the network
learned".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from eqlib.analysis.systems import SweepResponse
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_integer, check_number
from eqlib.model import EQNet
from eqlib.named import check_named
from eqlib.plots.network import center_frequencies_hz
from eqlib.plots.style import OTHERS, WIDTH, figure, legend, log_frequency, styles


@figure
def sweep_responses(eq: EQ, measured: Mapping[str, SweepResponse]) -> Figure:
    """Responses measured by a sweep over the exact one, and below, how far they are from it.

    The error is that of gain and phase together, |H - T| / |T|, in dB: -40 dB means that a
    hundredth of what should come out at a frequency is wrong.

    Look for: where the error rises, and whether the filter's own gain is low there.

    Args:
        eq: the equalizer that was to be matched, T.
        measured: name -> what `probe.sweep_response` returned, H.

    Raises:
        EqlibError: for nothing measured.
    """
    check_named("measured", measured)
    names = ["target, exact", *measured]
    looks = dict(zip(names, styles(names), strict=True))
    exact = next(iter(measured.values())).frequencies_hz

    fig = Figure(figsize=(WIDTH, 4.4))
    above, below = fig.subplots(2, sharex=True, height_ratios=[3, 2])
    gain_db = 20 * np.log10(np.maximum(np.abs(eq.response(exact)), 1e-6))
    above.plot(exact, gain_db, label=names[0], **looks[names[0]], linewidth=5, alpha=0.3)
    for name, (frequencies_hz, response) in measured.items():
        target = eq.response(frequencies_hz)
        wrong = np.abs(response - target) / np.maximum(np.abs(target), 1e-6)
        above.plot(frequencies_hz, 20 * np.log10(np.abs(response)), label=name, **looks[name])
        below.plot(frequencies_hz, 20 * np.log10(np.maximum(wrong, 1e-5)), **looks[name])
    above.set_ylabel("gain (dB)")
    below.set_ylabel("error (dB)")
    log_frequency(below, "x", low_hz=exact[0], high_hz=exact[-1])
    fig.align_ylabels()
    legend(fig, above)
    return fig


@figure
def linearity(gains_db: Sequence[float], curves: Mapping[str, Sequence[float]]) -> Figure:
    """How well systems keep the proportion between input and output, at each level.

    Look for: the range of levels in which a network is as good as linear, and on which side of it
    the agreement falls.

    Args:
        gains_db: by how much the input was turned up or down.
        curves: name -> SNR in dB at each of these, from `probe.homogeneity_db`.

    Raises:
        EqlibError: for no curve, or one of another length.
    """
    check_named("curves", curves)
    for name, curve in curves.items():
        if len(curve) != len(gains_db):
            raise EqlibError(
                f"{name} has {len(curve)} values", f"{len(gains_db)}, one for each gain", "Check."
            )
    fig = Figure(figsize=(WIDTH, 3))
    ax = fig.subplots()
    for (name, curve), style in zip(curves.items(), styles(curves), strict=True):
        ax.plot(gains_db, np.minimum(curve, 140), marker="o", markersize=4, label=name, **style)
    ax.set(xlabel="input turned up by (dB)", ylabel="agreement, SNR (dB)", ylim=(0, None))
    legend(fig, ax)
    return fig


@figure
def orientations(net: EQNet, channel: int) -> Figure:
    """One filter's path through front-end and back-end, as it is and reversed in time.

    The filter twice in a row, w * w, has the response W squared; the filter and its mirror image
    have |W| squared. Their gains are the same. In time they are not: the mirrored path is
    symmetric around time zero.

    Look for: the symmetry on the right, which is what "no phase" looks like, and the one curve
    that both gains lie on.

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
    w = net.conv.weight[row].detach().cpu().double().numpy()
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
        turn = np.exp(-2j * np.pi * np.outer(frequencies_hz, lags) / rate)
        gain = np.abs(turn @ path)
        gain_db = 20 * np.log10(np.maximum(gain / gain.max(), 1e-5))
        wide = {**style, "linewidth": 4 - 2.4 * column}
        spectrum.plot(frequencies_hz, gain_db, label=name, **wide)
    spectrum.set(ylabel="gain (dB)", ylim=(-82, 3))
    log_frequency(spectrum, "x", low_hz=30, high_hz=rate / 2)
    legend(fig, spectrum)
    return fig
