"""Sizes that no machine has memory for are refused with a number, at once, and not tried."""

from __future__ import annotations

import time

import numpy as np
import pytest

from eqlib import EQ, Clips, EqlibError, EQNet, EQNetConfig, Recipe, metrics
from eqlib.errors import check_integer

NOISE = np.random.default_rng(0).standard_normal(16_000)


@pytest.mark.parametrize(
    ("ask", "word"),
    [
        (lambda: EQNetConfig(filters=10**10), "filters is 10000000000.*to 1048576"),
        (lambda: EQNetConfig(kernel=10**12), "kernel is"),
        (lambda: EQNetConfig(frame=2**20, hop=2**19), "weights.*at most 536,870,912"),
        (lambda: EQNetConfig(filters=2**20), "weights"),
        (lambda: Recipe(batch=10**6), "batch is 1000000.*to 16384"),
        (lambda: EQ.flat().impulse_response(10**12), "samples is 1000000000000"),
        (
            lambda: metrics.response_error_db(
                NOISE, NOISE, NOISE, sample_rate=16_000, bands_per_octave=10**9
            ),
            "bands_per_octave is 1000000000",
        ),
    ],
)
def test_what_is_too_large_is_refused_in_time(ask, word):
    begin = time.monotonic()
    with pytest.raises(EqlibError, match=word):
        ask()
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize("scale", [1e155, 1e300])
def test_metrics_of_what_has_no_square_are_refused(scale):
    for metric in (metrics.snr_db, metrics.mae, metrics.error_to_signal_ratio):
        for pair in ((scale * NOISE, NOISE), (NOISE, scale * NOISE)):
            with pytest.raises(EqlibError, match="reaches"):
                metric(*pair)


def test_integers_that_became_floats_are_warned_of_with_the_cure():
    integers = (NOISE / abs(NOISE).max() * 32_767).astype(np.int16).astype(np.float32)
    net = EQNet(EQNetConfig(filters=4))
    for use in (net.process, lambda audio: Clips.from_arrays([audio], sample_rate=16_000)):
        with pytest.warns(UserWarning, match=r"audio / 32768"):
            use(integers)
        use(integers / 32_768)  # in silence: a warning would be an error here


def test_both_ends_of_a_range_belong_to_it():
    for value in (1, np.int32(5)):
        assert check_integer("n", value, at_least=1, at_most=5, cure="Mend it.") == value
    for value in (0, 6, True, 2.0, "3"):
        with pytest.raises(EqlibError, match="from 1 to 5"):
            check_integer("n", value, at_least=1, at_most=5, cure="Mend it.")
