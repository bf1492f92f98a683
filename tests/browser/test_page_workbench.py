"""The workbench in its page: trained, stopped, continued, heard, linked, saved, opened."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

import eqlib
from eqlib import EQ, EQNet, EQNetConfig, data, metrics
from eqlib.equalizers.targets import TARGETS
from workbench_page import HERE, Bench

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PAGE = "book/workbench.html"
RATE = 16_000
SHELF = "eq=low_shelf:500:10:s0.7071"
SHORT = "filters=16&steps=20&rate=0.005&stage-one=0"


@pytest.fixture
def bench(open_page):
    return Bench(open_page(f"{PAGE}#{SHELF}&{SHORT}", viewport={"width": 1366, "height": 900}))


def wav(audio, rate=RATE):
    file = io.BytesIO()
    sf.write(file, audio, rate, format="WAV", subtype="FLOAT")
    return file.getvalue()


def test_it_trains_and_its_sound_is_what_python_makes_of_the_saved_weights(bench, tmp_path):
    bench.train()
    losses, checks = bench.curve()
    assert [step for step, _ in losses] == list(range(1, 21))
    assert checks[-1][1] > checks[0][1]
    assert "the network comes within" in bench.message.text_content()
    assert bench.of("log.snapshots.map(({ step }) => step)")[0] == 0

    dry, target, output = bench.sounds()
    path = bench.saved(tmp_path)
    net = eqlib.load(path)
    assert EQ.from_dict(net.info["target"]) == TARGETS["low-shelf"]
    expected = net.process(dry)
    np.testing.assert_allclose(output, expected, atol=1e-4 * np.abs(expected).max())
    assert metrics.snr_db(TARGETS["low-shelf"](dry), target) > 80

    slider = bench.root.get_by_label("Moment of the training")
    slider.focus()
    bench.page.keyboard.press("Home")
    bench.heard.filter(has_text="untrained").wait_for()
    assert slider.get_attribute("aria-valuetext") == "untrained"
    untrained = bench.sounds()[2]
    assert metrics.snr_db(target, untrained) < metrics.snr_db(target, output)


def test_the_same_seed_gives_the_same_curve_and_another_gives_another(bench):
    bench.train()
    first = bench.curve()
    bench.train("Train anew")
    assert bench.curve() == first
    bench.train("Another seed")
    assert bench.of("run.seed") == 1
    other = bench.curve()
    assert [step for step, _ in other[0]] == [step for step, _ in first[0]]
    assert other != first


def test_stop_keeps_the_best_and_continue_counts_on(open_page):
    bench = Bench(open_page(f"{PAGE}#{SHELF}&filters=16&steps=3000&seed=3"))
    bench.press("Train")
    bench.until("log?.checks.length || log?.losses.length > 30")
    stop = bench.root.get_by_role("button", name="Stop, keep the best")
    assert stop.evaluate("button => button === document.activeElement")
    stop.press("Enter")
    bench.until("phase === 'done'")
    assert bench.message.text_content().startswith("Stopped")
    train = bench.root.get_by_role("button", name="Train anew")
    assert train.evaluate("button => button === document.activeElement")
    steps, best = bench.of("log.losses.length"), bench.of("log.best.snrDb")
    assert steps < 3_000
    bench.root.get_by_text("More", exact=True).click()
    field = bench.root.get_by_label("Steps", exact=True).last
    field.fill("15")
    field.press("Enter")
    bench.train("Continue")
    assert bench.of("log.losses.map(([step]) => step)") == list(range(1, steps + 16))
    assert bench.of("log.best.snrDb") > best - 3


def test_another_target_cannot_be_continued_but_trained_anew(bench):
    bench.train()
    proceed = bench.root.get_by_role("button", name="Continue")
    assert proceed.get_attribute("aria-disabled") == "false"
    bench.root.get_by_label("Preset of the target").select_option("highpass")
    assert proceed.get_attribute("aria-disabled") == "true"
    before = bench.curve()
    proceed.click(force=True)
    assert bench.of("phase") == "done"
    assert bench.curve() == before


def test_a_link_brings_target_and_settings_back(bench, open_page):
    bench.root.get_by_label("Preset of the target").select_option("vocal-chain")
    bench.root.get_by_role("radio", name="64").check()
    bench.root.get_by_role("radio", name="1000").check()
    bench.page.wait_for_function("location.hash.includes('steps=1000')")
    state = bench.of("[eq, run]")
    again = Bench(open_page(PAGE + bench.page.evaluate("location.hash")))
    eq, run = again.of("[eq, run]")
    assert run == state[1]
    for band, expected in zip(eq["bands"], state[0]["bands"], strict=True):
        assert {k: v for k, v in band.items() if not isinstance(v, float)} == {
            k: v for k, v in expected.items() if not isinstance(v, float)
        }
        numbers = [k for k, v in expected.items() if isinstance(v, float)]
        assert [band[k] for k in numbers] == pytest.approx([expected[k] for k in numbers], rel=1e-6)
    assert "those of the link" in again.message.text_content()
    again.page.evaluate("location.hash = '#curve=100:0,1000:6&steps=77'")
    again.page.wait_for_function(f"{HERE}.run.steps === 77")
    assert again.of("eq.curve") == {"frequencies_hz": [100, 1000], "gains_db": [0, 6]}
    wrong = Bench(open_page(f"{PAGE}#eq=tilt:500:10:q1&steps=40"))
    assert "“tilt” is no kind of band" in wrong.message.text_content()
    assert wrong.of("run.steps") == 40


def test_a_file_of_eqlib_is_opened_heard_and_continued(bench, tmp_path):
    net = EQNet(EQNetConfig(filters=32), seed=5)
    net.info["target"] = TARGETS["air"].to_dict()
    content = eqlib.save(net, tmp_path / "mine.safetensors").read_bytes()
    bench.open("Open weights", "mine.safetensors", content)
    bench.heard.filter(has_text="SNR").wait_for(timeout=60_000)
    dry, target, output = bench.sounds()
    expected = net.process(dry)
    np.testing.assert_allclose(output, expected, atol=1e-4 * np.abs(expected).max())
    assert metrics.snr_db(TARGETS["air"](dry), target) > 80
    assert "a network with 32 filters, and its target" in bench.message.text_content()
    bench.train("Continue")
    assert bench.of("log.losses.length") == 20

    spoiled = bytearray(content)
    spoiled[-1] ^= 1
    before = bench.of("log.losses.length")
    bench.open("Open weights", "bad.safetensors", bytes(spoiled))
    bench.message.filter(has_text="cannot be opened").wait_for()
    assert bench.of("[phase, log.losses.length]") == ["done", before]


def test_the_readers_own_sound_is_heard_through_the_network(bench, tmp_path):
    bench.train()
    tone = np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE).astype(np.float32) / 4
    bench.open("An audio file of your own", "mine.wav", wav(tone))
    bench.heard.filter(has_text="mine.wav").wait_for()
    dry, _target, output = bench.sounds()
    np.testing.assert_allclose(dry, tone, atol=1e-6)
    expected = eqlib.load(bench.saved(tmp_path)).process(tone)
    np.testing.assert_allclose(output, expected, atol=1e-4 * np.abs(expected).max())
    bench.open("An audio file of your own", "silent.wav", wav(0 * tone))
    bench.message.filter(has_text="silent").wait_for()
    assert "mine.wav" in bench.heard.text_content()


def test_two_recordings_are_checked_learned_from_and_heard(bench):
    dry = data.load(kind="phrase", split="test")[0][: 6 * RATE].astype(np.float32)
    wet = -np.pad(np.asarray(TARGETS["air"](dry)), (800, 0))
    bench.press("Two recordings")
    bench.press("Train")
    assert "Two recordings are missing" in bench.message.text_content()
    bench.open("Before: a recording", "before.wav", wav(dry))
    bench.open("After: a recording", "after.wav", wav(wet))
    report = bench.root.locator(".eq-workbench-report")
    report.get_by_text("50.0 ms late").wait_for()
    assert "upside down" in report.text_content()
    bench.train()
    heard_dry, target, _ = bench.sounds()
    assert metrics.snr_db(np.asarray(TARGETS["air"](dry))[-len(target) :], target) > 60
    assert len(heard_dry) == len(target)
    bench.press("Copy link")
    assert "fit into no link" in bench.message.text_content()
    bench.press("Draw a target")
    assert bench.root.get_by_role("slider", name="Band 1, low shelf").is_visible()


def test_what_is_out_of_reach_is_said_before(bench):
    bench.root.get_by_role("button", name="low shelf").click()
    bench.root.get_by_label("Type of band 1").select_option("peaking")
    for label, text in (("Frequency of band 1", "100 Hz"), ("Q of band 1", "4,0")):
        field = bench.root.get_by_label(label)
        field.fill(text)
        field.press("Enter")
    assert bench.of("[eq.bands[0].cutoff_hz, eq.bands[0].q]") == [100, 4]
    assert "Out of reach" in bench.forecast.text_content()
    assert "at most 20 dB SNR" in bench.forecast.text_content()
    field = bench.root.get_by_label("Frequency of band 1")
    field.fill("often")
    field.press("Enter")
    assert "“often” is no number. It stays at 100 Hz" in bench.message.text_content()
    assert bench.of("eq.bands[0].cutoff_hz") == 100


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1366])
def test_it_is_usable_for_everybody(open_page, scheme, width):
    """Without a fault that axe finds, and without overflow: before, and after a training."""
    size = {"width": width, "height": 844}
    page = open_page(f"{PAGE}#eq=peaking:100:10:q4&{SHORT}", viewport=size, color_scheme=scheme)
    bench = Bench(page)
    page.add_script_tag(path=AXE)

    def check():
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = page.evaluate("axe.run('.eq-workbench').then((result) => result.violations)")
        assert [(v["id"], [node["html"][:200] for node in v["nodes"]]) for v in found] == []
        for control in bench.root.locator("input, select, button").all():
            if control.is_visible():
                inside = control.bounding_box()
                assert inside["x"] >= 0
                assert inside["x"] + inside["width"] <= width + 0.5

    bench.root.get_by_role("button", name="peak").click()
    bench.press("More")
    check()
    bench.train()
    check()
    bench.press("Two recordings")
    check()


@pytest.mark.parametrize(
    ("name", "settings"),
    [("tour", (200, 600)), ("stage_one", (300, 300)), ("stage_two", (100, 350))],
)
def test_a_chapter_loads_its_workbench_when_it_is_opened(open_page, name, settings):
    page = open_page("book/intro.html")  # to have somewhere to listen from
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page.url.replace("intro", name), wait_until="networkidle")
    assert not [url for url in asked if "workbench.js" in url or ".onnx" in url]
    page.locator(".eq-folded > summary").click()
    bench = Bench(page)
    page.wait_for_function(f"() => {HERE}")
    run = bench.of("run")
    assert (run["filters"], run["pretrainSteps"], run["steps"]) == (128, *settings)
    assert bench.root.get_by_role("button", name="Train", exact=True).is_visible()


def test_a_link_into_a_chapter_opens_its_workbench(open_page):
    bench = Bench(open_page(f"book/stage_two.html#{SHELF}&{SHORT}"))
    bench.until("run.steps === 20")
    assert bench.root.get_by_role("button", name="Train", exact=True).is_visible()
