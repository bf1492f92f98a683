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
    "curve": "curve",
    "decoding": "decoding",
    "engines": "network_engines",
    "envelope": "envelope",
    "eq": "equalizer",
    "frames": "frames",
    "loud": "loudness",
    "sound": "sound",
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
