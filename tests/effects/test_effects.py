"""Each effect, sample by sample against its definition as a plain loop."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import signal

from eqlib import EqlibError
from eqlib.effects.compressor import Compressor
from eqlib.effects.modulation import AutoWah, Tremolo
from eqlib.effects.phaser import Phaser
from eqlib.effects.room import Room
from eqlib.effects.waveshaping import Waveshaper

RATE = 16_000
EFFECTS = [Waveshaper(), Waveshaper(oversampling=4), Compressor(), Tremolo(), AutoWah()]
EFFECTS += [Phaser(), Room()]


@pytest.fixture(scope="module")
def note():
    """A tone that is struck twice, so that levels rise and fall, with silence before it."""
    n = np.arange(4_000)
    fading = np.exp(-(n % 1_500) / 500) * np.sin(2 * np.pi * 440 * n / RATE) * 0.7
    return np.concatenate((np.zeros(100), fading))


def test_the_naive_waveshaper_is_a_curve(note):
    expected = [math.tanh(10 ** (12 / 20) * sample) for sample in note]
    np.testing.assert_allclose(Waveshaper(drive_db=12)(note), expected, atol=1e-12, rtol=0)


def test_oversampling_is_zeros_between_a_filter_the_curve_and_the_filter_again():
    times, x = 4, np.random.default_rng(0).standard_normal(60) / 4
    half = 10 * times
    taps = signal.firwin(2 * half + 1, 1 / times, window=("kaiser", 5.0))

    def filtered(samples):
        result = []
        for n in range(len(samples)):
            lags = range(max(0, n + half - len(samples) + 1), min(len(taps), n + half + 1))
            result.append(sum(taps[k] * samples[n + half - k] for k in lags))
        return result

    spread = [x[n // times] * times if n % times == 0 else 0.0 for n in range(times * len(x))]
    shaped = [math.tanh(10 ** (18 / 20) * sample) for sample in filtered(spread)]
    expected = filtered(shaped)[::times]
    found = Waveshaper(drive_db=18, oversampling=times)(x)
    np.testing.assert_allclose(found, expected, atol=1e-12, rtol=0)


def test_oversampling_removes_most_of_what_folds_back():
    # Partials of 1,900 Hz are its multiples; all else is aliasing.
    x = 0.5 * np.sin(2 * np.pi * 1_900 * np.arange(RATE) / RATE)

    def aliasing_db(effect):
        power = np.abs(np.fft.rfft(effect(x) * np.hanning(RATE))) ** 2
        near = np.abs((np.arange(len(power)) + 950) % 1_900 - 950) < 4
        return 10 * np.log10(power[~near].sum() / power.sum())

    assert aliasing_db(Waveshaper()) > -25
    assert aliasing_db(Waveshaper(oversampling=8)) < aliasing_db(Waveshaper()) - 20


@pytest.mark.parametrize("knee_db", [0.0, 6.0])
def test_compressor(note, knee_db):
    effect = Compressor(
        threshold_db=-20, ratio=3, knee_db=knee_db, attack_ms=5, release_ms=50, makeup_db=4
    )
    rise, fall = math.exp(-1 / (0.005 * RATE)), math.exp(-1 / (0.050 * RATE))
    held = smooth = 0.0
    gains_db = []
    for sample in note:
        level_db = 20 * math.log10(max(abs(sample), 1e-6))
        if level_db < -20 - knee_db / 2:
            out_db = level_db
        elif level_db > -20 + knee_db / 2 or knee_db == 0:
            out_db = -20 + (level_db + 20) / 3
        else:  # the tutorial's equation (4)
            out_db = level_db + (1 / 3 - 1) * (level_db + 20 + knee_db / 2) ** 2 / (2 * knee_db)
        reduction = level_db - out_db
        held = max(reduction, fall * held + (1 - fall) * reduction)
        smooth = rise * smooth + (1 - rise) * held
        gains_db.append(4 - smooth)
    assert min(gains_db) < 0 < max(gains_db)
    np.testing.assert_allclose(effect.gain_db(note), gains_db, atol=1e-9, rtol=0)
    expected = [x * 10 ** (gain / 20) for x, gain in zip(note, gains_db, strict=True)]
    np.testing.assert_allclose(effect(note), expected, atol=1e-12, rtol=0)


def test_compressor_in_the_steady_state_follows_its_curve():
    # A square wave has one level, so that theory gives the gain: 4:1 above -30 dB.
    square = 0.5 * np.sign(np.sin(2 * np.pi * 100 * (np.arange(RATE) + 0.5) / RATE))
    gain_db = Compressor(knee_db=0).gain_db(square)[-1]
    assert gain_db == pytest.approx(-(1 - 1 / 4) * (20 * math.log10(0.5) + 30), abs=0.01)


def test_tremolo(note):
    found = Tremolo(rate_hz=7, depth=0.6, phase_deg=90)(note)
    expected = [
        x * (1 - 0.6 * (1 + math.cos(2 * math.pi * 7 * n / RATE)) / 2) for n, x in enumerate(note)
    ]
    np.testing.assert_allclose(found, expected, atol=1e-12, rtol=0)


def test_auto_wah(note):
    """The filter is written here as its two integrators, solved by matrix at each sample."""
    effect = AutoWah(low_hz=200, high_hz=2_000, full_level=0.3, q=4, gain_db=9)
    rise, fall = math.exp(-1 / (0.010 * RATE)), math.exp(-1 / (0.100 * RATE))
    level, state, expected = 0.0, np.zeros(2), []
    for x in note:
        rate = rise if abs(x) > level else fall
        level = rate * level + (1 - rate) * abs(x)
        center_hz = 200 * 10 ** min(level / 0.3, 1)
        g = math.tan(math.pi * center_hz / RATE)
        # Trapezoids: band = g (x - band / q - low) + s1, low = g band + s2.
        band, low = np.linalg.solve([[1 + g / 4, g], [-g, 1]], [g * x + state[0], state[1]])
        state = 2 * np.array([band, low]) - state
        expected.append(x + (10 ** (9 / 20) - 1) * band / 4)
    np.testing.assert_allclose(effect(note), expected, atol=1e-10, rtol=0)


def test_auto_wah_at_rest_is_a_peak_of_its_gain():
    soft = np.zeros(RATE)
    soft[0] = 1e-9  # too soft to move the filter
    response = np.abs(np.fft.rfft(AutoWah(low_hz=500, gain_db=12)(soft) / 1e-9))
    assert int(response.argmax()) == pytest.approx(500, abs=2)
    assert 20 * math.log10(response.max()) == pytest.approx(12, abs=0.05)
    assert 20 * math.log10(response[4_000]) == pytest.approx(0, abs=0.3)


def test_room(note):
    effect = Room(length_ms=20, predelay_ms=2, rt60_ms=30, wet_db=-3, seed=5)
    response = effect.impulse_response()
    assert len(response) == 320 and response[0] == 1 and not response[1:32].any()
    assert 10 * math.log10(np.sum(response[32:] ** 2)) == pytest.approx(-3, abs=1e-9)
    noise = np.random.default_rng(5).standard_normal(288)
    shape = response[32:] / noise  # 60 dB in 30 ms
    assert 20 * math.log10(shape[160] / shape[0]) == pytest.approx(-20, abs=1e-9)
    short = note[:600]
    expected = [
        sum(response[k] * short[n - k] for k in range(min(n + 1, 320))) for n in range(len(short))
    ]
    np.testing.assert_allclose(effect(short), expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda e: type(e).__name__)
def test_rows_are_processed_apart_and_kind_and_shape_stay(note, effect):
    rows = np.stack((note, note[::-1], note / 8)).astype(np.float32)
    together = effect(rows)
    assert together.dtype == np.float32 and together.shape == rows.shape
    for row, processed in zip(rows, together, strict=True):
        np.testing.assert_array_equal(effect(row), processed)
    np.testing.assert_allclose(together[2], effect(note / 8), atol=1e-5)


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda e: type(e).__name__)
def test_an_effect_hears_the_past_alone(note, effect):
    changed = note.copy()
    changed[2_500:] = 0.1
    ahead = 20 if getattr(effect, "oversampling", 1) > 1 else 0  # two filters, 10 samples each
    np.testing.assert_allclose(
        effect(changed)[: 2_500 - ahead], effect(note)[: 2_500 - ahead], atol=1e-12
    )


def test_a_phaser_that_stands_still_is_allpass_filters_and_the_dry_sound(note):
    """Oracle: SciPy's filter, with the coefficient of the textbook."""
    warped = math.tan(math.pi * 800 / RATE)
    a = (warped - 1) / (warped + 1)
    turned = note
    for _ in range(4):
        turned = signal.lfilter([a, 1], [1, a], turned)
    found = Phaser(low_hz=800, high_hz=800)(note)
    np.testing.assert_allclose(found, (note + turned) / 2, atol=1e-12, rtol=0)


