"""What is trained for the book: each experiment with all that decides its result.

Chapters: "Results", "What the network learned".
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from eqlib import data
from eqlib.config import EQNetConfig
from eqlib.data.clips import Clips
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import REFERENCE, TARGETS
from eqlib.errors import EqlibError, checked
from eqlib.experiments import sets
from eqlib.experiments.ablations import ABLATIONS, LEANED_UPON
from eqlib.experiments.entries import Kind
from eqlib.experiments.sets import NOTES
from eqlib.experiments.settings import sparse
from eqlib.training.recipe import Recipe

UNHEARD = ("brass", "percussion-pitched", "strings")
"""Families that no shipped network was trained on: trumpet, xylophone, violin. The choice was made
before anything was measured: one that is blown, one that is struck, one that is bowed."""

SHIPPED = Recipe(loss="normalized_mae", validate_every=1_000)
SHORT = ABLATIONS["as-it-is"].recipe

SEEDS = (1, 2, 3, 4)
"""Beside seed 0, for every ablation: five in all. Where a run is long, the first two: three in
all."""
LONG_STEPS = 10_000
"""Of step two: a run of more takes minutes even with few filters."""


@checked
@dataclass(frozen=True)
class Experiment:
    """One network to be trained.

    Attributes:
        name: of its entry in the results file, and of its weights if they ship.
        target: the name of its equalizer in `TARGETS`.
        kind: "target" (its weights ship), "ablation", "left-out", or "seed" (another one, of a
            target or of an ablation).
        pretrain_steps: of step one; 0 for none.
        train_steps: of step two.
        label: what is different in it, in words.
        config: the network's sizes and switches.
        recipe: of both steps.
        seed: of the weights and of the frames that are drawn.
        left_out: families of instruments that it does not hear.
        octave_up: whether it hears what can be raised once more, an octave higher, so that high
            notes are not rare.
    """

    name: str
    target: str
    kind: Kind
    pretrain_steps: int
    train_steps: int
    label: str = ""
    config: EQNetConfig = field(default_factory=EQNetConfig)
    recipe: Recipe = SHIPPED
    seed: int = 0
    left_out: tuple[str, ...] = UNHEARD
    octave_up: bool = False

    @property
    def eq(self) -> EQ:
        """The equalizer."""
        return TARGETS[self.target]

    def settings(self) -> dict[str, object]:
        """What decides the result, as JSON: if it changes, the network is trained again.

        What is as in `settings.NOT_STORED` is left out.
        """
        settings = asdict(self) | {"eq": self.eq.to_dict(), "recordings": sets.recordings_hash()}
        return sparse(json.loads(json.dumps(settings)))

    def train_clips(self) -> Clips:
        """What it learns from: all notes of the split "train" but the left-out families'."""
        heard = sets.heard("train", self.left_out)
        return sets.and_an_octave_up(heard) if self.octave_up else heard

    def validation_clips(self) -> Clips:
        """What chooses its best weights."""
        return sets.heard("validation", self.left_out)

    def test_clips(self) -> dict[str, Clips]:
        """What it is judged on, by the name of the set: see `sets.to_judge_on`."""
        return sets.to_judge_on(self.left_out)


OCTAVE_UP = "most notes heard once more, an octave up"
HIGHER = {"lowpass": 18_000, "peaking": 20_000}
"""The steps of the targets that hear one: without it, single high notes stay far behind the others.
On the other two families, whose high notes are better, it was not tried."""


def _targets() -> list[Experiment]:
    shipped = [
        Experiment(name, name, "target", 1_000, 15_000 if name in REFERENCE else 3_000)
        for name in TARGETS
    ]
    shipped = [
        replace(each, octave_up=True, train_steps=HIGHER[each.name], label=OCTAVE_UP)
        if each.name in HIGHER
        else each
        for each in shipped
    ]
    longer = EQNetConfig(kernel=128)
    label = "filters of 128 taps instead of 64"
    shipped.append(Experiment("peaking-long", "peaking", "target", 1_000, 15_000, label, longer))
    return shipped


def _ablations() -> list[Experiment]:
    return [
        Experiment(
            f"{target}, {name}",
            target,
            "ablation",
            each.pretrain_steps,
            each.train_steps,
            each.label,
            each.config,
            each.recipe,
        )
        for target in ("low-shelf", "peaking")
        for name, each in ABLATIONS.items()
    ]


def _without_an_octave_up() -> list[Experiment]:
    """The networks that hear one, as they were without it, and without it for as many steps."""
    label = "no note an octave up"
    steps = {"": dict.fromkeys(HIGHER, 15_000), ", as long": HIGHER}
    return [
        Experiment(f"{name}, no octave up{longer}", name, "ablation", 1_000, of_each[name], label)
        for longer, of_each in steps.items()
        for name in HIGHER
    ]


def _left_out() -> list[Experiment]:
    families = sorted({row["family"] for row in data.index() if row["kind"] in NOTES})
    return [
        Experiment(
            f"low-shelf without {family}",
            "low-shelf",
            "left-out",
            300,
            2_200,
            f"{family} left out",
            recipe=SHORT,
            left_out=(family,),
        )
        for family in families
    ]


def _seeds(ablations: list[Experiment], others: list[Experiment]) -> list[Experiment]:
    """Other seeds of the same: first of what the text leans upon, the small networks first."""

    def rank(experiment: Experiment) -> tuple[bool, int]:
        name = experiment.name.split(", ", 1)[1]
        return name not in LEANED_UPON, LEANED_UPON.index(name) if name in LEANED_UPON else 0

    return [
        replace(each, name=seed_name(each.name, seed), kind="seed", seed=seed)
        for each in [*sorted(ablations, key=rank), *others]
        for seed in (SEEDS[:2] if each.train_steps > LONG_STEPS else SEEDS)
    ]


@checked
def seed_name(name: str, seed: int) -> str:
    """What the experiment of this name is called with another seed."""
    return f"{name}, seed {seed}" if seed else name


@functools.cache
def experiments() -> dict[str, Experiment]:
    """All experiments by name, in the order in which they are trained.

    Those of kind "seed" are more than half of the hours, and can be left out
    (`--only target ablation left-out`): every table of seeds says how many are behind a row.
    """
    targets, ablations, octaves = _targets(), _ablations(), _without_an_octave_up()
    reference = [target for target in targets if target.name in REFERENCE]
    alike = [each for each in octaves if each.train_steps == HIGHER[each.target]]
    ordered = [*targets, *ablations, *octaves, *_left_out()]
    ordered += _seeds(ablations, [*reference, *alike])
    return {experiment.name: experiment for experiment in ordered}


@checked
def chosen(only: Sequence[str]) -> list[Experiment]:
    """The experiments of the given names, or of a kind such as "ablation"; all for no name.

    Raises:
        EqlibError: for a name that is neither.
    """
    known = experiments()
    kinds = {each.kind for each in known.values()}
    for name in only:
        if name not in known and name not in kinds:
            raise EqlibError(
                f"there is no experiment called {name!r}",
                f"one of {', '.join(known)}, or a kind of them ({', '.join(sorted(kinds))})",
                "Choose from these; without --only, all are trained.",
            )
    wanted = set(only) or kinds
    return [each for each in known.values() if {each.name, each.kind} & wanted]
