"""The spectra of sounds, as figures show them.

Chapters: the tour (book/tour.ipynb), "Four families of equalizers".
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage, signal

from eqlib.audio import check_audio, check_mono, check_shape
from eqlib.equalizers.stage import real_array
from eqlib.errors import check_integer, checked

SILENCE = 1e-30  # the power that silence counts as, so that it has a level


@checked
def smooth_spectrum_db(
    audio: np.ndarray, *, low_hz: float, sample_rate: int
) -> tuple[np.ndarray, np.ndarray]:
    """The power spectrum of a whole sound, under a bell a sixth of an octave wide.

    The ends are faded, or a sound that breaks off would seem to have high frequencies.

    Args:
        audio: (samples,).
        low_hz: the lowest frequency, in Hz.
        sample_rate: in Hz.

    Returns:
        (points,) frequencies in Hz, 48 an octave, and (points,) levels in dB.
    """
    check_audio("audio", audio)
    check_mono("audio", audio)
    samples = max(len(audio), 2 * sample_rate)  # bins of 0.5 Hz or finer: some in every band
    faded = audio * signal.windows.tukey(len(audio), 0.1)
    power = np.abs(np.fft.rfft(faded, samples)) ** 2
    total = np.concatenate(([0], np.cumsum(power)))
    octaves = np.arange(int(48 * np.log2(sample_rate / 2 / low_hz)) - 2) / 48
    edges_hz = low_hz * 2.0 ** (octaves + [[-1 / 24], [1 / 24]])
    first, last = np.rint(edges_hz * samples / sample_rate).astype(int)
    mean = (total[last + 1] - total[first]) / (last + 1 - first)
    bell = ndimage.gaussian_filter1d(mean, 2, mode="nearest")
    return low_hz * 2.0**octaves, 10 * np.log10(np.maximum(bell, SILENCE))


@checked
def spectrogram_db(
    audio: np.ndarray, rows_hz: np.ndarray, *, sample_rate: int
) -> tuple[np.ndarray, np.ndarray]:
    """The power of a sound over time at some frequencies; windows of 64 ms, three quarters shared.

    Args:
        audio: (samples,).
        rows_hz: (rows,) the frequencies, in Hz, rising.
        sample_rate: in Hz.

    Returns:
        (columns,) times in s, and (rows, columns) levels in dB.
    """
    check_audio("audio", audio)
    check_mono("audio", audio)
    rows_hz = real_array(
        "rows_hz", rows_hz, expected="frequencies in Hz", cure="Give a row of finite numbers."
    )
    check_shape("rows_hz", rows_hz, ("rows",))
    check_integer("sample_rate", sample_rate, at_least=1_000, cure="Give it in Hz: 16_000.")
    window = round(0.064 * sample_rate)
    padded = np.pad(audio, (0, max(0, 2 * window - len(audio))))
    f, t, power = signal.spectrogram(padded, sample_rate, "hann", window, window * 3 // 4)
    # Rows as the axis shows them, or the upper ones would be thinner than a pixel.
    image = np.array([np.interp(rows_hz, f, column) for column in power.T])
    return t, 10 * np.log10(np.maximum(image.T, SILENCE))
