"""The EQ desk in the tour's page, moved by mouse and keyboard, and measured by its sound."""

from __future__ import annotations

import re

import numpy as np
import pytest

from eqlib import EQ, metrics
from eqlib.equalizers.biquad import Biquad
from eqlib.equalizers.targets import TARGETS

pytestmark = pytest.mark.browser

RATE = 16_000


class Desk:
    """What a reader sees of the desk, and the handle that the page keeps for tests."""

    def __init__(self, page):
        self.page, self.root = page, page.locator(".eq-desk")
        self.points = self.root.locator("[role=slider]")
        self.points.first.wait_for()

    def bands(self):
        return self.page.evaluate("document.querySelector('.eq-desk').eqComponent.eq.bands")

    def curve(self):
        return self.page.evaluate("document.querySelector('.eq-desk').eqComponent.eq.curve")

    def set(self, eq):
        self.page.evaluate("eq => document.querySelector('.eq-desk').eqComponent.set(eq)", eq)

    def render(self):
        """What comes out of the browser's own filters, (samples,)."""
        script = "document.querySelector('.eq-desk').eqComponent.render().then(x => Array.from(x))"
        return np.array(self.page.evaluate(script))

    def eq(self):
        """The desk's equalizer, made by Python."""
        if curve := self.curve():
            return EQ.drawn(**curve, phase="minimum")
        bands = [band for band in self.bands() if not band.pop("bypass")]
        return EQ(tuple(Biquad(**band) for band in bands), RATE)

    def code(self):
        """The line of Python that the desk shows."""
        return self.root.locator("code").text_content()

    def drag(self, index, right, up, *, beside=0):
        """Takes a point so many pixels beside its center, and moves it."""
        self.points.nth(index).scroll_into_view_if_needed()
        box = self.points.nth(index).bounding_box()
        x, y = box["x"] + box["width"] / 2 + beside, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + right, y - up, steps=7)
        self.page.mouse.up()


def test_a_finger_takes_hold_of_a_point_that_it_just_misses(desk):
    first = desk.bands()[0]
    desk.drag(0, 0, 30, beside=16)
    moved = desk.bands()[0]
    assert moved["cutoff_hz"] == pytest.approx(first["cutoff_hz"], rel=0.02), "it does not jump"
    assert moved["gain_db"] > first["gain_db"] + 3
    desk.drag(0, 0, 30, beside=60)
    assert desk.bands()[0] == moved


def test_an_added_band_takes_a_place_that_is_free(desk):
    desk.set({"bands": []})
    for _ in range(3):
        desk.root.get_by_role("button", name="add a band").click()
    assert len({band["cutoff_hz"] for band in desk.bands()}) == 3
    desk.root.get_by_label("preset").select_option("low-shelf")
    assert desk.root.get_by_label("preset").input_value() == "low-shelf"
    desk.drag(0, 40, 0)
    assert desk.root.get_by_label("preset").input_value() == "", "it is no preset any more"


@pytest.fixture
def desk(open_page):
    return Desk(open_page("book/tour.html", viewport={"width": 1200, "height": 900}))


def test_a_dragged_band_is_heard_as_python_computes_it(desk):
    before = desk.bands()
    desk.drag(0, 60, 40)
    after = desk.bands()
    assert after[0]["cutoff_hz"] > 1.3 * before[0]["cutoff_hz"]
    assert after[0]["gain_db"] > before[0]["gain_db"] + 3
    assert after[1:] == before[1:]

    wet, eq = desk.render(), desk.eq()
    desk.set({"bands": []})
    dry = desk.render()
    assert metrics.snr_db(eq(dry), wet) > 80
    error_db = metrics.response_error_db(dry, eq(dry), wet, sample_rate=RATE).error_db
    assert np.nanmax(error_db) < 0.1


@pytest.mark.parametrize("name", ["low-shelf", "highpass", "vocal-chain", "drawn-curve"])
def test_a_preset_is_the_books_target(desk, name):
    desk.root.get_by_label("preset").select_option(name)
    assert desk.eq() == TARGETS[name]
    made = eval(desk.code(), {"EQ": EQ})  # our own text, four digits
    hz = np.geomspace(30, 7_900, 50)
    np.testing.assert_allclose(
        np.abs(made.response(hz)), np.abs(TARGETS[name].response(hz)), rtol=1e-3
    )


def test_a_curve_is_drawn_and_heard(desk):
    desk.root.get_by_label("made of").select_option("curve")
    assert desk.points.count() == 4
    desk.root.get_by_role("button", name="add a point").click()
    added = desk.points.evaluate_all("all => all.indexOf(document.activeElement)")
    before = desk.curve()
    desk.drag(added, 5, 30)
    after = desk.curve()
    assert after["gains_db"][added] > before["gains_db"][added] + 3
    assert after["frequencies_hz"] == sorted(after["frequencies_hz"])
    wet, eq = desk.render(), desk.eq()
    desk.set({"bands": []})
    dry = desk.render()
    assert metrics.snr_db(eq(dry), wet) > 55  # the page's design has a coarser grid
    assert desk.points.count() == 0
    desk.set({"curve": {"frequencies_hz": [100, 1000], "gains_db": [0, 6]}})
    desk.points.first.press("Delete")
    assert "needs two points" in desk.root.get_by_role("status").text_content()


