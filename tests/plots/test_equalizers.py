"""What the figures of equalizers draw, against scipy, plain sums and tones sent through filters."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy import signal

from eqlib import EQ, EqlibError, plots
from eqlib.analysis import systems
from eqlib.plots import equalizers

RATE = 16_000
SHELF = EQ.low_shelf(cutoff_hz=500, gain_db=10)
LINEAR = SHELF.fir(taps=129, phase="linear", compensate_delay=True)
SHORT = SHELF.fir(taps=33, phase="minimum")

FIGURES = {
    "impulses": lambda: plots.impulse_responses({"a": SHELF, "b": LINEAR}, before=20, after=30),
    "energy": lambda: plots.energy_to_come({"IIR": SHELF, "FIR": SHORT}, samples=100),
    "same_gain": lambda: plots.same_gain(SHELF, {"linear": LINEAR, "short": SHORT}),
}
each_figure = pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)


@each_figure
def test_a_figure_is_one_that_the_cell_shows(draw):
    fig = draw()
    assert isinstance(fig, Figure)
    assert any(ax.get_xlabel() for ax in fig.axes)


# --- impulse responses


@pytest.mark.parametrize("before", [0, 5, 64, 100])
def test_a_biquads_response_is_scipys_and_silent_before_time_zero(before):
    b, a = SHELF.stages[0].coefficients(RATE)
    response = systems.click_response(SHELF, before=before, after=50)
    assert np.array_equal(response[:before], np.zeros(before))
    assert np.allclose(response[before:], signal.lfilter(b, a, np.eye(1, 50)[0]), atol=1e-12)


@pytest.mark.parametrize("before", [0, 30, 64, 90])
def test_a_compensated_response_begins_before_time_zero(before):
    taps = np.pad(LINEAR.stages[0].coefficients(RATE)[0], 200)
    middle = len(taps) // 2
    response = systems.click_response(LINEAR, before=before, after=80)
    assert np.allclose(response, taps[middle - before : middle + 80], atol=1e-12)


def test_each_response_has_a_panel_with_its_times():
    fig = FIGURES["impulses"]()
    assert [ax.get_title(loc="left") for ax in fig.axes] == ["a", "b"]
    times, values = fig.axes[1].lines[1].get_data()
    assert np.array_equal(times, np.arange(-20, 30))
    assert np.allclose(values, systems.click_response(LINEAR, before=20, after=30))


# --- energy to come


@pytest.mark.parametrize("eq", [SHELF, SHORT, EQ.low_shelf(cutoff_hz=60, gain_db=10)])
def test_energy_to_come_is_a_plain_sum(eq):
    h = eq.impulse_response(20_000)
    got = systems.energy_to_come_db(eq, samples=30)
    for n in range(30):
        expected = 10 * np.log10(sum(v * v for v in h[n:]) / sum(v * v for v in h))
        assert got[n] == pytest.approx(expected, abs=1e-6)


def test_nothing_is_to_come_after_the_last_tap():
    got = systems.energy_to_come_db(SHORT, samples=60)
    assert np.all(np.isfinite(got[:33])) and np.all(np.isneginf(got[33:]))
    assert got[0] == 0


def test_energy_to_come_is_the_error_of_a_cut_on_noise():
    noise = np.random.default_rng(0).standard_normal(100_000)
    h = SHELF.impulse_response(2_000)
    exact, cut = np.convolve(noise, h), np.convolve(noise, h[:20])
    error_db = 10 * np.log10(((exact[:100_000] - cut[:100_000]) ** 2).sum() / (exact**2).sum())
    assert systems.energy_to_come_db(SHELF, samples=21)[20] == pytest.approx(error_db, abs=0.5)


# --- the SNR of a tone


@pytest.mark.parametrize(
    ("degrees", "snr_db"), [(60, 0.0), (180, -6.0206), (90, -3.0103), (37, 3.95)]
)
def test_a_phase_alone_costs_what_the_chapter_says(degrees, snr_db):
    turned = 2.5 * np.exp(1j * np.deg2rad(degrees))
    assert systems.tone_snr_db(np.array([2.5 + 0j]), turned) == pytest.approx(snr_db, abs=0.01)


def test_equal_responses_are_infinitely_good():
    assert np.isposinf(systems.tone_snr_db(np.ones(3) + 0j, np.ones(3) + 0j)).all()


@pytest.mark.parametrize("hz", [100, 370, 500, 2_000])
@pytest.mark.parametrize("other", [LINEAR, SHORT], ids=["linear", "short"])
def test_the_snr_of_a_tone_is_that_of_a_tone_sent_through_both(hz, other):
    tone = np.sin(2 * np.pi * hz / RATE * np.arange(16_000))
    settled = slice(4_000, 12_000)  # whole periods of each
    target, output = SHELF(tone)[settled], other(tone)[settled]
    measured = 10 * np.log10((target**2).sum() / ((target - output) ** 2).sum())
    h, g = (eq.response(np.array([hz])) for eq in (SHELF, other))
    assert systems.tone_snr_db(h, g)[0] == pytest.approx(measured, abs=0.01)


def test_same_gain_draws_gain_phase_and_what_is_left():
    gain, phase, snr = FIGURES["same_gain"]().axes
    assert len(gain.lines) == len(phase.lines) == 3 and len(snr.lines) == 2
    hz, db = gain.lines[0].get_data()
    assert np.allclose(db, 20 * np.log10(np.abs(SHELF.response(hz))))
    assert np.allclose(phase.lines[1].get_ydata(), 0, atol=1e-6)  # linear phase, compensated
    for line, eq in zip(snr.lines, (LINEAR, SHORT), strict=True):
        expected = systems.tone_snr_db(SHELF.response(hz), eq.response(hz))
        assert np.allclose(line.get_ydata(), np.minimum(expected, equalizers.CEILING_DB))


# --- refused


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.impulse_responses({}),
        lambda: plots.impulse_responses({"a": np.sin}),
        lambda: plots.impulse_responses({"a": SHELF}, before=-1),
        lambda: plots.impulse_responses({"a": SHELF}, after=1),
        lambda: plots.impulse_responses({"a": SHELF, "b": EQ.flat(sample_rate=44_100)}),
        lambda: plots.energy_to_come({}),
        lambda: plots.energy_to_come({"a": SHELF}, samples=1),
        lambda: plots.same_gain(SHELF, {}),
        lambda: plots.same_gain(np.sin, {"a": SHELF}),
        lambda: plots.same_gain(SHELF, {"a": EQ.flat(sample_rate=44_100)}),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw):
    with pytest.raises(EqlibError):
        draw()
