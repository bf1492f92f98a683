"""The network, readable from top to bottom beside the paper's table of layers.

=====================  =============================================  =====================
block                  layer                                          output (B, channels, time)
=====================  =============================================  =====================
adaptive front-end     Conv1D: x -> X1                                (B, 128, 1024)
front-end              residual connection: P = X1                    (B, 128, 1024)
front-end              absolute value, Conv1D-Local, softplus -> X2   (B, 128, 1024)
front-end              max pooling by 16 -> Z                         (B, 128, 64)
latent-space DNN       locally connected dense, softplus              (B, 128, 64)
latent-space DNN       fully connected dense, softplus -> Z_hat       (B, 128, 64)
synthesis back-end     unpooling by 16 -> X2_hat                      (B, 128, 1024)
back-end               product with the residual: X1_hat = P X2_hat   (B, 128, 1024)
back-end               deConv1D, tied to Conv1D: -> y                 (B, 1, 1024)
=====================  =============================================  =====================

The sizes are those of a default `eqlib.EQNetConfig`, which are the paper's, for B frames.

Source: Martínez Ramírez and Reiss, "End-to-end equalization with convolutional neural
networks", DAFx-18, section 3. Chapters: "The adaptive front-end", "The latent-space DNN",
"The synthesis back-end".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from eqlib import apply, frames, streaming
from eqlib.audio import AudioT
from eqlib.config import EQNetConfig
from eqlib.errors import EqlibError, check_sample_rate, checked
from eqlib.layers import (
    Conv1D,
    Conv1DLocal,
    DeConv1D,
    Dense,
    LocallyConnectedDense,
    max_pool,
)


class Intermediates(NamedTuple):
    """Every signal of the paper's table for some frames, under its name there.

    C channels, N samples in a frame, and N / pool latent units; the batch comes first.
    """

    X1: Tensor  #: (batch, C, N) the filter bank's output
    P: Tensor  #: (batch, C, N) the residual connection: X1 itself
    X2: Tensor  #: (batch, C, N) smoothed envelopes
    Z: Tensor  #: (batch, C, units) the latent representation
    Z_hat: Tensor  #: (batch, C, units) what the latent-space DNN makes of it: a gain in time
    X2_hat: Tensor  #: (batch, C, N) Z_hat, unpooled
    X1_hat: Tensor  #: (batch, C, N) P times X2_hat
    y: Tensor  #: (batch, 1, N) the output frame


class EQNet(nn.Module):
    """The network of the paper: raw audio in, equalized audio out.

    Args:
        config: its sizes; the paper's by default.
        seed: of the random initial weights, which are LeCun uniform in the convolutions and
            Glorot uniform in the dense layers, with zero biases.

    Attributes:
        info: what the weights were trained on (target, seed, steps, scores), filled by
            the trainers, kept by `eqlib.save` and `eqlib.load`; empty for a new network.
        config_type: the class of its config, by which `eqlib.load` makes it again.

    Shapes:
        input and output of the network itself: frames (batch, 1, frame).

    Example:
        >>> net = EQNet()
        >>> equalized = net.process(audio)  # any length, numpy or torch
    """

    config_type: ClassVar[type[EQNetConfig]] = EQNetConfig

    @checked
    def __init__(self, config: EQNetConfig | None = None, *, seed: int = 0) -> None:
        super().__init__()
        self.config = config = config or EQNetConfig()
        self.info: dict[str, object] = {}
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            # Adaptive front-end
            self.conv = Conv1D(config.filters, config.kernel)
            self.conv_local = Conv1DLocal(config.filters, config.local_kernel)
            # Latent-space DNN
            self.dense_local = LocallyConnectedDense(config.filters, config.units)
            self.dense = Dense(config.units)
            # Synthesis back-end: its filters are those of self.conv
            self.deconv = DeConv1D(config.orientation)

    @property
    def segment(self) -> frames.Segment:
        """What it hears at once: one frame, and nothing before it."""
        config = self.config
        return frames.Segment(samples=config.frame, hop=config.hop, window=config.window)

    def forward(self, x: Tensor) -> Tensor:
        """The whole network, as it is trained in step two: (batch, 1, frame), both ways."""
        X1, Z, positions = self.front_end(x, positions=self.config.unpooling == "position")
        Z_hat = self.latent(Z)
        return self.back_end(X1, Z_hat, positions)

    def autoencode(self, x: Tensor) -> Tensor:
        """Front-end and back-end alone, as in the first, unsupervised step.

        Each maximum that pooling kept goes back to its place, with zeros between.
        """
        X1, Z, positions = self.front_end(x, positions=True)
        return self.back_end(X1, Z, positions)

    def front_end(self, x: Tensor, *, positions: bool) -> tuple[Tensor, Tensor, Tensor | None]:
        """Turns x into X1, Z, and where each maximum stood (None unless asked for)."""
        if x.shape[1:] != (1, self.config.frame):
            raise EqlibError(
                f"the frames have shape {tuple(x.shape)}",
                f"(batch, 1, {self.config.frame})",
                "For a whole signal, use net.process(audio).",
            )
        X1 = self.conv(x)
        envelopes = self.conv_local(self.rectify(X1))
        # softplus never changes the order of two values, so it may come after the maximum:
        # the same result at 1 / pool of the price.
        if positions:
            Z, places = F.max_pool1d(envelopes, self.config.pool, return_indices=True)
            return X1, F.softplus(Z), places
        return X1, F.softplus(max_pool(envelopes, self.config.pool)), None

    def rectify(self, X1: Tensor) -> Tensor:
        """The absolute value of X1, or its square where the config says so."""
        return X1.abs() if self.config.rectifier == "abs" else X1.square()

    def latent(self, Z: Tensor) -> Tensor:
        """Z -> Z_hat, both (batch, C, units)."""
        return F.softplus(self.dense(F.softplus(self.dense_local(Z))))

    def back_end(self, P: Tensor, Z_hat: Tensor, positions: Tensor | None = None) -> Tensor:
        """Unpools Z_hat, multiplies it by the residual P, and adds the channels up again."""
        if positions is None:
            # Each value times its `pool` samples: unpooling by repetition, never stored.
            X1_hat = (P.unflatten(-1, (-1, self.config.pool)) * Z_hat.unsqueeze(-1)).flatten(-2)
        else:
            # Each value at the place of its maximum, zeros between: only there is P needed.
            at_maxima = P.gather(-1, positions) * Z_hat
            X1_hat = at_maxima.new_zeros(P.shape).scatter(-1, positions, at_maxima)
        y: Tensor = self.deconv(X1_hat, self.conv.weight)
        return y

    @torch.no_grad()
    @checked
    def intermediates(self, x: Tensor) -> Intermediates:
        """Everything between input and output, for frames x of shape (batch, 1, frame)."""
        by_position = self.config.unpooling == "position"
        X1, Z, positions = self.front_end(x, positions=by_position)
        X2 = F.softplus(self.conv_local(self.rectify(X1)))
        Z_hat = self.latent(Z)
        if positions is None:
            X2_hat = Z_hat.repeat_interleave(self.config.pool, -1)
        else:
            X2_hat = Z_hat.new_zeros(X2.shape).scatter(-1, positions, Z_hat)
        y = self.back_end(X1, Z_hat, positions)
        return Intermediates(X1, X1, X2, Z, Z_hat, X2_hat, X1 * X2_hat, y)

    def process(self, audio: AudioT, *, sample_rate: int | None = None) -> AudioT:
        """Equalizes a whole signal: cuts frames, runs the network, adds the frames up again.

        Beside the output, it takes no more memory for an hour than for a second.

        Args:
            audio: (..., samples) at the config's sample rate, numpy or torch, of any length;
                stereo is (2, samples).
            sample_rate: of the audio, in Hz, to be checked against the network's.

        Returns:
            The same kind, dtype, device and shape, without gradients.

        Raises:
            EqlibError: for audio that is neither an array nor a tensor, is empty, not floating
                point, or not finite, or so loud that its output is not; for (samples, channels);
                for another sample rate.
        """
        return self._whole(audio, self.forward, sample_rate)

    def equalize(
        self,
        audio: AudioT,
        *,
        sample_rate: int,
        strength: float = 1.0,
        keep_above: bool = True,
    ) -> AudioT:
        """Equalizes sound of any sample rate and any number of channels (`eqlib.apply`).

        Args:
            audio: (..., samples), numpy or torch; stereo is (2, samples).
            sample_rate: of the audio, in Hz. The network works at its own.
            strength: 0 leaves the audio as it is, 1 is the network; between, so much of what the
                network changes.
            keep_above: whether what lies above half of the network's rate, which it cannot hear,
                stays as it is; else it is cut off.

        Returns:
            The same kind, dtype, device and shape, at the same rate, in step with the input.

        Raises:
            EqlibError: as `process`; for a rate that cannot be resampled, and another strength.
        """
        return apply.equalize(
            self, audio, sample_rate=sample_rate, strength=strength, keep_above=keep_above
        )

    def reconstruct(self, audio: AudioT, *, sample_rate: int | None = None) -> AudioT:
        """Like `process`, through `autoencode`: what front-end and back-end keep of a signal."""
        return self._whole(audio, self.autoencode, sample_rate)

    def _whole(
        self, audio: AudioT, network: Callable[[Tensor], Tensor], sample_rate: int | None
    ) -> AudioT:
        if sample_rate is not None:
            check_sample_rate("the audio", sample_rate, self.config.sample_rate)
        window = frames.window(self.config.window, self.config.frame)
        hop, like = self.config.hop, self.conv.weight
        return streaming.process(audio, network, window=window, hop=hop, like=like)

    def stream(self) -> streaming.Stream:
        """For sound that arrives block by block: as many samples out, a constant time later.

        Returns:
            A new stream. Feed it by ``stream.process(block)``; all blocks together become what
            `process` makes of the whole signal, ``stream.latency_samples`` late.
        """
        window = frames.window(self.config.window, self.config.frame)
        hop, like = self.config.hop, self.conv.weight
        return streaming.Stream(self.forward, window=window, hop=hop, like=like)
