"""The first page: it sounds at the first press, learns by itself, and follows its slider."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
MADE = json.loads((ROOT / "book/_static/opening.json").read_text(encoding="utf-8"))
HERE = "document.querySelector('.eq-opening').eqComponent"
LAPTOP = {"width": 1366, "height": 768}
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def opened(open_page):
    def at(**options):
        page = open_page("book/intro.html", **{"viewport": LAPTOP} | options)
        page.locator("html[data-eq-ready]").wait_for()
        return page, page.locator(".eq-opening")

    return at


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_everything_is_within_the_first_screen(opened, size):
    page, root = opened(viewport=size)
    for control in root.locator("button, input, a, svg").all():
        if control.is_visible():
            box = control.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
            assert box["y"] + box["height"] <= size["height"]
    assert page.evaluate("scrollY") == 0


def test_nothing_is_loaded_before_it_is_played_and_then_less_than_300_kb(open_page):
    page = open_page("book/workbench.html")  # to have somewhere to listen from
    asked = []
    page.on("response", lambda answer: asked.append(answer))
    page.goto(page.url.replace("workbench", "intro"), wait_until="networkidle")
    assert not [answer.url for answer in asked if "opening.flac" in answer.url]
    page.locator(".eq-opening-play").click()
    page.wait_for_function(f"{HERE}.mixer?.sources.length > 0")
    (sound,) = [answer for answer in asked if "opening.flac" in answer.url]
    assert len(sound.body()) < 300_000
    page.locator(".eq-opening-play").click()
    page.locator(".eq-opening-play").click()
    page.wait_for_function(f"{HERE}.mixer.sources.length > 0")
    assert len([answer for answer in asked if "opening.flac" in answer.url]) == 1


def test_it_plays_what_the_file_holds_and_learns_by_itself(opened):
    page, root = opened()
    root.get_by_role("button", name="Play").click()
    root.get_by_role("button", name="Stop").wait_for()
    assert page.evaluate(f"{HERE}.now.moment") == 0
    page.wait_for_function(f"{HERE}.now.moment === 2", timeout=10_000)
    sounds = page.evaluate(
        f"{HERE}.mixer.buffers.map((b) => Array.from(b.getChannelData(0).slice(2000, 6000)))"
    )
    audio, rate = sf.read(ROOT / "book/_static/opening.flac")
    expected = audio.reshape(-1, MADE["samples"])[:, 2000:6000]
    assert page.evaluate(f"{HERE}.mixer.buffers[0].sampleRate") == rate
    np.testing.assert_allclose(sounds, expected, atol=1e-4)
    mixer = page.evaluate(f"{HERE}.mixer.selected")
    assert mixer == 2 + page.evaluate(f"{HERE}.now.moment")
    root.get_by_role("button", name="Stop").click()
    root.get_by_role("button", name="Play").wait_for()


def test_the_slider_morphs_curve_and_sound(opened):
    page, root = opened()
    root.get_by_role("button", name="Play").click()
    page.wait_for_function(f"{HERE}.mixer?.sources.length > 0")
    slider = root.get_by_role("slider", name="How far the network is trained")
    slider.focus()
    slider.press("End")
    last = MADE["moments"][-1]
    assert slider.get_attribute("aria-valuetext") == f"after 3,000 steps, SNR {last['snr_db']} dB"
    assert root.locator(".eq-opening-number").text_content() == f"{last['snr_db']}"
    page.wait_for_function(f"{HERE}.now.shown[3] === {last['response_db'][3]}")
    assert page.evaluate(f"{HERE}.now.shown") == last["response_db"]
    tracks = len(MADE["moments"]) + 2
    assert page.evaluate(f"{HERE}.mixer.selected") == tracks - 1
    page.wait_for_timeout(100)  # the crossfade
    gains = page.evaluate(f"{HERE}.mixer.gains.map(({{ gain }}) => gain.value)")
    assert gains == pytest.approx([0] * (tracks - 1) + [1], abs=1e-3)
    slider.press("ArrowLeft")
    page.wait_for_timeout(2_800)  # two rounds: what the reader has chosen stays
    assert page.evaluate(f"{HERE}.now.moment") == len(MADE["moments"]) - 2
    root.get_by_role("radio", name="target").check(force=True)
    assert page.evaluate(f"{HERE}.mixer.selected") == 1
    assert "the target, turned down by 6.8 dB" in root.locator(".eq-opening-level").text_content()


def test_between_two_moments_there_is_no_click(opened):
    """Rendered offline, by the mixer that plays: no sample jumps farther than in the tracks."""
    page, root = opened()
    root.get_by_role("button", name="Play").click()
    page.wait_for_function(f"{HERE}.mixer?.sources.length > 0")
    steps = page.evaluate(
        """async (buffers) => {
            const { Mixer } = await import(new URL("../_static/mixer.js", location.href));
            const own = eval(buffers).mixer.buffers;
            const { length, sampleRate } = own[0];
            const offline = new OfflineAudioContext(1, length, sampleRate);
            const mixer = new Mixer(offline, own);
            mixer.selected = 2;
            mixer.start(0, 0, length / sampleRate, 0);
            for (let k = 1; k < 8; k++) offline.suspend(k * 0.128).then(() => {
                mixer.select(2 + k);
                offline.resume();
            });
            const data = (await offline.startRendering()).getChannelData(0);
            const steps = (x) => x.slice(1).map((y, n) => Math.abs(y - x[n]));
            const jump = (x) => steps(x).reduce((top, y) => Math.max(top, y), 0);
            return [jump(data), Math.max(...own.map((b) => jump(b.getChannelData(0))))];
        }""",
        HERE,
    )
    assert steps[0] <= 1.05 * steps[1]


def test_it_gives_way_and_leads_to_the_workbench(opened):
    page, root = opened()
    root.get_by_role("button", name="Play").click()
    root.get_by_role("button", name="Stop").wait_for()
    root.get_by_role("link", name="Train one yourself").click()
    page.locator(".eq-workbench").wait_for()
    assert page.url.endswith("book/workbench.html")


def test_a_sound_that_cannot_be_loaded_is_said_and_tried_again(opened):
    page, root = opened()
    page.route("**/opening.flac", lambda route: route.abort())
    root.get_by_role("button", name="Play").click()
    root.get_by_role("status").filter(has_text="This cannot be played here").wait_for()
    page.unroute("**/opening.flac")
    root.get_by_role("button", name="Play").click()
    expect(root.get_by_role("status")).to_have_text("")
    root.get_by_role("button", name="Stop").wait_for()


def test_with_reduced_motion_the_curve_is_there_at_once(opened):
    page, root = opened(reduced_motion="reduce")
    shown = page.evaluate(
        f"""() => {{
            const slider = document.querySelector(".eq-opening-slide input");
            slider.value = 5;
            slider.dispatchEvent(new Event("input"));
            return {HERE}.now.shown;
        }}"""
    )
    assert shown == MADE["moments"][5]["response_db"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_axe_finds_nothing_while_it_plays(opened, size, scheme):
    page, root = opened(viewport=size, color_scheme=scheme)
    root.get_by_role("button", name="Play").click()
    root.get_by_role("button", name="Stop").wait_for()
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run('.eq-opening').then((result) => result.violations)")
    assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
