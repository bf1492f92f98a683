"""Figures of sounds, equalizers and networks: one call each, in the book's style.

    from eqlib import plots

    plots.responses({"low shelf": EQ.low_shelf(cutoff_hz=500, gain_db=10)})

Every function takes data, leaves it as it is, and returns a matplotlib `Figure`: the last line of
a cell shows it, ``fig.savefig("figure.png")`` writes it. Names decide how a curve is drawn:
"input" and "doing nothing" are dotted gray, "target" solid black, "output" and "network" dashed
orange, "FIR" dash-dotted green (`eqlib.plots.style`).

Signals are mono, floating point and finite, and not silent; else they "cannot be drawn".

Chapter: the tour (book/tour.ipynb).
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eqlib import metrics
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_number, check_sample_rate
from eqlib.named import Audio, as_clips, check_named
from eqlib.plots.signals import LOW_HZ, portrait, spectra, spectrograms, waveforms
from eqlib.plots.style import WIDTH, figure, legend, log_frequency, styles

__all__ = [
    "along_frame",
    "by_frame_length",
    "channels",
    "connections",
    "curves",
    "cut_and_added",
    "diagonals",
    "energy_to_come",
    "fader_responses",
    "faders",
    "faders_in_frame",
    "filter_bank",
    "filters_forming",
    "fine_spectra",
    "gradient_norms",
    "impulse_responses",
    "intermediates",
    "linearity",
    "measured_responses",
    "one_channel",
    "orientations",
    "paths",
    "portrait",
    "rates",
    "responses",
    "same_gain",
    "scores",
    "softplus",
    "spectra",
    "spectrograms",
    "sweep_responses",
    "taps",
    "times",
    "training",
    "unpoolings",
    "waveforms",
    "window_sums",
]


_HOMES = {
    "waveforms": "eqlib.plots.signals",
    "spectra": "eqlib.plots.signals",
    "spectrograms": "eqlib.plots.signals",
    "portrait": "eqlib.plots.signals",
    "impulse_responses": "eqlib.plots.equalizers",
    "energy_to_come": "eqlib.plots.equalizers",
    "same_gain": "eqlib.plots.equalizers",
    "cut_and_added": "eqlib.plots.frames",
    "window_sums": "eqlib.plots.frames",
    "by_frame_length": "eqlib.plots.frames",
    "along_frame": "eqlib.plots.frames",
    "taps": "eqlib.plots.bank",
    "one_channel": "eqlib.plots.bank",
    "channels": "eqlib.plots.bank",
    "unpoolings": "eqlib.plots.bank",
    "paths": "eqlib.plots.bank",
    "faders": "eqlib.plots.bank",
    "training": "eqlib.plots.network",
    "filter_bank": "eqlib.plots.network",
    "intermediates": "eqlib.plots.network",
    "connections": "eqlib.plots.latent",
    "softplus": "eqlib.plots.latent",
    "fader_responses": "eqlib.plots.latent",
    "faders_in_frame": "eqlib.plots.latent",
    "fine_spectra": "eqlib.plots.latent",
    "filters_forming": "eqlib.plots.learning",
    "gradient_norms": "eqlib.plots.learning",
    "rates": "eqlib.plots.learning",
    "curves": "eqlib.plots.learning",
    "sweep_responses": "eqlib.plots.systems",
    "linearity": "eqlib.plots.systems",
    "orientations": "eqlib.plots.systems",
    "times": "eqlib.plots.speed",
    "diagonals": "eqlib.plots.speed",
}


def __getattr__(name: str) -> Any:
    """Loads a figure when it is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"eqlib.plots has no {name}")
    return getattr(importlib.import_module(_HOMES[name]), name)


@figure
def responses(
    eqs: Mapping[str, EQ],
    *,
    low_hz: float = LOW_HZ,
    high_hz: float | None = None,
    phase: bool = False,
) -> Figure:
    """What equalizers do at each frequency, from their coefficients.

    Look for: where a curve leaves 0 dB, how far it goes, and how steeply.

    Args:
        eqs: name -> equalizer.
        low_hz: the lowest frequency, in Hz.
        high_hz: the highest one, by default half of the lowest sample rate.
        phase: adds a panel with the phase in degrees. An EQ that boosts or cuts also turns the
            phase, most where its curve is steepest.

    Raises:
        EqlibError: for no EQ at all or what is none, or frequencies out of range.
    """
    check_named("eqs", eqs)
    for name, eq in eqs.items():
        if not isinstance(eq, EQ):
            raise EqlibError(f"{name} is {eq!r}", "an EQ", "Make it by EQ.low_shelf or its like.")
    nyquist_hz = min(eq.sample_rate for eq in eqs.values()) / 2
    high_hz = nyquist_hz if high_hz is None else high_hz
    check_number("high_hz", high_hz, above=0, below=nyquist_hz * (1 + 1e-9), cure="Lower high_hz.")
    check_number("low_hz", low_hz, above=0, below=high_hz, cure="Lower low_hz.")
    frequencies_hz = np.geomspace(low_hz, high_hz, 1000)

    fig = Figure(figsize=(WIDTH, 3 + 1.6 * phase))
    axes = fig.subplots(1 + phase, sharex=True, squeeze=False)
    for (name, eq), style in zip(eqs.items(), styles(eqs), strict=True):
        response = eq.response(frequencies_hz)
        axes[0, 0].plot(frequencies_hz, _db(np.abs(response)), label=name, **style)
        if phase:
            axes[1, 0].plot(frequencies_hz, _degrees(response), **style)
    _gain_axis(axes[0, 0])
    if phase:
        axes[1, 0].set(ylabel="phase (degrees)", ylim=(-190, 190), yticks=(-180, -90, 0, 90, 180))
    log_frequency(axes[-1, 0], "x", low_hz=low_hz, high_hz=high_hz)
    legend(fig, axes[0, 0])
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
        exact_db = _db(np.abs(eq.response(exact_hz)))
        ax.plot(exact_hz, exact_db, label=names[0], **looks[names[0]], linewidth=5, alpha=0.3)
    for name, (frequencies_hz, response, heard) in zip(wet.names, measured, strict=True):
        gain = np.where(heard, np.abs(response), np.nan)
        ax.plot(frequencies_hz, _db(gain), label=name, **looks[name])
    _gain_axis(ax)
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


def _db(gain: np.ndarray) -> np.ndarray:
    return 20 * np.log10(np.maximum(gain, 1e-9))


def _degrees(response: np.ndarray) -> np.ndarray:
    """The phase, with a gap where it turns over from -180 to 180 degrees."""
    phase = np.angle(response, deg=True)
    phase[1:][np.abs(np.diff(phase)) > 180] = np.nan
    return phase


def _gain_axis(ax: Axes) -> None:
    ax.axhline(0, color="#999999", linewidth=1, zorder=1)
    ax.set_ylabel("gain (dB)")
    # A filter that lets nothing pass somewhere must not press the other curves flat.
    bottom, top = ax.get_ylim()
    ax.set_ylim(max(bottom, -42), max(top, 3))
