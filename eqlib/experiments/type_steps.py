"""Ways to train one network for all five types of a filter: its steps, its filters in pairs.

Chapter: "Does it generalize?".
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError
from eqlib.experiments.knobs import EveryPeak, random_settings
from eqlib.model import EQNet
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.controllers import Controller
from eqlib.networks.knobs import NUMBERS, PEAK, peak_numbers
from eqlib.training.losses import QUIET
from eqlib.training.run import Run

TYPES = ("low-shelf", "high-shelf", "peaking", "lowpass", "highpass")
"""About in the order of what is hard to learn, from the easiest."""
EVERY_TYPE = replace(PEAK, settings=NUMBERS + len(TYPES))
"""The sizes of the network."""
GROWN = 0.5
"""The share of the training after which a curriculum has reached all settings."""
NARROWEST = 0.25
"""The share of its range that a knob begins with: a quarter of 24 dB is from -3 to +3 dB."""


def filters_of(shares: np.ndarray, types: Sequence[int]) -> tuple[list[EQ], Tensor]:
    """Filters of some types, and what the controller hears of each.

    Args:
        shares: (n, 3) between 0 and 1, of the ranges of cutoff, gain and q.
        types: n places in `TYPES`.

    Returns:
        The filters, and (n, 16): the numbers of a peak, and a 1 in the place of the type.
    """
    eqs, settings = [], random_settings(shares)
    for type_, (cutoff_hz, gain_db, q) in zip(types, settings, strict=True):
        name = TYPES[type_].replace("-", "_")
        values = {"cutoff_hz": cutoff_hz}
        if name in ("low_shelf", "high_shelf", "peaking"):
            values["gain_db"] = gain_db
        if name == "peaking":
            values["q"] = q
        eqs.append(getattr(EQ, name)(**values))
    numbers = peak_numbers(*torch.from_numpy(settings).float().unbind(-1))
    of = torch.as_tensor(types)
    numbers[of >= TYPES.index("lowpass"), 0] = 1.0
    kind = torch.nn.functional.one_hot(of, len(TYPES)).float()
    return eqs, torch.cat((numbers, kind), -1)


class EveryType(EveryPeak):
    """A step of training whose filters are of all types."""

    shares = 4

    def filters(self, shares: np.ndarray) -> tuple[list[EQ], Tensor]:
        """The fourth number chooses the type."""
        types = np.minimum((shares[:, 3] * len(TYPES)).astype(int), len(TYPES) - 1)
        return filters_of(shares[:, :3], [int(type_) for type_ in types])


class Curriculum(EveryType):
    """A step whose settings are easy in the beginning of a training, and all from its middle on."""

    reached = 1.0
    """How far it is on the way to all settings, from 0 to 1; 1 also whenever it is checked."""

    def draw(self, run: Run) -> tuple[Tensor, Tensor]:
        """Frames and targets, as easy as it is early."""
        self.reached = min(1.0, run.used() / GROWN)
        try:
            return super().draw(run)
        finally:
            self.reached = 1.0

    def filters(self, shares: np.ndarray) -> tuple[list[EQ], Tensor]:
        """Of the settings, what has been reached."""
        return super().filters(self.easy(shares))

    @abstractmethod
    def easy(self, shares: np.ndarray) -> np.ndarray:
        """Shares of the ranges, (n, 4), as shares that are as easy as it is early."""


class MildFirst(Curriculum):
    """Cutoff, gain and q begin in the middle of their ranges, and spread to the ends."""

    def easy(self, shares: np.ndarray) -> np.ndarray:
        """The three knobs nearer to their middle; the type is any."""
        width = NARROWEST + (1 - NARROWEST) * self.reached
        return np.concatenate((0.5 + width * (shares[:, :3] - 0.5), shares[:, 3:]), -1)


class EasyTypesFirst(Curriculum):
    """The types come one after the other, in their order; each of them with all settings."""

    def easy(self, shares: np.ndarray) -> np.ndarray:
        """The type is one of those that have come."""
        come = min(len(TYPES), 1 + int(len(TYPES) * self.reached))
        return np.concatenate((shares[:, :3], shares[:, 3:] * come / len(TYPES)), -1)


class InDecibels(EveryType):
    """A step in which each frame's error counts in decibels.

    The SNR in dB, by which a network is judged, is a logarithm of the error e, and the derivative
    of log(e) is 1 / e: each frame has the inverse of its own error as its weight. It is made for
    the loss "mae".
    """

    def draw(self, run: Run) -> tuple[Tensor, Tensor]:
        """Frames and targets, which are kept for the weights."""
        dry, self.wet = super().draw(run)
        return dry, self.wet

    def forward(self, net: EQNet, x: Tensor) -> Tensor:
        """The target, and the weighed error."""
        error = super().forward(net, x) - self.wet
        size = error.detach().abs().mean((1, 2), keepdim=True)
        return self.wet + error / size.clamp_min(QUIET**2)


class EighthTurns(nn.Module):
    """Filters (pairs, K) to (2 pairs, K): beside each the same an eighth of a period later.

    A channel applies its filter twice. So an eighth becomes a quarter, and the two channels of a
    pair are in quadrature: their faders set gain and phase. (A quarter in the filter would be a
    half in the channel, which is the same filter with a minus.)

    Args:
        kernel: taps K.
    """

    def __init__(self, kernel: int) -> None:
        super().__init__()
        lag = torch.arange(kernel) - torch.arange(kernel).unsqueeze(1)
        odd = lag % 2 != 0
        hilbert = torch.where(odd, 2 / (math.pi * lag), 0.0)
        hilbert *= 0.54 + 0.46 * torch.cos(math.pi * lag / kernel)
        turn = math.cos(math.pi / 4) * torch.eye(kernel) + math.sin(math.pi / 4) * hilbert
        self.turn: Tensor
        self.register_buffer("turn", turn, persistent=False)

    def forward(self, free: Tensor) -> Tensor:
        """(pairs, K) -> (2 pairs, K)."""
        return torch.cat((free, free @ self.turn))

    def right_inverse(self, weight: Tensor) -> Tensor:
        """(2 pairs, K) -> (pairs, K): of what is given, the first half."""
        return weight[: len(weight) // 2]


class PairedEQNet(ConditionedEQNet):
    """The network whose filters are pairs, of which only the first is learned.

    Raises:
        EqlibError: for an odd number of filters.
    """

    def __init__(self, config: ConditionedConfig | None = None, *, seed: int = 0) -> None:
        super().__init__(config, seed=seed)
        if self.config.filters % 2:
            given = f"filters is {self.config.filters}"
            raise EqlibError(given, "an even number", "Pairs need two filters each.")
        parametrize.register_parametrization(self.conv, "weight", EighthTurns(self.config.kernel))


class InputFaderEQNet(ConditionedEQNet):
    """The network with one fader more, for the input beside the channels, which the setting moves.

    Where a pass leaves little, the channels need not cancel the whole input: it is turned down
    before they add what is left. With no gain the output is still the input, exactly.
    """

    def __init__(self, config: ConditionedConfig | None = None, *, seed: int = 0) -> None:
        super().__init__(config, seed=seed)
        c = self.config
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            self.controller = Controller(c.inputs, c.hidden, c.hidden, c.filters + 1)

    def factors(self, s: Tensor) -> Tensor:
        """What multiplies the faders of the channels: (batch, inputs) to (batch, C)."""
        return super().factors(s)[:, :-1]

    def forward(self, x: Tensor, s: Tensor | None = None) -> Tensor:
        """The whole network, with one setting for each frame."""
        y = super().forward(x, s)
        return y if s is None else y + super().factors(s)[:, -1:].unsqueeze(-1) * x
