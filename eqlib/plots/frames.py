"""Figures of frames: how a sound is cut and added up, what windows add up to, what a frame costs.

    from eqlib import plots

    frame_plots.cut_and_added(note[3_000:5_500], frame=1024, hop=512, sample_rate=16_000)

Chapter: "Audio as frames" (book/frames.ipynb).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from eqlib import frames
from eqlib.audio import Audio
from eqlib.data.clips import as_clips
from eqlib.errors import EqlibError, check_integer, check_named, check_number
from eqlib.frames import window_sum
from eqlib.plots.style import OTHERS, ROLES, WIDTH, figure, legend, styles

PALE = "#aaaaaa"  # for the signal behind what was made of it


@figure
def cut_and_added(signal: Audio, *, frame: int, hop: int, sample_rate: int) -> Figure:
    """The Hann-windowed frames that lie wholly in a short signal, and their sum over the signal.

    Look for: the middle, where two frames or more overlap and the sum is the signal again; and
    the two ends, where a neighbor is missing.

    Args:
        signal: (samples,), two to six hops longer than a frame.
        frame: samples in a frame.
        hop: samples from one frame to the next; here it need not divide the frame.
        sample_rate: in Hz.

    Raises:
        EqlibError: for a signal that cannot be drawn or is shorter than a frame, or a frame or a
            hop that is no positive integer.
    """
    (clip,) = as_clips("signal", {"signal": signal}, sample_rate=sample_rate)
    shape = frames.window("hann", frame).numpy()
    hop = check_integer("hop", hop, at_least=1, cure="Use frame // 2.")
    if len(clip) < frame:
        raise EqlibError(
            f"the signal has {len(clip)} samples",
            f"at least one frame of {frame}",
            "Give a longer excerpt.",
        )
    starts = range(0, len(clip) - frame + 1, hop)
    ms = np.arange(len(clip)) / sample_rate * 1e3
    height = np.abs(clip).max()

    fig = Figure(figsize=(WIDTH, 3.8))
    pieces, total = fig.subplots(2, sharex=True, height_ratios=[3, 2])
    added = np.zeros(len(clip))
    for row, start in enumerate(starts):
        here, color = slice(start, start + frame), OTHERS[row % len(OTHERS)]["color"]
        pieces.plot(ms[here], shape * clip[here] / height / 2.2 - row, color=color, linewidth=1)
        pieces.plot(ms[here], shape / 2.2 - row, color=color, linewidth=1)
        added[here] += shape * clip[here]
    total.plot(ms, clip, color=PALE, linewidth=1)
    total.plot(ms, added, color=ROLES["target"]["color"], linewidth=1)
    pieces.set(
        ylabel="frame", yticks=-np.arange(len(starts)), yticklabels=range(1, len(starts) + 1)
    )
    total.set(ylabel="sum", xlabel="time (ms)", xlim=(ms[0], ms[-1]))
    fig.align_ylabels()
    return fig


@figure
def window_sums(
    cases: Mapping[str, tuple[np.ndarray, int]], *, sample_rate: int, hops: int = 5
) -> Figure:
    """Windows, a hop apart, and what they add up to, one panel for each case.

    Look for: whether the sum is a straight line. Where it is not, the sound gets louder and
    softer with it.

    Args:
        cases: name -> ((frame,) window, or product of two windows; hop in samples, any).
        sample_rate: in Hz.
        hops: how many hops of the first case are shown.

    Raises:
        EqlibError: for no case at all, a window that is not 1-D, or a hop that is no positive
            integer.
    """
    check_named("cases", cases)
    hops = check_integer("hops", hops, at_least=1, cure="Use 5.")
    first_hop = next(iter(cases.values()))[1]
    fig = Figure(figsize=(WIDTH, 0.9 + 1.1 * len(cases)))
    axes = fig.subplots(len(cases), sharex=True, sharey=True, squeeze=False)[:, 0]
    for ax, (name, (window, hop)) in zip(axes, cases.items(), strict=True):
        samples = hops * first_hop
        total = window_sum(window, hop=hop, samples=samples)
        window = np.asarray(window, np.float64)
        ms = np.arange(samples) / sample_rate * 1e3
        for start in range(-(len(window) // hop) * hop, samples, hop):
            place = start + np.arange(len(window))
            shown = (place >= 0) & (place < samples)
            ax.plot(ms[place[shown]], window[shown], color=OTHERS[0]["color"], linewidth=1)
        ax.plot(ms, total, color=ROLES["target"]["color"])
        ax.set_title(name, loc="left", pad=3)
    axes[0].set_ylim(bottom=0)
    axes[-1].set(xlabel="time (ms)", xlim=(0, ms[-1]))
    fig.supylabel("windows, and their sum", fontsize="medium")
    return fig


@figure
def by_frame_length(lengths: Sequence[int], curves: Mapping[str, Sequence[float]]) -> Figure:
    """SNR over the length of a frame, on an axis of octaves.

    Look for: how many dB a frame of twice the length is worth, and where a curve crosses another.
    A curve of one value has no dots: it is a level to compare with, not measured at each length.

    Args:
        lengths: of the frames, in samples, rising.
        curves: name -> SNR in dB at each length.

    Raises:
        EqlibError: for no curve at all, lengths that do not rise, a curve with more or fewer
            values than lengths, or a value that is not finite.
    """
    check_named("curves", curves)
    lengths = [check_integer("a length", n, at_least=1, cure="Use 1024.") for n in lengths]
    if len(lengths) < 2 or any(np.diff(lengths) <= 0):
        raise EqlibError(f"lengths is {lengths}", "two or more that rise", "Sort them.")
    cure = "Give one finite SNR for each length."
    fig = Figure(figsize=(WIDTH, 3.4))
    ax = fig.subplots()
    for (name, values), style in zip(curves.items(), styles(curves), strict=True):
        values = [check_number(f"a value of {name}", value, cure=cure) for value in values]
        if len(values) != len(lengths):
            raise EqlibError(
                f"{name} has {len(values)} values for {len(lengths)} lengths",
                "one for each",
                "Measure it at every length.",
            )
        dots = "o" if len(set(values)) > 1 else ""
        ax.plot(lengths, values, label=name, marker=dots, markersize=4, **style)
    ax.set(xscale="log", xlabel="frame (samples)", ylabel="SNR (dB)")
    ax.set_xticks(lengths, map(str, lengths), minor=False)
    ax.set_xticks([], minor=True)
    legend(fig, ax)
    return fig


@figure
def along_frame(
    curves: Mapping[str, Audio],
    *,
    frame: int,
    sample_rate: int,
    ylabel: str,
    ylim: tuple[float, float] | None = None,
) -> Figure:
    """Some quantity from the beginning to the end of one frame.

    Look for: what changes with the place in the frame, which the sound knows nothing of.

    Args:
        curves: name -> (values,), evenly spaced, each for the middle of its part of the frame.
        frame: samples in the frame.
        sample_rate: in Hz.
        ylabel: what it is.
        ylim: the range that is shown; by default all of it.

    Raises:
        EqlibError: for no curve at all, or one without values.
    """
    check_named("curves", curves)
    frame = check_integer("frame", frame, at_least=1, cure="Use 1024.")
    fig = Figure(figsize=(WIDTH, 3.2))
    ax = fig.subplots()
    for (name, values), style in zip(curves.items(), styles(curves), strict=True):
        values = np.ravel(values)
        if not len(values):
            raise EqlibError(f"{name} has no values", "one or more", "Leave it out.")
        ms = (np.arange(len(values)) + 0.5) * frame / len(values) / sample_rate * 1e3
        ax.plot(ms, values, label=name, **style)
    ax.set(xlabel="time in the frame (ms)", xlim=(0, frame / sample_rate * 1e3), ylabel=ylabel)
    if ylim is not None:
        ax.set_ylim(*ylim)
    legend(fig, ax)
    return fig
