"""The predicted opinion: what the library is given, and what it makes of known sounds."""

from __future__ import annotations

import importlib.util
import sys
import types

import numpy as np
import pytest

from eqlib import EQ, EqlibError, data, perceptual
from eqlib.perceptual import visqol_mos

needs_visqol = pytest.mark.skipif(
    importlib.util.find_spec("visqol") is None, reason="the extra 'perceptual' is not installed"
)
SHELF = EQ.low_shelf(cutoff_hz=500, gain_db=10, slope=0.7071)
RATE = 16_000


@pytest.fixture(autouse=True)
def fresh():
    perceptual._judge.cache_clear()
    yield
    perceptual._judge.cache_clear()


@pytest.fixture
def heard(monkeypatch):
    """What the library was given, by one in its place that says 1, 2, 3 and so on."""
    given = []

    class VisqolApi:
        def create(self, mode):
            assert mode == "audio"

        def measure_from_arrays(self, ref_array, deg_array, sample_rate):
            given.append((ref_array, deg_array, sample_rate))
            return types.SimpleNamespace(moslqo=float(len(given)))

    monkeypatch.setitem(sys.modules, "visqol", types.SimpleNamespace(VisqolApi=VisqolApi))
    return given


def test_the_library_hears_the_target_first_at_48_khz_between_silences(heard):
    times_s = np.arange(RATE) / RATE
    target, output = (0.5 * np.sin(2 * np.pi * hz * times_s) for hz in (440, 1_000))
    assert visqol_mos(target, output, sample_rate=RATE).shape == ()
    ((*sounds, rate),) = heard
    assert rate == 48_000
    for hz, sound in zip((440, 1_000), sounds, strict=True):
        assert sound.shape == (2 * 48_000,) and sound.dtype == np.float64
        assert not sound[:24_000].any() and not sound[-24_000:].any()
        middle = sound[24_000 + 4_800 : -24_000 - 4_800]
        exact = 0.5 * np.sin(2 * np.pi * hz * (np.arange(len(middle)) + 4_800) / 48_000)
        np.testing.assert_allclose(middle, exact, atol=1e-3)


def test_each_row_has_a_score(heard):
    noise = np.random.default_rng(0).standard_normal((2, 3, 500))
    found = visqol_mos(noise, -noise, sample_rate=48_000)
    np.testing.assert_array_equal(found, [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_allclose(heard[4][0][24_000:-24_000], noise[1, 1], atol=1e-6)
    np.testing.assert_array_equal(heard[4][1], -heard[4][0])


def test_mistakes_are_told(heard):
    noise = np.random.default_rng(0).standard_normal((2, 500))
    with pytest.raises(EqlibError, match="output is silent"):
        visqol_mos(noise, noise * [[1], [0]], sample_rate=RATE)
    with pytest.raises(EqlibError, match="target is silent"):  # nothing is left at 48 kHz
        visqol_mos(np.ones(1), np.ones(1), sample_rate=384_000)
    with pytest.raises(EqlibError, match="same number of clips"):
        visqol_mos(noise, noise[:, 1:], sample_rate=RATE)
    with pytest.raises(EqlibError, match="sample rate of 0 Hz"):
        visqol_mos(noise, noise, sample_rate=0)


def test_a_missing_library_is_told_with_its_cure(monkeypatch):
    monkeypatch.setitem(sys.modules, "visqol", None)
    noise = np.random.default_rng(0).standard_normal(500)
    with pytest.raises(EqlibError, match="^visqol cannot be imported") as caught:
        visqol_mos(noise, noise, sample_rate=RATE)
    assert "'perceptual'" in str(caught.value) and "pip install visqol-python" in caught.value.cure


@pytest.fixture(scope="module")
def phrase():
    return data.load(kind="phrase")["phrases/sp_loop_garzul"][: 2 * RATE]


@needs_visqol
def test_equal_sounds_have_the_top_score_and_so_has_what_no_ear_of_its_kind_hears(phrase):
    target = SHELF(phrase)
    for output in (target, -target, target / 2):
        assert visqol_mos(target, output, sample_rate=RATE) == pytest.approx(4.732, abs=0.002)


@needs_visqol
def test_a_missing_shelf_is_heard_and_more_noise_is_worse(phrase):
    target, rng = SHELF(phrase), np.random.default_rng(0)
    noise = rng.standard_normal(len(target)) * np.sqrt(np.mean(target**2))
    scores = [
        float(visqol_mos(target, target + 10 ** (-snr_db / 20) * noise, sample_rate=RATE))
        for snr_db in (70, 40, 30, 20, 10)
    ]
    assert scores == sorted(scores, reverse=True) and scores[0] > 4.7 > 3.2 > scores[-1]
    assert visqol_mos(target, phrase, sample_rate=RATE) < 4.5


@needs_visqol
def test_a_short_note_is_heard_from_its_first_moment():
    note = data.load(instrument="xylophone")["xylophone/C8"]
    assert len(note) < 0.7 * RATE
    without = np.where(np.arange(len(note)) < 1_600, 1e-4, 1) * note
    assert visqol_mos(note, without, sample_rate=RATE) < 4.6
