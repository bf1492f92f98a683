"""Six effects that are no equalizers, and how far each method comes with them.

`run` fits or trains every method on every effect, from several seeds, and keeps what is finished in
`effects.json`, beside this file; `python -m eqlib effects` calls it.

Chapter: "Much more complex effects".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from eqlib import checkpoints, metrics
from eqlib.audio import Process
from eqlib.data.pairs import Pairs, pair
from eqlib.effects.compressor import Compressor
from eqlib.effects.modulation import AutoWah, Tremolo
from eqlib.effects.phaser import Phaser
from eqlib.effects.room import Room
from eqlib.effects.waveshaping import Waveshaper
from eqlib.errors import EqlibError
from eqlib.experiments import sets
from eqlib.experiments.effect_methods import (
    DILATED,
    DILATED_STEPS,
    FITTED,
    PRETRAIN_STEPS,
    RECIPE,
    RECIPE_DILATED,
    TRAIN_STEPS,
    TRAINED,
    side_chain,
)
from eqlib.experiments.intervals import Interval, cluster_of, mean_interval, of_difference
from eqlib.experiments.parts import Measure, Parts
from eqlib.experiments.plan import UNHEARD
from eqlib.experiments.table import Table, decimals
from eqlib.networks.conditioned import ConditionedEQNet
from eqlib.networks.controllers import Kind
from eqlib.spectral_metrics import SIZES, multi_resolution_stft_error

RESULTS = Path(__file__).resolve().parent / "effects.json"
EFFECTS: dict[str, Waveshaper | Compressor | Tremolo | AutoWah | Phaser | Room] = {
    "distortion": Waveshaper(drive_db=12),
    "compressor": Compressor(makeup_db=12),
    "tremolo": Tremolo(),
    "auto-wah": AutoWah(),
    "phaser": Phaser(),
    "room": Room(),
}
SEEDS = (0, 1, 2)
"""From which each network is trained."""
ALL = tuple(EFFECTS)
WITH_HISTORY = ("compressor", "auto-wah")
NETWORKS: dict[str, tuple[str, ...]] = {
    "network": ALL,
    "side chain": WITH_HISTORY,
    "side chain with peaks": WITH_HISTORY,
    "side chain, 20,000 steps": WITH_HISTORY,
    "dilated network": ("distortion",),
}
"""What is trained, and on which effects."""
LONGER = "side chain, 20,000 steps"
LONGER_STEPS = 20_000
HEARS: dict[str, Kind] = {"compressor": "peaks", "auto-wah": "history"}
"""What the side chains that are trained for longer hear.

