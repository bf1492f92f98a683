"""Live sound: a sound of the page and a microphone, through a network, against `EQNet.process`."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import soundfile as sf
import torch
from scipy.signal import firwin, oaconvolve

import eqlib
from eqlib import EQ, EQNet, EQNetConfig, data
from live_page import RATE, RECORDER, Live, expected
from support import FLAGS
from workbench_page import HERE, Bench

pytestmark = pytest.mark.browser

PAGE = "book/workbench.html"
SHIPPED = "document.querySelector('.eq-network').eqComponent"
CUT = EQ.peaking(cutoff_hz=700, gain_db=-18, q=0.3)  # what is softer meets no limit
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def learned(eq, *, filters, steps):
    """A network that has learned a little."""
    net = EQNet(EQNetConfig(filters=filters), seed=0)
    sets = (data.load(instrument="piano", split=split)[:4] for split in ("train", "validation"))
    pairs = [eqlib.pair(clips, eq) for clips in sets]
    eqlib.train(net, *pairs, steps=steps, seed=0, progress=False)
    return net


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Such a network with 32 filters, and its file."""
    net = learned(CUT, filters=32, steps=150)
    path = eqlib.save(net, tmp_path_factory.mktemp("live") / "net.safetensors")
    return net, path.read_bytes()


def opened(browser, address, content, **options):
    """The workbench with a network from a file, both ends of its live sound recorded."""
    context = browser.new_context(**options)
    context.add_init_script(RECORDER)
    page = context.new_page()
    page.goto(f"{address}/{PAGE}#eq=peaking:700:-18:q0.3")
    bench = Bench(page)
    bench.open("Open weights", "mine.safetensors", content)
    bench.heard.filter(has_text="SNR").wait_for(timeout=60_000)
    return bench, Live(page, HERE)


def agree(live, system, report, seconds):
    """Up to the report, for some seconds, it is what it has to be to 1e-3 of its peak.

    Up to 7 kHz: between there and 8 kHz the page's resampler and SciPy's let through other shares
    of what a network makes up (and the whole band of what comes from a recording: -90 dB).
    """
    entered, left = live.ends(report)
    wanted = expected(entered, live.rate, system, report)
    lowpass = firwin(1_025, 7_000, fs=live.rate)
    left, wanted = (oaconvolve(x, lowpass, mode="same") for x in (left, wanted))
    end = report["heard"] - len(lowpass)
    inside = slice(end - round((seconds - 0.5) * live.rate), end)
    assert 0 < inside.start < inside.stop <= len(left)
    peak = np.abs(wanted[inside]).max()
    assert peak > 1e-3
    np.testing.assert_allclose(left[inside], wanted[inside], atol=1e-3 * peak)


def test_for_thirty_seconds_it_is_what_process_makes_and_nothing_drops_out(
    chromium, address, trained
):
    net, content = trained
    bench, live = opened(chromium, address, content)
    live.go()
    report = live.after(30)
    assert report["lowest"] == 1
    agree(live, net.process, report, 30)
    said = live.root.locator(".eq-live-latency").text_content()
    assert f"Latency {round(1000 * report['seconds'])} ms: the network’s frame 64" in said
    assert report["seconds"] < 0.25
    bench.page.context.close()


def test_dry_network_and_exact_filter_take_over_from_each_other_without_a_click(
    chromium, address, trained
):
    net, content = trained
    bench, live = opened(chromium, address, content)
    systems = {"exact": CUT, "dry": lambda x: x, "network": net.process}
    live.go(choice="network")
    for choice, system in systems.items():
        live.root.locator(f"input[value={choice}]").check()
        live.page.wait_for_timeout(2_000)
        report = live.after(2)
        agree(live, system, report, 1.5)
    entered, left = live.ends(report)
    # A click would be a jump: no two samples are further apart than the sounds' own slopes.
    slopes = [
        np.abs(np.diff(expected(entered, live.rate, s, report))).max() for s in systems.values()
    ]
    assert np.abs(np.diff(left)).max() < 1.5 * max(slopes)
    # A player of the page takes the ear.
    bench.root.locator(".eq-compare-play").click()
    bench.page.wait_for_function(f"{HERE}.live.phase === 'idle'")
    assert live.status.text_content() == "Stopped."
    bench.page.context.close()


