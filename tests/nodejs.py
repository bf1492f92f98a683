"""The page's JavaScript, run by Node.js for tests."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from support import ROOT

PAGE = ROOT / "eqlib" / "widgets" / "page"
MODULES = {
    "abx": "abx",
    "arrow": "turning_arrow",
    "noises": "challenge_noise",
    "score": "challenge_score",
    "spec": "challenge_spec",
    "trainings": "challenge_train",
    "curve": "curve",
    "decoding": "decoding",
    "drawings": "drawing",
    "engines": "network_engines",
    "envelope": "envelope",
    "eq": "equalizer",
    "fader": "fader_rate",
    "fields": "fields",
    "frames": "frames",
    "freehand": "freehand",
    "lively": "live_sound",
    "loud": "loudness",
    "knobs": "peak_network",
    "networks": "safetensors",
    "past": "drawing_history",
    "rates": "resampler",
    "sound": "sound",
    "streams": "frame_stream",
    "takes": "take_along",
    "tapped": "filter_taps",
    "target": "target",
    "windows": "window_and_hop",
}

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")


def node(tmp_path, script, value):
    """What a script, or its promise, gives as JSON; it finds the modules, and `value`."""
    for path in PAGE.glob("*.js"):
        text = path.read_text().replace('.js"', '.mjs"')
        (tmp_path / f"{path.stem}.mjs").write_text(text)
    head = "".join(f'import * as {name} from "./{m}.mjs";\n' for name, m in MODULES.items())
    head += 'import fs from "fs";\n'
    head += 'const value = JSON.parse(fs.readFileSync("value.json"));\n'
    (tmp_path / "value.json").write_text(json.dumps(value))
    text = f"{head}console.log(JSON.stringify(await {script}));\n"
    (tmp_path / "script.mjs").write_text(text)
    run = subprocess.run(["node", "script.mjs"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
