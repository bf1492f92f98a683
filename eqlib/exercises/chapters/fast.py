"""Exercises of the chapter "Making it fast"."""

from __future__ import annotations

from eqlib.exercises import forms
from eqlib.exercises.judges import Choice
from eqlib.exercises.registry import Exercise, Finding


def _per_frame(answer: object) -> Finding | None:
    times = forms.as_numbers(answer, count=2)
    ratio = times[1] / times[0] if times and times[0] > 0 else forms.as_number(answer)
    if ratio is None:
        return None
    if ratio <= 1:
        return Finding(False, "16 frames cannot be quicker than one. Give the single frame first.")
    if ratio >= 16:
        words = "then a frame would cost as much or more in company. Measure again, several times."
        return Finding(False, f"{ratio:.1f} times as long: {words}")
    return Finding(True, f"{ratio:.1f} times as long: weights are fetched once, for all frames.")


def _meeting(answer: object) -> Finding | None:
    taps = forms.as_number(answer)
    if taps is None:
        return None
    if taps <= 3:
        return Finding(False, "At 3 taps the direct form should still win. Go up.")
    if taps >= 128:
        return Finding(False, "At 128 taps the direct form has lost by far. Go down.")
    return Finding(True, "Below, the direct form wins; above, the FFT, which minds no tap.")


EXERCISES = (
    Exercise(
        "Per frame",
        "easy",
        "How many times as long as a step on one frame does one on 16 frames take?",
        "that number, or the two times: of one frame and of 16",
        (
            "milliseconds takes a dict of functions; net(x[:1]).sum().backward() is a step.",
            "Whatever else runs on the machine is measured too: take the median of several.",
        ),
        _per_frame,
    ),
    Exercise(
        "When does the FFT pay?",
        "medium",
        "Find a kernel for which the direct form and the FFT take about equally long.",
        "that number of taps",
        (
            "there_and_back makes a step of a layer and an input; compare them for 3, 16, 128.",
            "The FFT's time hardly changes; the direct form's grows with every tap.",
        ),
        _meeting,
    ),
    Exercise(
        "Would a test have seen it?",
        "hard",
        "Let fast.fft_size return 1,024: where within the frame is Conv1D-Local wrong then?",
        'a word: "in the middle", "at the ends", "everywhere", or "nowhere"',
        (
            "Keep the right fft_size, compute with the wrong one, and put it back at once.",
            "Take the largest error over channels, sample by sample.",
        ),
        Choice(
            "at the ends",
            {
                "at the ends": "A test that looks at the middle alone would pass.",
                "in the middle": "There the filter meets no edge. Where does a circle close?",
                "everywhere": "Most of the frame is at rounding level. Look sample by sample.",
                "nowhere": "Compare all samples, with an input that does not end in zeros.",
            },
        ),
    ),
)
