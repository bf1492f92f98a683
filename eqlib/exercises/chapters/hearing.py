"""Exercises of the chapter "Hearing equalizers"."""

from __future__ import annotations

import numpy as np

from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import REFERENCE
from eqlib.exercises import forms
from eqlib.exercises.judges import Either, Number, Response
from eqlib.exercises.material import SHELF
from eqlib.exercises.registry import Exercise, Finding

ONE_PAIR = EQ.highpass(cutoff_hz=300) + EQ.lowpass(cutoff_hz=3_400)
TAKEN_BACK = EQ.low_shelf(cutoff_hz=500, gain_db=-10, slope=0.7071)
WORST_DB = 6.76
"""The sum of the sizes of the reference highpass's impulse response."""
NEAR_DB = 0.1


def _worst_case(answer: object) -> Finding | None:
    sound = forms.as_sound(answer)
    if sound is None:
        return None
    peak = np.abs(sound).max()
    if peak == 0:
        return Finding(False, "Your sound is silent.")
    if peak > 1 + 1e-6:
        return Finding(False, f"Your sound reaches {peak:.3g}, and should not exceed 1.")
    highpass = REFERENCE["highpass"]
    raised_db = 20 * np.log10(max(np.abs(highpass(sound)).max(), 1e-6))
    words = f"Its highest output is at {raised_db:+.1f} dB"
    if raised_db >= WORST_DB - NEAR_DB:
        return Finding(True, f"{words}. No sound can do worse.")
    turned_db = 20 * np.log10(np.abs(highpass(sound[::-1].copy())).max())
    if turned_db >= WORST_DB - NEAR_DB:
        return Finding(False, f"{words}. Played backward, it would be the worst case.")
    if peak < 0.99:
        return Finding(False, f"{words}, for it is too soft: let it reach 1 and -1.")
    return Finding(False, f"{words}, and more can be had. Which inputs does one output add up?")


EXERCISES = (
    Exercise(
        "A telephone",
        "easy",
        "Make a telephone: highpass at 300 Hz and lowpass at 3,400 Hz, each of them twice.",
        "the telephone (an EQ, its coefficients, or a function), or its level at 100 Hz in dB",
        (
            "EQs are joined by +, and what is joined can be joined again.",
            "Two equal stages in a row double the dB at every frequency.",
        ),
        Either(
            (
                Number(
                    -38.2,
                    "dB",
                    1.0,
                    {
                        -19.1: "That is one highpass. There are two of them in a row.",
                        0.0123: "That is the gain itself. In dB it is 20 log10 of it.",
                    },
                    "Twice 19 dB.",
                ),
                Response(
                    ONE_PAIR + ONE_PAIR,
                    "telephone",
                    slips=(
                        (ONE_PAIR, "One pair is there; the second, for steeper sides, is missing."),
                        (
                            EQ.bandpass(cutoff_hz=1_010),
                            "A bandpass is another family: its sides fall by 6 dB per octave.",
                        ),
                    ),
                    praise="At 100 Hz it is down by 38 dB.",
                ),
            )
        ),
    ),
    Exercise(
        "Taken back",
        "easy",
        "Build the equalizer that takes back what the low shelf has done.",
        "the equalizer that undoes the shelf (an EQ, its coefficients, or a function)",
        (
            "In a cascade, decibels add. They should add up to 0 dB at every frequency.",
            "It is a shelf at the same place, and just as steep.",
        ),
        Response(
            TAKEN_BACK,
            "equalizer",
            phase=True,
            slips=(
                (SHELF, "That is the shelf itself: in a row with the first, it has 20 dB."),
                (
                    EQ.high_shelf(cutoff_hz=500, gain_db=10, slope=0.7071),
                    "The color comes back, but all of the note is 10 dB too loud.",
                ),
                (EQ.flat(), "This one does nothing, so the shelf stays as it is."),
                (
                    EQ.low_shelf(cutoff_hz=500, gain_db=-10),
                    "Nearly. The reference shelf is a little less steep: look at its slope.",
                ),
            ),
            praise="Gain and phase of the two in a row are those of nothing at all.",
        ),
    ),
    Exercise(
        "How long it rings",
        "medium",
        "From a2 alone, say when the oscillation of the peak at 370 Hz has fallen by 60 dB.",
        "the time in ms",
        (
            "60 dB are a factor of 1,000 in amplitude. How many samples does the factor take?",
            "Solve r ** n = 1e-3 for n, with r the square root of a2; then 16 samples are 1 ms.",
        ),
        Number(
            201.7,
            "ms",
            3.0,
            {
                3227.1: "That is in samples. There are 16 of them in a millisecond.",
                100.9: "The factor of each sample is the square root of a2, not a2 itself.",
                403.4: "That is 120 dB: in amplitude, 60 dB are a factor of 1,000.",
                166.6: "That is the energy to come in the chapter's list. Here a2 alone is asked.",
            },
            "A fifth of a second, from one number of five.",
        ),
    ),
    Exercise(
        "The worst case",
        "hard",
        "Make a sound within 1 that the reference highpass raises by 6.8 dB.",
        "the sound (some samples between -1 and 1)",
        (
            "Think of a single output sample: it is a sum. When are all its terms positive?",
            "The sample of k steps ago is multiplied by h[k]. So which sign should it have?",
        ),
        _worst_case,
    ),
)
