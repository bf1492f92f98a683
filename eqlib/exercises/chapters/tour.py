"""Exercises of the chapter that comes first, the tour (book/tour.ipynb)."""

from __future__ import annotations

from eqlib.exercises import forms
from eqlib.exercises.judges import Choice, Either, Network, Number
from eqlib.exercises.material import SHELF
from eqlib.exercises.registry import Exercise, Finding
from eqlib.model import EQNet

_LEARNED = Network(SHELF, 20, "Compare it with the number of the network that had step one.")
_ADJOINT_DB = Number(
    9,
    "dB",
    5,
    {0: "That is silence. Let it train on, and look at the monitor."},
    "Its filters, reversed, turn no phase, and the shelf does.",
)


def _reversed(answer: object) -> Finding | None:
    if not isinstance(answer, EQNet):
        return None
    if answer.config.orientation != "adjoint":
        words = (
            f"The filters of this network are {answer.config.orientation}; adjoint is asked for."
        )
        return Finding(False, words)
    # Doing nothing has about 4 dB on these notes; a phase of 37 degrees allows little more.
    learned = Network(SHELF, 6, "It cannot come much nearer: its paths turn no phase.")
    return learned(answer)


def _low_and_high(answer: object) -> Finding | None:
    found = forms.as_numbers(answer, count=2)
    if found is None:
        return None
    low_db, high_db = found
    if low_db > high_db + 3:
        return Finding(True, "It holds at low levels, and less the louder it gets.")
    if high_db > low_db + 3:
        return Finding(False, "Give the low level first. Or is the gain taken out of the output?")
    words = "Both are alike. Go farther apart, gains of 0.01 and of 4, and divide the output by it."
    return Finding(False, words)


EXERCISES = (
    Exercise(
        "What is pretraining worth?",
        "easy",
        "Train a new network on the low shelf for 5,000 steps, without step one.",
        "the trained network",
        (
            "EQNet() makes a new one, and eqlib.train is step two alone.",
            "Each network must have had as many steps as the other, or you compare their number.",
        ),
        _LEARNED,
    ),
    Exercise(
        "Can reversed filters learn?",
        "medium",
        "Train a network whose back-end reads its filters backward, both steps.",
        "the trained network, or its mean SNR on the unseen notes in dB",
        (
            'EQNetConfig(orientation="adjoint") is the setting, and EQNet takes it.',
            "A filter and its own reverse turn no phase. How much of a shelf can be had like that?",
        ),
        Either((_reversed, _ADJOINT_DB)),
    ),
    Exercise(
        "Is it an equalizer?",
        "hard",
        "Test whether twice the input gives twice the output. At which levels does that hold?",
        'a word ("low levels", "high levels", "everywhere", "nowhere"), or two SNRs in dB: '
        "of the output at a low gain and at a high one, each against the output itself",
        (
            "Compare net.process(gain * note) / gain with net.process(note).",
            "The dense layers have learned from envelopes of some size. Which gains leave it?",
        ),
        Either(
            (
                Choice(
                    "low levels",
                    {
                        "low levels": "Turned up, its envelopes leave what the faders know.",
                        "high levels": "It is the other way around: compare gains of 0.01 and 4.",
                        "everywhere": "Try a gain of 4: there the faders move.",
                        "nowhere": "None is perfect; look for where the SNR is high.",
                    },
                ),
                _low_and_high,
            )
        ),
    ),
)
