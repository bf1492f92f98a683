"""What the sounds of a page share: one is heard at a time, at one volume."""

from __future__ import annotations

import base64
import io

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
