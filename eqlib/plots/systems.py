"""Figures of what `eqlib.analysis.systems` finds, and of the paths that the two orientations make.

Use them as `eqlib.plots.sweep_responses` and so on. Chapters: "Results", "What the network
learned".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from eqlib import metrics
from eqlib.analysis.systems import SweepResponse
from eqlib.audio import Audio, db
from eqlib.data.clips import as_clips
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_named, check_number, check_sample_rate
from eqlib.plots.equalizers import gain_axis
from eqlib.plots.signals import LOW_HZ
from eqlib.plots.style import WIDTH, figure, legend, log_frequency, styles


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
    gain_db = db(eq.response(exact), floor=1e-6)
    above.plot(exact, gain_db, label=names[0], **looks[names[0]], linewidth=5, alpha=0.3)
    for name, (frequencies_hz, response) in measured.items():
        target = eq.response(frequencies_hz)
        wrong = np.abs(response - target) / np.maximum(np.abs(target), 1e-6)
        above.plot(frequencies_hz, db(response), label=name, **looks[name])
        below.plot(frequencies_hz, db(wrong, floor=1e-5), **looks[name])
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
def measured_responses(
    input: Audio, outputs: Mapping[str, Audio], *, sample_rate: int, eq: EQ | None = None
) -> Figure:
    """What happened to a sound at each frequency, measured from input and output alone.

    Only drawn where the input has energy: elsewhere nobody can hear, or learn, what a network
    does. (`metrics.measured_response` tells how it is measured.)

    Look for: how closely a curve follows the exact response, and where gaps are.

    Args:
        input: (samples,), what went in.
        outputs: name -> (samples,), what came out.
        sample_rate: in Hz.
        eq: the equalizer that was to be matched; its exact response is drawn as "target, exact".

    Raises:
        EqlibError: for signals that cannot be drawn, of different lengths or shorter than 2048
            samples, or an equalizer at another sample rate.
    """
    (dry,) = as_clips("input", {"input": input}, sample_rate=sample_rate)
    wet = as_clips("outputs", outputs, sample_rate=sample_rate)
    measured = [metrics.measured_response(dry, clip, sample_rate=sample_rate) for clip in wet]
    names = list(wet.names)
    if eq is not None:
        check_sample_rate("the equalizer", eq.sample_rate, sample_rate)
        names.insert(0, "target, exact")
    looks = dict(zip(names, styles(names), strict=True))
    low_hz, high_hz = LOW_HZ, sample_rate / 2

    fig = Figure(figsize=(WIDTH, 3))
    ax = fig.subplots()
    if eq is not None:
        exact_hz = np.geomspace(low_hz, high_hz, 500)
        exact_db = db(eq.response(exact_hz))
        ax.plot(exact_hz, exact_db, label=names[0], **looks[names[0]], linewidth=5, alpha=0.3)
    for name, (frequencies_hz, response, heard) in zip(wet.names, measured, strict=True):
        gain = np.where(heard, np.abs(response), np.nan)
        ax.plot(frequencies_hz, db(gain), label=name, **looks[name])
    gain_axis(ax)
    log_frequency(ax, "x", low_hz=low_hz, high_hz=high_hz)
    legend(fig, ax)
    return fig


@figure
def scores(table: Mapping[str, Sequence[float]]) -> Figure:
    """The SNR of each test clip, for several methods; a bar and a number mark the mean.

    Look for: the distance between the means, and the clips that a method does badly: a mean
    hides them.

    Args:
        table: name of the method -> SNR in dB of each clip, such as `metrics.snr_db` returns.

    Raises:
        EqlibError: for a table or a method without scores, or one that is not finite.
    """
    check_named("table", table)
    cure = "Leave out what has no finite score, such as a perfect or a silent output."
    rows = {}
    for name, clips in table.items():
        rows[name] = [check_number(f"a score of {name}", s, cure=cure) for s in np.ravel(clips)]
        if not rows[name]:
            raise EqlibError(f"{name} has no score", "one for each clip", "Leave the method out.")

    fig = Figure(figsize=(WIDTH, 1 + 0.6 * len(rows)))
    ax = fig.subplots()
    for row, (snr_db, style) in enumerate(zip(rows.values(), styles(rows), strict=True)):
        mean_db, color = np.mean(snr_db), style["color"]
        # Dots beside each other, in an order that looks random but is always the same.
        place = row + 0.4 * (np.arange(len(snr_db)) * 0.618 % 1 - 0.5)
        ax.plot(snr_db, place, "o", color=color, markersize=5, alpha=0.65, markeredgewidth=0)
        ax.plot([mean_db, mean_db], [row - 0.33, row + 0.33], color=color, linewidth=2.5)
        ax.annotate(
            f"{mean_db:.1f} dB", (mean_db, row - 0.36), ha="center", va="bottom", color=color
        )
    ax.set(yticks=range(len(rows)), yticklabels=rows, ylim=(len(rows) - 0.5, -0.7))
    ax.set_xlabel("SNR (dB), more is better")
    ax.grid(axis="y", visible=False)
    return fig
