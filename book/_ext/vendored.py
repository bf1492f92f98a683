"""A Sphinx extension: what the pages load besides their own.

MathJax and onnxruntime come from beside the pages, where npm has brought them (`make site`), so
that the book needs no other host. Without npm the pages take the same versions from a CDN. The
trained networks come as ONNX files, from `python -m eqlib export --pages`. And the theme's icons
come from its web font alone: it also brings a script of 1.5 MB that draws the same icons again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

MATHJAX = "mathjax@3.2.2"  # as in package.json
ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "_vendor"
NETWORKS = ROOT / "_onnx"


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("config-inited", choose, priority=900)  # after Jupyter Book's own choice
    app.connect("build-finished", drop_icon_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def choose(app: Any, config: Any) -> None:
    """Sets where the pages find MathJax, and what they find beside them."""
    config.exclude_patterns.append(NETWORKS.name)
    for style_sheet in sorted((ROOT / "eqlib" / "widgets" / "page").glob("*.css")):
        app.add_css_file(style_sheet.name)
    if NETWORKS.is_dir():
        config.html_static_path.append(str(NETWORKS))
    if (FOLDER / "mathjax").is_dir():
        config.html_static_path.append(str(FOLDER))
        config.mathjax_path = "mathjax/tex-mml-chtml.js"
    else:
        config.mathjax_path = f"https://cdn.jsdelivr.net/npm/{MATHJAX}/es5/tex-mml-chtml.js"


def drop_icon_script(app: Any, error: Exception | None) -> None:
    """Empties the script; the pages still ask for it by name."""
    script = Path(app.outdir) / "_static" / "scripts" / "fontawesome.js"
    if error is None and script.exists():
        script.write_text("// The icons come from the web font.\n", encoding="utf-8")
