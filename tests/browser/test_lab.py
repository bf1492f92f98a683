"""The tour in a real JupyterLab, driven as a reader would: run, move the desk, train, stop."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
MINUTES = 60_000  # in milliseconds
SETTINGS = "@jupyterlab/notebook-extension/tracker.jupyterlab-settings"


@pytest.fixture
def lab(tmp_path):
    """A JupyterLab in an empty folder with a copy of the tour."""
    shutil.copy(ROOT / "book/tour.ipynb", tmp_path)
    settings = tmp_path / "settings" / SETTINGS
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')  # keeps cells that are out of sight
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token="]
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options],
        cwd=tmp_path,
        env=os.environ | {"JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{address}/api/status")
            break
        except OSError:
            time.sleep(0.25)
    yield address
    process.terminate()
    process.wait(30)


@pytest.fixture
def tour(lab, chromium):
    context = chromium.new_context(viewport={"width": 1300, "height": 1000})
    context.route(
        "**/*", lambda route: route.continue_() if lab in route.request.url else route.abort()
    )
    page = context.new_page()
    page.goto(f"{lab}/lab/tree/tour.ipynb")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=2 * MINUTES)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=2 * MINUTES)
    page.wait_for_timeout(3_000)  # it says so a moment before a cell can be run
    yield page
    context.close()


def finished(page, minutes):
    """Waits until no cell is waiting or running."""
    page.wait_for_function(
        """() => ![...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
            .some((prompt) => prompt.textContent.includes('*'))""",
        timeout=minutes * MINUTES,
    )


def test_the_tour_live(tour):
    tour.get_by_role("menuitem", name="Edit").click()
    tour.get_by_role("menuitem", name="Clear Outputs of All Cells").click()
    tour.get_by_role("menuitem", name="Run", exact=True).click()
    tour.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    tour.locator(".eq-monitor").first.wait_for(timeout=2 * MINUTES)
    finished(tour, 12)
    assert tour.locator(".jp-RenderedText[data-mime-type*=error]").count() == 0
    tour.locator(".eq-compare").nth(4).wait_for(state="attached")
    assert tour.locator(".eq-monitor").count() == 3

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
    monitor = cell.locator(".eq-monitor")
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
