"""How each method is fitted to one of the six effects, or trained on it.

Networks are small (32 channels), and their trainings short, so that a chapter can repeat one of
them.

Chapter: "Much more complex effects".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar, cast

import numpy as np

from eqlib.audio import Process
from eqlib.baselines.least_squares import least_squares_fir
from eqlib.baselines.long import long_fir
from eqlib.config import EQNetConfig
from eqlib.data.pairs import Pairs
from eqlib.model import EQNet
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.controllers import Kind
from eqlib.networks.dilated import DilatedConfig, DilatedNet
from eqlib.training import loop
from eqlib.training.recipe import Recipe

NetT = TypeVar("NetT", bound=EQNet)
RECIPE = Recipe(loss="normalized_mae", learning_rate=5e-3, validate_every=10_000)
RECIPE_DILATED = replace(RECIPE, learning_rate=2e-2)
DILATED = DilatedConfig(channels=8, kernel=3, layers=2, samples=1024)
PRETRAIN_STEPS, TRAIN_STEPS, DILATED_STEPS = 500, 1_500, 1_500


def fixed_gain(pairs: Pairs) -> Process:
    """The one gain with the smallest error, relative to each clip's target."""
    both = [(x, y, 1 / float(y @ y)) for x, y in zip(pairs.dry, pairs.wet, strict=True)]
    gain = sum(w * float(x @ y) for x, y, w in both) / sum(w * float(x @ x) for x, _, w in both)
    return lambda audio: gain * audio


def plain(pairs: Pairs, validation: Pairs, seed: int) -> EQNet:
    """The network of the paper, with 32 channels."""
    return _trained(EQNet(EQNetConfig(filters=32), seed=seed), pairs, validation, seed)


def side_chain(
    pairs: Pairs,
    validation: Pairs,
    seed: int,
    *,
    hears: Kind = "history",
    steps: int | None = None,
) -> ConditionedEQNet:
    """The same, with a controller that hears the level's history, or peaks as well."""
    net = ConditionedEQNet(ConditionedConfig(filters=32, controller=hears), seed=seed)
    return _trained(net, pairs, validation, seed, steps)


def dilated(pairs: Pairs, validation: Pairs, seed: int) -> DilatedNet:
    """A small one of dilated convolutions: two layers, which hear ten samples of the past."""
    net = DilatedNet(DILATED, seed=seed)
    both = pairs, validation
    # No EQNet, but it has what this step of training needs: a segment and a process.
    like = cast(EQNet, net)
    loop.train(like, *both, steps=DILATED_STEPS, recipe=RECIPE_DILATED, seed=seed, progress=False)
    return net


def _trained(
    net: NetT, pairs: Pairs, validation: Pairs, seed: int, steps: int | None = None
) -> NetT:
    for step, count in ((loop.pretrain, PRETRAIN_STEPS), (loop.train, steps or TRAIN_STEPS)):
        step(net, pairs, validation, steps=count, recipe=RECIPE, seed=seed, progress=False)
    return net


FITTED: dict[str, Callable[[Pairs], Process]] = {
    "doing nothing": lambda _: np.copy,
    "best fixed gain": fixed_gain,
    "FIR, 127 taps": lambda pairs: least_squares_fir(pairs, weighting="clips"),
    "FIR, 127 taps, causal": lambda pairs: least_squares_fir(
        pairs, advance_samples=0, weighting="clips"
    ),
    "FIR, 2,401 taps, causal": long_fir,
}
"""What needs no seed, by the method's name."""
TRAINED: dict[str, Callable[[Pairs, Pairs, int], EQNet | DilatedNet]] = {
    "network": plain,
    "side chain": side_chain,
    "side chain with peaks": partial(side_chain, hears="peaks"),
    "dilated network": dilated,
}
"""What is trained in the same few steps, by the method's name."""
