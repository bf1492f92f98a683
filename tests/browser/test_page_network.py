"""The trained networks in the page of "Results": run, compared with torch, and given bad files."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
import soundfile as sf

import eqlib
from eqlib import metrics
from eqlib.experiments.plan import experiments
from eqlib.networks.shipped import SHIPPED
from support import REFUSE, SITE

pytestmark = pytest.mark.browser

RATE = 16_000
DONE = """() => /SNR|could not|Canceled/.test(
    document.querySelector('.eq-network [role=status]').textContent)"""


class Network:
    """What a reader sees of the component, and the handle that the page keeps for tests."""

    def __init__(self, page):
        page.locator("html[data-eq-ready]").wait_for()
        self.page, self.root = page, page.locator(".eq-network")
        self.button = self.root.locator(".eq-network-run")
        self.status = self.root.get_by_role("status").first

    def run(self, name="low-shelf"):
        self.root.get_by_label("network for").select_option(name)
        self.button.click()
        self.page.wait_for_function(DONE, timeout=120_000)
        return self.status.text_content()

    def last(self):
        """Input, target and output of the last run."""
        script = """() => {
            const { last } = document.querySelector('.eq-network').eqComponent;
            return [last.input, last.target, last.output].map((x) => Array.from(x));
        }"""
        return [np.array(x, np.float32) for x in self.page.evaluate(script)]

    def give(self, name, content):
        file = {"name": name, "mimeType": "audio/wav", "buffer": content}
        self.root.locator("input[type=file]").set_input_files(file)
        self.page.wait_for_function(
            "([element, name]) => element.textContent.includes(name)",
            arg=[self.status.element_handle(), name],
        )
        return self.status.text_content()


@pytest.fixture
def network(open_page):
    return Network(open_page("book/results.html", viewport={"width": 1200, "height": 900}))


def wav(audio, rate=RATE, subtype="PCM_16"):
    file = io.BytesIO()
    sf.write(file, audio, rate, format="WAV", subtype=subtype)
    return file.getvalue()


def tones(seconds, rate):
    t = np.arange(round(seconds * rate)) / rate
    return sum(np.sin(2 * np.pi * hz * t) / k for k, hz in enumerate((220, 660, 2_000), 1)) / 8


def test_it_computes_what_torch_computes(network):
    said = network.run()
    dry, target, output = network.last()
    expected = eqlib.pretrained("low-shelf").process(dry)
    np.testing.assert_allclose(output, expected, atol=1e-4 * np.abs(expected).max())
    assert metrics.snr_db(experiments()["low-shelf"].eq(dry), target) > 80
    (snr_db,) = re.findall(r"SNR ([\d.]+) dB against", said)
    assert float(snr_db) == pytest.approx(metrics.snr_db(target, output), abs=0.06)
    assert "browser" not in said  # it is done, and says what came out
    player = network.root.locator(".eq-compare")
    player.get_by_role("button", name="Play").click()
    player.get_by_role("button", name="Pause").wait_for()
    assert player.get_by_role("radio").count() == 4, "input, target, output, difference"


@pytest.mark.parametrize("name", [n for n in SHIPPED if n != "low-shelf"])
def test_every_network_of_the_page_runs(network, name):
    network.run(name)
    dry, target, output = network.last()
    wet = experiments()[name].eq(dry)
    # The page designs a drawn curve on a coarser grid.
    assert metrics.snr_db(wet, target) > (50 if name == "drawn-curve" else 80)
    expected = eqlib.pretrained(name).process(dry)
    np.testing.assert_allclose(output, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize("name", SHIPPED)
def test_it_shows_the_curve_of_the_target(network, name):
    network.root.get_by_label("network for").select_option(name)
    label = network.root.locator("svg.eq-chart").get_attribute("aria-label")
    said = re.search(r"target of (\S+): from (-?\d+) to (-?\d+) dB", label)
    hz = np.geomspace(30, 0.95 * RATE / 2, 240)
    gain_db = 20 * np.log10(np.abs(experiments()[name].eq.response(hz)))
    assert said[1] == name
    # A drawn curve is designed on a coarser grid in the page.
    assert [int(said[2]), int(said[3])] == pytest.approx([gain_db.min(), gain_db.max()], abs=0.6)
    points = network.root.locator(".eq-network-curve").get_attribute("d")[1:].split("L")
    y = np.array([float(point.split(",")[1]) for point in points])
    seen = gain_db > -40  # what is below is drawn at the edge
    (slope, level), (error,), *_ = np.polyfit(y[seen], gain_db[seen], 1, full=True)
    assert slope < 0 and error / seen.sum() < 0.1


def test_the_runtime_is_loaded_when_it_is_asked_for(network):
    asked = []
    network.page.on("request", lambda request: asked.append(request.url))
    network.page.wait_for_timeout(500)
    assert not [url for url in asked if "ort" in url or ".onnx" in url]
    network.run()
    assert sum(url.endswith(".wasm") for url in asked) == 1
    assert sum(url.endswith("low-shelf.onnx") for url in asked) == 1


def test_the_weight_of_the_first_run_stands_beside_the_button(network):
    load = network.root.locator(".eq-network-load")
    (said,) = re.findall(r"the first run loads (\d+) MB", load.text_content())
    loaded = []
    network.page.on("response", lambda response: loaded.append(response.url))
    network.run()
    files = [SITE / url.split("/", 3)[3] for url in loaded if "/ort/" in url or ".onnx" in url]
    assert sum(file.stat().st_size for file in files) / 1e6 == pytest.approx(int(said), abs=0.5)
    assert not load.is_visible()


def test_a_file_of_ones_own(network):
    stereo = np.stack([tones(2, 44_100), np.zeros(88_200)], 1)
    said = network.give("mine.wav", wav(stereo, 44_100))
    assert "2.0 s, 2 channels averaged to one, converted to 16 kHz" in said
    assert "in your browser" in said
    network.run("highpass")
    dry, _, output = network.last()
    assert len(dry) == 2 * RATE
    inside = slice(2_000, 30_000)  # resampling rings at the ends
    assert metrics.snr_db(tones(2, RATE)[inside] / 2, dry[inside].astype(float)) > 35
    np.testing.assert_allclose(output, eqlib.pretrained("highpass").process(dry), atol=1e-4)


def test_a_file_is_dropped(network):
    data = wav(tones(0.5, RATE)).hex()
    network.page.evaluate(
        """hex => {
            const bytes = Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], "dropped.wav"));
            const drop = (place) => {
                const options = { dataTransfer: transfer, cancelable: true, bubbles: true };
                const events = ["dragover", "drop"].map((name) => new DragEvent(name, options));
                return events.map((event) => place.dispatchEvent(event));
            };
            window.dropped = {
                beside: drop(document.querySelector(".bd-article h1")),
                said: document.querySelector(".eq-network [role=status]").textContent,
                onto: drop(document.querySelector(".eq-network-bar")),
            };
        }""",
        data,
    )
    network.page.get_by_text("“dropped.wav”: 0.5 s").wait_for()
    dropped = network.page.evaluate("window.dropped")
    # Events that nobody prevents make a browser open the file in the page's place.
    assert dropped["beside"] == dropped["onto"] == [False, False]
    assert "beside this desk" in dropped["said"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("notes.txt", b"this is no sound", "cannot be decoded"),
        ("empty.wav", b"", "cannot be decoded"),
        ("silent.wav", wav(np.zeros(RATE)), "is silent"),
        (
            "opposite.wav",
            wav(np.stack([tones(1, RATE), -tones(1, RATE)], 1)),
            "at least when its channels are added",
        ),
        ("long.wav", wav(tones(61, 8_000), 8_000), "61 s long; 60 s is the limit"),
        ("nan.wav", wav(np.where(np.arange(RATE) == 99, np.nan, 0.1), subtype="FLOAT"), "NaN"),
        ("inf.wav", wav(np.where(np.arange(99_000) == 9, np.inf, 0.1), 44_100, "FLOAT"), "NaN"),
        ("short.wav", wav(tones(0.02, RATE)), "too short"),
    ],
)
def test_a_bad_file_gets_a_sentence_and_breaks_nothing(network, name, content, said):
    before = network.root.get_by_label("sound").locator("option").count()
    assert said in network.give(name, content)
    assert network.root.get_by_label("sound").locator("option").count() == before
    assert "SNR" in network.run()


def test_it_can_be_canceled_and_run_again(network):
    network.give("minute.wav", wav(tones(59, 8_000), 8_000))
    network.button.click()
    network.page.wait_for_function(
        "() => document.querySelector('.eq-network progress').value > 0.01", timeout=60_000
    )
    assert network.button.text_content() == "Cancel"
    network.button.click()
    network.page.get_by_text("Canceled.", exact=True).wait_for()
    network.root.get_by_label("sound").select_option("piano")
    assert "SNR" in network.run()


def test_by_keyboard_and_on_a_phone(open_page):
    size = {"width": 390, "height": 844}
    network = Network(open_page("book/results.html", viewport=size))
    network.button.focus()
    network.page.keyboard.press("Enter")
    network.page.wait_for_function(DONE, timeout=120_000)
    assert "SNR" in network.status.text_content()
    for control in network.root.locator("input, select, button, progress").all():
        if control.is_visible():
            box = control.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
    assert network.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_is_chosen_while_it_runs_changes_nothing(network):
    network.give("minute.wav", wav(tones(30, 8_000), 8_000))
    network.button.click()
    assert network.root.get_by_label("network for").is_disabled()
    assert network.root.get_by_label("sound").is_disabled()
    file = {"name": "late.wav", "mimeType": "audio/wav", "buffer": wav(tones(1, RATE))}
    network.root.locator("input[type=file]").set_input_files(file)
    network.page.get_by_text("Wait for the run to end").wait_for()
    network.page.wait_for_function(DONE, timeout=120_000)
    assert network.status.text_content().startswith("low-shelf, “minute.wav”: SNR")
    assert network.root.get_by_label("sound").is_enabled()


def test_after_a_failure_and_an_early_cancel_it_runs_again(network):
    network.page.route("**/*.onnx", lambda route: route.abort())
    network.button.click()
    network.page.get_by_text("The network could not run").wait_for()
    network.page.unroute("**/*.onnx")
    for _ in range(2):  # before the worker has begun, the second time with an idle one
        network.button.click()
        network.button.click()
        network.page.get_by_text("Canceled.", exact=True).wait_for()
    assert "SNR" in network.run("highpass")
    network.button.click()
    network.button.click()
    network.page.get_by_text("Canceled.", exact=True).wait_for()
    assert "lowpass" in network.run("lowpass")


def test_where_a_browser_refuses_low_rates_all_works_as_well(chromium, address):
    context = chromium.new_context()
    context.add_init_script(f"({REFUSE})()")
    page = context.new_page()
    page.goto(f"{address}/book/results.html")
    network = Network(page)
    said = network.give("mine.wav", wav(tones(1, 44_100), 44_100))
    assert "1.0 s, converted to 16 kHz" in said
    network.run("highpass")
    dry, target, output = network.last()
    inside = slice(500, -500)
    assert metrics.snr_db(tones(1, RATE)[inside], dry[inside].astype(float)) > 35
    assert metrics.snr_db(experiments()["highpass"].eq(dry), target) > 80
    np.testing.assert_allclose(output, eqlib.pretrained("highpass").process(dry), atol=1e-4)
    player = network.root.locator(".eq-compare")
    player.get_by_role("button", name="Play").click()
    player.get_by_role("button", name="Pause").wait_for()
    context.close()
