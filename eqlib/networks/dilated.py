"""A small network of causal dilated convolutions: no frames, no filter bank, samples in and out.

It is what others use for effects that distort, and stands beside the network of the paper for
comparison. Each of its layers weighs five samples of its input, 4^0, 4^1, ... 4^5 samples apart,
so that the last one has heard 341 ms of the past; none looks ahead.

    h_0 = lift(x),  h_i = h_(i-1) + mix_i(tanh(taps_i(h_(i-1)))),  y = sum(h_6) + dry x

Source of the idea: van den Oord et al., "WaveNet" (2016); for effects, Steinmetz and Reiss,
"Efficient neural networks for real-time modeling of analog dynamic range compression" (2022).
Chapter: "Much more complex effects".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from eqlib import frames
from eqlib.audio import AudioT, returned, to_tensor
from eqlib.errors import EqlibError, check_integer, check_sample_rate, checked

BLOCK = 16_384
"""Samples that `DilatedNet.process` computes at once."""


@checked
@dataclass(frozen=True)
class DilatedConfig:
    """The sizes of the network, which by default has 9,458 parameters.

    Attributes:
        channels: within the network.
        kernel: taps of each layer.
        layers: how many; layer i has its taps `growth ** i` samples apart.
        growth: of the distances.
        samples: judged at once in training.
        sample_rate: in Hz, of all audio the network hears.

    Raises:
        EqlibError: for sizes that are not positive integers.
    """

    channels: int = 16
    kernel: int = 5
    layers: int = 6
    growth: int = 4
    samples: int = 4096
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        for name in ("channels", "kernel", "layers", "growth", "samples", "sample_rate"):
            cure = f"Give {name} a positive whole number."
            value = check_integer(name, getattr(self, name), at_least=1, cure=cure)
            object.__setattr__(self, name, value)

    @property
    def context(self) -> int:
        """Samples of the past that an output sample depends on."""
        distances: list[int] = [self.growth**i for i in range(self.layers)]
        return (self.kernel - 1) * sum(distances)


class DilatedNet(nn.Module):
    """The network; `eqlib.train` trains it, too.

    Args:
        config: its sizes.
        seed: of the random initial weights.

    Attributes:
        info: what the weights were trained on, filled by the trainer.

    Shapes:
        input (batch, 1, context + samples) for any number of samples, output (batch, 1, samples).
    """

    config_type: ClassVar[type[DilatedConfig]] = DilatedConfig

    @checked
    def __init__(self, config: DilatedConfig | None = None, *, seed: int = 0) -> None:
        super().__init__()
        self.config = c = config or DilatedConfig()
        self.info: dict[str, object] = {}
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.lift = nn.Conv1d(1, c.channels, 1)
            self.taps = nn.ModuleList(
                nn.Conv1d(c.channels, c.channels, c.kernel, dilation=c.growth**i)
                for i in range(c.layers)
            )
            self.mix = nn.ModuleList(nn.Conv1d(c.channels, c.channels, 1) for _ in range(c.layers))
            self.sum = nn.Conv1d(c.channels, 1, 1)
            self.dry = nn.Parameter(torch.ones(1))

    @property
    def segment(self) -> frames.Segment:
        """What it learns from at once: some samples, none of them faded, and all their past."""
        c = self.config
        return frames.Segment(
            samples=c.samples, hop=c.samples, window="rectangular", context=c.context
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 1, context + samples) -> (batch, 1, samples)."""
        if x.ndim != 3 or x.shape[1] != 1 or x.shape[2] <= self.config.context:
            raise EqlibError(
                f"the input has shape {tuple(x.shape)}",
                f"(batch, 1, {self.config.context} + samples)",
                "For a whole signal, use net.process(audio).",
            )
        h: Tensor = self.lift(x)
        for taps, mix in zip(self.taps, self.mix, strict=True):
            heard = torch.tanh(taps(h))
            h = h[..., -heard.shape[-1] :] + mix(heard)
        y: Tensor = self.sum(h) + self.dry * x[..., self.config.context :]
        return y

    def process(self, audio: AudioT, *, sample_rate: int | None = None) -> AudioT:
        """Processes a whole signal, before which there is silence.

        It goes block by block, each with the end of what was before it, so that a long signal
        takes no more memory than a short one.

        Args:
            audio: (..., samples) at the config's sample rate, numpy or torch, of any length.
            sample_rate: of the audio, in Hz, to be checked against the network's.

        Returns:
            The same kind, dtype, device and shape, without gradients.

        Raises:
            EqlibError: for audio that is neither an array nor a tensor, is empty, not floating
                point, or not finite; for another sample rate.
        """
        if sample_rate is not None:
            check_sample_rate("the audio", sample_rate, self.config.sample_rate)
        signal = to_tensor("audio", audio)
        rows = signal.to(self.dry).reshape(-1, 1, signal.shape[-1])
        output, _ = self._blocks(rows, self._silence(len(rows)))
        return returned(output, audio)

    def stream(self) -> DilatedStream:
        """For sound that arrives block by block: as many samples out, at once."""
        return DilatedStream(self)

    def _silence(self, rows: int) -> Tensor:
        return self.dry.new_zeros(rows, 1, self.config.context)

    @torch.no_grad()
    def _blocks(self, rows: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """(rows, 1, samples) and the context before them to the output, and the context after."""
        outputs, plain = [], torch.autocast(rows.device.type, enabled=False)
        with plain:
            for block in rows.split(BLOCK, -1):
                heard = torch.cat((past, block), -1)
                outputs.append(self(heard))
                past = heard[..., heard.shape[-1] - self.config.context :]
        return torch.cat(outputs, -1), past


class DilatedStream:
    """A dilated network that is fed block by block; ``net.stream()`` makes one.

    It remembers the last samples that the network can hear, and no more. It is causal, so that all
    blocks together become what ``net.process`` makes of the whole signal.

    Args:
        net: the network.

    Attributes:
        latency_samples: by how many samples the output is late: 0.
    """

    latency_samples = 0

    @checked
    def __init__(self, net: DilatedNet) -> None:
        self._net = net
        self._past: Tensor | None = None
        self._leading: tuple[int, ...] = ()

    def process(self, block: AudioT) -> AudioT:
        """Takes the next block, and returns as many samples.

        Args:
            block: (..., samples), of any length; what stands before the last axis, such as
                channels, is the same for all blocks.

        Returns:
            The same kind, dtype, device and shape, without gradients.

        Raises:
            EqlibError: for a block that is not audio, or of another shape than those before.
        """
        signal = to_tensor("the block", block)
        leading = tuple(signal.shape[:-1])
        rows = signal.to(self._net.dry).reshape(-1, 1, signal.shape[-1])
        if self._past is None:
            self._leading, self._past = leading, self._net._silence(len(rows))
        elif leading != self._leading:
            raise EqlibError(
                f"the block has shape {tuple(signal.shape)}",
                f"({', '.join([*map(str, self._leading), 'samples'])}), as those before",
                "Keep the number of channels, or start anew: stream.reset().",
            )
        output, self._past = self._net._blocks(rows, self._past)
        return returned(output, block)

    def reset(self) -> None:
        """Forgets all blocks: the next one is the first."""
        self._past, self._leading = None, ()
