"""Exercises of the chapter "The latent-space DNN"."""

from __future__ import annotations

import functools

import numpy as np
import torch
from scipy.optimize import nnls

from eqlib import frames
from eqlib.analysis import channels
from eqlib.equalizers.eq import EQ
from eqlib.exercises import forms
from eqlib.exercises.curves import difference_db, where_off
from eqlib.exercises.judges import faders_of
from eqlib.exercises.material import SHELF, note, trained
from eqlib.exercises.registry import Exercise, Finding
from eqlib.exercises.sounds import Sound
from eqlib.metrics import snr_db
from eqlib.model import EQNet

FRAMES = 33
HALF = EQ.low_shelf(cutoff_hz=500, gain_db=5, slope=0.7071)
SIGNED_DB = 55.0
"""What faders of either sign reach, and those above zero do not."""


@torch.no_grad()
def _with_faders(gains: np.ndarray) -> np.ndarray:
    """The note through the trained network's filters, with gains of (frames, channels, units)."""
    net = trained()
    cut = frames.cut(torch.from_numpy(note().copy()), frame=1024, hop=512)
    windowed = (cut * frames.window("hann", 1024).float()).unsqueeze(1)
    X1, _, _ = net.front_end(windowed, positions=False)
    faders = torch.as_tensor(gains, dtype=torch.float32).expand(len(cut), 128, 64)
    output = net.back_end(X1, faders)[:, 0]
    return frames.overlap_add(output, hop=512, samples=len(note())).double().numpy()


@functools.cache
def _fitted(eq: EQ) -> np.ndarray:
    """Faders, zero or above, whose response is nearest to an equalizer's: (128,)."""
    hz = np.geomspace(40, 7_600, 300)
    paths, wanted = channels.path_responses(trained(), frequencies_hz=hz), eq.response(hz)
    table = np.hstack([paths.real, paths.imag]).T
    return np.asarray(nnls(table, np.concatenate([wanted.real, wanted.imag]))[0])


def _still(eq: EQ) -> np.ndarray:
    return _with_faders(_fitted(eq)[:, None])


@functools.cache
def _turns(soft: float, first: int = 0) -> np.ndarray:
    gains = np.where(np.arange(FRAMES) % 2 == first, 1, soft)[:, None, None]
    return _with_faders(_fitted(SHELF)[:, None] * gains)


def _swelled(share: np.ndarray) -> np.ndarray:
    flat, shelf = (_fitted(eq)[:, None] for eq in (EQ.flat(), SHELF))
    return _with_faders((1 - share) * flat + share * shelf)


@functools.cache
def _swell() -> np.ndarray:
    return _swelled(_share())


def _share() -> np.ndarray:
    moments = 512 * (np.arange(FRAMES)[:, None] - 1) + 16 * np.arange(64) + 7.5
    return np.asarray(np.clip(moments / 16_000, 0, 1)[:, None])


def played(answer: object) -> object:
    """Faders become the sound that the chapter's filters make with them."""
    gains = forms.as_array(answer)
    if gains is None or gains.ndim == 1 or gains.shape[0] not in (FRAMES, 128):
        return answer
    if gains.shape in ((FRAMES, 64), (FRAMES, 128)):
        gains = gains[:, None] if gains.shape[1] == 64 else gains[:, :, None]
    return _with_faders(gains)


_TURNS = Sound(
    lambda: _turns(0.25),
    40,
    note,
    (
        (lambda: _still(SHELF), "All frames are alike here. Turn every second one down."),
        (lambda: 0.25 * _still(SHELF), "All frames are at a quarter here, not every second one."),
        (
            lambda: _turns(0.5),
            "Every second frame is down by 6 dB, which is a half. A quarter is asked for.",
        ),
    ),
    "A tremolo without clicks: the windows fade one frame into the next.",
)
_SWELL = Sound(
    _swell,
    40,
    note,
    (
        (lambda: _still(SHELF), "This is the shelf from the first moment on. Begin flat."),
        (lambda: _still(EQ.flat()), "This is the flat setting, to the end."),
        (lambda: _swelled(1 - _share()), "This one goes from the shelf to flat: turn it around."),
        (
            lambda: _swelled((_share() > 0.5).astype(float)),
            "This jumps from one setting to the other. Let the share grow with the moments.",
        ),
    ),
    "The bass swells within the second, without a sideband.",
)


