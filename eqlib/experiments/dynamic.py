"""An equalizer that listens, and how close rivals of every kind come to it.

`run` fits or trains each of them, networks from several seeds, and keeps what is finished in
`dynamic.json`, beside this file; `python -m eqlib dynamic` calls it.

Chapter: "When not to use a network".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from eqlib import metrics
from eqlib.audio import Process
from eqlib.baselines.biquads import fit_biquads
from eqlib.baselines.dynamic import SETTINGS, fit_dynamic_shelf
from eqlib.baselines.least_squares import least_squares_fir
from eqlib.data.pairs import Pairs, pair
from eqlib.effects.dynamic_shelf import DynamicShelf
from eqlib.experiments import sets
from eqlib.experiments.intervals import Interval
from eqlib.experiments.parts import Measure, Parts
from eqlib.experiments.plan import UNHEARD
from eqlib.experiments.table import Table, decimals
from eqlib.model import EQNet
from eqlib.networks.causal import CausalNet
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.dilated import DilatedConfig, DilatedNet
from eqlib.networks.recurrent import RecurrentConfig, RecurrentNet
from eqlib.training import loop
from eqlib.training.recipe import Recipe

RESULTS = Path(__file__).resolve().parent / "dynamic.json"
EFFECT = DynamicShelf()
SEEDS = (0, 1, 2)
SECTIONS = 2
PRETRAIN_STEPS = 500
SIDE_CHAIN = ConditionedConfig(filters=32, controller="history")
DILATED = DilatedConfig(layers=5, gated=True)
RECURRENT = RecurrentConfig(samples=1_024, context=512)

FITTED: dict[str, tuple[Callable[[Pairs], Process], int]] = {
    "doing nothing": (lambda _: np.copy, 0),
    "least-squares FIR": (lambda pairs: least_squares_fir(pairs, weighting="clips"), 127),
    "causal FIR": (
        lambda pairs: least_squares_fir(pairs, advance_samples=0, weighting="clips"),
        127,
    ),
    "biquads": (lambda pairs: fit_biquads(pairs, sections=SECTIONS), 5 * SECTIONS),
    "fitted dynamic shelf": (fit_dynamic_shelf, len(SETTINGS)),
}
"""What needs no seed, and the numbers that it finds."""


@dataclass(frozen=True)
class Trained:
    """A network of some kind, and how it is trained.

    Attributes:
        make: from a seed.
        steps: of training; a network of frames has `PRETRAIN_STEPS` before them.
        learning_rate: of the optimizer, the highest.
        batch: segments in a step. The recurrent network goes through them sample by sample, in
            which many cost little more than a few.
    """

    make: Callable[[int], EQNet | CausalNet]
    steps: int
    learning_rate: float
    batch: int = 8


NETWORKS = {
    "network": Trained(lambda seed: EQNet(seed=seed), 4_000, 5e-3),
    "network with a side chain": Trained(
        lambda seed: ConditionedEQNet(SIDE_CHAIN, seed=seed), 8_000, 5e-3
    ),
    "dilated network": Trained(lambda seed: DilatedNet(DILATED, seed=seed), 1_500, 1e-2),
    "gated recurrent network": Trained(
        lambda seed: RecurrentNet(RECURRENT, seed=seed), 1_000, 2e-2, batch=32
    ),
}
"""Rates by validation, from seed 0.

