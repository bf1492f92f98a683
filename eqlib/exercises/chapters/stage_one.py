"""Exercises of the chapter "Stage one, unsupervised"."""

from __future__ import annotations

import numpy as np

from eqlib.analysis.channels import symmetry
from eqlib.exercises import forms
from eqlib.exercises.judges import Either, Number
from eqlib.exercises.material import note
from eqlib.exercises.registry import Exercise, Finding
from eqlib.metrics import snr_db
from eqlib.model import EQNet


def _edge(answer: object) -> Finding | None:
    rate = forms.as_number(answer)
    if rate is None:
        return None
    if rate <= 0.02:
        return Finding(False, f"At {rate:g} the note still comes back. Drive it faster.")
    if rate > 0.1:
        return Finding(False, f"At {rate:g} it is long broken: it falls silent at a lower rate.")
    return Finding(True, "From there on it returns silence. A good rate stands below, but near.")


def _returned(net: EQNet) -> tuple[float, float]:
    """The SNR of the note that a network returns in dB, and the median symmetry of its filters."""
    return float(snr_db(note(), net.reconstruct(note()))), float(np.median(symmetry(net)))


def _from_noise(answer: object) -> Finding | None:
    if not isinstance(answer, EQNet):
        return None
    reached, symmetric = _returned(answer)
    numbers = f"the note comes back at {reached:.1f} dB, median symmetry {symmetric:.2f}"
    if symmetric < 0.6:
        words = "noise makes nearly all filters symmetric. Did it train 300 steps, on noise alone?"
        return Finding(False, f"{numbers}: {words}")
    if reached < 1.5:
        return Finding(False, f"{numbers}: it should be returned. Was it stage one alone?")
    return Finding(True, f"{numbers}: noise gives no octave more weight than its width in Hz.")


def _reversed(answer: object) -> Finding | None:
    if not isinstance(answer, EQNet):
        return None
    if answer.config.orientation != "adjoint":
        return Finding(False, f"The filters of this network are {answer.config.orientation}.")
    reached, symmetric = _returned(answer)
    numbers = f"the note comes back at {reached:.1f} dB, median symmetry {symmetric:.2f}"
    if reached < 6:
        return Finding(False, f"{numbers}: more is within reach in 250 steps at 5e-3.")
    return Finding(True, f"{numbers}: nothing pushes the taps towards symmetry.")


EXERCISES = (
    Exercise(
        "The edge",
        "easy",
        "Find the learning rate at which the loop breaks, between 0.002 and 0.2, in 60 steps.",
        "the lowest rate you tried at which the note does not come back",
        (
            "practice(EQNet(), learning_rate=..., steps=60), and then the SNR of reconstruct.",
            "An SNR of 0 dB is silence. Try rates that grow by factors of two or three.",
        ),
        _edge,
    ),
    Exercise(
        "Other sounds",
        "medium",
        "Pretrain a network on white noise for 300 steps, and let it return the note.",
        "the network, or the SNR of the note in dB",
        (
            "eqlib.Clips.from_arrays makes recordings of an array; EQ.flat() makes pairs of them.",
            "The recipe is the chapter's quick one; validation stays the piano's.",
        ),
        Either(
            (
                Number(
                    6,
                    "dB",
                    2.5,
                    {
                        12.3: "That is what the piano taught. The noise teaches less of it.",
                        0: "That is silence. Look at the learning rate.",
                    },
                    "About half of what the piano taught, in dB.",
                ),
                _from_noise,
            )
        ),
    ),
    Exercise(
        "The reversed autoencoder",
        "hard",
        "Practice with a network that reads its filters backward in the back-end, 250 steps.",
        "the network",
        (
            'EQNetConfig(orientation="adjoint") is the setting, and EQNet takes it.',
            "The rate is 5e-3, as in the chapter.",
        ),
        _reversed,
    ),
)
