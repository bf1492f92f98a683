"""Exercises of the chapter "Stage two, supervised"."""

from __future__ import annotations

import numpy as np
import torch

from eqlib.audio import Process
from eqlib.exercises import forms
from eqlib.exercises.judges import Either, Network, Number, OwnTarget
from eqlib.exercises.material import SHELF, note, unseen_snr_db
from eqlib.exercises.registry import Exercise, Finding
from eqlib.metrics import snr_db


def _late(samples: int) -> Process:
    return lambda x: np.pad(SHELF(x), (samples, 0))[: len(x)]


def _three(answer: object) -> Finding | None:
    found = forms.as_numbers(answer, count=3)
    if found is None:
        return None
    none, short, long = found
    if none < 20:
        return Finding(False, f"{none:.0f} dB without a delay: has it trained 300 steps?")
    if long > 6:
        words = "out of the filters' reach. Is the SNR taken against the late target?"
        return Finding(False, f"{long:.0f} dB with 100 samples cannot be: that is {words}")
    if short < 15:
        words = "it is within the filters' reach. Is the SNR taken against the late target?"
        return Finding(False, f"{short:.0f} dB with 8 samples is too low: {words}")
    return Finding(True, "Eight samples are within the filters' reach, and a hundred are not.")


def _learned_late(answer: object) -> Finding | None:
    effect = forms.as_effect(answer)
    if effect is None:
        return None
    if unseen_snr_db(effect, SHELF) > 20:
        return Finding(
            False, "This one makes the shelf without a delay. Train it on the late target."
        )
    return Network(_late(8), 20, "Eight samples are within the reach of its filters.")(answer)


def _level_error(target: np.ndarray, output: np.ndarray) -> float:
    """How far the levels of two sounds are apart, relative to the target's: 0 is equal."""
    window = torch.hann_window(1024)
    T, Y = (
        torch.stft(
            torch.from_numpy(np.array(s, np.float32)), 1024, 256, window=window, return_complex=True
        ).abs()
        for s in (target, output)
    )
    return float((Y - T).abs().sum() / T.sum())


def _by_levels(answer: object) -> Finding | None:
    effect = forms.as_effect(answer)
    output = forms.as_sound(answer) if effect is None else effect(np.array(note()))
    if output is None:
        return None
    target = SHELF(note())
    if output.shape != target.shape or not output.any():
        return Finding(False, f"Its output for the note has {output.size:,} samples, or is silent.")
    off, reached = _level_error(target, output), float(snr_db(target, output.astype(np.float32)))
    numbers = f"levels {100 * off:.0f} % off, SNR {reached:.0f} dB"
    if off > 0.2:
        return Finding(False, f"{numbers}: doing nothing is 40 % off. Let it train on.")
    if reached > 15:
        return Finding(False, f"{numbers}: this one fits the waveform. Train on magnitudes alone.")
    return Finding(True, f"{numbers}: right by its levels, and with a phase of its own.")


EXERCISES = (
    Exercise(
        "Worse than silence",
        "easy",
        "At how many samples of delay does the loss of the late target exceed that of silence?",
        "the number of samples",
        (
            "The loss of silence is np.abs(t).mean(), and late(t, d) is the late target.",
            "Count d up from zero, and stop at the first that costs more.",
        ),
        Number(
            7,
            "samples",
            0,
            {
                11: "That is the delay of the table above. It costs more, but the edge is lower.",
                8: "That one costs more too, but it is not the first that does.",
            },
            "A sixth of a period of the fundamental, about.",
        ),
    ),
    Exercise(
        "Can it learn a delay?",
        "medium",
        "Train a network of 16 filters on a target that is 0, 8, and 100 samples late, 300 steps.",
        "the three mean SNRs on unseen notes in dB, or the network of the 8 samples",
        (
            "np.pad(target(x), (samples, 0))[:len(x)] is the late target, and a function of x.",
            "A filter of 64 taps reaches 31 samples back, and the back-end as far again.",
        ),
        Either((_three, _learned_late)),
    ),
    Exercise(
        "Train on levels",
        "hard",
        "Train a network of 16 filters on the magnitudes of its frames' spectra.",
        "the network, or what it makes of the note (16,000 samples)",
        (
            "FrameSampler draws frames and their targets; torch.fft.rfft(frames).abs() are levels.",
            "The loss is the mean difference of the two magnitudes; the rest of the loop is usual.",
        ),
        _by_levels,
    ),
    Exercise(
        "A target of your own",
        "medium",
        "Train a network of 16 filters on an equalizer that you chose, 300 steps, and listen.",
        "the pair (target, network)",
        (
            "eqlib.pair makes pairs of the recordings and any EQ, for train and for validation.",
            "Broad curves are easiest: a filter of 64 taps does not know a narrow peak.",
        ),
        OwnTarget(20, "Now hear it beside its target."),
    ),
)
