"""Figures of sounds: waveforms, spectra, spectrograms, and all three in one portrait.

Use them as `eqlib.plots.waveforms` and so on. Chapters: the tour (book/tour.ipynb), "Four families
of equalizers".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eqlib.analysis.spectra import smooth_spectrum_db, spectrogram_db
from eqlib.audio import Audio, db
from eqlib.data.clips import Clips, as_clips
from eqlib.errors import EqlibError, check_number
from eqlib.plots.style import OTHERS, ROLES, WIDTH, figure, legend, log_frequency, steps_db, styles

LOW_HZ = 30


@figure
def waveforms(
    signals: Mapping[str, Audio],
    *,
    sample_rate: int,
    start_s: float = 0.0,
    duration_s: float = 0.02,
) -> Figure:
    """A short excerpt of signals, one curve over the other.

    Look for: where output and target part. If there is a "target" and an "output", a second
    panel shows their difference; mind its scale.

    Args:
        signals: name -> (samples,).
        sample_rate: in Hz.
        start_s: where the excerpt begins, in seconds.
        duration_s: its length in seconds; more than about 0.05 is a solid band.

    Raises:
        EqlibError: for signals that cannot be drawn, or an excerpt that is not within all of them.
    """
    clips = as_clips("signals", signals, sample_rate=sample_rate)
    ms, excerpts = _excerpts(clips, start_s, duration_s)
    both = {"target", "output"} <= excerpts.keys()

    fig = Figure(figsize=(WIDTH, 2.8 + both))
    ratios = [2, 1][: 1 + both]
    axes = fig.subplots(1 + both, sharex=True, squeeze=False, height_ratios=ratios)
    for (name, excerpt), style in zip(excerpts.items(), styles(excerpts), strict=True):
        axes[0, 0].plot(ms, excerpt, label=name, **style)
    axes[0, 0].set_ylabel("amplitude")
    if both:
        axes[1, 0].plot(ms, excerpts["target"] - excerpts["output"], color=ROLES["output"]["color"])
        axes[1, 0].set_ylabel("target \N{MINUS SIGN} output")
        fig.align_ylabels()
    axes[-1, 0].set(xlabel="time (ms)", xlim=(ms[0], ms[-1]))
    axes[-1, 0].locator_params(axis="x", steps=[1, 2, 5, 10])
    legend(fig, axes[0, 0])
    return fig


@figure
def spectra(signals: Mapping[str, Audio], *, sample_rate: int) -> Figure:
    """The power spectra of whole signals, smoothed to about a sixth of an octave.

    0 dB is the highest point of all.

    Look for: the distance between input and target, which is the equalizer's gain, and whether
    the output closes it.

    Args:
        signals: name -> (samples,).
        sample_rate: in Hz.

    Raises:
        EqlibError: for signals that cannot be drawn.
    """
    clips = as_clips("signals", signals, sample_rate=sample_rate)
    fig = Figure(figsize=(WIDTH, 3))
    ax = fig.subplots()
    _draw_spectra(ax, clips)
    legend(fig, ax)
    return fig


@figure
def spectrograms(signals: Mapping[str, Audio], *, sample_rate: int) -> Figure:
    """Spectrograms side by side, on one color scale, 0 dB being the strongest point of all.

    Look for: which partials an equalizer makes stronger or weaker, and that their onsets stay.

    Args:
        signals: name -> (samples,); three are as many as a phone can show.
        sample_rate: in Hz.

    Raises:
        EqlibError: for signals that cannot be drawn.
    """
    clips = as_clips("signals", signals, sample_rate=sample_rate)
    fig = Figure(figsize=(WIDTH, 3))
    axes = fig.subplots(1, len(clips), sharex=True, sharey=True, squeeze=False)
    _draw_spectrograms(fig, axes[0], clips)
    return fig


@figure
def portrait(
    signals: Mapping[str, Audio],
    *,
    sample_rate: int,
    start_s: float = 0.2,
    duration_s: float = 0.01,
) -> Figure:
    """Signals in three ways: an excerpt of the waveforms, the spectra, and the spectrograms.

    Look for: whether output and target are one curve, in time and in frequency.

    Args:
        signals: name -> (samples,); three are as many as a phone can show.
        sample_rate: in Hz.
        start_s: where the excerpt begins, in seconds.
        duration_s: its length in seconds.

    Raises:
        EqlibError: for signals that cannot be drawn, or an excerpt that is not within all of them.
    """
    clips = as_clips("signals", signals, sample_rate=sample_rate)
    ms, excerpts = _excerpts(clips, start_s, duration_s)
    fig = Figure(figsize=(WIDTH, 6.6))
    grid = fig.add_gridspec(3, len(clips), height_ratios=[4, 5, 5])
    waves, bands = fig.add_subplot(grid[0, :]), fig.add_subplot(grid[1, :])
    for (name, excerpt), style in zip(excerpts.items(), styles(excerpts), strict=True):
        waves.plot(ms, excerpt, label=name, **style)
    waves.set(xlabel="time (ms)", xlim=(ms[0], ms[-1]), ylabel="amplitude")
    _draw_spectra(bands, clips)
    first = fig.add_subplot(grid[2, 0])
    others = [fig.add_subplot(grid[2, i], sharex=first, sharey=first) for i in range(1, len(clips))]
    _draw_spectrograms(fig, [first, *others], clips)
    legend(fig, waves)
    return fig


def _excerpts(
    clips: Clips, start_s: float, duration_s: float
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The times in ms, and the samples of each clip in an excerpt."""
    cure = "Give seconds, such as 0.02."
    start_s = check_number("start_s", start_s, cure=cure)
    duration_s = check_number("duration_s", duration_s, above=0, cure=cure)
    first, last = (round(t * clips.sample_rate) for t in (start_s, start_s + duration_s))
    shortest = int(clips.lengths.min())
    if not 0 <= first < last <= shortest:
        raise EqlibError(
            f"the excerpt from {start_s} s, {duration_s} s long, does not fit",
            f"one within the {shortest / clips.sample_rate:g} s of the shortest signal",
            "Change start_s or duration_s.",
        )
    excerpts = {name: clip[first:last] for name, clip in zip(clips.names, clips, strict=True)}
    return np.arange(first, last) / clips.sample_rate * 1e3, excerpts


