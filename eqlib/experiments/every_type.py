"""One network for all five types of a filter: what was tried, and where it fails.

As `eqlib.experiments.knobs`, but each frame's filter is of a random type. The controller hears
which it is, and the first number, which scales the change, is the gain where there is one. A pass
has none: there it is 1, so that nothing is exact by construction.

`run` trains what `every_type.json`, beside this file, does not hold yet: each attempt once, judged
on recordings for validation; then the one that was best there, from several seeds, on those that
nothing was chosen on, beside filters that have its limits (`type_limits`). The ways to train it
are in `type_steps`. `python -m eqlib generalize` calls it.

Chapter: "Does it generalize?".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from eqlib.data.clips import Clips
from eqlib.experiments import sets, type_limits
from eqlib.experiments.intervals import Interval, cluster_of, mean_interval, of_difference
from eqlib.experiments.knobs import RECIPE, random_settings, trained
from eqlib.experiments.parts import HIGHEST_DB, Measure, Part, Parts
from eqlib.experiments.plan import UNHEARD
from eqlib.experiments.table import Table, decimals
from eqlib.experiments.type_limits import PER_CLIP, Output, judged, shares_of
from eqlib.experiments.type_steps import (
    EVERY_TYPE,
    TYPES,
    EasyTypesFirst,
    EveryType,
    InDecibels,
    InputFaderEQNet,
    MildFirst,
    PairedEQNet,
)
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.knobs import CUTOFF_HZ
from eqlib.training.recipe import Recipe

RESULTS = Path(__file__).resolve().parent / "every_type.json"


@dataclass(frozen=True)
class Attempt:
    """One way to train it.

    Attributes:
        steps: of training.
        config: sizes of the network.
        recipe: of the optimizer.
        step: what a step of training is.
        network: its class.
    """

    steps: int = 3_000
    config: ConditionedConfig = EVERY_TYPE
    recipe: Recipe = RECIPE
    step: type[EveryType] = EveryType
    network: type[ConditionedEQNet] = ConditionedEQNet

    def settings(self) -> dict[str, object]:
        """All that decides what becomes of it, as JSON."""
        found = {"steps": self.steps, "config": asdict(self.config), "recipe": asdict(self.recipe)}
        # Those that are as in the first attempts are not stored, which keeps them current.
        if self.step is not EveryType:
            found["step"] = self.step.__name__
        if self.network is not ConditionedEQNet:
            found["network"] = self.network.__name__
        return found


MAE = replace(RECIPE, loss="mae")
BASE = "32 channels, 3,000 steps"
"""What each attempt is compared with."""
ATTEMPTS = {
    BASE: Attempt(),
    "9,000 steps": Attempt(steps=9_000),
    "128 channels": Attempt(config=replace(EVERY_TYPE, filters=128)),
    "a controller four times as wide": Attempt(config=replace(EVERY_TYPE, hidden=512)),
    "filters of 128 taps": Attempt(config=replace(EVERY_TYPE, kernel=128)),
    "16 pairs in quadrature": Attempt(network=PairedEQNet),
    "mild settings first": Attempt(step=MildFirst),
    "easy types first": Attempt(step=EasyTypesFirst),
    "errors in decibels": Attempt(step=InDecibels, recipe=MAE),
    "a fader for the input": Attempt(network=InputFaderEQNet),
    "9,000 steps, errors in decibels": Attempt(steps=9_000, step=InDecibels, recipe=MAE),
}
"""What was tried, by its words: each is the first with one thing changed, and the last with two."""
LEVEL, SHAPES = "level of the target", f"{EVERY_TYPE.filters} shapes"
LIMITS = (SHAPES, "cut response", "least squares")
"""What the network could do at best (`type_limits`)."""
BANDS_HZ = tuple(float(hz) for hz in np.geomspace(*CUTOFF_HZ, 5))
"""Ends of the bands of cutoffs in which the worst type is looked at."""
BEST, SEEDS = "9,000 steps, errors in decibels", (0, 1, 2)
"""The attempt with the highest mean in validation, and the seeds that it is trained from."""


def attempted(
    clips: Clips, validation: Clips, attempt: Attempt, *, seed: int = 0
) -> ConditionedEQNet:
    """A network that was trained in one of the ways."""
    net, _ = trained(
        clips,
        validation,
        steps=attempt.steps,
        seed=seed,
        config=attempt.config,
        recipe=attempt.recipe,
        task=attempt.step,
        network=attempt.network,
    )
    return net


_nets: dict[tuple[str, int], ConditionedEQNet] = {}
_limits: dict[str, Output] = {
    "cut response": type_limits.cut,
    "least squares": type_limits.least_squares,
}


def _measure(name: str | None, seed: int, split: str, type_: str) -> Measure:
    def measure(_: Path) -> dict[str, list[float]]:
        if name and (name, seed) not in _nets:
            clips, validation = (sets.heard(each, UNHEARD) for each in ("train", "validation"))
            _nets[name, seed] = attempted(clips, validation, ATTEMPTS[name], seed=seed)
        return judged(sets.heard(split, UNHEARD), _nets[name, seed] if name else None, type_)

    return measure


def _limit(name: str, type_: str) -> Measure:
    def measure(_: Path) -> dict[str, list[float]]:
        if name == SHAPES and name not in _limits:
            _limits[name] = type_limits.Shapes(sets.heard("train", UNHEARD))
        return judged(sets.heard("test", UNHEARD), _limits[name], type_)

    return measure


def _level(type_: str) -> Measure:
    return lambda _: type_limits.levels_db(sets.heard("test", UNHEARD), type_)


def parts() -> dict[str, Measure]:
    """Everything that is measured, by its name: "kind | method | type"."""
    found: dict[str, Measure] = {}
    for type_ in TYPES:
        found[f"every type | {LEVEL} | {type_}"] = _level(type_)
        for name in LIMITS:
            found[f"every type | {name} | {type_}"] = _limit(name, type_)
    for type_ in TYPES:
        found[f"every type in validation | nothing | {type_}"] = _measure(
            None, 0, "validation", type_
        )
        found[f"every type | nothing | {type_}"] = _measure(None, 0, "test", type_)
    for name in ATTEMPTS:
        for type_ in TYPES:
            found[f"every type in validation | {name} | {type_}"] = _measure(
                name, 0, "validation", type_
            )
    for seed in SEEDS:
        for type_ in TYPES:
            found[f"every type | seed {seed} | {type_}"] = _measure(BEST, seed, "test", type_)
    return found


def settings() -> dict[str, object]:
    """What is trained, how, and on what, as JSON."""
    return {
        "attempts": {name: attempt.settings() for name, attempt in ATTEMPTS.items()},
        "per_clip": PER_CLIP,
        "best": BEST,
        "left_out": UNHEARD,
        "recordings": sets.recordings_hash(),
        "limits": type_limits.settings(),
    }


def _decided_by(part: str, settings: dict[str, Any]) -> object:
    """Of the settings, those of the part's own attempt, and what all parts share."""
    method = part.split(" | ")[1]
    attempt = settings["best"] if method.startswith("seed") else method
    shared = {key: settings[key] for key in ("per_clip", "left_out", "recordings")}
    own = settings["limits"] if method in LIMITS else settings["attempts"].get(attempt)
    return shared, own


