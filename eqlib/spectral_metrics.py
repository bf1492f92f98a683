"""How far two sounds are apart to the ear: in spectra of short pieces, without their phase.

The SNR (`eqlib.metrics`) counts a shift of phase as an error. These do not. Both compare short-time
Fourier transforms under Hann windows that overlap by three quarters.

Chapter: "Much more complex effects".
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from eqlib.audio import Audio, check_same_shape, to_array
from eqlib.errors import EqlibError, check_integer, check_number, checked

SIZES = (256, 512, 1024, 2048)
"""Of the windows of `multi_resolution_stft_error`, in samples."""
FLOOR = 1e-4
"""What magnitudes may not fall below, relative to the target's largest: -80 dB."""


@checked
def multi_resolution_stft_error(
    target: Audio, output: Audio, *, sizes: Sequence[int] = SIZES
) -> np.ndarray:
    """The multi-resolution STFT distance: 0 is perfect, and about 1 is as bad as silence.

    For each size of window, the spectral convergence ||T| - |Y|| / ||T|| (Frobenius norms) and the
    mean of |log(|T| / |Y|)| are added up; the result is the mean over the sizes. Magnitudes
    below -80 dB of the target's largest count as that.

    Source: Yamamoto, Song and Kim, "Parallel WaveGAN" (ICASSP 2020), equations 5 to 8.

    Args:
        target: (..., samples).
        output: the same shape.
        sizes: of the windows, in samples; each a multiple of 4.

    Returns:
        (...) float64.

    Raises:
        EqlibError: for different shapes, audio shorter than the largest window, a silent target,
            or sizes that are no multiples of 4.
    """
    if not sizes:
        raise EqlibError("sizes is empty", "one size or more", "Leave it out for the usual four.")
    T, Y = _pair(target, output, max(_checked_size(size) for size in sizes))
    errors = np.zeros((len(sizes), len(T)))
    for i, size in enumerate(sizes):
        for j, (t, y) in enumerate(zip(T, Y, strict=True)):
            a, b = _magnitudes(t, size), _magnitudes(y, size)
            floor = FLOOR * _largest(a)
            logs = np.log(np.maximum(a, floor)) - np.log(np.maximum(b, floor))
            errors[i, j] = np.linalg.norm(a - b) / np.linalg.norm(a) + np.abs(logs).mean()
    mean: np.ndarray = errors.mean(0)
    return mean.reshape(np.shape(target)[:-1])


@checked
def log_spectral_distance_db(
    target: Audio, output: Audio, *, size: int = 1024, floor_db: float = -60.0
) -> np.ndarray:
    """The log-spectral distance in dB: for each frame the RMS difference of both spectra in dB.

    Frames whose loudest bin lies below the floor, such as silence after a note, do not count;
    softer bins of the others count as the floor.

    Source: Gray and Markel, "Distance measures for speech processing" (IEEE ASSP 24, 1976).

    Args:
        target: (..., samples).
        output: the same shape.
        size: of the windows, in samples, a multiple of 4.
        floor_db: relative to the target's loudest bin.

    Returns:
        (...) float64, the mean over frames.

    Raises:
        EqlibError: for different shapes, audio shorter than a window, a silent target, a size
            that is no multiple of 4, or a floor above 0 dB.
    """
    check_number("floor_db", floor_db, below=0, cure="Give the dB as a negative number: -60.")
    T, Y = _pair(target, output, _checked_size(size))
    distances = []
    for t, y in zip(T, Y, strict=True):
        a, b = _magnitudes(t, size), _magnitudes(y, size)
        floor = 10 ** (floor_db / 20) * _largest(a)
        sounding = a.max(-1) > floor
        a, b = np.maximum(a[sounding], floor), np.maximum(b[sounding], floor)
        distances.append(np.sqrt(np.square(20 * np.log10(a / b)).mean(-1)).mean())
    return np.array(distances).reshape(np.shape(target)[:-1])


@checked
def gain_error_db(
    dry: Audio,
    target: Audio,
    output: Audio,
    *,
    sample_rate: int,
    block_ms: float = 25.0,
    floor_db: float = -60.0,
) -> np.ndarray:
    """How far the gain of an output is from that of the target, moment by moment: 0 is perfect.

    The gain in a block of time is the level of what comes out over that of what went in, in dB. For
    a compressor, it is the gain reduction. Blocks in which the dry sound is softer than the floor
    do not count, nor does what is left over after the last whole block.

    Args:
        dry: (..., samples), what went in.
        target: the same shape.
        output: the same shape.
        sample_rate: in Hz.
        block_ms: length of a block.
        floor_db: relative to the loudest block of the dry sound, and for levels that come out.

    Returns:
        (...) float64, the mean absolute difference in dB over the blocks.

    Raises:
        EqlibError: for different shapes, audio shorter than a block, silent dry sound, or a floor
            above 0 dB.
    """
    rate = check_integer("sample_rate", sample_rate, at_least=1, cure="Use 16_000.")
    block_ms = check_number("block_ms", block_ms, above=0, cure="Use 25 milliseconds.")
    check_number("floor_db", floor_db, below=0, cure="Give the dB as a negative number: -60.")
    size = max(1, round(block_ms * rate / 1_000))
    X, T = _pair(dry, target, size, names=("dry", "target"))
    Y = _pair(dry, output, size, names=("dry", "output"))[1]
    errors = []
    for rows in zip(X, T, Y, strict=True):
        levels = [np.sqrt(np.square(_blocks(row, size)).mean(-1)) for row in rows]
        floor = 10 ** (floor_db / 20) * _largest(levels[0], "dry")
        sounding = levels[0] > floor
        t, y = (np.maximum(level[sounding], floor) for level in levels[1:])
        errors.append(np.abs(20 * np.log10(t / y)).mean())
    return np.array(errors).reshape(np.shape(target)[:-1])


def _blocks(row: np.ndarray, size: int) -> np.ndarray:
    return row[: len(row) // size * size].reshape(-1, size)


def _checked_size(size: int) -> int:
    size = check_integer("the size of a window", size, at_least=4, cure="Use 1024.")
    if size % 4:
        raise EqlibError(f"the size of a window is {size}", "a multiple of 4", "Use 1024.")
    return size


def _pair(
    target: Audio, output: Audio, samples: int, *, names: Sequence[str] = ("target", "output")
) -> tuple[np.ndarray, np.ndarray]:
    t, y = (
        to_array(name, audio, min_samples=samples).astype(np.float64)
        for name, audio in zip(names, (target, output), strict=True)
    )
    check_same_shape(names[0], t, names[1], y)
    return t.reshape(-1, t.shape[-1]), y.reshape(-1, y.shape[-1])


def _magnitudes(row: np.ndarray, size: int) -> np.ndarray:
    """(frames, bins) of the frames that lie wholly within the row."""
    window = np.hanning(size + 1)[:-1]
    spectra: np.ndarray = np.abs(np.fft.rfft(sliding_window_view(row, size)[:: size // 4] * window))
    return spectra


def _largest(magnitudes: np.ndarray, name: str = "target") -> float:
    largest = float(magnitudes.max())
    if not largest > 0:
        raise EqlibError(
            f"{name} is silent",
            "audio with some energy, to relate the error to",
            "Leave silent clips out.",
        )
    return largest
