"""Inside a trained network: untouched it is the network, and each fader does what it says."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch

import eqlib
from eqlib import data, metrics
from eqlib.analysis.channels import center_frequencies_hz
from eqlib.equalizers.targets import TARGETS

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
HERE = "document.querySelector('.eq-faders').eqComponent"
RATE = 16_000


class Handled(torch.nn.Module):
    """The same network in Python, with a factor on each fader."""

    def __init__(self, factors):
        super().__init__()
        self.net = eqlib.load(ROOT / "book/_static/opening.safetensors")
        order = np.argsort(center_frequencies_hz(self.net), kind="stable")
        on = torch.ones(self.net.config.filters, 1)
        on[order.copy(), 0] = torch.tensor(factors, dtype=torch.float32)
        plain = self.net.latent
        self.net.latent = lambda Z: plain(Z) * on


def expected(audio, factors):
    return Handled(factors).net.process(audio)


class Desk:
    def __init__(self, page):
        page.locator("html[data-eq-ready]").wait_for()
        self.page, self.root = page, page.locator(".eq-faders")
        self.root.scroll_into_view_if_needed()
        page.wait_for_function(f"() => {HERE}?.now?.mixed", timeout=60_000)

    def of(self, name):
        return np.array(self.page.evaluate(f"Array.from({HERE}.now.{name})"), np.float32)

    def factors(self):
        return self.page.evaluate(f"{HERE}.desk.factors")

    def snr(self):
        return float(self.root.locator(".eq-faders-score strong").text_content().replace("−", "-"))

    def settled(self):
        self.page.wait_for_timeout(200)  # a moved fader is heard a little later

    def press(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()
        self.settled()

    def strip(self, index):
        return self.root.get_by_role("slider", name=f"Fader {index + 1},")


@pytest.fixture
def desk(open_page):
    return Desk(open_page("book/learned.html", viewport={"width": 1366, "height": 768}))


def check(desk, factors):
    assert desk.factors() == pytest.approx(factors, rel=1e-6)
    wanted = expected(desk.of("input"), factors)
    np.testing.assert_allclose(desk.of("mixed"), wanted, atol=1e-3 * np.abs(wanted).max())
    snr_db = metrics.snr_db(TARGETS["low-shelf"](desk.of("input")), wanted)
    assert desk.snr() == pytest.approx(float(snr_db), abs=0.2)


def test_with_nothing_touched_it_is_the_network(desk):
    check(desk, [1] * 16)
    assert desk.snr() > 40
    note = data.load(instrument="piano", split="test")["piano/sal_Fs4_v10"][:16_000]
    np.testing.assert_allclose(desk.of("input")[:16_000], note, atol=1e-3)


def test_a_fader_that_is_muted_solo_or_moved_is_the_same_in_python(desk):
    desk.strip(2).click()
    desk.press("Mute")
    assert desk.root.get_by_role("button", name="Mute").get_attribute("aria-pressed") == "true"
    check(desk, [1, 1, 0] + [1] * 13)
    desk.press("Mute")
    desk.press("Solo")
    check(desk, [0, 0, 1] + [0] * 13)
    desk.strip(0).press("s")
    desk.settled()
    check(desk, [1, 0, 1] + [0] * 13)
    desk.press("All as the network has it")
    for _ in range(3):
        desk.strip(1).press("ArrowDown")
    desk.settled()
    check(desk, [1, 10 ** (-3 / 20)] + [1] * 14)
    assert desk.strip(1).get_attribute("aria-valuetext") == "−3.0 dB from the network's"
    desk.strip(1).press("0")
    desk.settled()
    check(desk, [1] * 16)


def test_a_fader_is_dragged(desk):
    box = desk.strip(5).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    desk.page.mouse.move(x, y + 30, steps=3)
    desk.page.mouse.up()
    desk.settled()
    moved_db = 20 * np.log10(desk.factors()[5])
    assert moved_db == pytest.approx(-30 * 54 / box["height"], abs=0.6)
    check(desk, [1] * 5 + [10 ** (moved_db / 20)] + [1] * 10)


def test_the_faders_move_while_the_note_plays_and_a_mute_is_heard_at_once(desk):
    page = desk.page
    desk.press("Play")
    desk.root.get_by_role("button", name="Stop").wait_for()
    seen = page.evaluate(
        """async () => {
            const seen = [];
            for (let k = 0; k < 12; k++) {
                await new Promise((go) => setTimeout(go, 90));
                const strip = document.querySelectorAll(".eq-strip")[0];
                seen.push(getComputedStyle(strip).getPropertyValue("--eq-now"));
            }
            return seen;
        }"""
    )
    assert len(set(seen)) > 4
    desk.strip(0).press("m")
    desk.settled()
    scale = page.evaluate(f"{HERE}.now.levels.common * {HERE}.now.levels.own")
    np.testing.assert_allclose(desk.of("heard"), desk.of("mixed") * scale, atol=1e-5)
    assert page.evaluate(f"{HERE}.mixer.sources.length") == 3
    page.locator(".eq-compare").first.get_by_role("button", name="Play").click()
    desk.root.get_by_role("button", name="Play", exact=True).wait_for()


def test_nothing_is_louder_than_full_scale_and_a_solo_is_turned_up_by_12_db_at_most(desk):
    desk.press("Play")
    for index in range(16):
        desk.strip(index).press("PageUp")
        desk.strip(index).press("PageUp")
    desk.settled()
    assert np.abs(desk.of("heard")).max() <= 0.9
    desk.press("All as the network has it")
    for index in range(16):
        desk.strip(index).press("s")
        desk.settled()
        assert np.abs(desk.of("heard")).max() <= 0.9
        assert 20 * np.log10(desk.page.evaluate(f"{HERE}.now.levels.own")) <= 12 + 1e-6
        desk.strip(index).press("s")
    desk.press("Stop")


def test_a_file_of_ones_own_goes_through_and_a_silent_one_is_refused(desk):
    def given(audio, name):
        file = io.BytesIO()
        sf.write(file, audio, RATE, format="WAV", subtype="FLOAT")
        field = desk.root.get_by_label("An audio file of your own")
        field.set_input_files({"name": name, "mimeType": "audio/wav", "buffer": file.getvalue()})

    chord = sum(np.sin(2 * np.pi * hz * np.arange(11 * RATE) / RATE) for hz in (110, 277, 1_320))
    given((0.1 * chord).astype(np.float32), "chord.wav")
    status = desk.root.get_by_role("status")
    status.filter(has_text="its first 10 s").wait_for(timeout=120_000)
    audio = desk.of("input")
    np.testing.assert_allclose(audio, 0.1 * chord[: 10 * RATE], atol=1e-4)
    check(desk, [1] * 16)
    given(np.zeros(RATE, np.float32), "silent.wav")
    status.filter(has_text="silent").wait_for()
    assert len(desk.of("input")) == 10 * RATE


def contrast(first, second):
    def luminance(color):
        parts = [x / 255 for x in color]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return np.dot(linear, [0.2126, 0.7152, 0.0722])

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("signal", ["X1", "Z", "Ẑ", "X̂1"])
def test_the_selected_row_stands_out_by_3_to_1_wherever_it_lies(desk, signal):
    """The line has a rim: on every ground, one of the two does, and the one on the other."""
    desk.root.get_by_role("radio", name=f"{signal},").check(force=True)
    assert contrast(PINK, BLACK) >= 3
    for index in (0, 7, 15):
        desk.strip(index).focus()
        column = [tuple(pixel) for pixel in desk.page.evaluate(PIXELS)]
        lines = [y for y, pixel in enumerate(column) if pixel == PINK]
        assert len(lines) >= 4  # two lines of two pixels
        around = {column[y] for k in lines for y in (k - 1, k + 1) if 0 <= y < len(column)}
        assert around <= {PINK, BLACK}
        grounds = set(column) - {PINK, BLACK}
        assert min(max(contrast(g, PINK), contrast(g, BLACK)) for g in grounds) >= 3


PINK, BLACK = (255, 150, 210), (0, 0, 0)
PIXELS = """() => {
    const canvas = document.querySelector(".eq-map-canvas");
    const x = Math.round(canvas.width * 0.6);
    const { data } = canvas.getContext("2d").getImageData(x, 0, 1, canvas.height);
    const rows = Array.from({ length: canvas.height }, (_, y) => 4 * y);
    return rows.map((at) => Array.from(data.slice(at, at + 3)));
}"""


def test_it_fits_on_a_laptop(desk):
    assert desk.root.bounding_box()["height"] <= 700


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1366])
def test_axe_finds_nothing_and_nothing_is_cut_off(open_page, width, scheme):
    size = {"width": width, "height": 844}
    desk = Desk(open_page("book/learned.html", viewport=size, color_scheme=scheme))
    desk.strip(3).press("m")
    desk.page.add_script_tag(path=AXE)
    found = desk.page.evaluate("axe.run('.eq-faders').then((result) => result.violations)")
    assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= width
    for control in desk.root.locator("button, input, select, svg, canvas").all():
        if control.is_visible():
            box = control.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width + 0.5


def test_on_paper_its_pictures_are_there_though_nobody_came_near(open_page):
    page = open_page("book/learned.html", viewport={"width": 673, "height": 400})
    page.locator("html[data-eq-ready]").wait_for()
    assert page.locator(".eq-faders [data-eq-waiting]").count() == 1
    page.emulate_media(media="print")
    page.wait_for_function(f"() => {HERE}?.now?.mixed", timeout=60_000)
    assert page.locator(".eq-faders-pictures").is_visible()
    assert page.locator(".eq-faders .eq-opening-curve").get_attribute("d").count("L") > 50
    places = page.locator(".eq-strip").evaluate_all(
        "strips => strips.map((strip) => strip.style.getPropertyValue('--eq-now'))"
    )
    assert len(set(places)) > 8  # where the network puts them, not all at zero
    assert not page.locator(".eq-faders .eq-map").is_visible()
