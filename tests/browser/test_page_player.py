"""The comparison player that takes the place of a page's plain ones."""

from __future__ import annotations

import re

import numpy as np
import pytest

from eqlib.widgets import player

pytestmark = pytest.mark.browser

RATE = 16_000

# Plays two buffers by the player's own mixer, off line, and returns the samples.
MIX = """async ([a, b, from, to, at]) => {
    const { Mixer } = await import("./_static/mixer.js");
    const context = new OfflineAudioContext(1, 16000, 16000);
    const buffers = [a, b].map((samples) => {
        const buffer = context.createBuffer(1, samples.length, 16000);
        buffer.copyToChannel(Float32Array.from(samples), 0);
        return buffer;
    });
    const mixer = new Mixer(context, buffers);
    mixer.start(0, from, to, 0);
    if (at) mixer.select(1, at);
    return Array.from((await context.startRendering()).getChannelData(0));
}"""


@pytest.fixture
def tour(open_page):
    page = open_page("book/tour.html", viewport={"width": 1200, "height": 900})
    page.locator("html[data-eq-ready]").wait_for()
    return page


@pytest.fixture
def hear_it(tour):
    """The player with a target and an output."""
    return tour.locator(".eq-compare").filter(has_text="difference").first


def mix(page, a, b, *, loop=(0.0, 1.0), switch_s=0.0):
    page = page.page if hasattr(page, "page") else page
    script = MIX.replace("./_static", "../_static")
    script = f"args => (new Function('args', `return ({script})(args)`))(args)"
    return np.array(page.evaluate(script, [a.tolist(), b.tolist(), *loop, switch_s]))


def test_a_switch_leaves_no_gap_and_makes_no_click(tour):
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE) / 2
    same = mix(tour, tone, tone, switch_s=0.5)
    np.testing.assert_allclose(same[200:], tone[200:], atol=1e-4)

    soft = mix(tour, tone, tone / 2, switch_s=0.5)
    np.testing.assert_allclose(soft[200:7_900], tone[200:7_900], atol=1e-4)
    np.testing.assert_allclose(soft[8_300:], tone[8_300:] / 2, atol=1e-4)
    steepest = np.abs(np.diff(tone)).max()
    assert np.abs(np.diff(soft)).max() < 1.05 * steepest


def test_a_loop_goes_round_at_the_sample(tour):
    ramp = np.arange(RATE) / RATE
    looped = mix(tour, ramp, ramp, loop=(0.25, 0.5))
    n = np.arange(RATE)
    expected = np.where(n < 8_000, n, 4_000 + (n - 4_000) % 4_000) / RATE
    inside = n > 200
    assert np.mean(np.abs(looped - expected)[inside] < 1e-3) > 0.999


def test_every_plain_player_of_the_page_is_replaced(tour):
    assert tour.locator(".eq-compare").count() >= 4
    assert tour.locator("audio").count() == 0


def test_sounds_are_switched_while_they_play(hear_it):
    hear_it.get_by_role("button", name="Play").click()
    pause = hear_it.get_by_role("button", name="Pause")
    pause.wait_for()
    radios = hear_it.get_by_role("radio")
    assert radios.count() == 4
    radios.first.focus()
    for name in ("target", "output", "difference"):
        hear_it.page.keyboard.press("ArrowDown")
        picture = hear_it.locator(".eq-compare-wave").get_attribute("aria-label")
        assert picture.startswith(f"Waveform of {name}")
        assert pause.is_visible()
    gains = """element => element.parentElement.querySelectorAll('.eq-compare').length &&
        element.eqPlayer.mixer.selected"""
    assert hear_it.evaluate(gains) == 3
    pause.click()
    hear_it.get_by_role("button", name="Play").wait_for()


def test_the_difference_is_target_minus_output(hear_it):
    rms = """element => element.eqPlayer.buffers.map((buffer) => Math.sqrt(
        buffer.getChannelData(0).reduce((sum, x) => sum + x * x, 0) / buffer.length))"""
    _, target, output, difference = hear_it.evaluate(rms)
    assert output == pytest.approx(target, rel=0.05)
    # The network's error lies below that of the MP3 coder, which alone is 47 to 50 dB down.
    assert 20 * np.log10(target / difference) > 25


