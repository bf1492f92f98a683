"""A small network of causal dilated convolutions: no frames, no filter bank, samples in and out.

It is what others use for effects that distort, and stands beside the network of the paper for
comparison. Each of its layers weighs five samples of its input, 4^0, 4^1, ... 4^5 samples apart,
so that the last one has heard 341 ms of the past; none looks ahead.

    h_0 = lift(x),  h_i = h_(i-1) + mix_i(tanh(taps_i(h_(i-1)))),  y = sum(h_6) + dry x

If its layers are gated, each tanh is multiplied by sigmoid(gates_i(h_(i-1))), so that one part of
the sound can turn another up and down.

Source of the idea: van den Oord et al., "WaveNet" (2016), whose layers are gated; for effects,
Steinmetz and Reiss, "Efficient neural networks for real-time modeling of analog dynamic range
compression" (2022). Chapters: "Much more complex effects", "When not to use a network".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from eqlib.errors import check_integer, checked
from eqlib.networks.causal import CausalNet


@checked
@dataclass(frozen=True)
class DilatedConfig:
    """The sizes of the network, which by default has 9,458 parameters.

    Attributes:
        channels: within the network.
        kernel: taps of each layer.
        layers: how many; layer i has its taps `growth ** i` samples apart.
        growth: of the distances.
        gated: whether each layer has gates, which double its taps.
        samples: judged at once in training.
        sample_rate: in Hz, of all audio the network hears.

    Raises:
        EqlibError: for sizes that are not positive integers.
    """

    channels: int = 16
    kernel: int = 5
    layers: int = 6
    growth: int = 4
    gated: bool = False
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


class DilatedNet(CausalNet):
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
    config: DilatedConfig

    @checked
    def __init__(self, config: DilatedConfig | None = None, *, seed: int = 0) -> None:
        super().__init__()
        self.config = c = config or DilatedConfig()
        self.info: dict[str, object] = {}
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.lift = nn.Conv1d(1, c.channels, 1)
            self.taps = self._layers()
            self.gates = self._layers() if c.gated else None
            self.mix = nn.ModuleList(nn.Conv1d(c.channels, c.channels, 1) for _ in range(c.layers))
            self.sum = nn.Conv1d(c.channels, 1, 1)
            self.dry = nn.Parameter(torch.ones(1))
        # It begins as doing nothing, and has no constant to unlearn, which a soft note drowns in.
        for weights in self.sum.parameters():
            nn.init.zeros_(weights)

    def _layers(self) -> nn.ModuleList:
        c = self.config
        return nn.ModuleList(
            nn.Conv1d(c.channels, c.channels, c.kernel, dilation=c.growth**i)
            for i in range(c.layers)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 1, context + samples) -> (batch, 1, samples)."""
        self.check_shape(x)
        h: Tensor = self.lift(x)
        for i, (taps, mix) in enumerate(zip(self.taps, self.mix, strict=True)):
            heard = torch.tanh(taps(h))
            if self.gates is not None:
                heard = heard * torch.sigmoid(self.gates[i](h))
            h = h[..., -heard.shape[-1] :] + mix(heard)
        y: Tensor = self.sum(h) + self.dry * x[..., self.config.context :]
        return y

    def silence(self, rows: int) -> Tensor:
        """(rows, 1, context) of zeros."""
        return self.dry.new_zeros(rows, 1, self.config.context)

    def block(self, rows: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """What it remembers are the last samples that it can hear."""
        heard = torch.cat((memory, rows), -1)
        return self(heard), heard[..., heard.shape[-1] - self.config.context :]
