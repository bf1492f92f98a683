"""What a system does to sound, found from outside: sent a signal, and listened to.

A network is no filter, but near its training it behaves almost like one. A sweep measures the
filter that it resembles; two more tests measure how far it is from being one.

Source of the sweep: A. Farina, "Simultaneous measurement of impulse response and distortion with a
swept-sine technique", AES 108, 2000. Chapters: "Results", "What the network learned".
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from eqlib import frames, metrics
from eqlib.errors import EqlibError, check_audio, check_integer, check_number, check_same_shape
from eqlib.model import EQNet

Process = Callable[[np.ndarray], np.ndarray]


class SweepResponse(NamedTuple):
    """A response that a sweep has measured.

    Attributes:
        frequencies_hz: (points,) between the sweep's ends.
        response: (points,) complex.
    """

    frequencies_hz: np.ndarray
    response: np.ndarray


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
    output = np.asarray(process(sweep.astype(np.float32)), np.float64)
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
    turn = np.exp(-2j * np.pi * np.outer(frequencies_hz, lags) / sample_rate)
    return SweepResponse(frequencies_hz, (turn @ taps) / (turn @ own))


def faders(net: EQNet, audio: np.ndarray) -> np.ndarray:
    """Z_hat for each frame of a sound: the gain of each channel, from moment to moment.

    Args:
        net: the network.
        audio: (samples,).

    Returns:
        (frames, C, units) float32.

    Raises:
        EqlibError: for audio that is not mono, is empty, or not finite floating point.
    """
    check_audio("audio", audio)
    if audio.ndim != 1:
        raise EqlibError(
            f"audio has shape {audio.shape}",
            "(samples,), one channel",
            "Take one channel, or the mean of them: audio.mean(0).",
        )
    window = frames.window(net.config.window, net.config.frame)
    rows = torch.from_numpy(audio.astype(np.float64)).unsqueeze(0)
    cut = frames.cut(rows, frame=net.config.frame, hop=net.config.hop)[0] * window
    return net.intermediates(cut.to(net.conv.weight).unsqueeze(1)).Z_hat.cpu().numpy()


def frozen(net: EQNet, gains: np.ndarray) -> EQNet:
    """A copy of a network whose faders no longer listen: Z_hat is the same for every frame.

    Args:
        net: the network, which stays as it is.
        gains: (C, units), or (C, 1) for faders that stand still within a frame too.

    Raises:
        EqlibError: for gains of another shape.
    """
    if gains.shape not in ((net.config.filters, net.config.units), (net.config.filters, 1)):
        raise EqlibError(
            f"gains has shape {gains.shape}",
            f"({net.config.filters}, {net.config.units}) or ({net.config.filters}, 1)",
            "Take the mean of probe.faders over its first axis, or over its first and last.",
        )
    copied, constant = copy.deepcopy(net), torch.from_numpy(gains).to(net.conv.weight)
    copied.latent = lambda Z: constant.expand_as(Z)
    return copied


def static_response(net: EQNet, audio: np.ndarray, *, frequencies_hz: np.ndarray) -> SweepResponse:
    """The response that a network has if its faders stand still: sum over c of g_c W_c(f)^2.

    The gains g are means of `faders`: over the louder half of a sound's frames, and in a frame
    weighted by its window, for a fader at the faded ends moves next to nothing. Biases, which act
    on no input, are left out.

    Args:
        net: the network; one whose orientation is "adjoint" has |W_c|^2 instead.
        audio: (samples,), where the gains come from.
        frequencies_hz: (points,) in Hz.

    Raises:
        EqlibError: as `faders`.
    """
    config = net.config
    cut = frames.cut(
        torch.from_numpy(audio.astype(np.float64)).unsqueeze(0), frame=config.frame, hop=config.hop
    )[0]
    level = cut.square().mean(-1).numpy()
    window = frames.window(config.window, config.frame).numpy().reshape(-1, config.pool).mean(-1)
    gains = faders(net, audio)[level >= np.median(level)].mean(0) @ (window / window.sum())
    paths = path_responses(net, frequencies_hz=frequencies_hz)
    return SweepResponse(np.asarray(frequencies_hz), gains @ paths)


def path_responses(net: EQNet, *, frequencies_hz: np.ndarray) -> np.ndarray:
    """What each channel's path does to each frequency, its fader at one: W_c(f)^2.

    Chapter: "The latent-space DNN".

    Args:
        net: the network; one whose orientation is "adjoint" has |W_c|^2 instead.
        frequencies_hz: (points,) in Hz.

    Returns:
        (C, points) complex. A mix with gains g has the response ``g @ path_responses(...)``.
    """
    weight = net.conv.weight.detach().cpu().double().numpy()
    # The layers correlate: tap k acts at lag left - k.
    lags = (net.config.kernel - 1) // 2 - np.arange(net.config.kernel)
    turn = np.exp(-2j * np.pi * np.outer(lags, frequencies_hz) / net.config.sample_rate)
    W = weight @ turn
    return W**2 if net.deconv.orientation == "unreversed" else np.abs(W) ** 2


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
        EqlibError: if the output for x is silent.
    """
    reference = process(audio)
    scores = []
    for gain in 10 ** (np.asarray(gains_db, np.float64) / 20):
        output = process((audio * gain).astype(audio.dtype)) / gain
        scores.append(float(metrics.snr_db(reference, output)))
    return np.array(scores)


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
