"""Frequency responses against scipy and plain sums; what may be given as an array of numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib.equalizers.stage import frequency_response, real_array, taps_response
from eqlib.errors import EqlibError

RATE = 44_100
HZ = np.linspace(0, RATE / 2, 12).reshape(3, 4)
RNG = np.random.default_rng(0)


def test_a_quotient_of_polynomials_has_the_response_that_scipy_gives_it():
    b, a = signal.butter(4, 5_000, fs=RATE)
    expected = signal.freqz(b, a, HZ.ravel(), fs=RATE)[1].reshape(3, 4)
    assert np.abs(frequency_response(b, a, HZ, RATE) - expected).max() < 1e-12
    assert frequency_response(b, a, 1_000, RATE).shape == ()


def test_taps_at_their_lags_have_the_response_of_the_sum():
    taps, lags = RNG.standard_normal((2, 5, 7)), np.array([3, 2, 1, 0, -1, -2, -9])
    response = taps_response(taps, lags, HZ, sample_rate=RATE)
    assert response.shape == (2, 5, 3, 4) and response.dtype == np.complex128
    for index in np.ndindex(2, 5, 3, 4):
        omega = 2 * math.pi * HZ[index[2:]] / RATE
        h = taps[index[:2]]
        expected = sum(h[k] * np.exp(-1j * omega * lags[k]) for k in range(7))
        assert abs(response[index] - expected) < 1e-12


def test_taps_from_time_zero_on_are_a_numerator():
    h, lags = RNG.standard_normal(127), np.arange(127)
    expected = signal.freqz(h, 1, HZ.ravel(), fs=RATE)[1].reshape(3, 4)
    assert np.abs(taps_response(h, lags, HZ, sample_rate=RATE) - expected).max() < 1e-12
    assert np.abs(frequency_response(h, np.ones(1), HZ, RATE) - expected).max() < 1e-12
    assert taps_response(h, lags, 1_000, sample_rate=RATE).shape == ()


@pytest.mark.parametrize(
    "values",
    [
        [[1, 2.5], [-3, 4]],
        ((1, 2.5), (-3, 4)),
        np.float32([[1, 2.5], [-3, 4]]),
        torch.tensor([[1, 2.5], [-3, 4]], dtype=torch.bfloat16),
        torch.tensor([[1, 2.5], [-3, 4]], requires_grad=True),
    ],
    ids=["list", "tuple", "array", "bfloat16", "gradient"],
)
def test_numbers_of_any_kind_become_float64(values):
    array = real_array("x", values, expected="numbers", cure="Give some.")
    assert array.dtype == np.float64
    np.testing.assert_array_equal(array, [[1, 2.5], [-3, 4]])


@pytest.mark.parametrize(
    "values",
    [None, "500", ["500"], [b"500"], [True], [1j], np.array([500 + 1j]), torch.tensor([1j])]
    + [torch.tensor([True]), [[1], [1, 2]], [math.nan], np.array([np.inf]), {}, {5}],
    ids=repr,
)
def test_what_is_no_number_is_refused(values):
    with pytest.raises(EqlibError, match=r"^x is .*; expected numbers\. Give some\.$"):
        real_array("x", values, expected="numbers", cure="Give some.")
