"""A network on sound of any rate and any number of channels: `EQNet.equalize`, block by block.

What a network changes is what is added: the difference of its output and its input, at its own
sample rate, goes back to the rate of the sound, and onto it. At half the strength, half of it is
added. Above half of the network's rate there is no difference, and the sound is what it was.

The difference needs both in step. What the network delays, beyond what an equalizer of the same
magnitude has to, is therefore measured, and taken out: at no strength is there a comb filter.

Chapters: "Audio as frames", "Use it on your own sound".
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import soxr
import torch

from eqlib.audio import AudioT, check_audio, check_rate, returned, to_array
from eqlib.errors import EqlibError, check_integer, checked, checked_only
from eqlib.hints import short
from eqlib.scipy_later import fft
from eqlib.streaming import Stream

QUALITY = "VHQ"
"""Of the resampler: what it passes ends at 0.95 of half the lower rate, where it stops at half."""
BLOCK = 2**17
"""Samples of a channel that go through at once."""


class Config(Protocol):
    """What of a network's config is needed here."""

    @property
    def sample_rate(self) -> int:
        """In Hz, of all audio that the network hears."""


class Network(Protocol):
    """What is needed of a network: every `eqlib.EQNet` has it."""

    @property
    def config(self) -> Config:
        """Its config."""

    def stream(self) -> Stream:
        """A new stream of it."""


class Equalizer:
    """A network as an effect on sound of one rate: blocks in, and in the end as many samples out.

    Args:
        net: the network.
        sample_rate: of the sound, in Hz.
        channels: of the sound; each goes through the network by itself.
        strength: 0 leaves the sound as it is, 1 is the network; between, so much of what the
            network changes.
        keep_above: whether what lies above half of the network's sample rate, which it cannot
            hear, stays as it is in the sound; else it is cut off.

    Attributes:
        delay_samples: what the network delays, and what is taken out, at the network's rate.

    Raises:
        EqlibError: for a strength outside of 0 to 1, a rate that cannot be resampled, or no
            channel.

    Example:
        >>> effect = Equalizer(net, sample_rate=44_100, channels=2)
        >>> for block in blocks:  # (2, samples)
        ...     write(effect.process(block))
        >>> write(effect.flush())
    """

    @checked
    def __init__(
        self,
        net: Network,
        *,
        sample_rate: int,
        channels: int,
        strength: float = 1.0,
        keep_above: bool = True,
    ) -> None:
        self._strength, self._keep = check_strength(strength), keep_above
        self._channels = check_integer(
            "channels", channels, at_least=1, cure="Mono has 1, stereo 2."
        )
        check_rate("the sound", sample_rate)
        inside = net.config.sample_rate
        self.delay_samples = delay_samples(net)
        self._stream = net.stream()
        self._late = self._stream.latency_samples + self.delay_samples
        # Input that waits for the network's output, and sound that waits for the difference.
        self._low = np.zeros((channels, self._late), np.float32)
        self._to_drop = self._late
        self._dry: list[np.ndarray] = []
        self._down = self._up = None
        if sample_rate != inside:
            check_rate("the network", inside)
            kind = {"dtype": "float32", "quality": QUALITY}
            self._down = soxr.ResampleStream(sample_rate, inside, channels, **kind)
            self._up = soxr.ResampleStream(inside, sample_rate, channels, **kind)
        else:
            self._keep = True  # there is nothing above
        self._wet = np.zeros((channels, 0), np.float32)
        self._owed = 0

    def process(self, block: np.ndarray) -> np.ndarray:
        """Takes the next block, (channels, samples), and returns what is finished: (channels, any).

        Raises:
            EqlibError: for what is not audio of so many channels, or too loud for the network.
        """
        check_audio("the block", np.reshape(block, -1) if isinstance(block, np.ndarray) else block)
        if block.ndim != 2 or len(block) != self._channels:
            raise EqlibError(
                f"the block has shape {block.shape}",
                f"({self._channels}, samples)",
                "Give channels first, and as many as were told.",
            )
        self._owed += block.shape[-1]
        if self._keep:
            self._dry.append(np.array(block))
        low = _resampled(self._down, block.astype(np.float32, copy=False), last=False)
        return self._finished(self._changed(low), last=False)

    def flush(self) -> np.ndarray:
        """What is still on its way, (channels, samples): all together are as long as the input."""
        low = _resampled(self._down, np.zeros((self._channels, 0), np.float32), last=True)
        after = np.zeros((self._channels, self._late), np.float32)
        return self._finished(self._changed(np.concatenate([low, after], axis=-1)), last=True)

    def _changed(self, low: np.ndarray) -> np.ndarray:
        """What the network would add to its input, where that is known by now."""
        if not low.shape[-1]:
            return low
        wet = self._stream.process(low)
        waiting = np.concatenate([self._low, low], axis=-1)
        low, self._low = np.split(waiting, [wet.shape[-1]], axis=-1)
        change: np.ndarray = self._strength * (wet - low) + (0 if self._keep else low)
        drop = min(self._to_drop, change.shape[-1])
        self._to_drop -= drop
        return change[:, drop:]

    def _finished(self, change: np.ndarray, *, last: bool) -> np.ndarray:
        more = _resampled(self._up, change, last=last)
        self._wet = np.concatenate([self._wet, more], axis=-1)
        if last:  # the resampler may end some samples early
            missing = max(0, self._owed - self._wet.shape[-1])
            self._wet = np.pad(self._wet, ((0, 0), (0, missing)))
        count = min(self._owed, self._wet.shape[-1])
        self._owed -= count
        wet, self._wet = self._wet[:, :count], self._wet[:, count:].copy()
        if not self._keep:
            return wet
        dry = np.concatenate([*self._dry, wet[:, :0]], axis=-1)
        self._dry = [dry[:, count:].copy()]
        return (dry[:, :count] + wet).astype(dry.dtype, copy=False)


