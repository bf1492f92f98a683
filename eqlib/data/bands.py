"""The spectrum of a whole recording in third octaves: 21 numbers that say how it sounds as a whole.

Chapter: "The style of an engineer".
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from eqlib.audio import check_audio
from eqlib.errors import EqlibError, check_integer, check_numbers, checked

BANDS_HZ = tuple(100 * 2 ** (k / 3) for k in range(-3, 18))
"""Centers of 21 third-octave bands: 50 Hz to 5 kHz."""


@checked
def band_energies(
    audio: np.ndarray, *, sample_rate: int, centers_hz: Sequence[float] = BANDS_HZ
) -> np.ndarray:
    """The mean energy of a recording in each third-octave band.

    Bands without a bin of the recording's spectrum, as in one of a few milliseconds, have none.

    Args:
        audio: (samples,).
        sample_rate: in Hz, above 12 kHz.
        centers_hz: of the bands.

    Returns:
        (bands,) float64: 1 for a sine of the amplitude sqrt(2) within the band.

    Raises:
        EqlibError: for audio that is not (samples,), finite and floating point, a lower sample
            rate, or centers that are not positive numbers.
    """
    check_audio("audio", audio)
    if audio.ndim != 1:
        raise EqlibError(f"audio has shape {audio.shape}", "(samples,)", "Give one clip.")
    cure = "Resample the audio to 16 kHz."
    check_integer("sample_rate", sample_rate, at_least=12_000, cure=cure)
    centers = check_numbers("centers_hz", centers_hz, above=0.0, cure="Give them in Hz.")
    power = np.square(np.abs(np.fft.rfft(audio.astype(np.float64))))
    power[1:] *= 2  # those of negative frequencies
    bins_hz = np.fft.rfftfreq(len(audio), 1 / sample_rate)
    edge = math.pow(2, 1 / 6)
    inside = [(bins_hz >= f / edge) & (bins_hz < f * edge) for f in centers]
    return np.array([power[of].sum() for of in inside]) / len(audio) ** 2
