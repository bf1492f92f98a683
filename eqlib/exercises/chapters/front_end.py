"""Exercises of the chapter "The adaptive front-end"."""

from __future__ import annotations

import functools

import numpy as np
import torch

from eqlib.analysis import bank
from eqlib.exercises import forms
from eqlib.exercises.judges import Either, Number
from eqlib.exercises.material import bands, hand, mel_centers_hz, note
from eqlib.exercises.registry import Exercise, Finding
from eqlib.exercises.sounds import Sound
from eqlib.layers import Conv1D
from eqlib.metrics import snr_db

LOW = 12  # the row of the band around the note's fundamental


def _even(answer: object) -> Finding | None:
    centers = forms.as_sound(answer)
    if centers is None:
        return None
    if len(centers) != 128:
        return Finding(False, f"These are {len(centers)} centers; the bank has 128.")
    if np.allclose(centers, mel_centers_hz(), rtol=1e-3):
        return Finding(False, "These are the chapter's own centers, which crowd at the low end.")
    if not np.allclose(np.sort(centers), np.linspace(100, 7_900, 128), atol=1):
        return Finding(False, "They are not evenly spaced from 100 Hz to 7,900 Hz.")
    return Finding(True, "Next to none is left where notes have their fundamentals.")


@functools.cache
def _band(kernel: int) -> np.ndarray:
    net = bank.by_hand(bank.windowed_cosines(mel_centers_hz(), kernel=kernel))
    return np.asarray(bands(net, note())[LOW], np.float64)


def _long_bank(answer: object) -> Finding | None:
    weight = getattr(getattr(answer, "conv", None), "weight", answer)
    filters = forms.as_array(weight)
    if filters is None or filters.ndim != 2:
        return _LONG(answer)
    if filters.shape != (128, 512):
        words = f"This bank has {filters.shape[0]} filters of {filters.shape[1]} taps"
        return Finding(False, f"{words}; 128 of 512 are asked for.")
    return _LONG(np.convolve(note(), filters[LOW][::-1])[256 : 256 + len(note())])


_LONG = Sound(
    lambda: _band(512),
    40,
    note,
    (
        (lambda: _band(64), "This is the band of the filters with 64 taps."),
        (lambda: note().astype(np.float64), "This is the note itself. Which channel is the band?"),
    ),
    "Nothing but the fundamental is left, and its attack is slow.",
)


def _student(answer: object) -> Finding | None:
    taps = forms.as_array(getattr(answer, "weight", answer))
    if taps is None or taps.shape != (64,):
        return None
    student = Conv1D(filters=1, kernel=64)
    weight = torch.from_numpy(taps).float().view(1, 64)
    student.load_state_dict({"weight": weight, "bias": torch.zeros(1)})
    x = torch.from_numpy(note().copy()).view(1, 1, -1)
    hiss = 0.1 * torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    teacher = Conv1D(filters=1, kernel=64)
    state = {"weight": hand().conv.weight[[LOW]].detach(), "bias": torch.zeros(1)}
    teacher.load_state_dict(state)
    with torch.no_grad():
        on_note, on_noise = (float(snr_db(teacher(s), student(s)).item()) for s in (x, hiss))
    numbers = f"{on_note:.0f} dB on the note, {on_noise:.0f} dB on noise"
    if on_noise > 5:
        words = "that good on noise are the teacher itself, or who learned from noise."
        return Finding(False, f"{numbers}: {words}")
    if on_note < 20:
        return Finding(False, f"{numbers}: it does not follow the teacher. Did it train 500 steps?")
    if on_note < ON_NOTE_DB:
        words = "that is about what the piano teaches. Are the other instruments in?"
        return Finding(False, f"{numbers}: {words}")
    return Finding(True, f"{numbers}: farther than the piano's student, and still wrong on noise.")


ON_NOTE_DB = 44.0
"""Between what the piano's student reaches on the note and what that of all instruments does."""

EXERCISES = (
    Exercise(
        "Another scale",
        "easy",
        "Space the 128 centers evenly from 100 Hz to 7,900 Hz. How many lie below 500 Hz?",
        "that number, or the 128 centers in Hz",
        (
            "np.linspace spaces evenly, both ends included.",
            "np.sum of a comparison counts where it holds.",
        ),
        Either(
            (
                Number(
                    7,
                    "filters",
                    0,
                    {
                        18: "That is how many the chapter's own scale has there.",
                        8: "500 Hz is above the seventh, and the eighth is above 500 Hz.",
                    },
                    "Of 18 with the chapter's scale.",
                ),
                _even,
            )
        ),
    ),
    Exercise(
        "Longer filters",
        "medium",
        "Make a bank of filters with 512 taps and take the band of the note's fundamental.",
        "the band (16,000 samples), the bank's filters (128, 512), or the network with them",
        (
            "bank.windowed_cosines takes the kernel's length.",
            "The channel is the one that the chapter calls low.",
        ),
        _long_bank,
    ),
    Exercise(
        "A filter for all sounds",
        "hard",
        "Teach the student with the training notes of all instruments.",
        "the student (a Conv1D), or its 64 taps",
        (
            "data.load(split='train') has all of them; some need zeros to be a second long.",
            "Stack the notes to one array, and give it to the chapter's learn.",
        ),
        _student,
    ),
)