_PARTS = Parts("python -m eqlib generalize", settings, parts, decided_by=_decided_by)


def read(path: Path = RESULTS) -> dict[str, Part]:
    """The results that are current, by part.

    Raises:
        EqlibError: if the file is damaged.
    """
    return _PARTS.read(path)


def run(kinds: Iterable[str] = (), *, path: Path = RESULTS) -> None:
    """Trains and measures what the file of results does not hold.

    Args:
        kinds: "every type" or "every type in validation", also with what follows; all for none.
        path: of the file.

    Raises:
        EqlibError: for a kind that there is not, or a damaged file.
    """
    _PARTS.run(kinds, path)


def interval(*names: str) -> Interval:
    """The mean of a part, or of the same from several seeds, and its interval.

    Raises:
        EqlibError: for a part that the results do not hold.
    """
    return _PARTS.interval(RESULTS, *names)


def table_of_attempts() -> Table:
    """What was tried, judged in validation."""
    rows = []
    for name in ("nothing", *ATTEMPTS):
        means = [interval(f"every type in validation | {name} | {type_}").mean for type_ in TYPES]
        cells = [decimals(mean) for mean in (*means, float(np.mean(means)))]
        gained = of_difference([_over_types(name)], [_over_types(BASE)]).signed
        cells.append("-" if name == BASE else gained)
        rows.append(("doing nothing" if name == "nothing" else name, *cells))
    caption = (
        "One network for five types, tried once each: mean SNR in dB in validation. Last, the "
        f"difference from {BASE}, paired by recording, with its interval of 95 % over recordings; "
        "it does not know how much another seed would change."
    )
    return Table(caption, ("what was tried", *TYPES, "mean", "difference"), tuple(rows))