def test_only_one_player_is_heard(tour):
    first, second = (tour.locator(".eq-compare").nth(i) for i in (0, 1))
    first.get_by_role("button", name="Play").click()
    first.get_by_role("button", name="Pause").wait_for()
    second.get_by_role("button", name="Play").click()
    second.get_by_role("button", name="Pause").wait_for()
    first.get_by_role("button", name="Play").wait_for()


def test_the_picture_is_the_sounds_own_shape(hear_it):
    """As high as the sound reaches within a period of each column, at several widths."""
    script = """(element) => {
        const [wave] = element.querySelectorAll("canvas");
        const brush = wave.getContext("2d");
        const { data } = brush.getImageData(0, 0, wave.width, wave.height);
        const heights = Array.from({ length: wave.width }, (_, x) => {
            const inked = (y) => data[4 * (y * wave.width + x) + 3] > 128;
            return Array.from({ length: wave.height }, (_, y) => y).filter(inked).length;
        });
        const { buffers } = element.eqPlayer;
        return [heights, buffers.map((buffer) => Array.from(buffer.getChannelData(0)))];
    }"""
    page = hear_it.page
    for width in (1200, 1000, 800, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(200)
        heights, sounds = hear_it.evaluate(script)
        sound, peak = np.array(sounds[0]), max(np.abs(x).max() for x in sounds)
        columns = len(heights)
        exact = []
        for x in range(columns):
            middle, half = (x + 0.5) * len(sound) / columns, len(sound) / columns / 2
            # The note's period is 43 samples.
            near, far = max(half, 20), max(half, 24) + 3
            own = sound[max(0, int(middle - near)) : int(middle + near) + 1]
            wide = sound[max(0, int(middle - far)) : int(middle + far) + 1]
            exact.append([np.ptp([0, *own]), np.ptp([0, *wide])])
        least, most = (np.array(exact) * 0.47 * 84 / peak).T
        got = np.array(heights[3:-50])  # from behind the playhead on
        assert (got >= least[3:-50] - 2.5).all()
        assert (got <= np.maximum(1, most[3:-50]) + 2.5).all()


def test_space_and_numbers_work_within_a_player(hear_it):
    hear_it.locator("legend").evaluate("e => e.closest('.eq-compare').focus()")
    keyboard = hear_it.page.keyboard
    scrolled = hear_it.page.evaluate("scrollY")
    keyboard.press("Space")
    hear_it.get_by_role("button", name="Pause").wait_for()
    assert hear_it.page.evaluate("scrollY") == scrolled
    keyboard.press("3")
    assert hear_it.evaluate("e => e.eqPlayer.mixer.selected") == 2
    assert hear_it.get_by_role("radio").nth(2).is_checked()
    keyboard.press("9")
    assert hear_it.evaluate("e => e.eqPlayer.mixer.selected") == 2
    hear_it.get_by_role("radio").nth(2).focus()
    keyboard.press("Space")
    hear_it.get_by_role("button", name="Play").wait_for()
    field = hear_it.get_by_label("from (s)")
    field.fill("0.2")
    field.press("1")  # a digit, in a field
    assert field.input_value() == "0.21"
    assert hear_it.get_by_role("radio").nth(2).is_checked()
    hear_it.get_by_text("Blind test (ABX)").click()
    keyboard.press("2")
    assert hear_it.locator('[aria-pressed="true"]').text_content() == "hear B"
    hear_it.get_by_role("button", name="Pause").wait_for()


def test_abx_compares_no_sound_with_itself(hear_it):
    hear_it.get_by_text("Blind test (ABX)").click()
    a, b = hear_it.get_by_label("A:"), hear_it.get_by_label("B:")
    before = (a.input_value(), b.input_value())
    a.select_option(before[1])
    assert (a.input_value(), b.input_value()) == before[::-1]
    assert hear_it.evaluate("e => e.eqPlayer.blind.pair") == [int(x) for x in before[::-1]]
    count = a.locator("option").count()
    for index in range(count):
        b.select_option(str(index))
        assert a.input_value() != b.input_value()


def test_a_loop_is_set_by_number_and_a_bad_one_is_refused(hear_it):
    start, end = hear_it.get_by_label("from (s)"), hear_it.get_by_label("to (s)")
    start.fill("0.2")
    end.fill("0.5")
    end.press("Tab")
    picture = hear_it.locator(".eq-compare-wave")
    assert "loop from 0.20 to 0.50 s" in picture.get_attribute("aria-label")
    start.fill("0.9")
    start.press("Tab")
    assert "stays as it was" in hear_it.get_by_role("status").last.text_content()
    assert start.input_value() == "0.20"


def test_abx_counts_and_tells_the_chance_of_guessing(hear_it):
    hear_it.get_by_text("Blind test (ABX)").click()
    assert hear_it.get_by_role("radio").count() == 0, "which sound is heard is the question"
    wave, spectrum = (hear_it.locator(f".eq-compare-{name}") for name in ("wave", "spectrum"))
    pictures = []
    for which in ("A", "B"):
        hear_it.get_by_role("button", name=f"hear {which}").click()
        hear_it.page.wait_for_timeout(300)
        playing = spectrum.evaluate("e => e.toDataURL()")
        hear_it.get_by_role("button", name="Pause").click()
        wave.click(position={"x": 1, "y": 40})  # the playhead back to the start
        pictures.append((playing, wave.evaluate("e => e.toDataURL()")))
    assert pictures[0] == pictures[1], "what is seen does not give X away"
    hear_it.get_by_role("button", name="hear X").click()
    for right in (True, True, False, True):
        x = hear_it.evaluate("element => element.eqPlayer.blind.x")
        name = ["X is A", "X is B"][x if right else 1 - x]
        hear_it.get_by_role("button", name=name).click()
        said = hear_it.locator(".eq-compare-score").text_content()
        assert said.startswith(f"{'Right' if right else 'Wrong'}, X was {'AB'[x]}.")
    pressed = hear_it.locator('[aria-pressed="true"]')
    assert pressed.all_text_contents() == ["hear X"]
    text = hear_it.locator(".eq-compare-score").text_content()
    assert "3 of 4 right" in text
    assert float(re.search(r"alone, ([\d.]+) %", text)[1]) == pytest.approx(100 * 5 / 16, abs=0.5)
    assert "hidden" in hear_it.locator(".eq-compare-wave").get_attribute("aria-label")
    hear_it.get_by_text("Blind test (ABX)").click()
    seen = (spectrum.evaluate("e => e.toDataURL()"), wave.evaluate("e => e.toDataURL()"))
    assert seen[1] != pictures[0][1], "without the test the wave is drawn"
    shown = hear_it.get_by_role("radio", checked=True).evaluate("e => e.parentElement.innerText")
    assert (
        hear_it.locator(".eq-compare-wave").get_attribute("aria-label").split()[2].strip(",")
        in shown
    )


def test_sounds_keep_their_sample_rate(tour):
    """A tone at 12 kHz, which 16 kHz cannot hold."""
    tone = np.sin(2 * np.pi * 12_000 * np.arange(44_100) / 44_100) / 4
    made = player.player({"high": tone, "again": tone}, sample_rate=44_100)
    script = """async (html) => {
        const output = document.querySelector(".bd-article");
        output.insertAdjacentHTML("beforeend", html);
        const figures = [...output.querySelectorAll(":scope > figure.eq-player")];
        const { mount } = await import("../_static/player.js");
        const tracks = figures.map((figure) => ({
            name: "high", change: "", gain_db: 0, address: figure.querySelector("audio").src }));
        const rate = Number(figures[0].dataset.sampleRate);
        const place = document.createElement("div");
        output.append(place);
        const [buffer] = (await mount(place, { tracks, sample_rate: rate })).buffers;
        return [buffer.sampleRate, Array.from(buffer.getChannelData(0))];
    }"""
    script = f"html => (new Function('html', `return ({script})(html)`))(html)"
    rate, heard = tour.evaluate(script, made._repr_html_())
    assert rate == 44_100
    power = np.abs(np.fft.rfft(heard)) ** 2
    assert power.argmax() * rate / len(heard) == pytest.approx(12_000, abs=2)
    assert np.sqrt(np.mean(np.square(heard))) == pytest.approx(0.25 / 2**0.5, rel=0.1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_players_fit_a_phone(open_page, scheme):
    size = {"width": 390, "height": 844}
    page = open_page("book/tour.html", viewport=size, color_scheme=scheme)
    page.locator("html[data-eq-ready]").wait_for()
    for compared in page.locator(".eq-compare").all():
        box = compared.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