def _turned(answer: object) -> Finding | None:
    sound = forms.as_sound(played(answer))
    if sound is not None and sound.shape == (16_000,) and snr_db(_turns(0.25, 1), sound) > 40:
        return Finding(True, _TURNS.praise)  # the even frames are the soft ones
    return _TURNS(played(answer))


def _signed(answer: object) -> Finding | None:
    gains = faders_of(answer)
    if gains is None or isinstance(gains, Finding):
        return gains
    net = answer if isinstance(answer, EQNet) else trained()
    output = channels.frozen(net, gains.astype(np.float32)[:, None]).process(note())
    reached = float(snr_db(SHELF(note()), output))
    numbers = f"{reached:.0f} dB"
    if gains.min() >= 0:
        words = "no fader is below zero, so the condition is still there."
        return Finding(False, f"{numbers}: {words} np.linalg.lstsq knows none.")
    if reached >= SIGNED_DB:
        return Finding(True, f"{numbers}, past what faders above zero can do with these filters.")
    if np.abs(gains).max() > 20:
        words = f"gains as large as {np.abs(gains).max():.0f} nearly cancel, and rounding is left."
        return Finding(False, f"{numbers}: {words} A larger rcond keeps them small.")
    return Finding(False, f"{numbers}: more is within reach. Are real and imaginary parts both in?")


def _half(answer: object) -> Finding | None:
    gains = faders_of(answer)
    if gains is None or isinstance(gains, Finding):
        return gains
    made = gains @ channels.path_responses(trained(), frequencies_hz=forms.HZ)
    off_db = {eq: difference_db(eq.response(forms.HZ), made) for eq in (HALF, SHELF, EQ.flat())}
    off = where_off(off_db[HALF], forms.HZ, tolerance_db=1.5)
    if not off:
        return Finding(True, "The same filters, other faders: nothing was trained for this.")
    if np.abs(off_db[SHELF]).mean() < 1:
        return Finding(False, "These are the faders of the whole shelf, of 10 dB.")
    if np.abs(off_db[EQ.flat()]).mean() < 1:
        return Finding(False, "These faders leave the note as it is. Where is the shelf?")
    return Finding(False, f"With these faders your shelf is {off}.")


EXERCISES = (
    Exercise(
        "One after the other",
        "easy",
        "Keep the least-squares faders, but let every second frame be at a quarter of its gain.",
        "the sound (16,000 samples), or the gains of (frames, channels, units) that make it",
        (
            "np.arange(len(cut)) % 2 tells the frames apart.",
            "with_faders takes gains of (frames, 1 or 128, 1 or 64): frames come first.",
        ),
        _turned,
    ),
    Exercise(
        "A filter that opens",
        "medium",
        "Move from the faders of flat to those of the shelf within the second.",
        "the sound (16,000 samples), or the gains of (frames, channels, units) that make it",
        (
            "moments_s says when each latent value sounds: it is the share of the new setting.",
            "A mix of two settings is (1 - share) times one plus share times the other.",
        ),
        lambda answer: _SWELL(played(answer)),
    ),
    Exercise(
        "Faders of either sign",
        "hard",
        "Find faders of either sign for the shelf, with the trained network's filters.",
        "the 128 faders, or a network that has them",
        (
            "The table and what is wanted are those of fitted; only the solver changes.",
            "np.linalg.lstsq with an rcond of 1e-4 leaves out what only rounding can tell.",
        ),
        _signed,
    ),
    Exercise(
        "Half the shelf",
        "easy",
        "Set still faders for a low shelf of 5 dB at 500 Hz, with the trained network's filters.",
        "the 128 faders for 5 dB, or a network that has them",
        (
            "fitted finds the faders of any EQ; nothing has to be trained.",
            "The chapter's shelf has 10 dB; only gain_db is another here.",
        ),
        _half,
    ),
)
