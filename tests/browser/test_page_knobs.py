"""One network for every peak: in the page it is what it is in Python, wherever its knobs are."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eqlib import EQ, metrics
from eqlib.experiments.generalize import every_peak
from eqlib.networks.knobs import peak_setting

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
HERE = "document.querySelector('.eq-knobs').eqComponent"


class Desk:
    def __init__(self, page):
        page.locator("html[data-eq-ready]").wait_for()
        self.page, self.root = page, page.locator(".eq-knobs")
        self.root.scroll_into_view_if_needed()
        self.settled()

    def settled(self):
        self.page.wait_for_timeout(100)
        self.page.wait_for_function(f"() => {HERE}?.now", timeout=60_000)

    def of(self, name):
        return np.array(self.page.evaluate(f"Array.from({HERE}.now.{name})"), np.float32)

    def setting(self):
        return self.page.evaluate(f"{HERE}.now.setting")

    def slider(self, name):
        return self.root.get_by_role("slider", name=name, exact=True)

    def turn(self, **values):
        for name, value in values.items():
            self.page.evaluate(f"{HERE}.turn('{name}', {value})")
        self.settled()


@pytest.fixture
def desk(open_page):
    return Desk(open_page("book/generalize.html", viewport={"width": 1366, "height": 768}))


def check(desk):
    setting, dry = desk.setting(), desk.of("dry")
    exact = EQ.peaking(**setting)
    wanted = every_peak().process(dry, setting=peak_setting(**setting))
    np.testing.assert_allclose(desk.of("network"), wanted, atol=1e-4 * np.abs(dry).max())
    np.testing.assert_allclose(desk.of("exact"), exact(dry), atol=1e-4 * np.abs(dry).max())
    told = desk.root.locator(".eq-knobs-score strong").text_content()
    if setting["gain_db"]:
        snr_db = float(metrics.snr_db(exact(dry), wanted))
        assert float(told.removesuffix(" dB").replace("−", "-")) == pytest.approx(snr_db, abs=0.2)
    else:
        assert told == "no difference"
    return exact


def test_at_every_setting_it_is_the_network_of_python(desk):
    check(desk)
    for values in ((250, -12, 2), (3_900, 12, 0.5), (900, 0, 1)):
        desk.turn(**dict(zip(("cutoff_hz", "gain_db", "q"), values, strict=True)))
        exact = check(desk)
        hz = desk.of("hz")
        exact_db = 20 * np.log10(np.abs(exact.response(hz)))
        # Above the note's partials the network's curve is its own, as the chapter says.
        heard = hz < 1_500
        np.testing.assert_allclose(desk.of("response")[heard], exact_db[heard], atol=2)
    np.testing.assert_array_equal(desk.of("network"), desk.of("dry"))


def test_knobs_turn_by_keyboard_and_in_the_picture(desk):
    gain = desk.slider("Gain")
    gain.focus()
    gain.press("Home")
    desk.settled()
    assert gain.get_attribute("aria-valuetext") == "−12.0 dB"
    gain.press("End")
    desk.slider("Width (q)").focus()
    desk.slider("Width (q)").press("End")
    desk.settled()
    assert desk.setting() == pytest.approx({"cutoff_hz": 1_000, "gain_db": 12, "q": 2})
    check(desk)
    box = desk.root.locator("svg").bounding_box()
    mouse = desk.page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] - 5, steps=3)
    mouse.up()
    desk.settled()
    setting = desk.setting()
    assert setting["gain_db"] == -12 and 500 < setting["cutoff_hz"] < 1_500
    check(desk)


def test_the_sound_follows_while_the_note_plays(desk):
    desk.root.get_by_role("button", name="Play").click()
    desk.root.get_by_role("button", name="Stop").wait_for()
    before = desk.of("buffer")
    desk.turn(gain_db=-9)
    assert desk.page.evaluate(f"{HERE}.now.sources") == 3
    after, ours = desk.of("buffer"), desk.of("network")
    scale = np.abs(after).max() / np.abs(ours).max()
    np.testing.assert_allclose(after, ours * scale, atol=1e-5)
    assert np.abs(after - before).max() > 0.01
    for index, name in enumerate(("Network", "Exact filter", "Without")):
        desk.root.get_by_role("radio", name=name).check(force=True)
        assert desk.page.evaluate(f"{HERE}.now.heard") == index
    desk.turn(cutoff_hz=300, gain_db=12, q=0.5)
    assert np.abs(desk.of("buffer")).max() <= 0.9
    desk.root.get_by_role("button", name="Stop").click()
    desk.root.get_by_role("button", name="Play").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1366])
def test_axe_finds_nothing_and_nothing_is_cut_off(open_page, width, scheme):
    size = {"width": width, "height": 844}
    desk = Desk(open_page("book/generalize.html", viewport=size, color_scheme=scheme))
    desk.page.add_script_tag(path=AXE)
    found = desk.page.evaluate("axe.run('.eq-knobs').then((result) => result.violations)")
    assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
    for control in desk.root.locator("button, input, svg").all():
        if control.is_visible():
            box = control.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width + 0.5


def test_in_the_dark_no_part_of_a_slider_is_white_but_its_knob(open_page):
    phone = {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark", "is_mobile": True}
    desk = Desk(open_page("book/generalize.html", **phone))
    for slider in desk.root.locator(".eq-knobs-knob input").all():
        image = Image.open(io.BytesIO(slider.screenshot())).convert("L")
        right = np.asarray(image)[:, int(0.9 * image.width) :]  # none begins that far
        assert 40 < right.max() < 140
