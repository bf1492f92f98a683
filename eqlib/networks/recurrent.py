"""A small recurrent network: gated units that are fed sample by sample, and remember.

It is what others use for amplifiers, and stands beside the network of the paper for comparison:

    h[n] = GRU(x[n], h[n - 1]),  y[n] = sum(h[n]) + dry x[n]

Source of the units: Cho et al., "Learning phrase representations using RNN encoder-decoder"
(2014); for effects, Wright, Damskägg and Välimäki, "Real-time black-box modelling with recurrent
neural networks" (DAFx-19). Chapter: "When not to use a network".
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
class RecurrentConfig:
    """The sizes of the network, which by default has 930 parameters.

    Attributes:
        units: that remember.
        samples: judged at once in training.
        context: samples before them that it hears in training, to find its state; in use it
            remembers from the beginning.
        sample_rate: in Hz, of all audio the network hears.

    Raises:
        EqlibError: for sizes that are not positive integers.
    """

    units: int = 16
    samples: int = 2_048
    context: int = 1_024
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        for name in ("units", "samples", "context", "sample_rate"):
            cure = f"Give {name} a positive whole number."
            value = check_integer(name, getattr(self, name), at_least=1, cure=cure)
            object.__setattr__(self, name, value)


class RecurrentNet(CausalNet):
    """The network; `eqlib.train` trains it, too.

    Args:
        config: its sizes.
        seed: of the random initial weights.

    Attributes:
        info: what the weights were trained on, filled by the trainer.

    Shapes:
        input (batch, 1, context + samples) for any number of samples, output (batch, 1, samples).
    """

    config_type: ClassVar[type[RecurrentConfig]] = RecurrentConfig
    config: RecurrentConfig

    @checked
    def __init__(self, config: RecurrentConfig | None = None, *, seed: int = 0) -> None:
        super().__init__()
        self.config = c = config or RecurrentConfig()
        self.info: dict[str, object] = {}
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.gru = nn.GRU(1, c.units, batch_first=True)
            self.sum = nn.Linear(c.units, 1)
            self.dry = nn.Parameter(torch.ones(1))
        # It begins as doing nothing, and has no constant to unlearn, which a soft note drowns in.
        nn.init.zeros_(self.sum.weight)
        nn.init.zeros_(self.sum.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, 1, context + samples) -> (batch, 1, samples)."""
        self.check_shape(x)
        output, _ = self.block(x, self.silence(len(x)))
        return output[..., self.config.context :]

    def silence(self, rows: int) -> Tensor:
        """(rows, 1, units) of zeros."""
        return self.dry.new_zeros(rows, 1, self.config.units)

    def block(self, rows: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """What it remembers are the states of its units."""
        states, last = self.gru(rows.transpose(1, 2), memory.transpose(0, 1).contiguous())
        output: Tensor = self.sum(states).transpose(1, 2) + self.dry * rows
        return output, last.transpose(0, 1)
