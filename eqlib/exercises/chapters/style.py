"""Exercises of the chapter "The style of an engineer"."""

from __future__ import annotations

import numpy as np

from eqlib.audio import Process
from eqlib.effects.engineer import Engineer
from eqlib.exercises import forms
from eqlib.exercises.judges import Choice
from eqlib.exercises.material import note
from eqlib.exercises.registry import Exercise, Finding
from eqlib.exercises.sounds import Sound
from eqlib.metrics import snr_db

SAMPLES = 24_000
ENOUGH_DB = 15.0
"""The network has more on this note at the level that it knows, and less 20 dB below."""


def _set(most_shelf_db: float = 12.0, most_dip_db: float = 0.0) -> np.ndarray:
    made = Engineer(most_shelf_db=most_shelf_db, most_dip_db=most_dip_db)
    return made(note(SAMPLES))


def _any_level(answer: object) -> Finding | None:
    effect = forms.as_effect(answer)
    return None if effect is None else _judged(effect)


def _judged(process: Process) -> Finding:
    loud, engineer = note(SAMPLES), Engineer()
    scores_db = []
    for gain in (1.0, 0.1, 0.01):
        sound = (gain * loud).astype(np.float32)
        output = np.asarray(process(sound))
        if output.shape != sound.shape:
            return Finding(False, f"It makes {output.shape} of {sound.shape}.")
        scores_db.append(float(snr_db(engineer(sound), output.astype(np.float32))))
    numbers = " / ".join(f"{each:.1f}" for each in scores_db)
    told = f"{numbers} dB as it is, 20 and 40 dB softer"
    if min(scores_db) < ENOUGH_DB < scores_db[0]:
        words = "what is done still depends on the level. Is the gain taken from the sound itself?"
        return Finding(False, f"{told}: {words}")
    if scores_db[0] < ENOUGH_DB:
        words = "the network has more at the level that it knows. Is the gain taken back at the end"
        return Finding(False, f"{told}: {words}, and is the peak 0.5 before?")
    return Finding(True, f"{told}: the level does not matter any more.")


EXERCISES = (
    Exercise(
        "A stronger hand",
        "easy",
        "Put the chapter's note through an engineer with a shelf of up to 12 dB and no dip.",
        "the equalized note (24,000 samples)",
        (
            "Engineer(most_shelf_db=12, most_dip_db=0) is a function of a sound.",
            "The engineer sets its equalizer for the 24,000 samples that it hears.",
        ),
        Sound(
            lambda: _set(),
            50,
            lambda: note(SAMPLES),
            (
                (lambda: _set(most_dip_db=6.0), "The dip is still there."),
                (lambda: _set(most_shelf_db=6.0), "The shelf is still that of 6 dB."),
                (lambda: _set(6.0, 6.0), "This is the chapter's engineer."),
                (lambda: note(SAMPLES), "This is the note itself."),
            ),
            "A dark note, and a shelf that goes up.",
        ),
    ),
    Exercise(
        "Softer",
        "medium",
        "Let the trained network hear the note 20 dB softer: what does its SNR do?",
        'a word: the SNR "falls", "rises", or "stays"',
        (
            "style.trained_network().process(0.1 * note) beside engineer(0.1 * note).",
            "What does the encoder hear: levels, or levels relative to each other?",
        ),
        Choice(
            "falls",
            {
                "falls": "Its encoder hears levels as they are, and never heard such low ones.",
                "stays": "The engineer does not care for the level. Did anybody tell the network?",
                "rises": "A soft recording is one that this network has never heard the like of.",
            },
        ),
    ),
    Exercise(
        "At any level",
        "hard",
        "Write a function that lets the network work at the level that it knows, whatever comes.",
        "the function",
        (
            "All recordings that it learned from have a peak of 0.5.",
            "Multiply by a gain before, and divide by it afterwards.",
        ),
        _any_level,
    ),
)