def test_the_keyboard_alone_moves_adds_bypasses_and_removes(desk):
    keyboard = desk.page.keyboard
    first = desk.bands()[0]
    desk.points.first.focus()
    keyboard.press("ArrowUp")
    keyboard.press("Shift+ArrowRight")
    moved = desk.bands()[0]
    assert moved["gain_db"] == pytest.approx(first["gain_db"] + 1)
    assert moved["cutoff_hz"] == pytest.approx(first["cutoff_hz"] * 2 ** (0.2 / 6))
    assert f"{moved['gain_db']:.1f}".lstrip("-") in desk.points.first.get_attribute(
        "aria-valuetext"
    )

    desk.root.get_by_role("button", name="add a band").press("Enter")
    count = len(desk.bands())
    assert desk.points.nth(count - 1).evaluate("e => e === document.activeElement")
    assert "added" in desk.root.get_by_role("status").text_content()
    desk.root.get_by_label("bypass").nth(count - 1).press("Space")
    assert desk.bands()[-1]["bypass"]
    assert desk.code().count("EQ.") == count - 1
    desk.points.nth(count - 1).focus()
    keyboard.press("Delete")
    assert len(desk.bands()) == count - 1
    desk.root.get_by_role("button", name="reset").press("Enter")
    assert desk.bands()[0] == first


def test_a_field_takes_numbers_limits_them_and_refuses_none(desk):
    field = desk.root.get_by_label("Hz", exact=False).first
    field.fill("250")
    field.press("Tab")
    assert desk.bands()[0]["cutoff_hz"] == 250
    field.fill("999999")
    field.press("Tab")
    assert desk.bands()[0]["cutoff_hz"] == pytest.approx(0.98 * RATE / 2)
    field.fill("")
    field.press("Tab")
    assert "needs a number" in desk.root.get_by_role("status").text_content()
    kind = desk.root.get_by_label("type").first
    kind.select_option("lowpass")
    assert desk.bands()[0]["gain_db"] is None
    again = desk.root.get_by_label("type").first
    assert again.evaluate("e => e === document.activeElement")


def test_it_plays_matches_the_loudness_and_stops(desk):
    desk.root.get_by_label("preset").select_option("low-shelf")
    play = desk.root.get_by_role("button", name="Play")
    play.click()
    stop = desk.root.get_by_role("button", name="Stop")
    stop.wait_for()
    level = desk.root.locator(".eq-desk-level")
    desk.page.wait_for_function(
        "() => /turned down/.test(document.querySelector('.eq-desk-level').textContent)"
    )
    (down_db,) = re.findall(r"down by ([\d.]+) dB", level.text_content())
    assert 1 < float(down_db) < 10
    desk.drag(0, 30, 10)
    assert stop.is_visible()
    desk.root.get_by_label("dry, without").check()
    assert "dry sound" in level.text_content()
    stop.click()
    assert play.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_cut_off(open_page, scheme):
    size = {"width": 390, "height": 844}
    page = open_page("book/tour.html", viewport=size, color_scheme=scheme)
    desk = Desk(page)
    box = desk.root.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    for control in desk.root.locator("input, select, button").all():
        if control.is_visible():
            inside = control.bounding_box()
            assert inside["x"] + inside["width"] <= 390
            assert inside["height"] >= 18
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_every_control_has_a_name(desk):
    tree = desk.root.aria_snapshot()
    assert (
        re.findall(r"- (button|combobox|checkbox|slider|spinbutton)\s*$", tree, re.MULTILINE) == []
    )
    for word in ("slider", "combobox", "checkbox", "spinbutton", "button", "status"):
        assert word in tree


# Plays a loop by the desk's own player, off line, and changes the equalizer at 0.5 s.
CHANGE = """async ([samples, before, after]) => {
    const { LoopPlayer } = await import("../_static/sound.js");
    const offline = new OfflineAudioContext(1, 16000, 16000);
    const go = offline.resume.bind(offline);
    offline.resume = async () => {};
    const { AudioContext } = window;
    window.AudioContext = function () { return offline; };
    const player = new LoopPlayer(16000);
    window.AudioContext = AudioContext;
    const buffer = offline.createBuffer(1, samples.length, 16000);
    buffer.copyToChannel(Float32Array.from(samples), 0);
    await player.start(buffer, before, 0);
    offline.suspend(0.512).then(() => {
        player.change(after, 0);
        go();
    });
    return Array.from((await offline.startRendering()).getChannelData(0));
}"""


def test_a_change_while_it_plays_makes_no_click(desk):
    tone = np.sin(2 * np.pi * 250 * np.arange(RATE) / RATE) / 4
    peak = {"kind": "peaking", "cutoff_hz": 250, "gain_db": 12, "q": 1}
    script = f"args => (new Function('args', `return ({CHANGE})(args)`))(args)"
    before, after = {"bands": []}, {"bands": [peak]}
    heard = np.array(desk.page.evaluate(script, [tone.tolist(), before, after]))
    soft, loud = heard[4_000:8_000], heard[12_000:]
    assert np.abs(loud).max() == pytest.approx(10 ** (12 / 20) * np.abs(soft).max(), rel=0.02)
    # A jump from one filter's state to the other's would be far steeper than the louder tone.
    steepest = np.abs(np.diff(loud)).max()
    assert np.abs(np.diff(heard[2_000:])).max() < 1.1 * steepest
    assert np.abs(np.diff(heard, 2)[2_000:]).max() < 1.5 * np.abs(np.diff(loud, 2)).max()
