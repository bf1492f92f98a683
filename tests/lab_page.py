"""What tests in a real JupyterLab share: a server, notebooks, and what a reader does with both."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat

MINUTES = 60_000  # in milliseconds
SETTINGS = "@jupyterlab/notebook-extension/tracker.jupyterlab-settings"


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """A JupyterLab in a folder; yields its address."""
    settings = folder / "settings" / SETTINGS
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')  # keeps cells that are out of sight
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [f"--ServerApp.port={port}", "--ServerApp.ip=127.0.0.1", "--IdentityProvider.token="]
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *options],
        cwd=folder,
        env=os.environ
        | {
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            # Or it would open again what the lab before had open.
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        },
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


def write(path, *sources, markdown=()):
    """Writes a notebook of code cells, and cells of Markdown after them."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells += [nbformat.v4.new_markdown_cell(source) for source in markdown]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)


def opened(chromium, lab, name):
    """A notebook in a browser that reaches nothing but the server, with its kernel ready."""
    context = chromium.new_context(viewport={"width": 1300, "height": 1000})
    context.route(
        "**/*", lambda route: route.continue_() if lab in route.request.url else route.abort()
    )
    page = context.new_page()
    page.goto(f"{lab}/lab/tree/{name}")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=2 * MINUTES)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=2 * MINUTES)
    page.wait_for_timeout(3_000)  # it says so a moment before a cell can be run
    return page


def run_all(page):
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def finished(page, minutes):
    """Waits until no cell is waiting or running."""
    page.wait_for_function(
        """() => ![...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
            .some((prompt) => prompt.textContent.includes('*'))""",
        timeout=minutes * MINUTES,
    )


def run_cell(page, index):
    """Runs one code cell to its end; returns what it shows."""
    cell = page.locator(".jp-CodeCell").nth(index)
    cell.locator(".jp-InputArea-editor").click()
    before = cell.locator(".jp-InputPrompt").text_content()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        """([cell, before]) => {
            const prompt = cell.querySelector(".jp-InputPrompt").textContent;
            return prompt !== before && /\\d/.test(prompt);
        }""",
        arg=[cell.element_handle(), before],
        timeout=MINUTES,
    )
    return cell.locator(".jp-OutputArea-output")


def save_and_shut_down(page):
    """Saves the notebook, shuts its kernel down, and closes the browser."""
    page.keyboard.press("Control+s")
    page.wait_for_timeout(2_000)
    page.evaluate("""async () => {
        const [, token] = document.cookie.match(/_xsrf=([^;]+)/);
        const options = { method: "DELETE", headers: { "X-XSRFToken": token } };
        const sessions = await (await fetch("/api/sessions")).json();
        await Promise.all(sessions.map(({ id }) => fetch(`/api/sessions/${id}`, options)));
    }""")
    page.context.close()
