"""A smoke test in another browser: the components start, networks run, and one is trained."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]


def test_the_components_work_in_firefox(address):
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    assert firefox, "Firefox is missing. On Debian: apt install firefox-esr"
    assert (ROOT / "node_modules/puppeteer-core").exists(), "run `make site` where npm is"
    script = [shutil.which("node"), "tests/browser/firefox.mjs", firefox, address]
    run = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, timeout=400)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert [error for error in found["errors"] if "THEBE_JS_URL" not in error] == []
    assert found["desks"] >= 2
    assert re.search(r"dB", found["moved"])
    assert found["players"] >= 4
    assert re.match(r"Waveform of .+, \d.\d\d s, loop", found["picture"])
    assert found["replays"] >= 6
    assert "Filter" in found["inside"]
    (snr_db,) = re.findall(r"SNR ([\d.]+) dB against the target", found["network"])
    assert float(snr_db) > 40
    trained = found["trained"]
    assert [step for step, _ in trained["losses"]] == list(range(1, 121))
    snrs_db = [check["snrDb"] for check in trained["checks"]]
    assert snrs_db[-1] > snrs_db[0] + 3
    assert trained["tested"] > trained["dryDb"]
    assert "the network comes within" in found["said"]
    assert found["live"] == "Go live"
