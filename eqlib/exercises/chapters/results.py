"""Exercises of the chapter "Results"."""

from __future__ import annotations

import functools

from eqlib.exercises.judges import Number, OwnTarget
from eqlib.exercises.registry import Exercise, Finding
from eqlib.experiments import report, results


@functools.cache
def _worst(name: str) -> tuple[str, ...]:
    """The ten recordings that a network is worst on, the worst first."""
    scores = results.entry(name)["scores"]
    clips = {clip: db for s in report.SETS for clip, db in scores[s]["clips"].items()}
    return tuple(sorted(clips, key=lambda clip: clips[clip])[:10])


def _ten(answer: object) -> Finding | None:
    if not isinstance(answer, list | tuple | set | dict):
        return None
    # sorted(clips.items()) gives pairs of a name and its score
    named = [str(each[0] if isinstance(each, tuple) and each else each) for each in answer]
    right = set(_worst("lowpass"))
    if set(named) == right:
        return Finding(True, "Nearly all are high notes, which the lowpass takes away whole.")
    if set(named) == set(_worst("low-shelf")):
        return Finding(False, "These are the low shelf's. The lowpass is asked for.")
    if not set(named) & right:
        return Finding(False, f"None of these {len(named)} is among them. Is the order rising?")
    words = f"{len(set(named) & right)} of the ten are there, among {len(named)}."
    return Finding(False, f"{words} Are the recordings of all sets in?")


EXERCISES = (
    Exercise(
        "The hardest sounds",
        "easy",
        "Which ten recordings of all sets are the worst for the lowpass network?",
        "a list of the ten names",
        (
            'report.entry("lowpass")["scores"] has the SNR of each clip, set by set.',
            "Put the clips of all report.SETS into one dict, and sort it by its values.",
        ),
        _ten,
    ),
    Exercise(
        "Another level",
        "medium",
        "At which of -40, -20 and -6 dBFS are the errors of the sweep's response largest?",
        "that level in dBFS",
        (
            "sweep_response takes level_dbfs; plots.sweep_responses takes several by name.",
            "An equalizer would give one curve. Which one leaves the others?",
        ),
        Number(
            -6,
            "dBFS",
            0.5,
            {
                -40: "Softer is not worse here: -40 and -20 dBFS are about alike.",
                -20: "That is the level it is good at.",
            },
            "There they are 10 dB larger: the network is no equalizer when it is loud.",
        ),
    ),
    Exercise(
        "Your own target",
        "hard",
        "Train a network on an equalizer of your own, and compare it with a filter and biquads.",
        "the pair (target, network)",
        (
            "eqlib.pair makes pairs of notes and a target, for train and for validation.",
            "700 steps, a minute or so, are enough: 20 dB on unseen notes come before the 500th.",
        ),
        OwnTarget(20, "Now put the three others beside it."),
    ),
)
