"""What a system does to sound, found from outside: sent a signal, and listened to.

A network is no filter, but near its training it behaves almost like one. A sweep measures the
filter that it resembles; two more tests measure how far it is from being one.

Source of the sweep: A. Farina, "Simultaneous measurement of impulse response and distortion with a
swept-sine technique", AES 108, 2000. Chapters: "Results", "What the network learned".
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from eqlib import metrics
from eqlib.audio import Process, check_audio, check_mono, check_same_shape, check_shape, to_array
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.stage import taps_response
from eqlib.errors import EqlibError, check_integer, check_number, checked


class SweepResponse(NamedTuple):
    """A response that a sweep has measured.

    Attributes:
        frequencies_hz: (points,) between the sweep's ends.
        response: (points,) complex.
    """

    frequencies_hz: np.ndarray
    response: np.ndarray


@checked
def sine_sweep(
    *,
    low_hz: float = 30.0,
    high_hz: float = 7_500.0,
    duration_s: float = 4.0,
    level_dbfs: float = -20.0,
    sample_rate: int = 16_000,
) -> np.ndarray:
    """A sine whose frequency rises by the same number of octaves each second.

    Args:
        low_hz: where it starts, in Hz.
        high_hz: where it ends, below half the sample rate.
        duration_s: of the sweep; half a second of silence follows, for what rings on.
        level_dbfs: its peak, in dB of full scale. Networks are best near the level they know.
        sample_rate: in Hz.

    Returns:
        (samples,) float32.

    Raises:
        EqlibError: for frequencies, a duration or a rate out of range.
    """
    check_integer("sample_rate", sample_rate, at_least=1_000, cure="Give it in Hz: 16_000.")
    cure = "Give frequencies in Hz, the lower one first, both below half the sample rate."
    check_number("high_hz", high_hz, above=0, below=sample_rate / 2, cure=cure)
    check_number("low_hz", low_hz, above=0, below=high_hz, cure=cure)
    check_number("duration_s", duration_s, above=0.1, cure="Give seconds, such as 4.")
    check_number("level_dbfs", level_dbfs, below=1e-9, cure="Give it in dB of full scale: -20.")
    t = np.arange(round(duration_s * sample_rate)) / sample_rate
    octaves = np.log(high_hz / low_hz)
    phase = 2 * np.pi * low_hz * duration_s / octaves * np.expm1(t / duration_s * octaves)
    fade = np.minimum(1, np.minimum(t, duration_s - t) / 0.02)
    sweep = 10 ** (level_dbfs / 20) * fade * np.sin(phase)
    return np.pad(sweep, (0, sample_rate // 2)).astype(np.float32)


@checked
def sweep_response(
    process: Process,
    *,
    low_hz: float = 30.0,
    high_hz: float = 7_500.0,
    level_dbfs: float = -20.0,
    points: int = 300,
    sample_rate: int = 16_000,
) -> SweepResponse:
    """The linear response of a system, from a sine sweep: spectrum out by spectrum in.

    Harmonics, which a linear system has none of, come out before the response proper and are cut
    away: it is taken from the impulse response within 64 ms of time zero.

    Args:
        process: the system, from (samples,) to (samples,).
        low_hz: as in `sine_sweep`; so are high_hz, level_dbfs and sample_rate.
        high_hz: see low_hz.
        level_dbfs: see low_hz.
        points: how many frequencies, equally far apart in octaves.
        sample_rate: in Hz.

    Raises:
        EqlibError: for settings that `sine_sweep` refuses, or an output of another length.
    """
    sweep = sine_sweep(
        low_hz=low_hz, high_hz=high_hz, level_dbfs=level_dbfs, sample_rate=sample_rate
    ).astype(np.float64)
    output = to_array("the system's output", process(sweep.astype(np.float32))).astype(np.float64)
    check_same_shape("the system's output", output, "the sweep", sweep)
    size = 2 * len(sweep)
    X, Y = np.fft.rfft(sweep, size), np.fft.rfft(output, size)
    # Outside of the sweep's band there is next to nothing to divide by.
    floor = 1e-6 * (np.abs(X) ** 2).max()
    impulse = np.fft.irfft(Y * X.conj() / (np.abs(X) ** 2 + floor), size)
    reach = round(0.064 * sample_rate)
    taps = np.concatenate((impulse[-reach:], impulse[:reach]))
    taps *= np.hanning(2 * reach + 1)[:-1] ** 0.1  # only the ends are faded
    # The same for the sweep itself, whose band has ends too.
    own = np.fft.irfft(np.abs(X) ** 2 / (np.abs(X) ** 2 + floor), size)
    own = np.concatenate((own[-reach:], own[:reach])) * np.hanning(2 * reach + 1)[:-1] ** 0.1
    frequencies_hz = np.geomspace(low_hz * 1.2, high_hz / 1.05, points)
    lags = np.arange(-reach, reach)
    measured, sent = taps_response(
        np.stack((taps, own)), lags, frequencies_hz, sample_rate=sample_rate
    )
    return SweepResponse(frequencies_hz, measured / sent)


@checked
def homogeneity_db(process: Process, audio: np.ndarray, gains_db: np.ndarray) -> np.ndarray:
    """How well a system keeps the proportion: SNR in dB of process(g x) / g against process(x).

    A linear system gives infinity for every gain.

    Args:
        process: the system.
        audio: (samples,), x.
        gains_db: (gains,) in dB, g.

    Returns:
        (gains,) in dB.

    Raises:
        EqlibError: if the output for x is silent, or is no audio.
    """
    check_audio("audio", audio)
    check_mono("audio", audio)
    check_shape("gains_db", gains_db, ("gains",))
    reference = process(audio)
    scores = []
    for gain in 10 ** (gains_db / 20):
        output = to_array("the output", process((audio * gain).astype(audio.dtype))) / gain
        scores.append(float(metrics.snr_db(reference, output)))
    return np.array(scores)


@checked
def additivity_db(process: Process, first: np.ndarray, second: np.ndarray) -> float:
    """How well a system keeps sums: SNR in dB of process(x) + process(y) against process(x + y).

    Args:
        process: the system.
        first: (samples,), x.
        second: (samples,), y, of the same length.

    Raises:
        EqlibError: for different lengths, or a silent sum.
    """
    check_same_shape("the first sound", first, "the second", second)
    both = process(first + second)
    if not np.any(both):
        raise EqlibError("the sum is silent", "sounds that do not cancel", "Choose two others.")
    return float(metrics.snr_db(both, process(first) + process(second)))


@checked
def invariance_db(process: Process, audio: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """How well a system keeps time: SNR in dB of process(x delayed) against process(x), delayed.

    A time-invariant system gives infinity for every shift. One that works in frames gives it where
    the shift is a multiple of its hop.

    Args:
        process: the system.
        audio: (samples,), x.
        shifts: (shifts,) whole numbers of samples, zero or more.

    Returns:
        (shifts,) in dB.

    Raises:
        EqlibError: for a shift that is negative or no whole number, or if the output is silent.
    """
    check_audio("audio", audio)
    check_mono("audio", audio)
    check_shape("shifts", shifts, ("shifts",))
    if shifts.dtype.kind not in "iu" or shifts.min() < 0:
        cure = "Give samples, such as np.array([8, 64, 256])."
        raise EqlibError(f"shifts is {shifts}", "whole numbers of zero or more", cure)
    scores = []
    for shift in map(int, shifts):
        reference = to_array("the output", process(np.pad(audio, (0, shift))))
        delayed = to_array("the output", process(np.pad(audio, (shift, 0))))
        samples = len(audio)
        scores.append(float(metrics.snr_db(reference[:samples], delayed[shift : shift + samples])))
    return np.array(scores)


TAIL = 16_384  # samples after which an impulse response counts as ended


@checked
def click_response(effect: Process, *, before: int = 64, after: int = 65) -> np.ndarray:
    """What an effect makes of a single 1, before it and after it.

    Args:
        effect: an `eqlib.EQ`, or any function from audio to audio.
        before: samples before the 1, where effects with a compensated delay begin. A bank of
            filters of K taps acts at lags from -K to K (`channels.channel_paths`): before=K,
            after=K + 1.
        after: samples from the 1 on.

    Returns:
        (before + after,) float64; the 1 stood at index `before`.

    Raises:
        EqlibError: for numbers of samples that are no whole numbers (before: 0 or more; after: 1
            or more), or an output of another length.
    """
    before = check_integer("before", before, at_least=0, cure="Give the taps of a filter: 64.")
    after = check_integer("after", after, at_least=1, cure="Give samples: 65.")
    click = np.zeros(before + after)
    click[before] = 1
    output = to_array("the effect's output", effect(click)).astype(np.float64)
    check_same_shape("the effect's output", output, "the click", click)
    return output


@checked
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
        level_db: np.ndarray = 10 * np.log10(to_come[:samples] / to_come[0])
    return level_db


@checked
def tone_snr_db(target: np.ndarray, output: np.ndarray) -> np.ndarray:
    """The SNR of a steady tone, from two responses at its frequency.

    Args:
        target: (frequencies,) complex, the response that is to be matched; nowhere zero.
        output: (frequencies,) complex, or one for all of them.

    Returns:
        (frequencies,) -20 log10 |1 - output / target|, in dB; infinite where they are equal.
    """
    if output.ndim:
        check_same_shape("target", target, "output", output)
    with np.errstate(divide="ignore"):
        snr_db: np.ndarray = -20 * np.log10(np.abs(1 - output / target))
    return snr_db
