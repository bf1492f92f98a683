"""Exercises of the chapter "Four families of equalizers"."""

from __future__ import annotations

import functools

import numpy as np

from eqlib import data
from eqlib.equalizers.targets import TARGETS
from eqlib.exercises import forms
from eqlib.exercises.judges import Either, Number
from eqlib.exercises.material import note
from eqlib.exercises.registry import Exercise, Finding
from eqlib.exercises.sounds import Sound
from eqlib.networks.shipped import pretrained

FAMILIES = ("low-shelf", "peaking", "lowpass", "highpass")
SNRS_DB = dict(zip(FAMILIES, (60, 47, 55, 56), strict=True))
"""Of the four networks on the chapter's note."""


def _faded() -> np.ndarray:
    return note(9_600, faded=True)


@functools.cache
def _xylophone() -> np.ndarray:
    return data.load(instrument="xylophone")["xylophone/C8"][:9_600]


@functools.cache
def _chained(first: str, second: str) -> np.ndarray:
    return pretrained(second).process(pretrained(first).process(_faded()))


def _turned_up(answer: object) -> Finding | None:
    found = forms.as_numbers(answer, count=4)
    if found is None:
        return None
    left = []
    for name, up_db in zip(FAMILIES, found, strict=True):
        if up_db <= 0:
            return Finding(
                False, f"{name}: {up_db:g} dB does not turn the error up. Give how much."
            )
        if up_db > SNRS_DB[name] + 10:
            words = (
                "then the error is far louder than the target. Does up_db go into 10 ** (dB / 20)?"
            )
            return Finding(False, f"{name}: {up_db:g} dB up, {words}")
        left.append(f"{SNRS_DB[name] - up_db:.0f}")
    return Finding(True, f"You hear errors that are {', '.join(left)} dB below their targets.")


EXERCISES = (
    Exercise(
        "Another note",
        "easy",
        "Put the xylophone's highest note, its first 9,600 samples, through the lowpass's network.",
        "what the network makes of it (9,600 samples), or its SNR in dB",
        (
            'eqlib.pretrained("lowpass") is the network, and process takes a sound.',
            "metrics.snr_db wants the target first: the same note through the lowpass itself.",
        ),
        Either(
            (
                Number(
                    39.4,
                    "dB",
                    0.6,
                    {
                        54.9: "That is the chapter's own note. This one is softer by far.",
                        0: "That is silence. Is the network applied to the note?",
                    },
                    "All of this note lies where the lowpass leaves next to nothing.",
                ),
                Sound(
                    lambda: pretrained("lowpass").process(_xylophone()),
                    50,
                    _xylophone,
                    (
                        (
                            lambda: TARGETS["lowpass"](_xylophone()),
                            "This is the target, by the lowpass itself. And its network?",
                        ),
                        (_xylophone, "This is the note as it came."),
                    ),
                    "39 dB from its target: the note lies where next to nothing passes.",
                ),
            )
        ),
    ),
    Exercise(
        "Hear the error",
        "medium",
        "By how many dB must each network's error be turned up until you hear it?",
        "four numbers in dB: low shelf, peak, lowpass, highpass",
        (
            "target + more * (output - target), with more = 10 ** (dB / 20).",
            "Begin with 30 dB, and go up or down in steps of 6.",
        ),
        _turned_up,
    ),
    Exercise(
        "A longer chain",
        "hard",
        "Let the low shelf's network be followed by the highpass's.",
        "the sound (9,600 samples), or its SNR in dB against the two equalizers in a row",
        (
            "The output of one network is an input like any other.",
            "EQs are joined by +: that is the target of the chain.",
        ),
        Either(
            (
                Number(
                    44.3,
                    "dB",
                    0.7,
                    {
                        56: "That is one network alone. What do both have in a row?",
                        52.2: "That is the other order: the highpass's network first.",
                        60: "That is the low shelf's network alone.",
                    },
                    "Less than either alone: the second hears a louder note than it learned from.",
                ),
                Sound(
                    lambda: _chained("low-shelf", "highpass"),
                    60,
                    _faded,
                    (
                        (
                            lambda: (TARGETS["low-shelf"] + TARGETS["highpass"])(_faded()),
                            "This is the target, by the equalizers. And the networks?",
                        ),
                        (
                            lambda: _chained("highpass", "low-shelf"),
                            "These are both, in the other order.",
                        ),
                    ),
                    "44 dB from the two equalizers in a row.",
                ),
            )
        ),
    ),
)