@checked_only("net", "keep_above")
def equalize(
    net: Network,
    audio: AudioT,
    *,
    sample_rate: int,
    strength: float = 1.0,
    keep_above: bool = True,
) -> AudioT:
    """Sends audio of any rate and any number of channels through a network.

    Args:
        net: the network.
        audio: (..., samples), numpy or torch; stereo is (2, samples).
        sample_rate: of the audio, in Hz.
        strength: 0 to 1, how much of what the network changes is added.
        keep_above: as of `Equalizer`.

    Returns:
        The same kind, dtype, device and shape, at the same rate, in step with the input.

    Raises:
        EqlibError: for what is not audio or too loud for the network, a rate that cannot be
            resampled, or a strength outside of 0 to 1.
    """
    check_audio("audio", audio)
    rows = int(np.prod(audio.shape[:-1], dtype=int))
    effect = Equalizer(
        net, sample_rate=sample_rate, channels=rows, strength=strength, keep_above=keep_above
    )
    output = to_array("audio", audio).reshape(rows, -1).copy()
    at = 0
    for start in range(0, output.shape[-1], BLOCK):
        # What is written over has been read: the output is never ahead of the input.
        done = effect.process(output[:, start : start + BLOCK])
        output[:, at : at + done.shape[-1]] = done
        at += done.shape[-1]
    output[:, at:] = effect.flush()
    with np.errstate(over="ignore"):
        result = returned(torch.from_numpy(output), audio)
    check_audio("the output, in the type of the audio,", result)
    return result


@checked
def delay_samples(net: Network) -> int:
    """By how many samples a network's output is late, at its own rate; 0 of an equalizer's own.

    An equalizer may delay, too: what a filter of the same magnitude response, and of minimum
    phase, delays is no lateness. The response is measured with a second of soft noise.

    Raises:
        EqlibError: as `EQNet.process`.
    """
    stream, points = net.stream(), 2**14
    noise = 0.1 * np.random.default_rng(0).standard_normal(points)
    output = np.append(stream.process(noise), stream.flush())[stream.latency_samples :]
    x, y = fft.rfft(noise, 2 * points), fft.rfft(output, 2 * points)
    power = np.mean(np.abs(x) ** 2)
    reach, lags = 512, fft.irfft(np.conj(x) * y) / power
    # The response around time zero alone, so that what noise has in common by chance is left out.
    near = np.roll(np.hanning(2 * reach + 1)[:-1] * np.roll(lags, reach)[: 2 * reach], -reach)
    response = fft.rfft(near)
    size = np.abs(response)
    if not size.any():
        return 0
    cepstrum = fft.irfft(np.log(np.maximum(size, 1e-3 * size.max())))
    cepstrum[1:reach] *= 2
    cepstrum[reach + 1 :] = 0
    minimum = np.exp(fft.rfft(cepstrum))
    beyond = fft.irfft(response * np.conj(minimum) / np.abs(minimum))
    lag = int(np.argmax(np.abs(beyond)))
    return lag if lag < reach else 0  # else it is early, which an equalizer may be


def check_strength(strength: float) -> float:
    """Returns a strength as a float if it is a number from 0 to 1.

    Raises:
        EqlibError: if it is not.
    """
    fine = isinstance(strength, int | float | np.number) and not isinstance(strength, bool)
    if not fine or not 0 <= strength <= 1:
        raise EqlibError(
            f"strength is {short(strength)}",
            "a number from 0 to 1",
            "0 leaves the sound as it is, 1 is the network; between, so much of what it changes.",
        )
    return float(strength)


def _resampled(resampler: soxr.ResampleStream | None, x: np.ndarray, *, last: bool) -> np.ndarray:
    """(channels, samples), both ways; fewer or more samples."""
    if resampler is None:
        return x
    made: np.ndarray = resampler.resample_chunk(np.ascontiguousarray(x.T), last=last)
    return np.ascontiguousarray(made.reshape(-1, len(x)).T)
