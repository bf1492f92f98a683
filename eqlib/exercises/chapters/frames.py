"""Exercises of the chapter "Audio as frames"."""

from __future__ import annotations

import numpy as np
import torch

from eqlib import frames
from eqlib.audio import Process
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import TARGETS
from eqlib.exercises import forms
from eqlib.exercises.judges import Choice, Either, Number, Numbers
from eqlib.exercises.material import SHELF, note
from eqlib.exercises.registry import Exercise, Finding
from eqlib.exercises.sounds import Sound
from eqlib.metrics import snr_db

FRAME = 1024


def _faded() -> np.ndarray:
    return note(12_000, faded=True)


def _one_frame_at_a_time(process: Process) -> np.ndarray:
    """The note through an effect that meets windowed frames of it, each from silence."""
    signal = torch.from_numpy(_faded().copy()).double()
    cut = frames.cut(signal, frame=FRAME, hop=FRAME // 2) * frames.window("hann", FRAME)
    processed = torch.from_numpy(np.stack([process(each) for each in cut.numpy()]))
    return frames.overlap_add(processed, hop=FRAME // 2, samples=len(signal)).numpy()


def _too_long_for_frames(answer: object) -> Finding | None:
    effect = answer if isinstance(answer, EQ) else forms.as_effect(answer)
    if effect is None:
        return None
    whole = effect(_faded().astype(np.float64))
    if not whole.any():
        return Finding(False, "This one lets nothing of the note pass.")
    reached = float(snr_db(whole, _one_frame_at_a_time(effect)))
    if reached < 20:
        return Finding(True, f"In frames it is {reached:.0f} dB from itself: it rings for longer.")
    words = f"In frames this one still reaches {reached:.0f} dB. "
    return Finding(False, words + "Make it ring for longer: below 20 dB, frames are too short.")


def _hann() -> np.ndarray:
    return frames.window("hann", FRAME).numpy()


def _tapered(falls: np.ndarray) -> np.ndarray:
    """The note through the shelf's taps, each times what the windows leave of it."""
    taps = SHELF.impulse_response(FRAME) * falls / falls[0]
    return np.convolve(_faded().astype(np.float64), taps)[: len(_faded())]


def _twice() -> np.ndarray:
    return np.asarray(np.correlate(_hann(), _hann(), "full")[FRAME - 1 :])


def _once() -> np.ndarray:
    return np.cumsum(_hann())[::-1]


def _taps_or_sound(answer: object) -> Finding | None:
    samples = forms.as_sound(answer)
    if samples is not None and len(samples) == FRAME:  # the tapered filter itself
        answer = np.convolve(_faded().astype(np.float64), samples)[: len(_faded())]
    return _TAPERED(answer)


_TAPERED = Sound(
    lambda: _tapered(_twice()),
    110,
    _faded,
    (
        (
            lambda: SHELF(_faded().astype(np.float64)),
            "This is the shelf, as if there were no frames.",
        ),
        (
            lambda: _tapered(_once()),
            "This is the taper of one window. With two, each tap meets their product.",
        ),
        (
            lambda: _tapered(_hann()[FRAME // 2 :].repeat(2)),
            "The taper is no window itself: it is the windows' correlation.",
        ),
    ),
    "It is what the frames add up to, and its SNR is the table's last line.",
)

EXERCISES = (
    Exercise(
        "A third of a frame",
        "easy",
        "Does a Hann window of 1,023 samples fit a hop of 341? Find C, for it and for its square.",
        "two numbers: C of the window, and of the window times itself",
        (
            "frames.overlap_add_gain finds C, or refuses.",
            "Each sample is in three frames: C is three times the mean of the window.",
        ),
        Numbers(
            {
                "C of the window": Number(
                    1.5,
                    "",
                    0.002,
                    {
                        0.5: "That is the mean of the window. How many frames is a sample in?",
                        1.0: "That is C at half a frame. At a third, more frames meet.",
                    },
                ),
                "C of the square": Number(
                    1.125,
                    "",
                    0.002,
                    {
                        2.25: "That is the square of C. The window is squared before it is added.",
                        0.375: "That is the mean of the square. How many frames is a sample in?",
                    },
                ),
            },
            "A third of a frame is the largest hop that both allow.",
        ),
    ),
    Exercise(
        "Whom the frame limits",
        "medium",
        "Find the equalizer of TARGETS that loses most by frames, or make one that loses more.",
        "its name in TARGETS, or an EQ (or a function) for which frames are far too short",
        (
            "What rings for long, or has steep corners, reaches beyond its frame.",
            "A peak rings the longer the narrower it is, that is, the higher its Q.",
        ),
        Either(
            (
                Choice(
                    "drawn-curve",
                    {
                        name: "Its steep corners ring for all of its taps."
                        if name == "drawn-curve"
                        else "It rings too, but another one reaches farther."
                        for name in TARGETS
                    }
                    | {"air": "This one loses least: a high shelf rings shortest."},
                ),
                _too_long_for_frames,
            )
        ),
    ),
    Exercise(
        "What a second window does",
        "hard",
        "Predict what the shelf becomes in frames with a Hann window before and one after.",
        "the 1,024 taps, the note through them (12,000 samples), or its SNR in dB",
        (
            "Exchange the two sums: over frames, and over taps.",
            "What is left for tap k is the overlap of one window with the other, moved by k.",
        ),
        Either(
            (
                Number(
                    68.8,
                    "dB",
                    0.3,
                    {
                        102.7: "That is what one window leaves, at this hop. There are two.",
                        85.9: "That is one window, at a hop of 512.",
                    },
                    "It is the table's last line.",
                ),
                _taps_or_sound,
            )
        ),
    ),
)
