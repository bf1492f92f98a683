"""The built site, served on this machine, in a Chromium that reaches nothing else."""

from __future__ import annotations

import shutil
import threading
from functools import partial
from http.server import ThreadingHTTPServer

import pytest
from playwright.sync_api import sync_playwright

from eqlib.widgets.linking import PAGE, module
from lab_page import served
from support import FLAGS, ROOT, SITE, Quiet
from trainer_page import Trainer


@pytest.fixture(scope="session")
def address():
    assert (SITE / "index.html").exists(), "run `make site` first"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path, "Chromium is missing. On Debian: apt install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        # Each page as on a first visit; test_page_threads.py has the others.
        for opens in ("new_context", "new_page"):
            setattr(browser, opens, partial(getattr(browser, opens), service_workers="block"))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, address):
    """Opens a page of the site; at the end, no script may have failed on any."""
    contexts, errors = [], []

    def only_here(route):
        return route.continue_() if route.request.url.startswith(address) else route.abort()

    def opened(name, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        context.route("**/*", only_here)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{address}/{name}", wait_until="load")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="session")
def trainer_folder(tmp_path_factory):
    """A page with nothing but the trainer: linked as for a notebook, beside what it loads."""
    runtime, training = ROOT / "_vendor" / "ort", ROOT / "_onnx" / "training"
    assert runtime.is_dir() and training.is_dir(), "run `make site` first"
    there = tmp_path_factory.mktemp("bare")
    for file in PAGE.glob("*.js"):
        (there / file.name).symlink_to(file)
    (there / "linked.js").write_text(module("trainer"), encoding="utf-8")
    (there / "ort").symlink_to(runtime.resolve())
    (there / "training").symlink_to(training)
    (there / "index.html").write_text("<!doctype html><title>bare</title>", encoding="utf-8")
    return there


@pytest.fixture
def bare_page(trainer_folder):
    """Opens that page in a browser; at the end, no script may have failed there."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=trainer_folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    contexts, errors = [], []

    def opened(browser):
        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
        return page

    yield opened
    for context in contexts:
        context.close()
    server.shutdown()
    server.server_close()
    assert errors == []


@pytest.fixture
def trainer(bare_page, chromium):
    return Trainer(bare_page(chromium))


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab in `tmp_path`."""
    with served(tmp_path) as address:
        yield address
