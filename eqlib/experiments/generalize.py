"""The shipped networks outside their training, a repair, and one network for every peak.

`run` measures and trains what `generalize.json`, beside this file, does not hold yet, and adds each
part as it is done; `python -m eqlib generalize` calls it. Every part is a mean with the values that
it is from, by recording, so that `interval` can tell how sure it is.

Chapter: "Does it generalize?".
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import torch

from eqlib import checkpoints
from eqlib.errors import EqlibError
from eqlib.experiments import knobs, outside, sets
from eqlib.experiments.intervals import Interval
from eqlib.experiments.parts import Measure, Part, Parts
from eqlib.experiments.plan import UNHEARD
from eqlib.experiments.table import Table, decimals
from eqlib.networks.conditioned import ConditionedEQNet
from eqlib.networks.knobs import PEAK

RESULTS = Path(__file__).resolve().parent / "generalize.json"
EVERY_PEAK = RESULTS.parent / "every-peak.safetensors"
"""The weights of the network for every peak from seed 0, in half precision."""
STEPS = 1_000
SEEDS = (0, 1, 2)
REPAIR_SEEDS = (0,)


def parts() -> dict[str, Measure]:
    """Everything that is measured, by its name: "kind | network or seed | condition"."""
    found: dict[str, Measure] = {}
    for network in outside.NETWORKS:
        for method in outside.METHODS:
            for condition in outside.CONDITIONS:
                found[f"{network} | {method} | {condition}"] = _outside(network, method, condition)
    for seed in REPAIR_SEEDS:
        for condition in outside.REPAIRED_ON:
            found[f"repaired | seed {seed} | {condition}"] = _repaired(seed, condition)
    for method in ("nothing", "FIR"):
        found[f"every peak | {method} | unheard"] = _rival(method)
    for name, seed in [*(("network", s) for s in SEEDS), ("setting alone", 0)]:
        for condition in ("unheard", "no gain"):
            found[f"every peak | {name}, seed {seed} | {condition}"] = _knobs(name, seed, condition)
    return found


def _outside(network: str, method: str, condition: str) -> Measure:
    return lambda _: outside.measured(network, method, condition)


def _repaired(seed: int, condition: str) -> Measure:
    return lambda _: outside.judged("low-shelf", outside.repaired(seed).process, condition)


def _rival(method: str) -> Measure:
    return lambda _: knobs.judged(sets.heard("test", UNHEARD), method)


_trained: dict[tuple[str, int], ConditionedEQNet] = {}


def _knobs(name: str, seed: int, condition: str) -> Measure:
    def measure(path: Path) -> dict[str, list[float]]:
        if (name, seed) not in _trained:
            _trained[name, seed] = _train(name, seed, path)
        clips = sets.heard("test", UNHEARD)
        gain_db = 0.0 if condition == "no gain" else None
        return knobs.judged(clips, _trained[name, seed], gain_db=gain_db)

    return measure


def _train(name: str, seed: int, path: Path) -> ConditionedEQNet:
    clips, validation = (sets.heard(split, UNHEARD) for split in ("train", "validation"))
    network = knobs.StillEQNet if name == "setting alone" else ConditionedEQNet
    net, _ = knobs.trained(clips, validation, steps=STEPS, seed=seed, network=network)
    if (name, seed) != ("network", 0):
        return net
    checkpoints.save(net, path.parent / EVERY_PEAK.name, dtype=torch.float16)
    return every_peak(path.parent / EVERY_PEAK.name)


def every_peak(path: Path = EVERY_PEAK) -> ConditionedEQNet:
    """The network for every peak that ships.

    Raises:
        EqlibError: if the file holds another one.
    """
    net = checkpoints.load(path)
    if not isinstance(net, ConditionedEQNet):
        raise EqlibError(f"{path} holds another network", "a ConditionedEQNet", "Restore it.")
    return net


def settings() -> dict[str, object]:
    """What is trained, how, and on what, as JSON."""
    found = {
        "recipe": asdict(knobs.RECIPE),
        "steps": STEPS,
        "peak": asdict(PEAK),
        "per_clip": knobs.PER_CLIP,
        "repair": asdict(outside.REPAIR),
        "repair_steps": outside.REPAIR_STEPS,
        "left_out": UNHEARD,
        "recordings": sets.recordings_hash(),
    }
    content: dict[str, object] = json.loads(json.dumps(found))
    return content


_PARTS = Parts("python -m eqlib generalize", settings, parts)


def read(path: Path = RESULTS) -> dict[str, Part]:
    """The results that are current, by part.

    Raises:
        EqlibError: if the file is damaged.
    """
    return _PARTS.read(path)


def run(kinds: Iterable[str] = (), *, path: Path = RESULTS) -> None:
    """Measures and trains what the file of results does not hold.

    Args:
        kinds: "low-shelf", "peaking", "repaired" or "every peak", also with what follows it, such
            as "every peak | network, seed 0"; all for none.
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


def worst_db(*names: str) -> float:
    """The lowest SNR in dB among all values of some parts."""
    found = read()
    return min(v for name in names for of in found[name]["values"].values() for v in of)


def table(network: str) -> Table:
    """A shipped network outside its training, beside its rivals.

    Raises:
        EqlibError: for another network.
    """
    if network not in outside.NETWORKS:
        expected = f"one of {', '.join(outside.NETWORKS)}"
        raise EqlibError(f"network is {network!r}", expected, "Choose one.")
    rows = [
        (words, *(str(interval(f"{network} | {method} | {name}")) for method in outside.METHODS))
        for name, words in outside.CONDITIONS.items()
    ]
    caption = f"{network}: SNR in dB, mean and interval of 95 %, outside of what was trained on."
    return Table(caption, ("what it hears", *outside.METHODS), tuple(rows))


def table_of_repair() -> Table:
    """The low shelf before and after it has heard colored noise."""
    rows = []
    for name in outside.REPAIRED_ON:
        after = [f"repaired | seed {seed} | {name}" for seed in REPAIR_SEEDS]
        before = [f"low-shelf | network | {name}"]
        cells = str(interval(*before)), str(interval(*after))
        gained = _PARTS.difference(RESULTS, after, before).signed
        rows.append((outside.CONDITIONS[name], *cells, gained))
    caption = (
        "low-shelf: SNR in dB before and after 600 steps with colored noise, and the difference, "
        "paired by recording."
    )
    return Table(caption, ("what it hears", "before", "after", "difference"), tuple(rows))


def table_of_knobs() -> Table:
    """The network for every peak, and its rivals."""
    rows = []
    for words, names in KNOBS.items():
        means = [str(interval(*(f"every peak | {name} | unheard" for name in names)))]
        means.append(decimals(worst_db(*(f"every peak | {name} | unheard" for name in names))))
        trained = names[0] not in ("nothing", "FIR")
        same = [f"every peak | {name} | no gain" for name in names]
        means.append(decimals(interval(*same).mean) if trained else "-")
        rows.append((words, *means))
    header = ("method", "mean", "worst", "at a gain of zero")
    caption = "One for every peak: SNR in dB on unheard recordings, with unseen settings."
    return Table(caption, header, tuple(rows))


KNOBS = {
    "doing nothing": ("nothing",),
    "the exact filter, cut to 127 taps": ("FIR",),
    "the network, three seeds": tuple(f"network, seed {seed}" for seed in SEEDS),
    "faders from the setting alone": ("setting alone, seed 0",),
}
"""The rows of `table_of_knobs`, and the parts that each is from."""
