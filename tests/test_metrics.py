"""The metrics against closed forms and plain loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib import EQ, EqlibError, data, metrics

FS = 16_000
SCALARS = {
    "mae": metrics.mae,
    "normalized_mae": metrics.normalized_mae,
    "error_to_signal_ratio": metrics.error_to_signal_ratio,
    "snr_db": metrics.snr_db,
}


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)


def by_loop(name: str, target: np.ndarray, output: np.ndarray) -> float:
    absolute = squared = energy = 0.0
    for t, y in zip(target.tolist(), output.tolist(), strict=True):
        absolute += abs(t - y)
        squared += (t - y) ** 2
        energy += t**2
    return {
        "mae": absolute / len(target),
        "normalized_mae": absolute / len(target) / math.sqrt(energy / len(target)),
        "error_to_signal_ratio": squared / energy,
        "snr_db": 10 * math.log10(energy / squared),
    }[name]


@pytest.mark.parametrize("name", SCALARS)
def test_each_clip_is_judged_on_its_own_as_a_plain_loop_does(name):
    target, output = noise(2, 3, 400) * [[[1], [0.01], [9]]], noise(2, 3, 400, seed=1)
    judged = SCALARS[name](target, output)
    assert judged.shape == (2, 3) and judged.dtype == np.float64
    for i, j in np.ndindex(2, 3):
        assert judged[i, j] == pytest.approx(by_loop(name, target[i, j], output[i, j]), rel=1e-12)
        one = SCALARS[name](target[i, j], output[i, j])
        assert one.shape == () and one.dtype == np.float64 and one == judged[i, j]


@pytest.mark.parametrize("name", SCALARS)
def test_torch_of_any_float_type_is_judged_in_float64(name):
    target, output = noise(2, 500), noise(2, 500, seed=1)
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        t, y = torch.from_numpy(target).to(dtype), torch.from_numpy(output).to(dtype)
        judged = SCALARS[name](t, y.requires_grad_())
        expected = SCALARS[name](t.double().numpy(), y.detach().double().numpy())
        assert isinstance(judged, np.ndarray) and judged.dtype == np.float64
        np.testing.assert_array_equal(judged, expected)


@pytest.mark.parametrize("gain", [0.9, 0.5, 0.0, -1.0, 1.1])
def test_a_gain_has_known_values(gain):
    # A sine of amplitude A over whole periods: mean |sin| = 2 / pi, RMS = A / sqrt(2).
    target = 0.4 * np.sin(2 * np.pi * np.arange(100_000) / 1000)
    error = abs(1 - gain)
    assert metrics.mae(target, gain * target) == pytest.approx(0.4 * error * 2 / np.pi, rel=1e-5)
    normalized = metrics.normalized_mae(target, gain * target)
    assert normalized == pytest.approx(error * 2 * math.sqrt(2) / np.pi, rel=1e-5)
    ratio = metrics.error_to_signal_ratio(target, gain * target)
    assert ratio == pytest.approx(error**2, rel=1e-9)
    assert metrics.snr_db(target, gain * target) == pytest.approx(-20 * math.log10(error), abs=1e-9)


def test_snr_and_its_ratio_are_one_measure_and_do_not_see_the_scale():
    target = noise(4, 1000)
    output = target + noise(4, 1000, seed=1) * [[1e-9], [0.1], [1], [30]]
    snr_db = metrics.snr_db(target, output)
    ratio = metrics.error_to_signal_ratio(target, output)
    np.testing.assert_allclose(10 ** (-snr_db / 10), ratio, rtol=1e-9)
    for scale in (1e-6, -3.0, 1e6):
        for name in ("snr_db", "normalized_mae", "error_to_signal_ratio"):
            same = SCALARS[name](scale * target, scale * output)
            np.testing.assert_allclose(same, SCALARS[name](target, output), rtol=1e-6)
        louder = metrics.mae(scale * target, scale * output)
        np.testing.assert_allclose(louder, abs(scale) * metrics.mae(target, output), rtol=1e-6)


def test_a_perfect_output():
    target = noise(2, 100)
    assert metrics.snr_db(target, target).tolist() == [math.inf] * 2
    for name in ("mae", "normalized_mae", "error_to_signal_ratio"):
        assert SCALARS[name](target, target).tolist() == [0, 0]


@pytest.mark.parametrize("name", SCALARS)
@pytest.mark.parametrize(
    ("target", "output", "message"),
    [
        (np.ones(9), np.ones(8), r"target has shape \(9,\) and output \(8,\)"),
        (np.ones((1, 9)), np.ones(9), r"target has shape \(1, 9\) and output \(9,\)"),
        (np.ones(0), np.ones(0), "target has shape"),
        (np.ones(9), np.full(9, np.nan), "output holds 9 samples that are NaN"),
        (np.array([1, np.inf]), np.ones(2), "target holds 1 samples that are NaN or infinite"),
        (np.ones(9, int), np.ones(9), "target holds int64"),
        (np.ones(9), torch.ones(9, dtype=torch.int16), "output holds int16"),
        (3.0, 3.0, r"target is 3.0"),
    ],
)
def test_what_cannot_be_compared_is_refused(name, target, output, message):
    with pytest.raises(EqlibError, match=message):
        SCALARS[name](target, output)


@pytest.mark.parametrize("name", ["normalized_mae", "error_to_signal_ratio", "snr_db"])
def test_a_silent_target_is_refused_where_it_is_the_reference(name):
    target = np.stack([np.ones(9), np.zeros(9), np.zeros(9)])
    with pytest.raises(EqlibError, match=r"target is silent \(2 of 3 clips.*metrics\.mae"):
        SCALARS[name](target, np.ones((3, 9)))
    assert metrics.mae(target, np.ones((3, 9))).tolist() == [0, 1, 1]


# The response that the sound itself shows


def test_the_measured_response_is_that_of_the_eq_with_its_phase():
    eq, x = EQ.low_shelf(cutoff_hz=500, gain_db=10), noise(2, 2, 80_000)
    frequencies_hz, response, heard = metrics.measured_response(x, eq(x), sample_rate=FS)
    np.testing.assert_allclose(frequencies_hz, np.arange(1025) * FS / 2048)
    assert heard.all()
    assert np.abs(response - eq.response(frequencies_hz)).max() < 0.03
    # Noise that the input knows nothing of averages out.
    noisy = metrics.measured_response(x, eq(x) + 0.1 * noise(2, 2, 80_000, seed=1), sample_rate=FS)
    assert np.abs(noisy.response - eq.response(frequencies_hz)).max() < 0.05


def test_it_is_the_ratio_of_spectra_averaged_by_a_plain_loop():
    x, y = noise(2, 5000), noise(2, 5000, seed=1)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    cross, power = np.zeros(1025, complex), np.zeros(1025)
    for clip in range(2):
        for start in range(0, 5000 - 2047, 1024):
            X = np.fft.rfft(window * x[clip, start : start + 2048])
            Y = np.fft.rfft(window * y[clip, start : start + 2048])
            cross, power = cross + X.conj() * Y, power + np.abs(X) ** 2
    measured = metrics.measured_response(x, y, sample_rate=FS, floor_db=-3)
    np.testing.assert_allclose(measured.response, cross / power, rtol=1e-9)
    # The first and the last frequency count once in a one-sided spectrum, the others twice.
    power[1:-1] *= 2
    assert measured.heard.tolist() == (power > power.max() * 10**-0.3).tolist()


def test_only_where_the_input_has_energy_is_a_response_heard():
    x = np.ones(4096)  # only 0 Hz, and 7.8 Hz beside it, which the Hann window lets through
    measured = metrics.measured_response(x, 2 * x, sample_rate=FS)
    assert measured.heard.tolist() == [True] * 2 + [False] * 1023
    np.testing.assert_allclose(measured.response[:2], 2)


# The response, band by band


def in_octave(x: np.ndarray, center_hz: float, gain_db: float) -> np.ndarray:
    """Changes the gain of one octave, and of nothing else."""
    spectrum, f = np.fft.rfft(x), np.fft.rfftfreq(x.shape[-1], 1 / FS)
    inside = (f >= center_hz / math.sqrt(2)) & (f < center_hz * math.sqrt(2))
    return np.fft.irfft(spectrum * np.where(inside, 10 ** (gain_db / 20), 1), x.shape[-1])


@pytest.mark.parametrize("gain_db", [1.0, -3.0])
@pytest.mark.parametrize("center_hz", [500.0, 2000.0, 4000.0])
def test_a_known_gain_error_is_found_in_its_band_and_only_there(center_hz, gain_db):
    x = noise(4, 64_000)
    target = EQ.low_shelf(cutoff_hz=500, gain_db=10)(x)
    errors = metrics.response_error_db(
        x, target, in_octave(target, center_hz, gain_db), sample_rate=FS
    )
    np.testing.assert_allclose(errors.centers_hz, 31.25 * 2.0 ** np.arange(9))
    there = errors.centers_hz == center_hz
    assert errors.error_db[there] == pytest.approx(abs(gain_db), rel=0.03)
    # Beside the edges the gain of 7.8 Hz wide frequencies is in between.
    assert errors.error_db[~there].max() < 0.1 * abs(gain_db)


@pytest.mark.parametrize("bands_per_octave", [1, 3])
def test_the_error_of_an_eq_is_the_rms_of_its_own_response(bands_per_octave):
    eq, x = EQ.peaking(cutoff_hz=1000, gain_db=6, q=1), noise(3, 160_000)
    errors = metrics.response_error_db(
        x, x, eq(x), sample_rate=FS, bands_per_octave=bands_per_octave
    )
    f = np.arange(1025) * FS / 2048
    half = 2 ** (0.5 / bands_per_octave)
    gains_db = 20 * np.log10(np.abs(eq.response(f)))
    for center_hz, error_db in zip(errors.centers_hz, errors.error_db, strict=True):
        inside = (f >= center_hz / half) & (f < center_hz * half)
        if inside.any():
            assert error_db == pytest.approx(np.sqrt(np.mean(gains_db[inside] ** 2)), abs=0.05)
        else:
            assert math.isnan(error_db)


def test_an_exact_output_has_no_error_and_the_scale_plays_no_part():
    x = noise(2, 8000)
    target = EQ.highpass(cutoff_hz=500)(x)
    exact = metrics.response_error_db(x, target, target, sample_rate=FS)
    assert exact.error_db.tolist() == [0] * 9
    errors = [
        metrics.response_error_db(s * x, s * target, s * 0.9 * target, sample_rate=FS).error_db
        for s in (1, 1e-5, 1e5)
    ]
    for found in errors:
        np.testing.assert_allclose(found, -20 * math.log10(0.9), rtol=1e-6)


def test_bands_without_energy_are_not_judged():
    x = signal.sosfilt(signal.butter(12, 400, fs=FS, output="sos"), noise(3, 32_000))
    errors = metrics.response_error_db(x, x, 2 * x, sample_rate=FS).error_db
    # 12th order: 72 dB an octave. At 800 Hz, in the band of 1 kHz, little is above -60 dB;
    # from the band of 2 kHz on nothing is.
    np.testing.assert_allclose(errors[:5], 20 * math.log10(2), rtol=1e-9)
    assert np.isnan(errors[6:]).all()
    lower = metrics.response_error_db(x, x, 2 * x, sample_rate=FS, floor_db=-20).error_db
    assert np.isfinite(lower[:4]).all() and np.isnan(lower[5:]).all()


def test_several_clips_are_judged_together():
    low, high = (
        signal.sosfilt(signal.butter(12, 1000, kind, fs=FS, output="sos"), noise(32_000))
        for kind in ("low", "high")
    )
    x, y = np.stack([low, high]), np.stack([low, 2 * high])
    alone = [
        metrics.response_error_db(a, a, b, sample_rate=FS).error_db
        for a, b in zip(x, y, strict=True)
    ]
    assert np.isnan(alone[0][7:]).all() and np.isnan(alone[1][:3]).all()
    together = metrics.response_error_db(x[:, None], x[:, None], y[:, None], sample_rate=FS)
    assert np.isfinite(together.error_db).all()
    np.testing.assert_allclose(together.error_db[:4], 0, atol=0.05)
    np.testing.assert_allclose(together.error_db[7:], 20 * math.log10(2), atol=0.05)


def test_a_real_note_is_judged_alike_as_numpy_and_torch():
    note = data.load(instrument="piano", split="test")[4]
    target, output = EQ.lowpass(cutoff_hz=500)(note), EQ.lowpass(cutoff_hz=600)(note)
    as_numpy = metrics.response_error_db(note, target, output, sample_rate=FS)
    as_torch = metrics.response_error_db(
        *map(torch.from_numpy, (note, target, output)), sample_rate=FS
    )
    np.testing.assert_array_equal(as_numpy.error_db, as_torch.error_db)
    # 12 dB an octave: a cutoff of 600 instead of 500 Hz is 3.2 dB too much, well above it.
    assert as_numpy.error_db[6] == pytest.approx(40 * math.log10(600 / 500), abs=0.6)
    assert as_numpy.error_db[2] < 0.1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input": np.zeros(4096)}, "input is silent"),
        ({"target": np.ones(4095)}, r"input has shape \(4096,\) and target \(4095,\)"),
        ({"output": np.ones(4095)}, r"target has shape \(4096,\) and output \(4095,\)"),
        ({"output": np.full(4096, np.nan)}, "output holds 4096 samples"),
        (dict.fromkeys(("input", "target", "output"), np.ones(2047)), "at least 2048 samples"),
        ({"sample_rate": 0}, "sample_rate is 0"),
        ({"sample_rate": 16e3}, r"sample_rate is 16000\.0"),
        ({"bands_per_octave": 0}, "bands_per_octave is 0"),
        ({"bands_per_octave": 1.5}, r"bands_per_octave is 1\.5"),
        ({"floor_db": 6}, "floor_db is 6"),
        ({"floor_db": math.nan}, "floor_db is nan"),
    ],
)
def test_responses_that_cannot_be_measured_are_refused(changes, message):
    given = {name: noise(4096) for name in ("input", "target", "output")}
    with pytest.raises(EqlibError, match=message):
        metrics.response_error_db(**({"sample_rate": FS} | given | changes))
