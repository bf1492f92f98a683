"""The tour in a real JupyterLab, driven as a reader would: run, move the desk, train, stop."""

from __future__ import annotations

import re
import shutil
import time

import pytest

from lab_page import MINUTES, finished, opened, run_all, save_and_shut_down, write
from support import ROOT

pytestmark = pytest.mark.browser


@pytest.fixture
def tour(lab, chromium, tmp_path):
    shutil.copy(ROOT / "book/tour.ipynb", tmp_path)
    page = opened(chromium, lab, "tour.ipynb")
    yield page
    page.context.close()


def test_the_tour_live(tour):
    tour.get_by_role("menuitem", name="Edit").click()
    tour.get_by_role("menuitem", name="Clear Outputs of All Cells").click()
    run_all(tour)
    tour.locator(".eq-monitor:visible").first.wait_for(timeout=2 * MINUTES)
    finished(tour, 12)
    assert tour.locator(".jp-RenderedText[data-mime-type*=error]").count() == 0
    tour.locator(".eq-compare").nth(4).wait_for(state="attached")
    assert tour.locator(".eq-monitor:visible").count() == 3

    # Move the desk: Python's equalizer follows.
    point = tour.locator(".eq-desk-point").first
    point.scroll_into_view_if_needed()
    before = point.get_attribute("aria-valuetext")
    point.focus()
    for _ in range(3):
        tour.keyboard.press("ArrowUp")
    after = point.get_attribute("aria-valuetext")
    assert after != before

    # Train on it, and stop after some seconds.
    cell = tour.locator(".jp-CodeCell").filter(has_text="mine = desk.eq")
    cell.locator(".jp-InputArea-editor").click()
    tour.keyboard.press("Shift+Enter")
    monitor = cell.locator(".eq-monitor:visible")
    tour.wait_for_function(
        "cell => / left\\.$/.test(cell.querySelector('.eq-monitor-heading')?.textContent ?? '')",
        arg=cell.element_handle(),
        timeout=MINUTES,
    )
    began = time.monotonic()
    monitor.get_by_role("button", name="Stop and keep the best").click()
    finished(tour, 1)
    assert time.monotonic() - began < 20, "40 s were asked for"
    assert "stopped early" in monitor.locator(".eq-monitor-heading").text_content()

    # What it trained on is what the desk showed.
    (gain_db,) = re.findall(r", ([+−][\d.]+) dB", after)
    said = cell.locator(".jp-OutputArea-output").filter(has_text="on the unseen note").first
    assert gain_db.replace("−", "-").lstrip("+") in said.text_content()

    player = cell.locator(".eq-compare")
    player.get_by_role("button", name="Play").click()
    player.get_by_role("button", name="Pause").wait_for()


def test_a_notebook_opened_again_without_its_kernel_shows_the_still_forms(lab, chromium, tmp_path):
    code = (
        "import numpy as np\n"
        "from eqlib.widgets.desk import EQDesk\n"
        "from eqlib.widgets.player import player\n"
        "tone = np.sin(np.arange(16_000) / 6).astype('float32') / 4"
    )
    show = ("EQDesk()", "player({'tone': tone}, sample_rate=16_000)")
    write(tmp_path / "mine.ipynb", code, *show)

    page = opened(chromium, lab, "mine.ipynb")
    run_all(page)
    page.locator(".eq-desk-point").first.wait_for(timeout=MINUTES)
    page.locator(".eq-compare-play").wait_for(timeout=MINUTES)
    assert not page.locator("p", has_text="To use it, run this cell").is_visible()
    assert not page.locator("figure.eq-player").is_visible()
    save_and_shut_down(page)

    page = opened(chromium, lab, "mine.ipynb")
    page.locator("p", has_text="To use it, run this cell").wait_for()
    assert page.locator("figure.eq-player audio").is_visible()
    page.wait_for_timeout(2_000)
    assert not page.get_by_text("model not found").first.is_visible()
    page.context.close()
