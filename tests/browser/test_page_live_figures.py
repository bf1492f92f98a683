"""The live figures of the chapters: by mouse, finger and keys, in sound, on a phone, on paper."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}
CHAPTERS = {
    "window_and_hop": "frames",
    "turning_arrow": "hearing",
    "filter_taps": "phase",
    "fader_rate": "latent",
}
each_figure = pytest.mark.parametrize("name", CHAPTERS)


class Figure:
    """One of them, where its chapter has it."""

    def __init__(self, page, name):
        self.page, self.name = page, f"eq-{name}"
        self.root = page.locator(f".{self.name}")
        page.locator("html[data-eq-ready]").wait_for()
        page.add_style_tag(content="html { scroll-behavior: auto !important }")  # for the mouse
        self.root.scroll_into_view_if_needed()

    def now(self, what):
        return self.root.evaluate(f"(element) => element.eqComponent.now.{what}")

    def knob(self, label):
        return self.root.get_by_role("slider", name=label, exact=True)

    def read(self):
        return self.root.locator(".eq-lf-read").text_content()

    def words(self):
        return self.root.locator(".eq-lf-words").text_content()

    def choose(self, group, name):
        of_group = self.root.get_by_role("group", name=group, exact=True)
        of_group.get_by_role("radio", name=name, exact=True).check(force=True)

    def drag(self, label, dx, dy):
        self.root.locator("svg.eq-lf-picture").scroll_into_view_if_needed()
        box = self.knob(label).locator(".eq-lf-knob").bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + dx / 2, y + dy / 2)
        self.page.mouse.move(x + dx, y + dy)
        self.page.mouse.up()

    def play(self, label="Play"):
        self.root.get_by_role("button", name=label, exact=True).click()
        self.root.get_by_role("button", name="Stop", exact=True).wait_for()
        sound = f"document.querySelector('.{self.name}').eqComponent.now.sound.now"
        self.page.wait_for_function(f"() => {sound} !== null")


@pytest.fixture
def opened(open_page):
    def at(name, **options):
        chapter = f"book/{CHAPTERS[name]}.html"
        return Figure(open_page(chapter, **{"viewport": LAPTOP} | options), name)

    return at


@each_figure
@pytest.mark.parametrize("width", [390, 612, 700, 1366])  # 612: as on paper
def test_no_word_of_the_picture_lies_on_another(opened, name, width):
    figure = opened(name, viewport={"width": width, "height": 900})
    boxes = figure.root.locator("svg.eq-lf-picture text").evaluate_all(
        """all => all.map((text) => [text.textContent, text.getBoundingClientRect()])
            .map(([word, { left, right, top, bottom }]) => ({ word, left, right, top, bottom }))
            .filter(({ left, right }) => right > left)"""
    )
    assert len(boxes) > 4
    for place, one in enumerate(boxes):
        for two in boxes[:place]:
            across = min(one["right"], two["right"]) - max(one["left"], two["left"])
            down = min(one["bottom"], two["bottom"]) - max(one["top"], two["top"])
            # The box of a line has room above and below its letters.
            assert min(across, down - 4) < 1, f"{one['word']!r} on {two['word']!r}"


def test_a_window_is_dragged_until_the_sum_is_flat(opened):
    figure = opened("window_and_hop")
    assert figure.read() == "10.7dB ripple"
    figure.drag("Hop: the second window", -40, 0)
    assert figure.now("hop") < 768
    slider = figure.root.locator("input[type=range]").first
    window = figure.knob("Hop: the second window")
    window.focus()
    while figure.now("hop") > 512:
        window.press("ArrowLeft")
    while figure.now("hop") < 512:
        window.press("ArrowRight")
    assert figure.read() == "0dB ripple"
    assert slider.get_attribute("aria-valuetext") == "512 samples, 32 ms"
    assert window.get_attribute("aria-valuenow") == "512"
    assert "put together again exactly" in figure.words()
    figure.choose("used", "twice")
    assert figure.read() == "6.0dB ripple"  # between a half and one
    figure.choose("Window", "√Hann")
    assert figure.read() == "0dB ripple"
    slider.focus()
    slider.press("Home")
    assert figure.now("hop") == 128
    slider.press("End")
    assert figure.read() == "∞dB ripple"


def test_a_tap_is_dragged_and_the_response_follows(opened):
    figure = opened("filter_taps")
    figure.choose("Begin with", "one")
    assert figure.now("taps") == [1] + 15 * [0]
    assert "The gain is 0.0 dB at 50 Hz, 0.0 dB at 8 kHz, the same everywhere" in figure.words()
    before = figure.root.locator("path.eq-lf-fir").get_attribute("d")
    figure.drag("Tap 1", 0, -30)
    raised = figure.now("taps")[1]
    assert 0.1 < raised < 0.7
    assert figure.root.locator("path.eq-lf-fir").first.get_attribute("d") != before
    assert figure.root.locator(":checked").first.get_attribute("value") != "one"
    tap = figure.knob("Tap 1")
    tap.press("ArrowUp")
    assert figure.now("taps")[1] == pytest.approx(raised + 0.05, abs=1e-9)
    tap.press("ArrowRight")
    assert figure.now("here") == 2
    focused = figure.page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert focused == "Tap 2"
    figure.knob("Tap 2").press("End")
    assert figure.now("here") == 15
    stops = figure.root.locator("svg [tabindex='0']")
    assert stops.count() == 1, "one stop of the Tab key for all taps"


def test_what_is_heard_is_what_the_taps_say(opened):
    figure = opened("filter_taps")
    figure.choose("Begin with", "difference")
    figure.play()
    dry, wet = (
        np.array(figure.root.evaluate(f"(e) => Array.from(e.eqComponent.now.{what})"))
        for what in ("input", "sound.now.samples")
    )
    expected = dry - np.roll(dry, 1)
    gain = wet @ expected / (expected @ expected)
    np.testing.assert_allclose(wet, gain * expected, atol=1e-6)
    assert 0 < gain <= 1
    figure.choose("heard", "as it was")
    figure.page.wait_for_timeout(200)
    wet = figure.root.evaluate("(e) => Array.from(e.eqComponent.now.sound.now.samples)")
    np.testing.assert_allclose(wet, dry, atol=1e-7)


def test_a_sideband_is_dragged_and_the_fader_swings_as_fast(opened):
    figure = opened("fader_rate")
    assert "470 Hz and 530 Hz, 6.9 dB below" in figure.words()
    figure.drag("Rate of the fader: the upper sideband", 60, 0)
    assert figure.now("rateHz") > 50
    figure.knob("Rate of the fader: the upper sideband").press("End")
    assert figure.now("rateHz") == 200
    assert "sidebands come apart" in figure.words()
    figure.choose("How far it swings", "0.2")
    assert "20.0 dB below" in figure.words()
    slider = figure.root.locator("input[type=range]").first
    slider.focus()
    slider.press("Home")
    assert figure.now("rateHz") == 1


def test_the_arrow_turns_while_it_sounds_and_stops_with_it(opened):
    figure = opened("turning_arrow")
    assert figure.read() == "−37°phase"
    begin = figure.now("angle")
    figure.play("Turn and play")
    figure.page.wait_for_timeout(400)
    assert figure.now("angle") != begin
    figure.root.get_by_role("button", name="Stop").click()
    stopped = figure.now("angle")
    figure.page.wait_for_timeout(200)
    assert figure.now("angle") == stopped
    tip = figure.knob("The arrow of the tone that goes in")
    tip.press("ArrowUp")
    assert figure.now("angle") == pytest.approx((stopped + np.pi / 36) % (2 * np.pi))
    tip.press("Home")
    assert figure.now("angle") == 0
    figure.drag("The arrow of the tone that goes in", 0, -40)
    assert 0.2 < figure.now("angle") < 1.4
    figure.choose("Filter", "delay")
    assert "0.25 ms late" in figure.words()


def test_whoever_wants_little_motion_hears_it_without_the_turning(opened):
    figure = opened("turning_arrow", reduced_motion="reduce")
    begin = figure.now("angle")
    figure.play("Turn and play")
    figure.page.wait_for_timeout(200)
    assert figure.now("angle") == begin


@pytest.mark.parametrize(
    ("name", "play"), [("turning_arrow", "Turn and play"), ("filter_taps", "Play")]
)
def test_one_of_all_sounds_at_a_time(opened, name, play):
    figure = opened(name)
    figure.play(play)
    figure.page.locator(".eq-compare-play").first.click()
    figure.root.get_by_role("button", name=play, exact=True).wait_for()


@each_figure
def test_a_change_while_it_sounds_is_no_long_task(opened, name):
    """What is drawn at once and what is heard after it; another program can only add to a time."""
    figure = opened(name)
    figure.play("Turn and play" if name == "turning_arrow" else "Play")
    drawn, heard = figure.root.evaluate(
        """(element) => {
            const knob = element.querySelector("svg [role=slider][tabindex='0']");
            const { sound } = element.eqComponent.now;
            const change = sound.change.bind(sound);
            sound.change = () => {};
            const quickest = (act) => Math.min(...Array.from({ length: 6 }, (_, n) => {
                const begin = performance.now();
                act(n % 2 ? "ArrowDown" : "ArrowUp");
                return performance.now() - begin;
            }));
            const press = (key) => knob.dispatchEvent(new KeyboardEvent("keydown", { key }));
            return [quickest(press), quickest(() => change(element.eqComponent.samples))];
        }"""
    )
    assert 0 < drawn < 25
    assert 0 < heard < 25


@each_figure
def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(opened, name):
    figure = opened(name, viewport=PHONE, has_touch=True)
    for control in figure.root.locator("button, input[type=range], .eq-lf-options span").all():
        if control.is_visible():
            box = control.bounding_box()
            assert box["height"] >= 28
            assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    assert figure.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    figure.page.add_script_tag(path=AXE)
    for theme in ("light", "dark"):
        figure.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        found = figure.page.evaluate(f"axe.run('.eq-{name}').then((result) => result.violations)")
        assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []


def test_a_finger_takes_hold_of_a_tap(opened):
    """A real touch, by the browser's own protocol: the page does not scroll away under it."""
    figure = opened("filter_taps", viewport=PHONE, has_touch=True, is_mobile=True)
    figure.root.locator("svg.eq-lf-picture").scroll_into_view_if_needed()
    box = figure.knob("Tap 8").locator(".eq-lf-knob").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    scrolled, before = figure.page.evaluate("scrollY"), figure.now("taps")[8]
    session = figure.page.context.new_cdp_session(figure.page)
    for kind, at in (("Start", y), ("Move", y - 20), ("Move", y - 40), ("End", None)):
        points = [] if at is None else [{"x": x, "y": at}]
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    assert figure.now("taps")[8] > before + 0.2
    assert figure.page.evaluate("scrollY") == scrolled


@pytest.mark.parametrize("chapter", sorted(set(CHAPTERS.values())))
def test_on_paper_the_picture_stays_and_the_controls_go(opened, chapter):
    figure = opened(next(name for name, where in CHAPTERS.items() if where == chapter))
    figure.page.emulate_media(media="print")
    for root in figure.page.locator(".eq-lf").all():
        assert root.locator("svg.eq-lf-picture").is_visible()
        assert root.locator(".eq-lf-words").is_visible()
        assert not root.locator("button, input").first.is_visible()
        assert root.bounding_box()["height"] > 200
