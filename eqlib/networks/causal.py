"""What networks share that hear samples, and remember: a whole signal block by block, and streams.

They know neither frames nor filter banks, and stand beside the network of the paper for comparison.

Chapters: "Much more complex effects", "When not to use a network".
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

import torch
from torch import Tensor, nn

from eqlib import frames
from eqlib.audio import AudioT, returned, to_tensor
from eqlib.errors import EqlibError, check_sample_rate, checked

BLOCK = 16_384
"""Samples that `CausalNet.process` computes at once."""


class _Sizes(Protocol):
    """What the sizes of such a network have, whatever else."""

    @property
    def samples(self) -> int: ...

    @property
    def context(self) -> int: ...

    @property
    def sample_rate(self) -> int: ...


class CausalNet(nn.Module):
    """A network whose output follows from the samples so far.

    Attributes:
        config: its sizes.
        dry: the share of the input that the output begins with.
        info: what the weights were trained on, filled by the trainer.
    """

    config: _Sizes
    dry: nn.Parameter
    info: dict[str, object]

    @property
    def segment(self) -> frames.Segment:
        """What it learns from at once: some samples, none of them faded, and their past."""
        c = self.config
        return frames.Segment(
            samples=c.samples, hop=c.samples, window="rectangular", context=c.context
        )

    def check_shape(self, x: Tensor) -> None:
        """Refuses what is not (batch, 1, context + samples), for any number of samples.

        Raises:
            EqlibError: for another shape.
        """
        if x.ndim != 3 or x.shape[1] != 1 or x.shape[2] <= self.config.context:
            raise EqlibError(
                f"the input has shape {tuple(x.shape)}",
                f"(batch, 1, {self.config.context} + samples)",
                "For a whole signal, use net.process(audio).",
            )

    @abstractmethod
    def silence(self, rows: int) -> Tensor:
        """What is remembered of silence that came before."""

    @abstractmethod
    def block(self, rows: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """(rows, 1, samples) and the memory of what was before, to the output and the memory."""

    def process(self, audio: AudioT, *, sample_rate: int | None = None) -> AudioT:
        """Processes a whole signal, before which there is silence.

        It goes block by block, so that a long signal takes no more memory than a short one.

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
        output, _ = self.blocks(rows, self.silence(len(rows)))
        return returned(output, audio)

    def stream(self) -> CausalStream:
        """For sound that arrives block by block: as many samples out, at once."""
        return CausalStream(self)

    @torch.no_grad()
    def blocks(self, rows: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """As `block`, for any number of samples."""
        outputs = []
        with torch.autocast(rows.device.type, enabled=False):
            for each in rows.split(BLOCK, -1):
                output, memory = self.block(each, memory)
                outputs.append(output)
        return torch.cat(outputs, -1), memory


class CausalStream:
    """A causal network that is fed block by block; ``net.stream()`` makes one.

    It remembers what the network remembers, and no more: all blocks together become what
    ``net.process`` makes of the whole signal.

    Args:
        net: the network.

    Attributes:
        latency_samples: by how many samples the output is late: 0.
    """

    latency_samples = 0

    @checked
    def __init__(self, net: CausalNet) -> None:
        self._net = net
        self._memory: Tensor | None = None
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
        if self._memory is None:
            self._leading, self._memory = leading, self._net.silence(len(rows))
        elif leading != self._leading:
            raise EqlibError(
                f"the block has shape {tuple(signal.shape)}",
                f"({', '.join([*map(str, self._leading), 'samples'])}), as those before",
                "Keep the number of channels, or start anew: stream.reset().",
            )
        output, self._memory = self._net.blocks(rows, self._memory)
        return returned(output, block)

    def reset(self) -> None:
        """Forgets all blocks: the next one is the first."""
        self._memory, self._leading = None, ()
