"""Exercises of the chapter "When not to use a network"."""

from __future__ import annotations

import numpy as np

from eqlib.equalizers.eq import EQ
from eqlib.exercises import forms
from eqlib.exercises.judges import Choice, Either, Number, Numbers, Response
from eqlib.exercises.material import SHELF
from eqlib.exercises.registry import Exercise, Finding


def _sections(answer: object) -> Finding | None:
    sos = answer.sos if isinstance(answer, EQ) else forms.as_coefficients(answer)
    if not isinstance(sos, np.ndarray):
        return None
    if len(sos) < 2:
        return Finding(False, "This is one section. Fit more than are needed: four.")
    finding = Response(SHELF, "fit", tolerance_db=0.05)(sos)
    if finding is None or not finding.right:
        return finding
    return Finding(True, f"All {len(sos)} sections together are the shelf; what is spare cancels.")


def _leads(answer: object) -> Finding | None:
    found = forms.as_numbers(answer, count=2)
    if found is None:
        return None
    quick_db, slow_db = found
    if quick_db <= 0:
        words = "the network should be ahead there. Subtract the filter's SNR from the network's."
        return Finding(False, f"{quick_db:.1f} dB at 20 Hz: {words}")
    if slow_db >= quick_db:
        return Finding(False, "Give the lead at 20 Hz first. Or did both train equally long?")
    return Finding(True, "It shrinks: 64 ms tell less about a level that takes 80 ms to move.")


EXERCISES = (
    Exercise(
        "Taps",
        "easy",
        "Fit the peak by least squares with 31, 127 and 511 taps.",
        "the three mean SNRs on the test notes in dB, or how many of these taps it needs",
        (
            "least_squares_fir takes taps; mean_snr_db judges a filter on pairs.",
            'The pairs have to be of TARGETS["peaking"], to learn from and to judge by.',
        ),
        Either(
            (
                Number(
                    511,
                    "taps",
                    0,
                    {
                        127: "With 127, half of them ahead, there are 47 dB, and more to be had.",
                        31: "With 31 it reaches 14 dB: the response is far longer.",
                    },
                    "That is all that there is to get.",
                ),
                Numbers(
                    {
                        "31 taps": Number(14, "dB", 1.5),
                        "127 taps": Number(
                            47, "dB", 2, {14: "That is what 31 taps have. Does it go up at all?"}
                        ),
                        "511 taps": Number(
                            159, "dB", 30, {47: "That is what 127 taps have. Were there 511?"}
                        ),
                    },
                    "Each step lets it reach farther.",
                ),
            )
        ),
    ),
    Exercise(
        "Too many biquads",
        "medium",
        "Fit four sections to the low shelf, three more than are needed.",
        'the fit (an EQ, or its sections), or a word ("yes" or "no"): '
        "whether more sections are worse",
        (
            "fit_biquads takes the number of sections, and its result has them in sos.",
            "Look at the roots of each section: what stands on top of each other cancels.",
        ),
        Either(
            (
                Choice(
                    "no",
                    {
                        "no": "What is not needed cancels itself, each zero on a pole.",
                        "yes": "Compare the SNRs: all are as exact as single precision allows.",
                    },
                ),
                _sections,
            )
        ),
    ),
    Exercise(
        "Your own dynamic effect",
        "hard",
        "Make the dynamic shelf's smoother slower (2 Hz). What becomes of the network's lead?",
        'a word ("shrinks", "stays", "grows"), or the two leads over the filter in dB: '
        "at 20 Hz and at 2 Hz",
        (
            "The lead is the network's mean SNR less that of the least-squares filter.",
            "A frame is 64 ms long. How long does a smoother of 2 Hz look back?",
        ),
        Either(
            (
                Choice(
                    "shrinks",
                    {
                        "shrinks": "A frame of 64 ms cannot know what a slow smoother remembers.",
                        "stays": "The filter does not mind. But what can a frame of 64 ms know?",
                        "grows": "A slower gain looks easier, but a frame does not hear its cause.",
                    },
                ),
                _leads,
            )
        ),
    ),
)
