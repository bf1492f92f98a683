"""What exercises are judged with: the chapters' notes, equalizers and networks, made when asked.

Chapters: all that have exercises.
"""

from __future__ import annotations

import functools

import numpy as np
import torch

from eqlib import data
from eqlib.analysis import bank
from eqlib.audio import Process
from eqlib.equalizers.targets import REFERENCE
from eqlib.errors import EqlibError, checked
from eqlib.metrics import snr_db
from eqlib.model import EQNet
from eqlib.networks.shipped import pretrained

SHELF = REFERENCE["low-shelf"]
SAMPLES_NEEDED = 1_600


@checked
@functools.cache
def note(samples: int = 16_000, *, faded: bool = False) -> np.ndarray:
    """The chapters' piano note, (samples,) float32, of the test set.

    Args:
        samples: from its beginning.
        faded: whether its last tenth of a second fades out.

    Raises:
        EqlibError: for fewer than 1,600 samples, or more than it has.
    """
    whole = data.load(instrument="piano", split="test")["piano/sal_Fs4_v10"]
    if not SAMPLES_NEEDED <= samples <= len(whole):
        cure = "Give what the chapter takes: 16_000."
        expected = f"{SAMPLES_NEEDED} to {len(whole)}"
        raise EqlibError(f"samples is {samples}", expected, cure)
    sound: np.ndarray = whole[:samples].copy()
    if faded:
        sound[-1600:] *= np.linspace(1, 0, 1600, dtype=np.float32)
    sound.flags.writeable = False
    return sound


@functools.cache
def unseen() -> tuple[np.ndarray, ...]:
    """Four piano notes of the test set, high and low, soft and loud."""
    return tuple(data.load(instrument="piano", split="test")[::3])


@checked
def unseen_snr_db(process: Process, target: Process) -> float:
    """The mean SNR of an effect on the notes of `unseen`, in dB."""
    scores = [float(snr_db(target(x), process(x))) for x in unseen()]
    return float(np.mean(np.clip(scores, -200, 200)))


@functools.cache
def mel_centers_hz() -> np.ndarray:
    """The 128 centers of the bank that the chapters set by hand."""
    import librosa  # heavy, and needed by two chapters alone

    return np.asarray(librosa.mel_frequencies(n_mels=128, fmin=100, fmax=7_900))


@functools.cache
def hand() -> EQNet:
    """The network whose filters are set by hand."""
    return bank.by_hand(bank.windowed_cosines(mel_centers_hz()))


@functools.cache
def four_phases() -> EQNet:
    """The network of 32 bands by hand, each with four phases, that a back-end can turn with."""
    import librosa

    hz = librosa.mel_frequencies(n_mels=32, fmin=100, fmax=7_750)
    return bank.by_hand(bank.windowed_cosines(hz, phases=np.radians([0, 45, 90, 135]).tolist()))


@functools.cache
def trained() -> EQNet:
    """The network that learned the low shelf."""
    return pretrained("low-shelf")


@torch.no_grad()
@checked
def bands(net: EQNet, audio: np.ndarray) -> np.ndarray:
    """The filters' outputs for a sound, (filters, samples)."""
    x = torch.from_numpy(np.asarray(audio, np.float32)).view(1, 1, -1)
    return np.asarray(net.conv(x)[0])
