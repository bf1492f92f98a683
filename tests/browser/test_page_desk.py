"""The EQ desk in the tour's page, moved by mouse and keyboard, and measured by its sound."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
import soundfile as sf

from eqlib import EQ, metrics
from eqlib.equalizers.biquad import Biquad
from eqlib.equalizers.targets import TARGETS
from support import REFUSE

pytestmark = pytest.mark.browser

RATE = 16_000


class Desk:
    """What a reader sees of the desk, and the handle that the page keeps for tests."""

    def __init__(self, page):
        self.page, self.root = page, page.locator(".eq-desk")
        self.points = self.root.locator("[role=slider]")
        page.locator("html[data-eq-ready]").wait_for()  # all has its height
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

    def place(self, hz, db):
        """Where a value lies in the window, by the picture's own grid."""
        self.points.first.or_(self.root.locator(".eq-desk-zero")).first.scroll_into_view_if_needed()
        return self.page.evaluate(
            """([hz, db]) => {
                const svg = document.querySelector(".eq-desk-plot");
                const box = svg.getBoundingClientRect();
                const texts = [...svg.querySelectorAll(".eq-desk-axes text")];
                const label = (words) => texts.find((each) => each.textContent === words);
                const at = (words, name) => Number(label(words).getAttribute(name));
                const [x100, x1k] = [at("100", "x"), at("1k", "x")];
                const [y12, y0] = [at("+12", "y") - 4, at("0", "y") - 4];
                const x = x100 + Math.log10(hz / 100) * (x1k - x100);
                return [box.left + x, box.top + y0 + ((y12 - y0) * db) / 12];
            }""",
            [hz, db],
        )

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
        desk.root.get_by_role("button", name="+ band").click()
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
    desk.set({"bands": []})
    desk.root.get_by_label("Curve", exact=True).check()
    assert desk.points.count() == 4, "a flat desk begins with four points"
    desk.root.get_by_role("button", name="+ point").click()
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

    desk.root.get_by_role("button", name="+ band").press("Enter")
    count = len(desk.bands())
    assert desk.points.nth(count - 1).evaluate("e => e === document.activeElement")
    assert "added" in desk.root.get_by_role("status").text_content()
    desk.root.get_by_label(f"Bypass band {count}").press("Space")
    assert desk.bands()[-1]["bypass"]
    assert desk.code().count("EQ.") == count - 1
    desk.points.nth(count - 1).focus()
    keyboard.press("Delete")
    assert len(desk.bands()) == count - 1
    desk.root.get_by_role("button", name="Reset").press("Enter")
    assert desk.bands()[0] == first


def test_a_field_takes_numbers_as_people_type_them_and_refuses_the_rest(desk):
    said = desk.root.get_by_role("status")
    desk.root.locator(".eq-chip").first.click()

    def typed(label, text):
        field = desk.root.get_by_label(f"{label} of band 1")
        field.fill(text)
        field.press("Tab")
        return desk.bands()[0]

    for text, hz in {"250": 250, "1.5 kHz": 1500, "1 200 Hz": 1200, "0,5k": 500}.items():
        assert typed("Frequency", text)["cutoff_hz"] == pytest.approx(hz)
        assert said.text_content() == ""
    for text, db in {"-3,25": -3.25, "+ 6 dB": 6, "−1.5": -1.5}.items():
        assert typed("Gain", text)["gain_db"] == pytest.approx(db)
    assert typed("Q", "1,5")["q"] == pytest.approx(1.5)

    before = desk.bands()
    for label, text in (("Gain", "loud"), ("Gain", "1.2.3"), ("Frequency", "3 dB"), ("Q", "")):
        typed(label, text)
        assert "is no number. It stays at" in said.text_content()
        assert desk.bands() == before
    assert typed("Frequency", "999999")["cutoff_hz"] == pytest.approx(0.98 * RATE / 2)
    assert "out of range; it is now 7840 Hz" in said.text_content()
    desk.drag(0, -40, 0)
    assert said.text_content() == "", "an old error goes"

    kind = desk.root.get_by_label("Type of band 1")
    kind.select_option("lowpass")
    assert desk.bands()[0]["gain_db"] is None
    assert desk.root.get_by_label("Type of band 1").evaluate("e => e === document.activeElement")


