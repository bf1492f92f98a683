"""Exercises of the chapter "What the network learned"."""

from __future__ import annotations

from eqlib.equalizers.targets import TARGETS
from eqlib.exercises import forms
from eqlib.exercises.judges import Choice, Either, Network, Number, Numbers
from eqlib.exercises.registry import Exercise, Finding
from eqlib.model import EQNet

_SHARES = Numbers(
    {
        "Below 1 kHz": Number(6, "%", 2, {8: "That is their number, of 128. Give the share."}),
        "Above 4 kHz": Number(
            66,
            "%",
            4,
            {
                78: "That is the low shelf's network. And the highpass's?",
                85: "That is their number, of 128. Give the share.",
            },
        ),
    },
    "Nearly the same places as the shelf's.",
)


def _in_percent(answer: object) -> Finding | None:
    found = forms.as_numbers(answer, count=2)
    if found is None:
        return None
    return _SHARES([100 * each for each in found] if max(found) <= 1 else list(found))


def _no_phase(answer: object) -> Finding | None:
    if not isinstance(answer, EQNet):
        return None
    if answer.config.orientation != "adjoint":
        words = (
            f"The filters of this network are {answer.config.orientation}; adjoint is asked for."
        )
        return Finding(False, words)
    return Network(TARGETS["low-shelf-fir-linear"], 20, "Without a phase there is no cage.")(answer)


EXERCISES = (
    Exercise(
        "Another target",
        "easy",
        "Where are the filters of the highpass's network?",
        "two shares in percent: of its filters below 1 kHz, and above 4 kHz",
        (
            "plots.filter_bank shows them; channels.center_frequencies_hz tells their places.",
            "The mean of a comparison is a share.",
        ),
        _in_percent,
    ),
    Exercise(
        "Is it the same for the peak?",
        "medium",
        "Freeze the faders of the peaking network in both ways. Which movement matters?",
        'a word: "along the frame", "from frame to frame", or "neither"',
        (
            "Put the peaking network and its target in the first cell, and run the section again.",
            "A movement matters if freezing it costs many decibels.",
        ),
        Choice(
            "neither",
            {
                "neither": "Frozen in either way, it loses little more than a decibel.",
                "along the frame": "They do move there. How many dB does it cost to freeze that?",
                "from frame to frame": "How many dB does it cost to give all frames one setting?",
            },
        ),
    ),
    Exercise(
        "A phase without a phase",
        "hard",
        "Train a reversed network on the low shelf of linear phase, whose delay is compensated.",
        "the network, or its SNR on unseen notes in dB",
        (
            'TARGETS["low-shelf-fir-linear"] is the target; the recipes are those of stage two.',
            "What a filter and its own reverse can make is real and positive. And the target?",
        ),
        Either(
            (
                Number(
                    32.5,
                    "dB",
                    6,
                    {
                        9.3: "That is the shelf with its own phase. Take the linear one.",
                        0: "That is silence. Let it train on.",
                    },
                    "Nearly what the unreversed one has: the cage does not matter.",
                ),
                _no_phase,
            )
        ),
    ),
)