def test_a_phaser_moves_as_its_sine(note):
    effect = Phaser(rate_hz=3, low_hz=200, high_hz=2_000, filters=2, phase_deg=90)
    stages = [[0.0, 0.0], [0.0, 0.0]]  # what went in and came out before
    expected = []
    for n, sample in enumerate(note):
        height = (1 + math.sin(2 * math.pi * (3 * n / RATE + 0.25))) / 2
        warped = math.tan(math.pi * 200 * 10**height / RATE)
        a, u = (warped - 1) / (warped + 1), sample
        for stage in stages:
            v = a * u + stage[0] - a * stage[1]
            stage[:] = u, v
            u = v
        expected.append((sample + u) / 2)
    np.testing.assert_allclose(effect(note), expected, atol=1e-12, rtol=0)


def test_two_filters_make_a_notch_where_each_turns_by_ninety_degrees():
    t = np.arange(RATE) / RATE
    effect = Phaser(low_hz=1_000, high_hz=1_000, filters=2)
    for hz, low_db, high_db in ((1_000, -400, -60), (100, -0.5, 0.01), (5_000, -1, 0.01)):
        tone = np.sin(2 * np.pi * hz * t)
        gain_db = 20 * np.log10(effect(tone)[RATE // 2 :].std() / tone.std())
        assert low_db < gain_db < high_db, hz


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Waveshaper(oversampling=0), "oversampling is 0"),
        (lambda: Compressor(ratio=0.5), "ratio is 0.5"),
        (lambda: Compressor(attack_ms=0), "attack_ms is 0"),
        (lambda: Compressor(knee_db=-1), "knee_db is -1"),
        (lambda: Tremolo(depth=1.5), "depth is 1.5"),
        (lambda: AutoWah(low_hz=4_000, high_hz=300), "low_hz is 4000"),
        (lambda: AutoWah(high_hz=9_000), "high_hz 9000"),
        (lambda: Phaser(filters=0), "filters is 0"),
        (lambda: Phaser(low_hz=500, high_hz=400), "low_hz is 500"),
        (lambda: Room(predelay_ms=150), "predelay_ms is 150"),
    ],
)
def test_wrong_settings_are_told(make, told):
    with pytest.raises(EqlibError, match=told):
        make()
