"""Filters that are given by their coefficients, against numpy's convolution and scipy."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib.equalizers.coefficients import Section, Taps
from eqlib.equalizers.eq import EQ
from eqlib.errors import EqlibError

FS = 16_000
# A filter that is neither symmetric nor causal: lags -4 to 4.
KNOWN = np.array([0.5, -0.25, 0, 0.125, 1, 0.75, -0.5, 0, 0.25])
SOS = signal.cheby1(5, 1, 2_000, fs=FS, output="sos")
HZ = np.linspace(0, FS / 2, 12).reshape(3, 4)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape)


# --- taps


@pytest.mark.parametrize("advance", [0, 4, 8, 20])
def test_taps_are_a_convolution_of_each_clip(advance):
    x = noise(2, 3, 100)
    fir = EQ.from_taps(KNOWN, advance_samples=advance)
    y = fir(x)
    for i, j in np.ndindex(2, 3):
        full = np.pad(np.convolve(x[i, j], KNOWN), (0, 100))
        assert np.abs(y[i, j] - full[advance : advance + 100]).max() < 1e-12
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        clip = torch.from_numpy(x).to(dtype)
        wet = fir(clip)
        expected = torch.from_numpy(fir(clip.double().numpy())).to(dtype)
        assert wet.dtype == dtype and torch.equal(wet, expected)
    single = fir(x.astype(np.float32))
    assert single.dtype == np.float32 and np.abs(single - y).max() < 1e-6


@pytest.mark.parametrize("advance", [0, 4])
def test_the_response_of_taps_is_the_sum_over_them(advance):
    expected = np.zeros((3, 4), complex)
    for i, tap in enumerate(KNOWN):
        expected += tap * np.exp(-2j * np.pi * HZ / FS * (i - advance))
    response = EQ.from_taps(KNOWN, advance_samples=advance).response(HZ)
    assert response.shape == (3, 4) and np.abs(response - expected).max() < 1e-12


def test_taps_and_equalizers_join_and_taps_are_imitated():
    shelf, fir = EQ.low_shelf(cutoff_hz=500, gain_db=10), EQ.from_taps(KNOWN, advance_samples=4)
    x = noise(300)
    expected = signal.sosfilt(shelf.sos, np.convolve(x, KNOWN))[4:304]
    for eq in (shelf + fir, fir + shelf):
        assert np.abs(eq(x) - expected).max() < 1e-12
    # Minimum phase has the same magnitude, from 9 taps too: zeros move to their mirror images.
    minimum = np.abs(fir.fir(taps=9, phase="minimum").response(HZ))
    assert np.abs(minimum - np.abs(fir.response(HZ))).max() < 1e-6


@pytest.mark.parametrize(
    "kind", [list, tuple, np.float32, torch.tensor], ids=["list", "tuple", "float32", "tensor"]
)
def test_taps_may_come_as_a_list_an_array_or_a_tensor(kind):
    assert EQ.from_taps(kind(KNOWN.tolist())) == EQ.from_taps(KNOWN)
    bfloat16 = torch.from_numpy(KNOWN).to(torch.bfloat16)  # which holds these taps exactly
    assert EQ.from_taps(bfloat16) == EQ.from_taps(KNOWN)


# --- sections


def test_sections_filter_and_respond_as_scipy_says():
    eq, x = EQ.from_sos(SOS), noise(2, 500)
    assert len(eq.stages) == 3
    np.testing.assert_array_equal(eq.sos, SOS)
    expected = signal.sosfilt(SOS, x)
    assert np.abs(eq(x) - expected).max() < 1e-12
    single = eq(x.astype(np.float32))
    assert single.dtype == np.float32 and np.abs(single - expected).max() < 1e-5
    clip = torch.from_numpy(x).to(torch.bfloat16)
    wet = eq(clip)
    assert wet.dtype == torch.bfloat16
    expected = torch.from_numpy(signal.sosfilt(SOS, clip.double().numpy())).to(torch.bfloat16)
    assert torch.equal(wet, expected)
    expected = signal.sosfreqz(SOS, HZ.ravel(), fs=FS)[1].reshape(3, 4)
    assert np.abs(eq.response(HZ) - expected).max() < 1e-12


def test_an_equalizers_own_sections_are_the_equalizer():
    eq = EQ.low_shelf(cutoff_hz=500, gain_db=10) + EQ.notch(cutoff_hz=50, q=0.6)
    again = EQ.from_sos(eq.sos, sample_rate=eq.sample_rate)
    x = noise(200)
    np.testing.assert_array_equal(again(x), eq(x))
    both = EQ.peaking(cutoff_hz=900, gain_db=3) + again
    np.testing.assert_array_equal(both.sos[1:], eq.sos)
    assert EQ.from_sos(np.zeros((0, 6))) == EQ.flat()


def test_rows_may_come_as_a_list_or_a_tensor():
    assert EQ.from_sos(SOS.tolist()) == EQ.from_sos(torch.from_numpy(SOS)) == EQ.from_sos(SOS)


@pytest.mark.parametrize("angle", [0, 0.3, math.pi])
def test_poles_are_inside_the_unit_circle(angle):
    def section(radius: float) -> Section:
        return Section(1, 0, 0, -2 * radius * math.cos(angle), radius**2)

    assert np.isfinite(EQ((section(0.9999),)).impulse_response(9)).all()
    for radius in (1, 1.0001, 5):
        with pytest.raises(EqlibError, match=r"pole of magnitude [1-5].*unit circle"):
            section(radius)


def test_two_real_poles_count_each_for_itself():
    for poles in ((0.5, 1.1), (-1.1, 0.5), (-2, 0.1), (3, 3)):
        _, a1, a2 = np.poly(poles)
        with pytest.raises(EqlibError, match="pole of magnitude"):
            Section(1, 0, 0, a1, a2)
    _, a1, a2 = np.poly((-0.99, 0.99))
    Section(1, 0, 0, a1, a2)


# --- both


GIVEN = [
    EQ.from_taps(KNOWN, advance_samples=4, sample_rate=44_100),
    EQ.from_taps(np.random.default_rng(1).standard_normal(127) / 3),
    EQ.from_sos(SOS),
    EQ.from_sos(SOS[:1]) + EQ.from_taps(KNOWN),
    EQ.from_taps(KNOWN).fir(taps=31),
]


@pytest.mark.parametrize("eq", GIVEN, ids=str)
def test_they_are_values_and_survive_json_and_pickle(eq):
    back = EQ.from_dict(json.loads(json.dumps(eq.to_dict())))
    for twin in (back, EQ.from_dict(eq.to_dict()), pickle.loads(pickle.dumps(eq))):
        assert twin == eq and hash(twin) == hash(eq) and {eq: 1}[twin] == 1
        np.testing.assert_array_equal(twin.impulse_response(99), eq.impulse_response(99))
    assert [other == eq for other in GIVEN].count(True) == 1


def test_they_tell_what_they_are():
    assert str(EQ.from_taps(KNOWN, advance_samples=4)) == (
        "FIR of 9 given taps, advanced by 4 samples"
    )
    assert str(EQ.from_taps([1.0])) == "FIR of 1 given taps"
    assert str(EQ((Section(1, 2, 1 / 3, -0.5, 0.25),))) == "section b 1 2 0.3333, a 1 -0.5 0.25"


def test_parameters_are_the_numbers_that_a_filter_runs_on():
    shelf = EQ.low_shelf(cutoff_hz=500, gain_db=10)
    assert EQ.flat().parameters == 0
    assert EQ.from_taps(KNOWN).parameters == 9
    assert EQ.from_sos(SOS).parameters == 15 and shelf.parameters == 5
    assert (shelf + shelf.fir(taps=33)).parameters == 38


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: EQ.from_taps(KNOWN.reshape(3, 3)), r"taps has shape \(3, 3\)"),
        (lambda: EQ.from_taps(0.5), r"taps has shape \(\)"),
        (lambda: EQ.from_taps([]), r"taps has shape \(0,\)"),
        (lambda: EQ.from_taps(KNOWN * np.nan), r"taps is array\(\[nan"),
        (lambda: EQ.from_taps(KNOWN * 1j), r"(?s)taps is array.*finite numbers"),
        (lambda: EQ.from_taps("127"), "taps is '127'"),
        (lambda: EQ.from_taps([[1.0], [1.0, 2.0]]), "taps is"),
        (lambda: EQ.from_taps(None), "taps is None"),
        (lambda: EQ.from_taps(KNOWN, advance_samples=-1), "advance_samples is -1"),
        (lambda: EQ.from_taps(KNOWN, advance_samples=4.0), r"advance_samples is 4\.0"),
        (lambda: EQ.from_taps(KNOWN, sample_rate=0), "sample_rate is 0"),
        (lambda: Taps(()), "taps is empty"),
        (lambda: Taps((0.5, True)), r"taps\[1\] is True"),
        (lambda: Taps(0.5), "taps is 0.5"),
        (lambda: EQ.from_sos(np.ones(6)), r"sos has shape \(6,\)"),
        (lambda: EQ.from_sos(np.ones((2, 5))), r"sos has shape \(2, 5\)"),
        (lambda: EQ.from_sos(np.ones((2, 6, 1))), r"sos has shape \(2, 6, 1\)"),
        (lambda: EQ.from_sos([[1.0] * 6, [1.0] * 5]), "sos is"),
        (lambda: EQ.from_sos([]), r"sos has shape \(0,\)"),
        (lambda: EQ.from_sos(np.zeros((1, 6))), "row 0 of sos has a0 = 0"),
        (lambda: EQ.from_sos(SOS * 2), "a0 = 2; .*Divide"),
        (lambda: EQ.from_sos(SOS * np.nan), "sos is array"),
        (lambda: EQ.from_sos(SOS + 0j), "sos is array"),
        (lambda: EQ.from_sos(SOS[:, [3, 4, 5, 3, 1, 2]]), "pole of magnitude"),
        (lambda: Section(1, 0, 0, "0.5", 0), "a1 is '0.5'"),
        (lambda: Section(1, 0, 0, 0, math.nan), "a2 is nan"),
        (lambda: Section(1j, 0, 0, 0, 0), "b0 is 1j"),
        (lambda: EQ.from_taps(KNOWN).sos, "FIR of 9 given taps"),
    ],
)
def test_what_is_no_filter_is_refused(mistake, message):
    with pytest.raises(EqlibError, match=message):
        mistake()
