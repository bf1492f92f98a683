"""How far an output is from its target: in the waveform, and in the response of each band.

Every function takes NumPy arrays or torch tensors of shape (..., samples), judges each clip on
its own along the last axis and returns one float64 for each.

Chapters: the tour (book/tour.ipynb), "Results".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from eqlib.audio import Audio, check_mono, check_same_shape, peak_of, to_array
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError, check_integer, check_number, checked
from eqlib.scipy_later import signal

MOST = 1e100
"""Of a sample; full scale is 1.0."""


@checked
def mae(target: Audio, output: Audio) -> np.ndarray:
    """Mean absolute error, the loss of the paper: (..., samples) twice -> (...).

    Raises:
        EqlibError: for different shapes, empty audio, NaN or infinity; so do all metrics here.
    """
    target, output = _pair(target, output)
    error: np.ndarray = np.abs(target - output).mean(-1)
    return error


@checked
def normalized_mae(target: Audio, output: Audio) -> np.ndarray:
    """Energy-normalized mean absolute error: `mae` divided by the target's RMS value.

    It does not change when target and output are made louder together.

    Raises:
        EqlibError: also for a silent target.
    """
    target, output = _pair(target, output)
    rms = np.sqrt(_energy(target) / target.shape[-1])
    error: np.ndarray = np.abs(target - output).mean(-1) / rms
    return error


@checked
def error_to_signal_ratio(target: Audio, output: Audio) -> np.ndarray:
    """Energy of the error divided by energy of the target; 0 is perfect, 1 is like silence.

    Raises:
        EqlibError: also for a silent target.
    """
    target, output = _pair(target, output)
    ratio: np.ndarray = ((target - output) ** 2).sum(-1) / _energy(target)
    return ratio


@checked
def snr_db(target: Audio, output: Audio) -> np.ndarray:
    """Signal-to-noise ratio in dB, the error being the noise: -10 log10(error-to-signal ratio).

    Infinite where the two are equal.

    Raises:
        EqlibError: also for a silent target.
    """
    with np.errstate(divide="ignore"):
        snr: np.ndarray = -10 * np.log10(error_to_signal_ratio(target, output))
    return snr


class MeasuredResponse(NamedTuple):
    """A frequency response as the sound itself shows it, from `measured_response`.

    Attributes:
        frequencies_hz: (1025,) from 0 to half the sample rate.
        response: (1025,) complex; NaN where the input has no energy at all.
        heard: (1025,) whether the input has enough energy there to believe the response.
    """

    frequencies_hz: np.ndarray
    response: np.ndarray
    heard: np.ndarray


@checked
def measured_response(
    input: Audio, output: Audio, *, sample_rate: int, floor_db: float = -60.0
) -> MeasuredResponse:
    """Estimates the response input -> output by averaged cross-spectra.

    Welch's method, Hann windows of 2048 samples, half overlapping: the cross-spectrum of input
    and output divided by the power spectrum of the input. No knowledge of the effect goes in.

    Args:
        input: (..., samples), what went in; several clips are measured together.
        output: the same shape, what came out.
        sample_rate: in Hz.
        floor_db: input power, relative to its strongest frequency, above which it is "heard".

    Raises:
        EqlibError: for different shapes, audio below 2048 samples, a silent input, or a
            sample_rate below 1000 Hz or floor_db above 0 dB.
    """
    check_integer("sample_rate", sample_rate, at_least=1_000, cure="Give it in Hz: 16_000.")
    check_number("floor_db", floor_db, below=0, cure="Give the dB as a negative number: -60.")
    x, y = _pair(input, output, names=("input", "output"), min_samples=_WELCH)
    _energy(x.reshape(-1), name="input")
    power, cross = _spectrum(x, x).real, _spectrum(x, y)
    response = np.full(cross.shape, np.nan, complex)
    np.divide(cross, power, out=response, where=power > 0)
    heard = power > power.max() * 10 ** (floor_db / 10)
    return MeasuredResponse(np.fft.rfftfreq(_WELCH, 1 / sample_rate), response, heard)


@dataclass(frozen=True, eq=False)
class BandErrors:
    """The error of a response, band by band.

    Attributes:
        centers_hz: (bands,) center frequencies.
        error_db: (bands,) RMS difference of the two responses in dB; NaN where the input has no
            energy to judge by.
    """

    centers_hz: np.ndarray
    error_db: np.ndarray


@checked
def response_error_db(
    input: Audio,
    target: Audio,
    output: Audio,
    *,
    sample_rate: int,
    bands_per_octave: int = 1,
    floor_db: float = -60.0,
) -> BandErrors:
    """How far the response input -> output is from input -> target, for each band.

    Both are estimated by `measured_response`. A frequency is judged only where the input has
    energy: nothing is learned, and nothing can be heard, where it has none.

    Args:
        input: (..., samples), what went in; several clips are judged together.
        target: the same shape, what should come out.
        output: the same shape, what came out.
        sample_rate: in Hz.
        bands_per_octave: 1 for octaves, 3 for thirds.
        floor_db: input power, relative to its strongest frequency, below which nothing is judged.

    Returns:
        The bands from 31.25 Hz up to half the sample rate, and the error in each.

    Raises:
        EqlibError: as `measured_response`, and for bands_per_octave that is no whole number from
            1 to 96.
    """
    check_integer("bands_per_octave", bands_per_octave, at_least=1, at_most=96, cure="Use 1 or 3.")
    x, t = _pair(input, target, names=("input", "target"), min_samples=_WELCH)
    _, y = _pair(target, output, min_samples=_WELCH)
    frequencies_hz, h, heard = measured_response(x, t, sample_rate=sample_rate, floor_db=floor_db)
    h_output = measured_response(x, y, sample_rate=sample_rate, floor_db=floor_db).response
    to_target, to_output = (np.maximum(np.abs(a), np.finfo(float).tiny) for a in (h, h_output))
    difference_db = 20 * np.log10(to_output / to_target)

    count = int(np.floor(np.log2(sample_rate / 2 / 31.25) * bands_per_octave)) + 1
    centers_hz = 31.25 * 2 ** (np.arange(count) / bands_per_octave)
    error_db = np.full(count, np.nan)
    for band, center_hz in enumerate(centers_hz):
        low, high = center_hz * 2 ** (np.array([-0.5, 0.5]) / bands_per_octave)
        judged = heard & (frequencies_hz >= low) & (frequencies_hz < high)
        if judged.any():
            error_db[band] = np.sqrt(np.mean(difference_db[judged] ** 2))
    return BandErrors(centers_hz, error_db)


_WELCH = 2048


def _spectrum(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = (clips.reshape(-1, clips.shape[-1]) for clips in (a, b))
    mean: np.ndarray = signal.csd(a, b, nperseg=_WELCH, detrend=False)[1].mean(0)
    return mean


def _pair(
    target: Audio,
    output: Audio,
    *,
    names: tuple[str, str] = ("target", "output"),
    min_samples: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    arrays = [
        to_array(name, audio, min_samples=min_samples).astype(np.float64)
        for name, audio in zip(names, (target, output), strict=True)
    ]
    for name, array in zip(names, arrays, strict=True):
        peak = peak_of(array)
        if peak > MOST:  # whose square is infinite
            cure = "Divide the audio by its peak: audio / abs(audio).max()."
            raise EqlibError(f"{name} reaches {peak:.3g}", f"at most {MOST:g}", cure)
    check_same_shape(names[0], arrays[0], names[1], arrays[1])
    return arrays[0], arrays[1]


def _energy(audio: np.ndarray, *, name: str = "target") -> np.ndarray:
    energy: np.ndarray = (audio**2).sum(-1)
    if not np.all(energy > 0):
        raise EqlibError(
            f"{name} is silent ({int(np.sum(energy == 0))} of {energy.size} clips have no energy)",
            "audio with some energy, to relate the error to",
            "Leave silent clips out, or use eqlib.metrics.mae, which needs no reference.",
        )
    return energy


@checked
def loudness(audio: np.ndarray, *, sample_rate: int) -> float:
    """The loudness of mono audio after ITU-R BS.1770, in LUFS.

    The power after the K-weighting (a high shelf for the head, a highpass for the ear), as a mean
    over blocks of 400 ms, every 100 ms. Blocks more than 10 LU below the mean of all do not
    count, so that silence after a note does not make it softer. (The standard's other gate, at
    -70 LUFS, is left out: it matters only where most is silence.) The standard defines its filters
    at 48 kHz; here they are an `EQ`, within 0.1 dB of them at any rate.

    Args:
        audio: (samples,), floating point, not silent. Shorter audio than a block is one block.
        sample_rate: in Hz, above 3000.

    Raises:
        EqlibError: for a lower sample rate, or audio that an EQ refuses.
    """
    check_mono("audio", audio)
    k_weighting = EQ.high_shelf(cutoff_hz=1_500, gain_db=4, sample_rate=sample_rate)
    k_weighting += EQ.highpass(cutoff_hz=38, q=0.5, sample_rate=sample_rate)
    weighted = k_weighting(np.asarray(audio, np.float64))
    block = min(sample_rate * 4 // 10, len(weighted))
    blocks = np.lib.stride_tricks.sliding_window_view(weighted, block)[:: sample_rate // 10]
    power = (blocks**2).mean(-1)
    return float(10 * np.log10(power[power >= power.mean() / 10].mean()) - 0.691)