def test_a_double_click_adds_a_band_where_it_is_and_a_click_one_on_the_curve(desk):
    desk.set({"bands": []})
    x, y = desk.place(2_000, 9)
    desk.page.mouse.click(x, y)
    assert desk.bands() == [], "a single click beside the curve is none"
    desk.page.wait_for_timeout(500)
    desk.page.mouse.dblclick(x, y)
    (band,) = desk.bands()
    assert band["cutoff_hz"] == pytest.approx(2_000, rel=0.03)
    assert band["gain_db"] == pytest.approx(9, abs=0.5)
    desk.page.mouse.click(*desk.place(60, 0))
    assert [round(each["gain_db"]) for each in desk.bands()] == [9, 0]
    assert desk.bands()[1]["cutoff_hz"] == pytest.approx(60, rel=0.05)
    assert desk.root.get_by_label("Frequency of band 2").is_visible(), "its controls unfold"


def test_the_wheel_changes_a_bands_width_and_not_the_page(desk):
    desk.set({"bands": [{"kind": "peaking", "cutoff_hz": 1000, "gain_db": 6, "q": 1}]})
    desk.page.mouse.move(*desk.place(1_000, 6))
    top = desk.page.evaluate("scrollY")
    for _ in range(3):
        desk.page.mouse.wheel(0, -100)
    desk.page.wait_for_timeout(300)
    assert desk.bands()[0]["q"] == pytest.approx(1.1**3)
    assert desk.page.evaluate("scrollY") == top
    desk.points.first.focus()
    desk.page.keyboard.press("PageDown")
    assert desk.bands()[0]["q"] == pytest.approx(1.1**2)
    desk.page.mouse.move(*desk.place(100, -15))
    desk.page.mouse.wheel(0, 100)
    desk.page.wait_for_timeout(300)
    assert desk.page.evaluate("scrollY") > top, "beside a handle it scrolls"


def test_undo_and_redo_go_a_gesture_at_a_time(desk):
    first = desk.bands()
    desk.drag(0, 60, 40)
    dragged = desk.bands()
    desk.root.get_by_role("button", name="+ band").click()
    added = desk.bands()
    desk.points.first.focus()
    desk.page.keyboard.press("Control+z")
    assert desk.bands() == dragged
    desk.root.get_by_role("button", name="Undo").click()
    assert desk.bands() == first
    assert desk.root.get_by_role("button", name="Undo").get_attribute("aria-disabled") == "true"
    desk.page.keyboard.press("Control+Shift+z")
    desk.root.get_by_role("button", name="Redo").click()
    assert desk.bands() == added


def test_a_curve_is_drawn_by_hand(desk):
    desk.set({"bands": []})
    desk.root.get_by_label("Curve", exact=True).check()
    wanted = [(100, -6), (200, -6), (400, 8), (1_000, 8), (2_000, -3), (4_000, -3)]
    desk.page.mouse.move(*desk.place(*wanted[0]))
    desk.page.mouse.down()
    for hz, db in wanted[1:]:
        desk.page.mouse.move(*desk.place(hz, db), steps=15)
    desk.page.mouse.up()
    curve = desk.curve()
    assert 5 <= len(curve["frequencies_hz"]) <= 20
    assert curve["frequencies_hz"] == sorted(curve["frequencies_hz"])
    inside = np.geomspace(105, 3_800, 60)
    drawn = np.interp(np.log(inside), np.log([hz for hz, _ in wanted]), [db for _, db in wanted])
    points = np.interp(np.log(inside), np.log(curve["frequencies_hz"]), curve["gains_db"])
    assert np.abs(points - drawn).max() < 1.5
    desk.root.get_by_role("button", name="Undo").click()
    assert desk.points.count() == 4


