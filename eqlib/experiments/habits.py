"""A habit to learn from pairs: who hears which recordings, what is trained, and its rivals.

Seven instruments are heard by nothing that is trained or fitted, pretraining included: the three
families that no network of this book was trained on, and four more instruments whose families
stay. Which ones was decided before anything was measured.

Chapter: "The style of an engineer".
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from eqlib import data, metrics
from eqlib.audio import Process
from eqlib.baselines.habit import Match, Ridge
from eqlib.baselines.least_squares import least_squares_fir
from eqlib.config import EQNetConfig
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs, pair
from eqlib.effects.engineer import Engineer
from eqlib.errors import EqlibError, checked
from eqlib.experiments import sets
from eqlib.experiments.plan import UNHEARD
from eqlib.model import EQNet
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.training import loop
from eqlib.training.history import History
from eqlib.training.recipe import Recipe

ENGINEER = Engineer()
LEFT_OUT = ("flute", "contrabass", "bass-fretless", "guitar-steel")
"""Instruments that are held out beside the families `UNHEARD`."""
SETS = ("validation", "recordings", "instruments")
RECIPE = Recipe(loss="normalized_mae", validate_every=500)
PRETRAIN_STEPS = 600
STEPS = {"with encoder": 6_000, "without encoder": 3_000}
"""Of training, by the network. The one without has one filter to find, and is done sooner."""


@checked
def heard(which: str) -> Clips:
    """The recordings of a set.

    Args:
        which: "train" (with what can be raised once more, an octave higher), "validation",
            "recordings" (unheard ones of the same instruments) or "instruments" (all recordings
            of the instruments that are held out).

    Raises:
        EqlibError: for another one.
    """
    if which == "instruments":
        clips = data.load(kind=sets.NOTES)
        return clips[[not _is_heard(row) for row in clips.info]]
    splits = {"train": "train", "validation": "validation", "recordings": "test"}
    if which not in splits:
        expected = "train, validation, recordings or instruments"
        raise EqlibError(f"which is {which!r}", expected, "Choose one of them.")
    clips = sets.heard(splits[which], UNHEARD)
    clips = clips[[_is_heard(row) for row in clips.info]]
    return sets.and_an_octave_up(clips) if which == "train" else clips


def _is_heard(row: Mapping[str, object]) -> bool:
    return row["family"] not in UNHEARD and row["instrument"] not in LEFT_OUT


@functools.cache
def pairs_of(which: str) -> Pairs:
    """The recordings of a set, before and after the engineer."""
    return pair(heard(which), ENGINEER)


@checked
def snr_db(pairs: Pairs, process: Process) -> float:
    """The mean SNR in dB over recordings."""
    both = zip(pairs.dry, pairs.wet, strict=True)
    return float(np.mean([metrics.snr_db(wet, process(dry)) for dry, wet in both]))


@dataclass(frozen=True)
class Fitted:
    """What a rival has become: the choice with the highest SNR on validation.

    Attributes:
        process: it.
        chosen: its settings, in words.
        validation_db: the SNR of each choice, by its words.
    """

    process: Process
    chosen: str
    validation_db: dict[str, float]


def _best(choices: dict[str, Process], validation: Pairs) -> Fitted:
    scores = {words: round(snr_db(validation, each), 2) for words, each in choices.items()}
    words = max(scores, key=lambda each: scores[each])
    return Fitted(choices[words], words, scores)


def nothing(pairs: Pairs, validation: Pairs) -> Fitted:
    """The recording as it is."""
    return _best({"as it is": np.copy}, validation)


def average_filter(pairs: Pairs, validation: Pairs) -> Fitted:
    """The one filter that fits all pairs best."""
    made: dict[str, Process] = {
        "127 taps, half ahead": least_squares_fir(pairs, weighting="clips"),
        "127 taps, causal": least_squares_fir(pairs, weighting="clips", advance_samples=0),
        "1,024 taps, causal": least_squares_fir(
            pairs, taps=1_024, weighting="clips", advance_samples=0
        ),
    }
    return _best(made, validation)


def whole_match(pairs: Pairs, validation: Pairs) -> Fitted:
    """Every recording taken all the way to the average spectrum."""
    return _best({"share 1": Match.fitted(pairs)}, validation)


def match(pairs: Pairs, validation: Pairs) -> Fitted:
    """Taken some of the way."""
    shares = (0.05, 0.1, 0.2, 0.3, 0.5)
    return _best({f"share {s:g}": Match.fitted(pairs, share=s) for s in shares}, validation)


def ridge(pairs: Pairs, validation: Pairs) -> Fitted:
    """Linear ridge regression from levels to curve."""
    tried = (0.1, 1.0, 10.0, 100.0, 1_000.0)
    return _best({f"penalty {p:g}": Ridge.fitted(pairs, penalty=p) for p in tried}, validation)


def kernel_ridge(pairs: Pairs, validation: Pairs) -> Fitted:
    """The same with a Gaussian kernel, which is not linear."""
    tried = [(p, w) for w in (2.0, 3.0, 4.0, 6.0, 12.0) for p in (1e-4, 1e-3, 1e-2, 0.1)]
    choices: dict[str, Process] = {
        f"penalty {p:g}, width {w:g}": Ridge.fitted(pairs, penalty=p, width=w) for p, w in tried
    }
    return _best(choices, validation)


RIVALS: dict[str, Callable[[Pairs, Pairs], Fitted]] = {
    "doing nothing": nothing,
    "average filter": average_filter,
    "matching the average spectrum": whole_match,
    "matching, some of the way": match,
    "ridge regression": ridge,
    "kernel ridge regression": kernel_ridge,
}
"""What needs no seed, by its name."""


@checked
def untrained(name: str, *, seed: int = 0) -> EQNet:
    """A network of 32 channels that has heard nothing yet, "with encoder" or "without encoder".

    Raises:
        EqlibError: for another name.
    """
    if name not in STEPS:
        raise EqlibError(f"name is {name!r}", f"one of {', '.join(STEPS)}", "Choose one.")
    if name == "with encoder":
        return ConditionedEQNet(ConditionedConfig(filters=32, controller="spectrum"), seed=seed)
    return EQNet(EQNetConfig(filters=32), seed=seed)


def trained(
    name: str,
    pairs: Pairs,
    validation: Pairs,
    *,
    steps: int | None = None,
    pretrain_steps: int = PRETRAIN_STEPS,
    seed: int = 0,
) -> tuple[EQNet, History]:
    """A network that has learned a habit.

    Args:
        name: as of `untrained`.
        pairs: recordings before and after.
        validation: what chooses its best weights.
        steps: of training; as of `STEPS` by default.
        pretrain_steps: of the autoencoder, before.
        seed: of the weights, and of the frames that are drawn.
    """
    net = untrained(name, seed=seed)
    once = replace(RECIPE, validate_every=10_000)
    both = pairs, validation
    loop.pretrain(net, *both, steps=pretrain_steps, recipe=once, seed=seed, progress=False)
    count = STEPS[name] if steps is None else steps
    return net, loop.train(net, *both, steps=count, recipe=RECIPE, seed=seed, progress=False)
