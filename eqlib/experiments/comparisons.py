"""Comparisons that are fair: the same recordings, pair by pair, over the seeds that both have.

Chapters: "Results", "What the network learned".
"""

from __future__ import annotations

from typing import cast

import numpy as np

from eqlib import data
from eqlib.errors import EqlibError, check_integer, checked
from eqlib.experiments.ablations import ABLATIONS
from eqlib.experiments.intervals import Interval, of_difference
from eqlib.experiments.plan import SEEDS, seed_name
from eqlib.experiments.results import entry, is_there, read_results


@checked
def seeds_of(name: str, which: str = "notes") -> dict[int, dict[str, float]]:
    """The SNR of each recording by the seed of the training, for the seeds that are there.

    Args:
        name: of the experiment with seed 0.
        which: of the sets that it is judged on.

    Raises:
        EqlibError: for a name or a set that is not there.
    """
    names = {seed: seed_name(name, seed) for seed in (0, *SEEDS)}
    known = entry(name)["scores"]
    if which not in known:
        raise EqlibError(f"which is {which!r}", f"one of {', '.join(known)}", "Choose one.")
    return {
        seed: entry(each)["scores"][which]["clips"]
        for seed, each in names.items()
        if is_there(each)
    }


@checked
def worth(target: str, name: str) -> tuple[Interval, int]:
    """What one change is worth on unseen notes, in dB: the mean difference over seeds, paired.

    Args:
        target: "low-shelf" or "peaking".
        name: of the row in `ABLATIONS`; the row that it differs from stands in its `base`.

    Returns:
        The difference, and how many seeds both have.

    Raises:
        EqlibError: for a name that is not there.
    """
    if name not in ABLATIONS:
        raise EqlibError(f"name is {name!r}", f"one of {', '.join(ABLATIONS)}", "Choose one.")
    names = f"{target}, {name}", f"{target}, {ABLATIONS[name].base}"
    changed, base = map(seeds_of, names)
    return difference(*names), len(changed.keys() & base.keys())


@checked
def difference(name: str, other: str, which: str = "notes") -> Interval:
    """By how many dB of SNR a network is ahead of another, over the seeds that both have.

    Args:
        name: of the experiment with seed 0.
        other: of the one that it is compared with.
        which: of the sets that both are judged on.

    Raises:
        EqlibError: for a name or a set that is not there.
    """
    ours, theirs = seeds_of(name, which), seeds_of(other, which)
    both = [seed for seed in ours if seed in theirs]
    return of_difference([ours[seed] for seed in both], [theirs[seed] for seed in both])


@checked
def lead(target: str, method: str, which: str = "notes") -> Interval:
    """By how many dB of SNR a target's network, over its seeds, is ahead of a fitted method.

    Args:
        target: the name of one.
        method: one of its baselines, such as "least-squares FIR".
        which: of the sets that both are judged on.

    Raises:
        EqlibError: for a name, a method or a set that is not there.
    """
    fitted = entry(target).get("baselines", {}).get("methods", {})
    if method not in fitted:
        expected = f"one of {', '.join(fitted) or 'none: it has no baselines'}"
        raise EqlibError(f"method is {method!r}", expected, "Choose one.")
    ours = list(seeds_of(target, which).values())
    theirs = fitted[method]["scores"][which]["clips"]  # it has no seed
    return of_difference(ours, [theirs] * len(ours))


@checked
def control(family: str) -> tuple[dict[str, float], dict[str, float]]:
    """The test notes of a family, by networks that heard it and by the one that did not.

    Returns:
        The SNR of each recording: its mean over the networks that left another family out, and
        that of the network that left this one out. Both empty for a family without test notes.

    Raises:
        EqlibError: for a family that no experiment leaves out.
    """
    without = {
        cast(list[str], found["settings"]["left_out"])[0]: found["scores"]
        for found in read_results()["networks"].values()
        if found["kind"] == "left-out"
    }
    if family not in without:
        raise EqlibError(f"family is {family!r}", f"one of {', '.join(without)}", "Choose one.")
    others = [scores["notes"]["clips"] for name, scores in without.items() if name != family]
    never = without[family]["unheard"]["clips"]
    names = [name for name in never if name in others[0]]
    heard = {name: float(np.mean([clips[name] for clips in others])) for name in names}
    return heard, {name: never[name] for name in names}


@checked
def piano_db(clips: dict[str, float], low_midi: int, high_midi: int) -> float:
    """The mean SNR of the piano's notes between two pitches, both included.

    Args:
        clips: the SNR of each recording by its name.
        low_midi: the lowest pitch.
        high_midi: the highest.

    Raises:
        EqlibError: if there is no such note.
    """
    check_integer("low_midi", low_midi, at_least=0, cure="60 is the middle C.")
    check_integer("high_midi", high_midi, at_least=0, cure="60 is the middle C.")
    rows = {str(row["file"]).removesuffix(".flac"): row for row in data.index()}
    piano = {name: rows[name]["midi"] or 0 for name in clips if str(name).startswith("piano/")}
    inside = [clips[name] for name, midi in piano.items() if low_midi <= midi <= high_midi]
    if not inside:
        span = f"no piano note between {low_midi} and {high_midi}"
        raise EqlibError(span, "one or more", "Give a wider range.")
    return float(np.mean(inside))