def test_nothing_is_louder_than_the_input(chromium, address, tmp_path):
    """A network that is thirty times too loud is held at the peak of what comes in."""
    net = learned(EQ.flat(), filters=16, steps=40)
    with torch.no_grad():
        net.dense.weight *= 30
        net.dense.bias *= 30
    net.info["target"] = EQ.flat().to_dict()
    content = eqlib.save(net, tmp_path / "loud.safetensors").read_bytes()
    bench, live = opened(chromium, address, content)
    live.go()
    report = live.after(3)
    entered, left = live.ends(report)
    loud = expected(entered, live.rate, net.process, report)
    assert np.abs(loud).max() > 3 * np.abs(entered).max()
    assert report["lowest"] < 0.5
    assert 0.5 * np.abs(entered).max() < np.abs(left).max() < 1.01 * np.abs(entered).max()
    bench.page.context.close()


@pytest.fixture
def with_microphone(chromium, tmp_path):
    """A Chromium whose microphone hears a recording, again and again."""
    phrase = data.load(kind="phrase", split="test")[0]
    path = tmp_path / "heard.wav"
    sf.write(path, np.clip(phrase, -1, 1), RATE, subtype="PCM_16")
    flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    flags.append(f"--use-file-for-fake-audio-capture={path}")
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=FLAGS + flags)
    yield browser
    browser.close()


def test_a_microphone_is_heard_through_the_network(with_microphone, address, trained):
    net, content = trained
    bench, live = opened(with_microphone, address, content)
    live.root.locator("input[value=device]").check()
    live.button("Go live").click()
    assert "First put headphones on" in live.status.text_content()
    box = live.root.get_by_label("I wear headphones")
    assert box.evaluate("box => box === document.activeElement")
    assert live.page.evaluate(f"{HERE}.live.phase") == "idle"
    live.page.keyboard.press("Space")
    live.go("device")
    agree(live, net.process, live.after(5), 5)
    assert live.root.get_by_label("Which input").is_visible()
    live.button("Stop").press("Enter")
    bench.page.wait_for_function(f"{HERE}.live.phase === 'idle'")
    assert live.button("Go live").evaluate("button => button === document.activeElement")
    bench.page.context.close()


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("missing", "There is no microphone here"),
        ("refused", "The microphone was refused"),
        ("http", "This page came over http"),
    ],
)
def test_what_is_in_the_way_is_said(chromium, address, trained, case, said):
    flags = [*FLAGS, "--host-resolver-rules=MAP book.example 127.0.0.1"]
    if case == "refused":
        flags += ["--use-fake-device-for-media-stream", "--deny-permission-prompts"]
    if case == "missing":
        flags.append("--use-fake-ui-for-media-stream")
    browser = chromium.browser_type.launch(executable_path=CHROMIUM, args=flags)
    if case == "http":
        address = address.replace("127.0.0.1", "book.example")
    if case == "http":
        page = browser.new_page()
        page.goto(f"{address}/book/results.html")
        page.locator("html[data-eq-ready]").wait_for()
        live = Live(page, SHIPPED)
    else:
        _, live = opened(browser, address, trained[1])
    live.root.locator("input[value=device]").check()
    live.root.get_by_label("I wear headphones").check()
    live.button("Go live").click()
    live.status.filter(has_text=said).wait_for(timeout=30_000)
    assert live.page.evaluate(f"{live.handle}.live.phase") == "idle"
    browser.close()


def test_a_network_that_ships_is_heard_live_and_another_takes_over(chromium, address):
    context = chromium.new_context()
    context.add_init_script(RECORDER)
    page = context.new_page()
    page.goto(f"{address}/book/results.html")
    page.locator("html[data-eq-ready]").wait_for()
    live = Live(page, SHIPPED)
    live.go()
    for name in ("low-shelf", "highpass"):
        page.locator(".eq-network").get_by_label("network for").select_option(name)
        page.wait_for_timeout(2_000)
        report = live.after(3)
        agree(live, eqlib.pretrained(name).process, report, 2)
    context.close()
