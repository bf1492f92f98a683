"""Exercises of the chapter "Hearing equalizers"."""

from __future__ import annotations

import numpy as np
from scipy import signal

from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import REFERENCE
from eqlib.exercises import forms
from eqlib.exercises.judges import Either, Number, Response
from eqlib.exercises.material import SHELF, note
from eqlib.exercises.registry import Exercise, Finding
from eqlib.exercises.sounds import Sound

ONE_PAIR = EQ.highpass(cutoff_hz=300) + EQ.lowpass(cutoff_hz=3_400)
HALF = EQ.low_shelf(cutoff_hz=500, gain_db=5, slope=0.7071)


def _faded() -> np.ndarray:
    return note(12_000, faded=True)


def _there_and_back(eq: EQ) -> np.ndarray:
    return np.asarray(eq(eq(_faded())[::-1].copy())[::-1])


def _all_pass(answer: object) -> Finding | None:
    response = forms.as_response(answer)
    if response is None:
        return None
    level_db = 20 * np.log10(np.maximum(np.abs(response), 1e-6))
    worst = int(np.abs(level_db).argmax())
    if abs(level_db[worst]) > 0.1:
        at = f"{level_db[worst]:+.1f} dB at {forms.HZ[worst]:.0f} Hz"
        return Finding(
            False, f"This is no all-pass: its gain is {at}, and should be 0 dB everywhere."
        )
    if np.abs(np.angle(response)).max() < 0.1:
        return Finding(False, "Its gain is 1 everywhere, and so is its phase 0: it does nothing.")
    b, a = REFERENCE["lowpass"].stages[0].coefficients(forms.RATE)
    wanted = signal.freqz(a[::-1], a, forms.HZ, fs=forms.RATE)[1]
    if np.abs(response - wanted).max() > 0.05:
        return Finding(False, "It is an all-pass, but not the one of the lowpass's a.")
    return Finding(True, "Gain 1 at every frequency, and a phase that turns by a whole circle.")


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
        "Zero phase from biquads",
        "medium",
        "Put the chapter's note through a shelf of half the gain, forward and then backward.",
        "the sound (12,000 samples), or a function that makes it of the note",
        (
            "Forward and backward the gains multiply: what gain in dB does each pass need?",
            "[::-1] turns a sound around. It has to be turned twice, or the note ends first.",
        ),
        Sound(
            lambda: _there_and_back(HALF),
            60,
            _faded,
            (
                (
                    lambda: _there_and_back(SHELF),
                    "The phase cancels, but this is 20 dB below the cutoff: the gain counts twice.",
                ),
                (
                    lambda: HALF(HALF(_faded())[::-1].copy()),
                    "The gain is right, but the sound is still backward. Turn it around once more.",
                ),
                (lambda: HALF(HALF(_faded())), "Both passes go forward, so the phases add up."),
                (lambda: HALF(_faded()), "This is one pass. The way back is missing."),
            ),
            "No phase is left. By its gain it is within 0.15 dB of the shelf.",
        ),
    ),
    Exercise(
        "Hear a phase",
        "hard",
        "Make an all-pass of the reference lowpass's a, and of the same numbers reversed.",
        "the pair (b, a), or the all-pass as a function of a sound",
        (
            "Reversing a polynomial's coefficients does not change its size on the unit circle.",
            "The reversed a belongs into the numerator, the a itself into the denominator.",
        ),
        _all_pass,
    ),
)