def _over_types(name: str) -> dict[str, float]:
    """The mean over the types of each recording, in validation."""
    names = [f"every type in validation | {name} | {type_}" for type_ in TYPES]
    of_each = _PARTS.means(RESULTS, names)
    return {clip: float(np.mean([means[clip] for means in of_each])) for clip in of_each[0]}


def table() -> Table:
    """The best of them, from all seeds, on recordings and with settings that it has not met."""
    rows = []
    for type_ in TYPES:
        seeds = interval(*(f"every type | seed {seed} | {type_}" for seed in SEEDS))
        rows.append((type_, str(interval(f"every type | nothing | {type_}")), str(seeds)))
    caption = f"{BEST}, {len(SEEDS)} seeds: SNR in dB on unheard recordings, with unseen settings."
    return Table(caption, ("type", "doing nothing", "network"), tuple(rows))


def table_of_limits() -> Table:
    """What keeps it from being better: it is not its shape; and its worst type by the cutoff."""
    methods = (LEVEL, *LIMITS, *(f"seed {seed}" for seed in SEEDS))
    found, cutoffs_hz = read(), {}
    clips = sets.heard("test", UNHEARD)
    for name, of in zip(clips.names, shares_of(clips), strict=True):
        cutoffs_hz[name] = random_settings(of)[:, 0]

    def row(name: str, type_: str, low_hz: float, high_hz: float) -> tuple[str, ...]:
        values_db = {}
        for method in methods:
            values = found[f"every type | {method} | {type_}"]["values"]
            values_db[method] = [
                (each, value)
                for each, of in values.items()
                for value, hz in zip(of, cutoffs_hz[each], strict=True)
                if low_hz <= hz < high_hz
            ]
        means_db = {method: np.mean([db for _, db in of]) for method, of in values_db.items()}
        seeds = [values_db[method] for method in methods[-len(SEEDS) :]]
        clusters = [cluster_of(each) for each, _ in seeds[0]]
        reached = mean_interval(np.array([[db for _, db in of] for of in seeds]), clusters)
        level_db = float(means_db[LEVEL])
        limits = (decimals(means_db[limit]) for limit in LIMITS)
        of_target = decimals(level_db, signed=True), decimals(level_db - reached.mean, signed=True)
        return (name, *of_target, str(reached), *limits)

    worst = TYPES[-1]
    bands = [
        row(f"{low_hz:,.0f} to {high_hz:,.0f} Hz", worst, low_hz, high_hz)
        for low_hz, high_hz in pairwise(BANDS_HZ)
    ]
    rows = [row(type_, type_, *CUTOFF_HZ) for type_ in TYPES]
    header = ("type", "target", "error", "network", *LIMITS)
    caption = (
        "Levels in dB beside the input; SNR in dB of the network and of filters with its limits. "
        f"No SNR counts as more than {HIGHEST_DB:.0f} dB. In square brackets the network's "
        "interval of 95 % over recordings and seeds."
    )
    return Table(caption, header, (*rows, (f"{worst}, by its cutoff",), *bands))