The network after 1,000 steps: 24.3 dB at 5e-3, 20.9 at 2e-3. The dilated network after 400: 22.8 dB
at 1e-2, 18.3 at 3e-2; without gates it had 19.1 after 600 at 1e-2, and 14.4 if it does not begin as
doing nothing. The recurrent network after 300: 18.7 dB at 1e-2, 21.7 at 2e-2; after 200 at 4e-2,
18.0. The side chain has the rate of "Much more complex effects".
"""


def pairs_of(split: str) -> Pairs:
    """Recordings of a split before and after the effect."""
    return pair(sets.heard(split, UNHEARD), EFFECT)


def trained(method: str, seed: int) -> EQNet | CausalNet:
    """A network of a kind, trained on the effect."""
    how = NETWORKS[method]
    net = how.make(seed)
    both, recipe = (pairs_of("train"), pairs_of("validation")), _recipe(how)
    # Those of samples are no EQNet, but have what this step of training needs.
    like = cast(EQNet, net)
    if isinstance(net, EQNet):
        loop.pretrain(like, *both, steps=PRETRAIN_STEPS, recipe=recipe, seed=seed, progress=False)
    loop.train(like, *both, steps=how.steps, recipe=recipe, seed=seed, progress=False)
    return net


def _recipe(how: Trained) -> Recipe:
    return Recipe(
        loss="normalized_mae",
        learning_rate=how.learning_rate,
        batch=how.batch,
        validate_every=10_000,
    )


def settings() -> dict[str, object]:
    """All that decides the results, as JSON."""
    networks = {
        name: {
            "config": dict(vars(how.make(0).config)),
            "steps": how.steps,
            "recipe": asdict(_recipe(how)),
        }
        for name, how in NETWORKS.items()
    }
    return {
        "effect": asdict(EFFECT),
        "networks": networks,
        "pretrain_steps": PRETRAIN_STEPS,
        "sections": SECTIONS,
        "recordings": sets.recordings_hash(),
    }


def judged(pairs: Pairs, process: Process) -> dict[str, list[float]]:
    """The SNR in dB of each clip, by its name."""
    clips = zip(pairs.dry.names, pairs.dry, pairs.wet, strict=True)
    return {name: [round(float(metrics.snr_db(wet, process(dry))), 2)] for name, dry, wet in clips}


def measures() -> dict[str, Measure]:
    """Everything that is measured, by its name: "method", or "method | seed 0"."""

    def fitted(method: str, _: Path) -> dict[str, list[float]]:
        return judged(pairs_of("test"), FITTED[method][0](pairs_of("train")))

    def learned(method: str, seed: int, _: Path) -> dict[str, list[float]]:
        return judged(pairs_of("test"), trained(method, seed).process)

    found: dict[str, Measure] = {method: partial(fitted, method) for method in FITTED}
    for method in NETWORKS:
        for name, seed in zip(_names(method), SEEDS, strict=True):
            found[name] = partial(learned, method, seed)
    return found


def _names(method: str) -> list[str]:
    return [f"{method} | seed {seed}" for seed in SEEDS] if method in NETWORKS else [method]


def _decided_by(part: str, settings: dict[str, Any]) -> object:
    """Of the settings, those of the part's own method, and what all parts share."""
    shared = settings["effect"], settings["recordings"]
    own = settings["networks"].get(part.split(" | ")[0], settings["sections"])
    return shared, own, settings["pretrain_steps"]


_PARTS = Parts("python -m eqlib dynamic", settings, measures, decided_by=_decided_by)


def run(names: Iterable[str] = (), *, path: Path = RESULTS) -> None:
    """Fits and trains what the file of results does not hold, and adds each as it is done.

    Args:
        names: beginnings of `measures`; all for none.
        path: of the file.

    Raises:
        EqlibError: for an unknown name, or a damaged file.
    """
    _PARTS.run(names, path)


def interval(method: str) -> Interval:
    """The mean SNR in dB over unheard recordings and seeds, and its interval of 95 %.

    Raises:
        EqlibError: for a method that was not tried.
    """
    return _PARTS.interval(RESULTS, *_names(method))


def difference(method: str, other: str) -> Interval:
    """By how many dB of SNR a method is ahead of another, on the same unheard recordings.

    Args:
        method: whose seeds each count.
        other: of as many seeds, or without one.

    Raises:
        EqlibError: for a method that was not tried, or other numbers of seeds.
    """
    return _PARTS.difference(RESULTS, _names(method), _names(other))


def table() -> Table:
    """All methods: the SNR on unheard recordings, and how many numbers each has to find.

    Raises:
        EqlibError: for a method that was not measured yet.
    """
    measured, rows = _PARTS.read(RESULTS), []
    for method in [*FITTED, *NETWORKS]:
        mean, low, high = (decimals(number) for number in interval(method))
        parts = [measured[name] for name in _names(method)]
        worst_db = min(value for part in parts for of in part["values"].values() for value in of)
        cells = f"{mean} [{low}, {high}]", decimals(worst_db), f"{_numbers(method):,}"
        rows.append((method, *cells))
    caption = (
        "Mean SNR in dB on unheard recordings of the dynamic shelf, with an interval of 95 %; of"
        f" networks over {len(SEEDS)} seeds. Worst: of all recordings. Numbers: what is found."
    )
    return Table(caption, ("method", "SNR", "worst", "numbers"), tuple(rows))


def _numbers(method: str) -> int:
    if method in FITTED:
        return FITTED[method][1]
    return sum(weights.numel() for weights in NETWORKS[method].make(0).parameters())