By validation after 1,500 steps, from seed 0: with peaks 21.3 dB and without 17.8 on the compressor;
16.3 and 16.2 on the auto-wah, a tie, for which the fewer numbers were taken.
"""
SIDE_CHAINS = {name: RESULTS.parent / f"{name}-side-chain.safetensors" for name in WITH_HISTORY}
"""The weights of the longer trainings from seed 0, in half precision."""
MEASURES = ("snr_db", "stft")


def _known(name: str) -> str:
    if name not in EFFECTS:
        expected = f"one of {', '.join(EFFECTS)}"
        raise EqlibError(f"there is no effect called {name!r}", expected, "Choose one.")
    return name


def effect_of(name: str, *, seed: int) -> Process:
    """The effect for one set of clips; an oscillator stands anywhere as a clip begins.

    Raises:
        EqlibError: for a name that there is not.
    """
    effect = EFFECTS[_known(name)]
    if not isinstance(effect, Tremolo | Phaser):
        return effect
    rng = np.random.default_rng(seed)
    return lambda audio: replace(effect, phase_deg=float(rng.uniform(0, 360)))(audio)


def pairs_of(name: str) -> dict[str, Pairs]:
    """Training, validation and test pairs of an effect, by split.

    Raises:
        EqlibError: for an effect that there is not.
    """
    _known(name)
    found = {}
    for seed, split in enumerate(("train", "validation", "test")):
        clips = sets.heard(split, UNHEARD)
        found[split] = pair(clips, effect_of(name, seed=seed))
    return found


def trained_side_chain(name: str = "compressor") -> ConditionedEQNet:
    """A side chain that ships: trained on an effect, for longer.

    Raises:
        EqlibError: for an effect on which none was.
    """
    if name not in SIDE_CHAINS:
        raise EqlibError(
            f"no side chain was trained on {name!r}",
            f"one of {', '.join(SIDE_CHAINS)}",
            "Choose one.",
        )
    net = checkpoints.load(SIDE_CHAINS[name])
    if not isinstance(net, ConditionedEQNet):
        given = f"{SIDE_CHAINS[name]} holds another network"
        raise EqlibError(given, "a ConditionedEQNet", "Restore it.")
    return net


def settings() -> dict[str, object]:
    """All that decides the results, as JSON."""
    steps = {"pretrain": PRETRAIN_STEPS, "train": TRAIN_STEPS, "dilated": DILATED_STEPS}
    return {
        "effects": {name: asdict(effect) for name, effect in EFFECTS.items()},
        "recipe": asdict(RECIPE),
        "recipe_dilated": asdict(RECIPE_DILATED),
        "dilated": asdict(DILATED),
        "steps": steps,
        "longer": {"steps": LONGER_STEPS, "hears": HEARS},
        "recordings": sets.recordings_hash(),
    }


def of_clips(pairs: Pairs, process: Process) -> dict[str, list[float]]:
    """SNR in dB and multi-resolution STFT error of each clip, by its name.

    The second is left out for a clip that is shorter than its longest window.
    """
    found = {}
    for name, dry, wet in zip(pairs.dry.names, pairs.dry, pairs.wet, strict=True):
        output = process(dry)
        found[name] = [round(float(metrics.snr_db(wet, output)), 2)]
        if len(wet) >= max(SIZES):
            found[name].append(round(float(multi_resolution_stft_error(wet, output)), 4))
    return found


def judged(pairs: Pairs, process: Process) -> dict[str, float]:
    """Mean and worst SNR in dB over clips, and the mean multi-resolution STFT error."""
    found = of_clips(pairs, process).values()
    snrs_db = [snr_db for snr_db, *_ in found]
    return {
        "snr_db": float(np.mean(snrs_db)),
        "worst_snr_db": min(snrs_db),
        "stft": float(np.mean([stft for _, *rest in found for stft in rest])),
    }


def _fit(name: str, method: str, seed: int, pairs: dict[str, Pairs], path: Path) -> Process:
    both = pairs["train"], pairs["validation"]
    if method in FITTED:
        return FITTED[method](pairs["train"])
    if method in TRAINED:
        return TRAINED[method](*both, seed).process
    net = side_chain(*both, seed, hears=HEARS[name], steps=LONGER_STEPS)
    if seed == SEEDS[0]:
        file = path.parent / SIDE_CHAINS[name].name
        return checkpoints.load(checkpoints.save(net, file, dtype=torch.float16)).process
    return net.process


def _measures() -> dict[str, Measure]:
    def of(name: str, method: str, seed: int, path: Path) -> dict[str, list[float]]:
        pairs = pairs_of(name)
        return of_clips(pairs["test"], _fit(name, method, seed, pairs, path))

    return {part: partial(of, *_split(part)) for name in EFFECTS for part in parts(name)}


def parts(name: str) -> list[str]:
    """The names of an effect's results: "effect | method | seed 0", the last for networks only.

    Raises:
        EqlibError: for an effect that there is not.
    """
    fitted = [f"{_known(name)} | {method}" for method in FITTED]
    trained = (method for method, of in NETWORKS.items() if name in of)
    return fitted + [f"{name} | {method} | seed {seed}" for method in trained for seed in SEEDS]


def _split(part: str) -> tuple[str, str, int]:
    name, method, *seed = part.split(" | ")
    return name, method, int(seed[0].removeprefix("seed ")) if seed else 0


_PARTS = Parts("python -m eqlib effects", settings, _measures)


def run(names: Iterable[str] = (), *, path: Path = RESULTS) -> None:
    """Fits and trains what the file of results does not hold, and adds each as it is done.

    Args:
        names: of effects, or beginnings of `parts`; all for none.
        path: of the file.

    Raises:
        EqlibError: for an unknown effect, or a damaged file.
    """
    _PARTS.run(names, path)


def values(name: str, method: str, measure: str = "snr_db") -> dict[str, list[float]]:
    """What a method reached on an effect: of each unheard recording, for each seed.

    Raises:
        EqlibError: for another measure, or a method that was not tried on the effect.
    """
    if measure not in MEASURES:
        expected = f"one of {', '.join(MEASURES)}"
        raise EqlibError(f"measure is {measure!r}", expected, "Choose one.")
    found = [
        of["values"]
        for part, of in _PARTS.read(RESULTS).items()
        if _split(part)[:2] == (name, method)
    ]
    if not found:
        given = f"{method!r} was not tried on {name!r}"
        raise EqlibError(given, "one of parts()", "Choose one, or run `python -m eqlib effects`.")
    column = MEASURES.index(measure)
    complete = [clip for clip in found[0] if len(found[0][clip]) > column]
    return {clip: [of[clip][column] for of in found] for clip in complete}


def interval(name: str, method: str, measure: str = "snr_db") -> Interval:
    """The mean over unheard recordings and seeds, and its interval.

    Recordings are drawn by cluster (`eqlib.experiments.intervals`).

    Raises:
        EqlibError: as `values`.
    """
    found = values(name, method, measure)
    return mean_interval(np.array(list(found.values())).T, [cluster_of(clip) for clip in found])


def difference(name: str, method: str, other: str, measure: str = "snr_db") -> Interval:
    """How far a method's mean is above another's on an effect, recording by recording.

    Args:
        name: of the effect.
        method: whose seeds each count.
        other: of as many seeds, or without one.
        measure: "snr_db" or "stft".

    Raises:
        EqlibError: as `values`, or for other numbers of seeds.
    """
    ours, theirs = (_by_seed(values(name, each, measure)) for each in (method, other))
    return of_difference(ours, theirs * len(ours) if len(theirs) == 1 else theirs)


def _by_seed(found: dict[str, list[float]]) -> list[dict[str, float]]:
    seeds = range(len(next(iter(found.values()))))
    return [{clip: of[seed] for clip, of in found.items()} for seed in seeds]


def table(measure: str = "snr_db") -> Table:
    """All methods on all effects, with intervals.

    Args:
        measure: "snr_db" or "stft".

    Raises:
        EqlibError: for another measure.
    """
    captions = {
        "snr_db": "Mean SNR in dB on unheard recordings; of networks, over three seeds.",
        "stft": "Multi-resolution STFT error on unheard recordings: the smaller, the better.",
    }
    if measure not in captions:
        raise EqlibError(f"measure is {measure!r}", f"one of {', '.join(captions)}", "Choose one.")
    digits = 1 if measure == "snr_db" else 2
    rows = []
    for method in [*FITTED, *NETWORKS]:
        tried = NETWORKS.get(method, ALL)
        of = (interval(name, method, measure) if name in tried else () for name in EFFECTS)
        texts = ([decimals(number, digits) for number in each] for each in of)
        cells = (f"{each[0]} [{each[1]}, {each[2]}]" if each else "-" for each in texts)
        rows.append((method, *cells))
    return Table(
        captions[measure] + " Below: an interval of 95 %.", ("method", *EFFECTS), tuple(rows)
    )
