"""Figures of equalizers as filters: what they make of a single 1, and same gains with other phases.

    from eqlib import plots

    eq_plots.impulse_responses({"low shelf": shelf, "60 Hz": deep}, after=64)

Chapters: "Hearing equalizers" (book/hearing.ipynb), "Phase and delay" (book/phase.ipynb).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eqlib.analysis.systems import click_response, energy_to_come_db, tone_snr_db
from eqlib.audio import db
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_integer, check_named, check_number
from eqlib.plots.signals import LOW_HZ
from eqlib.plots.style import WIDTH, figure, legend, log_frequency, styles

CEILING_DB = 60
"""A tone that is matched better than this counts, in a figure, as matched so well."""

LOWEST_DB = -120


@figure
def impulse_responses(eqs: Mapping[str, EQ], *, before: int = 0, after: int = 64) -> Figure:
    """What each equalizer makes of a single 1, one panel under the other.

    Look for: how long it rings, and whether anything comes before time zero.

    Args:
        eqs: name -> equalizer; all at one sample rate.
        before: samples shown before time zero, where filters with a compensated delay begin.
        after: samples shown from time zero on.

    Raises:
        EqlibError: for no EQ at all, what is none, sample rates that differ, or numbers of
            samples that are no whole numbers (before: 0 or more; after: 2 or more).
    """
    _check(eqs)
    before = check_integer("before", before, at_least=0, cure="Give samples: 0.")
    after = check_integer("after", after, at_least=2, cure="Give samples: 64.")
    time = np.arange(-before, after)

    fig = Figure(figsize=(WIDTH, 0.7 + 1.3 * len(eqs)))
    axes = fig.subplots(len(eqs), sharex=True, squeeze=False)[:, 0]
    for ax, (name, eq), style in zip(axes, eqs.items(), styles(eqs), strict=True):
        response = click_response(eq, before=before, after=after)
        ax.axhline(0, color="#999999", linewidth=1, zorder=1)
        ax.vlines(time, 0, response, color=style["color"], linewidth=1.2)
        ax.plot(time, response, "o", color=style["color"], markersize=2.6)
        ax.set_title(name, loc="left", pad=3)
    axes[-1].set(xlabel="time (samples)", xlim=(-before - 1, after))
    fig.supylabel("output", fontsize="medium")
    return fig


@figure
def energy_to_come(eqs: Mapping[str, EQ], *, samples: int = 256) -> Figure:
    """How much of each impulse response's energy is still to come, over time.

    Look for: straight slopes, which go on forever (IIR), and cliffs, where the taps end (FIR).

    Args:
        eqs: name -> equalizer; all at one sample rate.
        samples: shown from time zero on.

    Raises:
        EqlibError: for no EQ at all, what is none, sample rates that differ, or samples that are
            no whole number of at least 2.
    """
    _check(eqs)
    samples = check_integer("samples", samples, at_least=2, cure="Give samples: 256.")
    fig = Figure(figsize=(WIDTH, 3.2))
    ax = fig.subplots()
    for (name, eq), style in zip(eqs.items(), styles(eqs), strict=True):
        ax.plot(energy_to_come_db(eq, samples=samples), label=name, **style)
    ax.set(xlabel="time (samples)", xlim=(0, samples - 1), ylabel="energy to come (dB)")
    ax.set_ylim(LOWEST_DB, 3)
    legend(fig, ax)
    return fig


@figure
def same_gain(target: EQ, others: Mapping[str, EQ]) -> Figure:
    """Equalizers beside a target: gain, phase, and how well each matches a tone.

    Look for: where the gains are one curve and the phases are not, and what is left of the SNR.

    Args:
        target: the equalizer that is to be matched.
        others: name -> equalizer; all at the target's sample rate.

    Raises:
        EqlibError: for no EQ at all, what is none, or sample rates that differ.
    """
    check_named("others", others)
    eqs = {"target": target, **others}
    _check(eqs)
    frequencies_hz = np.geomspace(LOW_HZ, target.sample_rate / 2, 1000)
    responses = {name: eq.response(frequencies_hz) for name, eq in eqs.items()}

    fig = Figure(figsize=(WIDTH, 4.6))
    gain, phase, snr = fig.subplots(3, sharex=True)
    for (name, response), style in zip(responses.items(), styles(eqs), strict=True):
        gain.plot(frequencies_hz, db(response), **style)
        degrees = np.angle(response, deg=True)
        degrees[1:][np.abs(np.diff(degrees)) > 180] = np.nan  # a gap, where the phase turns over
        phase.plot(frequencies_hz, degrees, label=name, **style)
        if name != "target":
            matched = np.minimum(tone_snr_db(responses["target"], response), CEILING_DB)
            snr.plot(frequencies_hz, matched, **style)
    gain.set_ylabel("gain (dB)")
    phase.set_ylabel("phase (°)")
    snr.set_ylabel("tone's SNR (dB)")
    log_frequency(snr, "x", low_hz=LOW_HZ, high_hz=target.sample_rate / 2)
    fig.align_ylabels()
    legend(fig, phase)
    return fig


def _check(eqs: Mapping[str, EQ]) -> None:
    check_named("eqs", eqs)
    for name, eq in eqs.items():
        if not isinstance(eq, EQ):
            raise EqlibError(f"{name} is {eq!r}", "an EQ", "Make it by EQ.low_shelf or its like.")
    rates = {eq.sample_rate for eq in eqs.values()}
    if len(rates) > 1:
        raise EqlibError(
            f"the equalizers have sample rates of {', '.join(map(str, sorted(rates)))} Hz",
            "one for all",
            "Make them with the same sample_rate.",
        )


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
        axes[0, 0].plot(frequencies_hz, db(response), label=name, **style)
        if phase:
            axes[1, 0].plot(frequencies_hz, _degrees(response), **style)
    gain_axis(axes[0, 0])
    if phase:
        axes[1, 0].set(ylabel="phase (degrees)", ylim=(-190, 190), yticks=(-180, -90, 0, 90, 180))
    log_frequency(axes[-1, 0], "x", low_hz=low_hz, high_hz=high_hz)
    legend(fig, axes[0, 0])
    return fig


def _degrees(response: np.ndarray) -> np.ndarray:
    """The phase, with a gap where it turns over from -180 to 180 degrees."""
    phase: np.ndarray = np.angle(response, deg=True)
    phase[1:][np.abs(np.diff(phase)) > 180] = np.nan
    return phase


def gain_axis(ax: Axes) -> None:
    """Names the axis of gain, marks 0 dB, and keeps what lets nothing pass from filling it."""
    ax.axhline(0, color="#999999", linewidth=1, zorder=1)
    ax.set_ylabel("gain (dB)")
    # A filter that lets nothing pass somewhere must not press the other curves flat.
    bottom, top = ax.get_ylim()
    ax.set_ylim(max(bottom, -42), max(top, 3))
