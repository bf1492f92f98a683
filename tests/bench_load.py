"""What pages of the built site weigh, and when the first one shows something. For bench_page.py."""

from __future__ import annotations

import gzip
import statistics
from collections import Counter
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from support import PAGES, SITE, Quiet

TEXT = {".html", ".css", ".js", ".mjs", ".json", ".svg", ".ipynb", ".txt", ".wasm", ".onnx"}
PAINT_S = 1.5
LINE = {"downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8, "offline": False}
ROUND_TRIPS_MS = (0, 150)


@contextmanager
def opened(browser, script="", isolated_by=None):
    """A page of its own, with empty caches; as on a first visit, or on a next page of the book."""
    workers = "allow" if isolated_by else "block"
    size = {"width": 1366, "height": 900}
    context = browser.new_context(viewport=size, service_workers=workers)
    context.add_init_script(script)
    try:
        tab = context.new_page()
        if isolated_by:
            tab.goto(f"{isolated_by}/book/intro.html")
            tab.locator("html[data-eq-ready]").wait_for()
            tab.evaluate("navigator.serviceWorker.ready.then(() => {})")
        yield tab
    finally:
        context.close()


class Zipped(Quiet):
    """A static host: texts compressed, everything cached in memory."""

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path = path / "index.html"
        if not path.is_file():
            self.send_error(404)
            return
        content = _content(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in TEXT:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@cache
def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return gzip.compress(content, 6) if path.suffix in TEXT else content


def weights(browser, address):
    """What the first load of each page brings, as it travels."""
    print("\nFirst load of each page, without a cache, compressed as it travels")
    found = []
    for source in PAGES:
        name = f"book/{source.stem}.html"
        if (SITE / name).exists():
            sizes, requests = _loaded(browser, f"{address}/{name}")
            found.append((sum(sizes.values()), source.stem, requests, sizes))
    for total, name, requests, sizes in sorted(found, key=lambda each: -each[0]):
        said = ", ".join(f"{kind.lower()} {size / 1e3:.0f}" for kind, size in sizes.most_common(3))
        print(f"  {name:14} {total / 1e3:6.0f} kB in {requests:3} requests ({said})")


def _loaded(browser, address):
    """Bytes by kind, and the number of requests."""
    kinds, sizes, requests = {}, Counter(), 0
    with opened(browser) as tab:
        session = tab.context.new_cdp_session(tab)
        session.send("Network.enable")
        done = []
        session.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))
        session.on("Network.loadingFinished", lambda event: done.append(event))
        tab.goto(address, wait_until="load")
        tab.wait_for_selector("html[data-eq-ready]", state="attached")
        tab.wait_for_timeout(500)
        for event in done:
            sizes[kinds.get(event["requestId"], "other")] += event["encodedDataLength"]
            requests += 1
    return sizes, requests


def first_paint(browser, address):
    """The front page on a slow line with a slow processor."""
    print("\nFirst contentful paint of the front page, 1.6 Mbit/s, processor four times slower")
    script = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    for latency_ms in ROUND_TRIPS_MS:
        times = []
        for _ in range(5):
            with opened(browser) as tab:
                session = tab.context.new_cdp_session(tab)
                session.send("Network.enable")
                session.send("Network.emulateNetworkConditions", LINE | {"latency": latency_ms})
                session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
                tab.goto(f"{address}/book/intro.html", wait_until="load", timeout=120_000)
                tab.wait_for_function(script)
                times.append(tab.evaluate(script) / 1e3)
        print(
            f"  {latency_ms:3} ms a round trip: {statistics.median(times):.2f} s "
            f"({min(times):.2f} to {max(times):.2f}; asked: {PAINT_S} s)",
            flush=True,
        )
