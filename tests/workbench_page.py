"""What tests of the workbench share: what a reader sees of it, and the handle it keeps for them."""

from __future__ import annotations

import numpy as np

HERE = "document.querySelector('.eq-workbench').eqComponent"


class Bench:
    """What a reader sees of the workbench, and the handle that the page keeps for tests."""

    def __init__(self, page):
        page.locator("html[data-eq-ready]").wait_for()
        self.page, self.root = page, page.locator(".eq-workbench")
        self.message = self.root.locator(".eq-workbench-message")
        self.forecast = self.root.locator(".eq-workbench-forecast")
        self.heard = self.root.locator(".eq-workbench-heard")

    def press(self, name):
        self.root.get_by_role("button", name=name, exact=True).click()

    def of(self, script):
        return self.page.evaluate(f"(({{ eq, run, log, last, phase }}) => {script})({HERE})")

    def until(self, condition, *, timeout_s=120):
        script = f"() => (({{ eq, run, log, last, phase }}) => {condition})({HERE})"
        self.page.wait_for_function(script, timeout=1_000 * timeout_s)

    def train(self, name="Train"):
        self.press(name)
        self.until("phase === 'done' && last !== null")
        self.heard.filter(has_text="SNR").wait_for()

    def curve(self):
        return self.of("[log.losses, log.checks.map(({ step, snrDb }) => [step, snrDb])]")

    def sounds(self):
        """Input, target and output that are in the player."""
        script = "[last.input, last.target, last.output].map((x) => Array.from(x))"
        return [np.array(x, np.float32) for x in self.of(script)]

    def open(self, label, name, content):
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        self.root.get_by_label(label).set_input_files(file)

    def saved(self, folder):
        with self.page.expect_download() as download:
            self.press("Save weights")
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path
