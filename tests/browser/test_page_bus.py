"""What the sounds of a page share: one is heard at a time, at one volume."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest
import soundfile as sf

pytestmark = pytest.mark.browser

RATE = 16_000


@pytest.fixture
def tour(open_page):
    page = open_page("book/tour.html", viewport={"width": 1200, "height": 900})
    page.locator("html[data-eq-ready]").wait_for()
    return page


# Counts what sounds: the sources that were started and have not ended.
COUNT = """() => {
    window.sounding = new Set();
    const { start, stop } = AudioBufferSourceNode.prototype;
    AudioBufferSourceNode.prototype.start = function (...at) {
        if (this.context instanceof AudioContext) window.sounding.add(this.context);
        return start.apply(this, at);
    };
    AudioBufferSourceNode.prototype.stop = function (...at) {
        window.sounding.delete(this.context);
        return stop.apply(this, at);
    };
}"""


def test_of_all_that_can_sound_one_does(tour):
    """Players, the desk, and a plain audio element, each after each other."""
    tour.evaluate(COUNT)
    silence = io.BytesIO()
    sf.write(silence, np.zeros(4 * RATE), RATE, format="WAV")
    tour.evaluate(
        """(address) => {
            const plain = document.createElement("audio");
            plain.id = "plain";
            plain.src = address;
            document.body.append(plain);
        }""",
        f"data:audio/wav;base64,{base64.b64encode(silence.getvalue()).decode()}",
    )
    players = [tour.locator(".eq-compare").nth(k) for k in (0, 1)]
    desk = tour.locator(".eq-desk").first
    starts = [*(p.locator(".eq-compare-play") for p in players), desk.locator(".eq-desk-play")]
    sounding = "() => window.sounding.size + !document.getElementById('plain').paused"
    for order in ((0, 1, 2, None), (2, 0, None, 1), (1, None, 2, 0)):
        for which in order:
            if which is None:
                tour.evaluate("document.getElementById('plain').play()")
            else:
                starts[which].click()
            tour.wait_for_function(f"({sounding})() === 1")
            tour.wait_for_timeout(150)
            assert tour.evaluate(sounding) == 1
            paused = tour.evaluate("document.getElementById('plain').paused")
            assert paused == (which is not None)
        tour.evaluate("document.getElementById('plain').pause()")
        for p in players:
            if p.get_by_role("button", name="Pause").count():
                p.get_by_role("button", name="Pause").click()


def test_two_that_are_started_at_once_do_not_both_sound(tour):
    tour.evaluate(COUNT)
    tour.evaluate(
        "document.querySelectorAll('.eq-compare-play').forEach((button) => button.click())"
    )
    tour.wait_for_timeout(800)
    assert tour.evaluate("window.sounding.size") == 1
    assert tour.get_by_role("button", name="Pause").count() == 1


def test_one_volume_for_the_page(tour):
    sliders = tour.get_by_role("slider", name="volume")
    assert sliders.count() > 3
    sliders.first.focus()
    sliders.first.press("Home")
    assert {sliders.nth(k).input_value() for k in range(sliders.count())} == {"0"}
    player = tour.locator(".eq-compare").nth(1)
    player.get_by_role("button", name="Play").click()
    player.get_by_role("button", name="Pause").wait_for()
    loudest = """async (element) => {
        const { mixer } = element.eqPlayer;
        const meter = new AnalyserNode(mixer.context);
        window.eqOutput.connect(meter);
        const samples = new Float32Array(meter.fftSize);
        let top = 0;
        for (let k = 0; k < 20; k++) {
            await new Promise((done) => setTimeout(done, 20));
            meter.getFloatTimeDomainData(samples);
            top = Math.max(top, ...samples.map(Math.abs));
        }
        return top;
    }"""
    tour.evaluate(
        """() => {
            const { connect } = AudioNode.prototype;
            AudioNode.prototype.connect = function (to, ...rest) {
                if (to === this.context.destination) window.eqOutput = this;
                return connect.call(this, to, ...rest);
            };
        }"""
    )
    player = tour.locator(".eq-compare").nth(2)
    player.get_by_role("button", name="Play").click()
    player.get_by_role("button", name="Pause").wait_for()
    assert player.evaluate(loudest) == 0
    sliders.nth(1).press("End")
    tour.wait_for_timeout(200)
    assert player.evaluate(loudest) > 0.01


# The gain from a component to the speakers at the place where the page's slider is, for a sample.
THROUGH = """async (value) => {
    const { output } = await import(new URL("../_static/bus.js", location.href).href);
    const context = new OfflineAudioContext(1, 4096, 16000);
    const source = new ConstantSourceNode(context, { offset: value });
    source.connect(output(context));
    source.start();
    return (await context.startRendering()).getChannelData(0)[4000];
}"""


def test_a_page_begins_soft_and_keeps_what_the_reader_chose(tour):
    slider = tour.get_by_role("slider", name="volume").first
    assert slider.input_value() == "0.5"
    assert tour.locator(".eq-volume output").first.text_content() == "−12 dB"
    assert "−12 dB" in slider.get_attribute("aria-valuetext")
    assert 20 * np.log10(tour.evaluate(THROUGH, 0.5) / 0.5) == pytest.approx(-12, abs=0.1)
    slider.focus()
    slider.press("End")
    assert tour.evaluate(THROUGH, 0.5) == pytest.approx(0.5, abs=1e-6)
    for _ in range(7):
        slider.press("ArrowLeft")
    chosen = slider.input_value()
    assert chosen == "0.65"
    tour.goto(tour.url.replace("tour", "families"))
    tour.locator("html[data-eq-ready]").wait_for()
    assert tour.get_by_role("slider", name="volume").first.input_value() == chosen
    # And in another window, while it is open.
    other = tour.context.new_page()
    other.goto(tour.url)
    other.locator("html[data-eq-ready]").wait_for()
    other.get_by_role("slider", name="volume").first.press("Home")
    tour.wait_for_function("document.querySelector('.eq-volume output').textContent === 'off'")


def test_what_a_browser_kept_and_is_no_volume_counts_as_none(open_page):
    page = open_page("book/tour.html")
    for wrong in ("loud", "7", "-1", ""):
        page.evaluate("(wrong) => localStorage.setItem('eq-volume', wrong)", wrong)
        page.reload()
        page.locator("html[data-eq-ready]").wait_for()
        assert page.get_by_role("slider", name="volume").first.input_value() == "0.5"


@pytest.mark.parametrize("value", [0.0, 0.25, -0.9, 1.0, 3.0, -20.0])
def test_nothing_is_louder_than_full_scale_before_the_volume(tour, value):
    """What is below it goes through as it is, to the sample."""
    expected = np.clip(value, -1, 1) * 0.25
    assert tour.evaluate(THROUGH, value) == pytest.approx(expected, abs=1e-6)


def test_a_plain_player_has_the_volume_of_the_page_and_sets_it(tour):
    silence = io.BytesIO()
    sf.write(silence, np.zeros(4 * RATE), RATE, format="WAV")
    address = f"data:audio/wav;base64,{base64.b64encode(silence.getvalue()).decode()}"
    tour.evaluate(
        """async (address) => {
            const plain = document.createElement("audio");
            Object.assign(plain, { id: "plain", src: address });
            document.body.append(plain);
            await plain.play();
        }""",
        address,
    )
    assert tour.evaluate("plain.volume") == pytest.approx(0.25)
    slider = tour.get_by_role("slider", name="volume").first
    slider.press("End")
    assert tour.evaluate("plain.volume") == pytest.approx(1)
    tour.evaluate("plain.volume = 0.36")
    tour.wait_for_function(
        "[...document.querySelectorAll('.eq-volume input')].every((i) => i.value === '0.6')"
    )


def test_a_difference_above_full_scale_is_turned_down_and_says_by_how_much(tour):
    """Opposite sounds, turned down by 6 dB to be compared: at their own level, 1.6 apart."""
    peak, change = tour.evaluate(
        """async () => {
            const { mount } = await import(new URL("../_static/player.js", location.href).href);
            const tone = Float32Array.from({ length: 8000 }, (_, n) => 0.4 * Math.sin(n / 5));
            const tracks = [["target", tone], ["output", tone.map((x) => -x)]]
                .map(([name, samples]) => ({ name, samples, gain_db: -6, change: "" }));
            const element = document.createElement("div");
            document.body.append(element);
            const { buffers } = await mount(element, { tracks, sample_rate: 16000 });
            const words = [...element.querySelectorAll("label")].map((label) => label.textContent);
            const change = words.find((text) => text.includes("difference"));
            return [Math.max(...buffers[2].getChannelData(0)), change];
        }"""
    )
    apart_db = 20 * np.log10(0.8 * 10 ** (6 / 20))
    said = float(re.search(r"turned down by (\d+\.\d)", change)[1])
    assert 20 * np.log10(peak) == pytest.approx(apart_db - said, abs=0.01)
    assert -1.1 <= 20 * np.log10(peak) <= -1
