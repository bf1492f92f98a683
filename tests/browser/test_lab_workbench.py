"""The workbench in a real JupyterLab: one component, and page and Python see the same of it."""

from __future__ import annotations

import re
import time

import pytest

import refresh
from lab_page import MINUTES, opened, run_cell, save_and_shut_down, write
from support import ROOT

pytestmark = pytest.mark.browser

BEGIN = """from eqlib import EQ, data, metrics
from eqlib.widgets.workbench import Workbench
workbench = Workbench()
workbench.run = workbench.run | {"steps": 60}
workbench"""
SET = "workbench.target = EQ.peaking(cutoff_hz=1000, gain_db=-6, q=1)"
READ = "print(workbench.target)"
# What the page says of a moment, by Python's own equalizer on the note that is chosen there.
SCORE = """note = data.load(instrument="piano", split="test")["piano/sal_Fs4_v13"]
wanted = workbench.target(note)
print("best", round(float(metrics.snr_db(wanted, workbench.net.process(note))), 1))
print("dry", round(float(metrics.snr_db(wanted, note)), 1))"""
LONGER = 'workbench.run = workbench.run | {"steps": 20000}'


def number(words, pattern):
    (found,) = re.findall(pattern, words.replace("−", "-"))
    return float(found)


def predictions(chapter):
    """The questions of a chapter, and their answers."""
    texts = [c.source for c in refresh.read(chapter).cells if c.cell_type == "markdown"]
    parts = ("## Predict before you run", "## Answers to the predictions")
    return [next(text for text in texts if part in text) for part in parts]


def test_page_and_python_share_one_workbench(lab, chromium, tmp_path):
    cells = (BEGIN, SET, READ, SCORE, LONGER, SCORE)
    asked = predictions(ROOT / "book" / "hearing.ipynb")
    write(tmp_path / "mine.ipynb", *cells, markdown=asked)
    page = opened(chromium, lab, "mine.ipynb")
    run_cell(page, 0)
    bench = page.locator(".eq-workbench:visible")
    bench.locator(".eq-desk-point").first.wait_for(timeout=MINUTES)
    assert bench.count() == 1, "the still form is hidden"
    assert bench.get_by_text("is in the book’s page only").is_visible()
    heard, message = bench.locator(".eq-workbench-heard"), bench.locator(".eq-workbench-message")

    # A chapter's predictions, which JupyterLab shows as Markdown: to be opened, no answer in view.
    choice, answers = page.locator(".eq-choice").first, page.locator(".eq-answer")
    assert page.locator(".eq-choice > p:visible, .eq-answer > p:visible").count() == 0
    choice.locator("summary").click()
    assert choice.locator("> p").is_visible()
    answers.first.locator("summary").click()
    assert answers.first.locator("> p").first.is_visible()

    # Python's target is drawn; what is moved in the page is Python's.
    run_cell(page, 1)
    point = bench.locator(".eq-desk-point")
    page.wait_for_function(
        "point => point.getAttribute('aria-valuetext').includes('−6')", arg=point.element_handle()
    )
    point.focus()
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    moved_db = number(point.get_attribute("aria-valuetext"), r"(-?[\d.]+) dB")
    assert moved_db != -6
    said = run_cell(page, 2).last.text_content()
    assert number(said, r"peaking 1000 Hz, (-?[\d.]+) dB") == moved_db

    # The kernel trains, and the page follows; what is heard is what Python has.
    bench.get_by_role("button", name="Train", exact=True).click()
    heard.filter(has_text="SNR").wait_for(timeout=MINUTES)
    assert bench.locator(".eq-workbench-now").text_content().startswith("60 steps in")
    assert "F♯4, velocity 13" in heard.text_content()
    said = run_cell(page, 3).last.text_content()
    reached = number(heard.text_content(), r"SNR (-?[\d.]+) dB")
    assert number(said, r"best (-?[\d.]+)") == pytest.approx(reached, abs=0.11)
    dry = number(heard.text_content(), r"nothing: (-?[\d.]+) dB")
    assert number(said, r"dry (-?[\d.]+)") == pytest.approx(dry, abs=0.11)
    bench.get_by_label("Moment of the training").focus()
    page.keyboard.press("Home")
    heard.filter(has_text="network untrained").wait_for()
    assert number(heard.text_content(), r"SNR (-?[\d.]+) dB") < min(reached, dry)
    bench.get_by_role("button", name="Play", exact=True).click()
    bench.get_by_role("button", name="Pause", exact=True).wait_for()

    # Stop keeps the best, and leaves the kernel usable.
    run_cell(page, 4)
    bench.get_by_role("button", name="Train anew").click()
    page.wait_for_function(
        "words => / of 20000, .* left/.test(words.textContent)",
        arg=bench.locator(".eq-workbench-now").element_handle(),
        timeout=MINUTES,
    )
    began = time.monotonic()
    bench.get_by_role("button", name="Stop, keep the best").click()
    message.filter(has_text="Stopped; the best weights so far are kept.").wait_for(timeout=MINUTES)
    assert time.monotonic() - began < 15
    said = run_cell(page, 5).last.text_content()
    heard.filter(has_text="the best: SNR").wait_for(timeout=MINUTES)
    reached = number(heard.text_content(), r"SNR (-?[\d.]+) dB")
    assert number(said, r"best (-?[\d.]+)") == pytest.approx(reached, abs=0.11)

    # Opened again without the kernel: the still form.
    save_and_shut_down(page)
    page = opened(chromium, lab, "mine.ipynb")
    page.locator("p", has_text="a workbench that trains a network").wait_for()
    assert page.locator(".eq-workbench button").count() == 0
    page.wait_for_timeout(2_000)
    assert not page.get_by_text("model not found").first.is_visible()
    page.context.close()