def test_what_was_set_outlives_a_reload_and_the_way_back_and_travels_in_a_link(desk, open_page):
    desk.drag(0, 60, 40)
    left = desk.bands()
    desk.page.reload()
    assert Desk(desk.page).bands() == left
    desk.page.goto(desk.page.url.replace("tour", "families"))
    desk.page.go_back()
    again = Desk(desk.page)
    assert again.bands() == left
    link = "#eq=peaking:300:-9:q2,lowpass:3000:q0.7:off"
    other = Desk(open_page(f"book/tour.html{link}"))
    assert [(b["kind"], b["cutoff_hz"], b["bypass"]) for b in other.bands()] == [
        ("peaking", 300, False),
        ("lowpass", 3000, True),
    ]
    other.root.get_by_text("as a link").click()
    other.page.evaluate(
        "navigator.clipboard.writeText = async (words) => { window.words = words; }"
    )
    other.root.get_by_role("button", name="Copy a link").click()
    assert other.page.evaluate("words").endswith(f"book/tour.html{link}")
    other.drag(0, 30, 0)
    moved = other.bands()
    other.page.reload()
    assert Desk(other.page).bands() == moved, "later than the link"
    odd = Desk(open_page("book/tour.html#eq=loud:300"))
    assert "not quite right" in odd.root.get_by_role("status").text_content()


def test_a_file_of_ones_own_is_turned_down_where_it_is_above_full_scale(desk):
    tone = 2 * np.sin(2 * np.pi * 300 * np.arange(RATE) / RATE)
    file = io.BytesIO()
    sf.write(file, tone, RATE, format="WAV", subtype="FLOAT")
    given = {"name": "hot.wav", "mimeType": "audio/wav", "buffer": file.getvalue()}
    desk.root.get_by_label("Own file").set_input_files(given)
    said = desk.root.get_by_role("status")
    said.filter(has_text="turned down by 6.0 dB").wait_for()
    script = "document.querySelector('.eq-desk').eqComponent.samples.then(x => Array.from(x))"
    samples = np.array(desk.page.evaluate(script))
    np.testing.assert_allclose(samples, tone / np.abs(tone).max(), atol=1e-5)
    broken = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"no sound"}
    desk.root.get_by_label("Own file").set_input_files(broken)
    said.filter(has_text="cannot be decoded").wait_for()
    assert desk.root.get_by_label("sound").input_value() == "hot.wav"


