"""Inside the network, and the training monitor's replay, in their chapters' pages."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest

pytestmark = pytest.mark.browser


@pytest.fixture
def inside(open_page):
    page = open_page("book/front_end.html", viewport={"width": 1200, "height": 900})
    page.locator("html[data-eq-ready]").wait_for()
    return page.locator(".eq-inside")


@pytest.fixture
def monitor(open_page):
    page = open_page("book/tour.html", viewport={"width": 1200, "height": 900})
    page.locator("html[data-eq-ready]").wait_for()
    return page.locator(".eq-monitor").nth(1)


def state_of(component):
    return json.loads(component.get_attribute("data-eq-state"))


def test_a_filters_band_is_what_the_filter_lets_through(inside):
    state, index = state_of(inside), 10
    taps = np.frombuffer(base64.b64decode(state["taps"]), np.int8).reshape(-1, state["kernel"])
    script = """async (element, index) => {
        const { note, band } = element.eqComponent;
        return [Array.from(note), Array.from(await band(index))];
    }"""
    note, band = map(np.array, inside.evaluate(script, index))
    expected = np.convolve(note, taps[index, ::-1] * state["taps_scale"])[: len(note)]
    np.testing.assert_allclose(band, expected, atol=1e-4 * np.abs(expected).max() + 1e-6)
    power = np.abs(np.fft.rfft(taps[index].astype(float), 16_000)) ** 2  # a bin a Hz
    center_hz = (power * np.arange(8_001)).sum() / power.sum()
    assert state["centers_hz"] == sorted(state["centers_hz"])
    assert center_hz == pytest.approx(state["centers_hz"][index], abs=15)


def test_the_cursor_tells_what_every_filter_gets(inside):
    slider = inside.get_by_role("slider", name="time in seconds")
    slider.focus()
    before = inside.locator(".eq-inside-words").text_content()
    slider.press("End")
    slider.press("ArrowLeft")
    after = inside.locator(".eq-inside-words").text_content()
    assert before != after
    assert slider.get_attribute("aria-valuetext") == f"{state_of(inside)['seconds'] - 0.01:.2f} s"
    gains_db = inside.evaluate("element => element.eqComponent.gainsNow()")
    picture = state_of(inside)["pictures"]["Z_hat"]
    assert len(gains_db) == state_of(inside)["filters"]
    assert picture["low"] - 1e-6 <= min(gains_db) <= max(gains_db) <= picture["high"] + 1e-6
    (filter_, gain_db) = re.findall(r"Filter (\d+), .*gain (?:at most )?([−\d.]+) dB", after)[0]
    shown = float(gain_db.replace("−", "-"))
    assert shown == pytest.approx(gains_db[int(filter_)], abs=0.06)


def test_a_click_on_a_filter_plays_its_band(inside):
    bars = inside.locator("canvas").last
    box = bars.bounding_box()
    bars.click(position={"x": box["width"] * 0.25, "y": box["height"] / 2})
    inside.get_by_role("button", name="Stop").wait_for()
    chosen = int(inside.get_by_label("filter", exact=True).input_value())
    assert chosen == pytest.approx(state_of(inside)["filters"] / 4, abs=2)
    assert f"The band of filter {chosen}" in inside.get_by_role("status").text_content()
    inside.get_by_role("button", name="Stop").click()
    inside.get_by_role("button", name="Play the note").wait_for()


def test_two_clicks_play_once(inside):
    inside.evaluate(
        """element => {
            window.started = [];
            const { start } = AudioBufferSourceNode.prototype;
            AudioBufferSourceNode.prototype.start = function (...at) {
                if (this.context instanceof AudioContext) window.started.push(this);
                return start.apply(this, at);
            };
            const [button] = element.querySelectorAll("button");
            button.click();
            button.click();
        }"""
    )
    inside.get_by_role("button", name="Stop").wait_for()
    assert inside.page.evaluate("window.started.length") == 1
    inside.get_by_role("button", name="Stop").click()
    inside.get_by_role("button", name="Play the note").wait_for()


def test_inside_and_a_player_give_way_to_each_other(inside):
    player = inside.page.locator(".eq-compare").first
    inside.get_by_role("button", name="Play the note").click()
    inside.get_by_role("button", name="Stop").wait_for()
    player.get_by_role("button", name="Play").click()
    inside.get_by_role("button", name="Play the note").wait_for()
    inside.get_by_role("button", name="Play its band").click()
    inside.get_by_role("button", name="Stop").wait_for()
    player.get_by_role("button", name="Play").wait_for()


def test_its_data_is_small(inside):
    assert len(inside.get_attribute("data-eq-state")) < 300_000


def test_a_run_is_replayed_from_its_log(monitor):
    state = state_of(monitor)
    assert state["stage"] == "train"
    best = state["checks"][state["best"]]
    words = monitor.get_by_role("status")
    last = state["checks"][-1]
    assert f"After {last['step']} steps" in words.text_content()

    checked = {check["step"] for check in state["checks"]}
    between = [frame for frame in state.get("frames", []) if frame["step"] not in checked]
    moments = sorted([*between, *state["checks"]], key=lambda moment: moment["step"])
    slider = monitor.get_by_role("slider", name="moment of the run")
    slider.focus()
    slider.press("Home")
    first = moments[0]
    assert re.search(rf"After {first['step']} steps? ", words.text_content())
    for _ in range(moments.index(best)):
        slider.press("ArrowRight")
    assert f"SNR {best['snr_db']} dB" in words.text_content()
    assert "the one that is kept" in words.text_content()

    slider.press("End")
    replay = monitor.get_by_role("button", name="Replay")
    replay.click()
    assert re.search(rf"After {first['step']} steps? ", words.text_content())
    slider.press("End")
    slider.press("ArrowLeft")
    assert replay.is_visible(), "the slider stops the replay"
    held = words.text_content()
    monitor.page.wait_for_timeout(1_600)
    assert words.text_content() == held
    slider.press("End")
    replay.click()
    monitor.page.wait_for_function(
        "([element, step]) => element.textContent.includes(`After ${step} steps`)",
        arg=[monitor.element_handle(), last["step"]],
        timeout=30_000,
    )
    assert monitor.get_by_role("button", name="Stop and keep the best").count() == 0
