"""Figures of equalizers as filters: what they make of a single 1, and same gains with other phases.

    from eqlib import plots

    eq_plots.impulse_responses({"low shelf": shelf, "60 Hz": deep}, after=64)

Chapter: "Hearing equalizers" (book/hearing.ipynb).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_integer
from eqlib.named import check_named
from eqlib.plots.signals import LOW_HZ
from eqlib.plots.style import WIDTH, figure, legend, log_frequency, styles

CEILING_DB = 60
"""A tone that is matched better than this counts, in a figure, as matched so well."""

LOWEST_DB = -120
TAIL = 16_384  # samples after which an impulse response counts as ended


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
        response = impulse_response(eq, before=before, after=after)
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
        gain.plot(frequencies_hz, 20 * np.log10(np.maximum(np.abs(response), 1e-9)), **style)
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


def impulse_response(eq: EQ, *, before: int, after: int) -> np.ndarray:
    """The output for a 1 at time zero, from `before` samples earlier: (before + after,) float64."""
    samples = before + after + max(0, sum(stage.advance_samples for stage in eq.stages) - before)
    lead = samples - after
    return eq(np.eye(1, samples, lead)[0])[lead - before :]


def energy_to_come_db(eq: EQ, *, samples: int) -> np.ndarray:
    """The energy of an impulse response from each sample on, relative to all of it.

    Args:
        eq: the equalizer. What it does before time zero (a compensated delay) is left out.
        samples: how many, from time zero on.

    Returns:
        (samples,) 10 log10 (energy from n on / all energy), in dB: 0 first, -infinity from where
        a FIR filter has ended. Cutting the response to n taps leaves an error of so many dB.
    """
    energy = eq.impulse_response(samples + TAIL) ** 2
    to_come = np.cumsum(energy[::-1])[::-1]
    with np.errstate(divide="ignore"):
        return 10 * np.log10(to_come[:samples] / to_come[0])


def tone_snr_db(target: np.ndarray, output: np.ndarray) -> np.ndarray:
    """The SNR of a steady tone, from two responses at its frequency.

    Args:
        target: (frequencies,) complex, the response that is to be matched; nowhere zero.
        output: (frequencies,) complex.

    Returns:
        (frequencies,) -20 log10 |1 - output / target|, in dB; infinite where they are equal.
    """
    with np.errstate(divide="ignore"):
        return -20 * np.log10(np.abs(1 - output / target))


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
