"""A Sphinx extension: the pages work when they are opened from a file, by a double click.

A browser loads no ES modules there. So all components, and what brings them to life, are also
written as one classic script, which `from_file.js` loads where there is no server. Pages may read
no files there either: the sounds and the networks that components fetch are in the script as well.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parents[1] / "_static"
FETCHED = {".flac": "audio/flac", ".safetensors": "application/octet-stream"}
FETCH = (
    "const fetch = (address, ...rest) => "
    'globalThis.fetch(files[String(address).split("/").pop()] ?? address, ...rest);'
)
LOAD = "const load = (name) => import(`./${name}.js`);"  # in page.js


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_js_file("from_file.js", loading_method="defer")
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(app: Any, error: Exception | None) -> None:
    """Writes the script beside the modules."""
    if error is None and app.builder.format == "html":
        static = Path(app.outdir) / "_static"
        fetched = [path for kind in FETCHED for path in sorted(static.glob(f"*{kind}"))]
        (static / "one_script.js").write_text(one_script(fetched), encoding="utf-8")


def one_script(fetched: Sequence[Path]) -> str:
    """The components, page.js and theme.js as one classic script, with files that they fetch."""
    from eqlib.widgets.linking import PAGE, bundle

    names = [path.stem for path in sorted(PAGE.glob("*.js")) if is_component(path)]
    theme, page = ((STATIC / name).read_text(encoding="utf-8") for name in ("theme.js", "page.js"))
    if page.count(LOAD) != 1:
        raise RuntimeError(f"page.js has no line {LOAD!r}, which this script replaces")
    addresses = {path.name: in_script(path) for path in fetched}
    files = f"const files = {json.dumps(addresses)};\n{FETCH}"
    page = page.replace(LOAD, "const load = async (name) => modules[name];")
    own = f"(() => {{\n{theme}}})();\n\n(async () => {{\n{page}}})();"
    return f"(() => {{\n{files}\n{bundle(*names)}\n{own}\n}})();\n"


def in_script(path: Path) -> str:
    """A file as an address."""
    content = base64.b64encode(path.read_bytes()).decode()
    return f"data:{FETCHED[path.suffix]};base64,{content}"


def is_component(path: Path) -> bool:
    """Whether a module is one that page.js mounts."""
    text = path.read_text(encoding="utf-8")
    return "export function mount(" in text or "export async function mount(" in text