def _draw_spectra(ax: Axes, clips: Clips) -> None:
    curves = [
        smooth_spectrum_db(clip, low_hz=LOW_HZ, sample_rate=clips.sample_rate) for clip in clips
    ]
    levels_db = [level_db for _, level_db in curves]
    top_db = np.max(levels_db)
    for name, curve, style in zip(clips.names, curves, styles(clips.names), strict=True):
        ax.plot(curve[0], curve[1] - top_db, label=name, **style)
    ax.set(ylabel="level (dB)", ylim=(max(-90, np.min(levels_db) - top_db) - 3, 3))
    log_frequency(ax, "x", low_hz=LOW_HZ, high_hz=clips.sample_rate / 2)


def _draw_spectrograms(fig: Figure, axes: Sequence[Axes], clips: Clips) -> None:
    sample_rate, low_hz = clips.sample_rate, 50
    rows_hz = np.geomspace(low_hz, sample_rate / 2, 120)
    images = [spectrogram_db(clip, rows_hz, sample_rate=sample_rate) for clip in clips]
    top_db = max(image.max() for _, image in images)
    for ax, name, (t, image) in zip(axes, clips.names, images, strict=True):
        mesh = ax.pcolormesh(t, rows_hz, image - top_db, **steps_db(-80))
        ax.set(title=name, xlabel="time (s)")
        ax.grid(False)
        log_frequency(ax, "y", low_hz=low_hz, high_hz=sample_rate / 2)
        ax.label_outer()
    fig.colorbar(mesh, ax=axes, label="level (dB)")


@figure
def fine_spectra(
    signals: Mapping[str, Audio],
    *,
    sample_rate: int,
    low_hz: float = 0.0,
    high_hz: float = 1_000.0,
) -> Figure:
    """The spectra of whole signals, not smoothed, a panel each; 0 dB is the highest point of all.

    Look for: lines beside the partials (sidebands), and what fills the gaps between them.

    Args:
        signals: name -> (samples,); a second of sound shows lines a few Hz apart.
        sample_rate: in Hz.
        low_hz: where the panels begin, in Hz.
        high_hz: where they end, up to half the sample rate.

    Raises:
        EqlibError: for signals that cannot be drawn, or frequencies out of range.
    """
    clips = as_clips("signals", signals, sample_rate=sample_rate)
    cure = "Give frequencies in Hz, the lower one first, up to half the sample rate."
    high_hz = check_number("high_hz", high_hz, above=0, below=sample_rate / 2 + 1e-6, cure=cure)
    low_hz = check_number("low_hz", low_hz, above=-1e-9, below=high_hz, cure=cure)
    spectra = [np.abs(np.fft.rfft(clip * np.hanning(len(clip)))) for clip in clips]
    top = max(spectrum.max() for spectrum in spectra)
    fig = Figure(figsize=(WIDTH, 0.7 + 1.25 * len(clips)))
    axes = fig.subplots(len(clips), sharex=True, sharey=True, squeeze=False)[:, 0]
    for ax, name, clip, spectrum in zip(axes, clips.names, clips, spectra, strict=True):
        level_db = db(spectrum / top)
        hz = np.arange(len(spectrum)) * sample_rate / len(clip)
        part = (hz >= low_hz) & (hz <= high_hz)
        ax.plot(hz[part], level_db[part], color=OTHERS[0]["color"], linewidth=1)
        ax.set_title(name, loc="left")
        ax.set(ylabel="dB", xlim=(low_hz, high_hz), ylim=(-50, 4))
    axes[-1].set_xlabel("frequency (Hz)")
    return fig
