"""One network for all five types of a filter: what was tried, and where it fails.

As `eqlib.experiments.knobs`, but each frame's filter is of a random type. The controller hears
which it is, and the first number, which scales the change, is the gain where there is one. A pass
has none: there it is 1, so that nothing is exact by construction.

`run` trains what `every_type.json`, beside this file, does not hold yet: each attempt once, judged
on recordings for validation; then the one that was best there, from several seeds, on those that
nothing was chosen on. `python -m eqlib generalize` calls it.

Chapter: "Does it generalize?".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from eqlib import metrics
from eqlib.data.clips import Clips
from eqlib.equalizers.eq import EQ
from eqlib.experiments import sets
from eqlib.experiments.intervals import Interval
from eqlib.experiments.knobs import RECIPE, EveryPeak, random_settings, trained
from eqlib.experiments.parts import Measure, Part, Parts
from eqlib.experiments.plan import UNHEARD
from eqlib.experiments.table import Table, decimals
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.knobs import NUMBERS, PEAK, peak_numbers
from eqlib.training.recipe import Recipe

RESULTS = Path(__file__).resolve().parent / "every_type.json"
TYPES = ("low-shelf", "high-shelf", "peaking", "lowpass", "highpass")
EVERY_TYPE = replace(PEAK, settings=NUMBERS + len(TYPES))
PER_CLIP = 2
"""Settings of each type that each recording is judged with."""


@dataclass(frozen=True)
class Attempt:
    """One way to train it.

    Attributes:
        steps: of training.
        config: sizes of the network.
        recipe: of the optimizer.
    """

    steps: int = 3_000
    config: ConditionedConfig = EVERY_TYPE
    recipe: Recipe = RECIPE


ATTEMPTS = {
    "32 channels, 3,000 steps": Attempt(),
    "9,000 steps": Attempt(steps=9_000),
    "128 channels": Attempt(config=replace(EVERY_TYPE, filters=128)),
    "a controller four times as wide": Attempt(config=replace(EVERY_TYPE, hidden=512)),
}
"""What was tried, by its words: each is the first with one thing changed."""
BEST, SEEDS = "9,000 steps", (0, 1, 2)
"""The attempt with the highest mean in validation, and the seeds that it is trained from."""


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
        task=EveryType,
    )
    return net


def judged(clips: Clips, net: ConditionedEQNet | None, type_: str) -> dict[str, list[float]]:
    """The SNR in dB of each recording with each of its settings, by the recording's name.

    Args:
        clips: recordings that were not trained on.
        net: None for doing nothing.
        type_: one of `TYPES`.
    """
    shares = np.random.default_rng(3).random((len(clips), PER_CLIP, 3))
    place = TYPES.index(type_)
    scores: dict[str, list[float]] = {}
    for name, dry, of in zip(clips.names, clips, shares, strict=True):
        scores[name] = []
        for eq, setting in zip(*filters_of(of, [place] * PER_CLIP), strict=True):
            output = dry if net is None else net.process(dry, setting=setting)
            scores[name].append(round(float(metrics.snr_db(eq(dry), output)), 2))
    return scores


_nets: dict[tuple[str, int], ConditionedEQNet] = {}


def _measure(name: str | None, seed: int, split: str, type_: str) -> Measure:
    def measure(_: Path) -> dict[str, list[float]]:
        if name and (name, seed) not in _nets:
            clips, validation = (sets.heard(each, UNHEARD) for each in ("train", "validation"))
            _nets[name, seed] = attempted(clips, validation, ATTEMPTS[name], seed=seed)
        return judged(sets.heard(split, UNHEARD), _nets[name, seed] if name else None, type_)

    return measure


def parts() -> dict[str, Measure]:
    """Everything that is measured, by its name: "kind | method | type"."""
    found: dict[str, Measure] = {}
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
        "attempts": {name: asdict(attempt) for name, attempt in ATTEMPTS.items()},
        "per_clip": PER_CLIP,
        "best": BEST,
        "left_out": UNHEARD,
        "recordings": sets.recordings_hash(),
    }


_PARTS = Parts("python -m eqlib generalize", settings, parts)


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
        cells = (decimals(mean) for mean in (*means, float(np.mean(means))))
        rows.append(("doing nothing" if name == "nothing" else name, *cells))
    caption = "One network for five types, tried once each: mean SNR in dB in validation."
    return Table(caption, ("what was tried", *TYPES, "mean"), tuple(rows))


def table() -> Table:
    """The best of them, from all seeds, on recordings and with settings that it has not met."""
    rows = []
    for type_ in TYPES:
        seeds = interval(*(f"every type | seed {seed} | {type_}" for seed in SEEDS))
        rows.append((type_, str(interval(f"every type | nothing | {type_}")), str(seeds)))
    caption = f"{BEST}, {len(SEEDS)} seeds: SNR in dB on unheard recordings, with unseen settings."
    return Table(caption, ("type", "doing nothing", "network"), tuple(rows))