def test_a_file_is_dropped(desk):
    file = io.BytesIO()
    sf.write(file, np.ones(RATE // 2) / 4, RATE, format="WAV")
    desk.page.evaluate(
        """hex => {
            const bytes = Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], "dropped.wav"));
            const drop = (place) => ["dragover", "drop"].map((name) => place.dispatchEvent(
                new DragEvent(name, { dataTransfer: transfer, cancelable: true, bubbles: true })
            ));
            window.beside = drop(document.querySelector(".bd-article h1"));
            drop(document.querySelector(".eq-desk-transport"));
        }""",
        file.getvalue().hex(),
    )
    assert desk.page.evaluate("beside") == [False, False], "the page is not left for the file"
    desk.root.get_by_role("status").filter(has_text="dropped.wav").wait_for()
    assert desk.root.get_by_label("sound").input_value() == "dropped.wav"


def test_the_spectrum_of_what_is_heard_is_behind_the_curve(desk):
    """A tone of 1 kHz has its peak there, and the equalizer moves it up and down."""
    tone = np.sin(2 * np.pi * 1_000 * np.arange(RATE) / RATE) / 4
    file = io.BytesIO()
    sf.write(file, tone, RATE, format="WAV")
    given = {"name": "tone.wav", "mimeType": "audio/wav", "buffer": file.getvalue()}
    desk.set({"bands": []})
    desk.root.get_by_label("Own file").set_input_files(given)
    desk.root.get_by_role("status").filter(has_text="tone.wav").wait_for()
    path = desk.root.locator(".eq-desk-spectrum")
    assert not path.get_attribute("d")
    desk.root.get_by_role("button", name="Play").click()
    desk.page.wait_for_timeout(900)
    points = re.findall(r"[ML]([\d.]+),([\d.]+)", path.get_attribute("d"))
    x, _ = min(((float(x), float(y)) for x, y in points), key=lambda point: point[1])
    box = desk.root.locator(".eq-desk-plot").bounding_box()
    assert box["x"] + x == pytest.approx(desk.place(1_000, 0)[0], abs=4)
    desk.root.get_by_role("button", name="Stop").click()
    desk.page.wait_for_function(
        "() => !document.querySelector('.eq-desk-spectrum').getAttribute('d')"
    )


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
    change = desk.root.get_by_role("group", name="hear", exact=True)
    change.get_by_label("dry", exact=True).check()
    assert level.text_content() == "You hear the dry sound."
    change.get_by_label("equalized").check()
    assert "turned down" in level.text_content()
    stop.click()
    assert play.is_visible()


@pytest.mark.parametrize("name", ["vocal-chain", "drawn-curve"])
def test_where_a_browser_refuses_low_rates_the_desk_is_exact_as_well(chromium, address, name):
    context = chromium.new_context()
    context.add_init_script(f"({REFUSE})()")
    page = context.new_page()
    page.goto(f"{address}/book/tour.html")
    desk = Desk(page)
    tone = np.sin(2 * np.pi * 700 * np.arange(RATE) ** 1.2 / RATE**1.2) / 4  # below 1.5 kHz
    file = io.BytesIO()
    sf.write(file, tone, RATE, format="WAV", subtype="FLOAT")
    given = {"name": "sweep.wav", "mimeType": "audio/wav", "buffer": file.getvalue()}
    desk.root.get_by_label("Own file").set_input_files(given)
    desk.root.get_by_role("status").filter(has_text="sweep.wav").wait_for()
    desk.root.get_by_label("preset").select_option(name)
    wet, eq = desk.render(), desk.eq()
    inside = slice(1_000, -1_000)
    assert metrics.snr_db(eq(tone)[inside], wet[inside]) > 45
    desk.root.get_by_role("button", name="Play").click()
    desk.root.get_by_role("button", name="Stop").wait_for()
    context.close()


def test_two_taps_of_a_finger_add_a_band_and_one_does_not(chromium, address):
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{address}/book/tour.html")
    page.locator("html[data-eq-ready]").wait_for()
    desk = Desk(page)
    desk.set({"bands": []})
    x, y = desk.place(1_000, 0)
    page.touchscreen.tap(x, y)
    page.wait_for_timeout(600)
    assert desk.bands() == []
    page.touchscreen.tap(x, y - 30)
    page.touchscreen.tap(x, y - 30)
    (band,) = desk.bands()
    assert band["cutoff_hz"] == pytest.approx(1_000, rel=0.05)
    assert band["gain_db"] > 2
    bubble = desk.root.locator(".eq-desk-bubble")
    assert bubble.is_visible(), "the value is beside the finger"
    assert "dB" in bubble.text_content()
    context.close()


def test_a_finger_on_a_point_moves_it_and_not_the_page(open_page):
    size = {"width": 390, "height": 844}
    page = open_page("book/tour.html", viewport=size, has_touch=True, is_mobile=True)
    page.add_style_tag(content="html { scroll-behavior: auto !important }")
    desk = Desk(page)
    desk.points.first.scroll_into_view_if_needed()
    box, before = desk.points.first.bounding_box(), desk.bands()[0]["gain_db"]
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    scrolled = page.evaluate("scrollY")
    session = page.context.new_cdp_session(page)
    for kind, at in (("Start", y), ("Move", y + 15), ("Move", y + 30), ("End", None)):
        points = [] if at is None else [{"x": x, "y": at}]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") == scrolled
    assert desk.bands()[0]["gain_db"] < before - 3


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
    edge = desk.root.bounding_box()
    for label in desk.root.locator(".eq-desk-plot text").all():
        if label.is_visible() and label.text_content():
            inside = label.bounding_box()
            assert inside["x"] >= edge["x"], label.text_content()
            assert inside["x"] + inside["width"] <= edge["x"] + edge["width"]
            assert inside["height"] >= 12, "not smaller than it is elsewhere"


def test_every_control_has_a_name(desk):
    tree = desk.root.aria_snapshot()
    assert (
        re.findall(r"- (button|combobox|checkbox|slider|spinbutton)\s*$", tree, re.MULTILINE) == []
    )
    for word in ("slider", "combobox", "radio", "button", "status"):
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
