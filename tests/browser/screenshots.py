"""Takes the pictures of components that README shows, from the built site (`make screenshots`)."""

from __future__ import annotations

import shutil
import threading
from functools import partial
from http.server import ThreadingHTTPServer

from PIL import Image
from playwright.sync_api import sync_playwright

from support import FLAGS, SITE, Quiet

IMAGES = SITE.parents[1] / "book" / "images"
SIZE = {"width": 1100, "height": 1400}


def main() -> None:
    """Writes book/images/desk.png and book/images/network.png."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport=SIZE, color_scheme="light")

        def shoot(name: str, selector: str) -> None:
            target = IMAGES / f"{name}.png"
            page.locator(selector).screenshot(path=target)
            Image.open(target).convert("RGB").quantize(64).save(target, optimize=True)

        def visit(name: str) -> None:
            page.goto(f"http://127.0.0.1:{server.server_port}/book/{name}.html")
            page.locator("html[data-eq-ready]").wait_for()

        visit("tour")
        page.locator(".eq-desk .eq-chip").first.click()
        page.locator(".eq-desk-play").click()
        page.wait_for_timeout(700)
        shoot("desk", ".eq-desk-card")
        visit("results")
        page.locator(".eq-network-run").click()
        page.locator(".eq-network .eq-compare").wait_for(timeout=120_000)
        page.locator(".eq-network").get_by_role("radio").nth(2).check()
        page.locator(".eq-network").get_by_role("button", name="Play").click()
        page.wait_for_timeout(700)
        shoot("network", ".eq-network")
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main()
