"""A Sphinx extension: formulas are set while the book is built, and not in the reader's browser.

A page then needs no script for them (MathJax has 1.2 MB), nothing moves when they appear, they are
no stops for the Tab key, and paper shows them. Where npm has not brought MathJax, or there is no
Node.js, the pages load it and set the formulas themselves; those without a formula do not.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import vendored

FONTS = "mathjax/output/chtml/fonts/woff-v2"  # seen from the style sheet
STYLES = "mathjax.css"
NUMBER = r'(?:\s*<span class="eqno">.*?</span>)?'
FORMULA = re.compile(
    rf'(<(span|div) class="math notranslate nohighlight[^>]*>)({NUMBER})'
    r"\s*(\\[(\[].*?\\[)\]]|\\begin\{.*?)\s*(</\2>)",
    re.DOTALL,
)
RAW = re.compile(rf'class="math notranslate[^>]*>{NUMBER}\s*\\[(\[]')

Formula = tuple[str, bool]


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.setup_extension("typography")  # a formula stays with the mark behind it
    app.connect("html-page-context", drop_scripts, priority=900)
    app.connect("build-finished", typeset)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def possible() -> bool:
    """Whether this machine can set formulas while it builds."""
    package = vendored.ROOT / "node_modules" / "mathjax"
    return (
        shutil.which("node") is not None
        and package.is_dir()
        and (vendored.FOLDER / "mathjax").is_dir()
    )


def drop_scripts(app: Any, page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Leaves MathJax out where a page has no formula, or has its formulas set."""
    has_formulas = app.env.get_domain("math").has_equations(page)
    if has_formulas and possible():
        address = context["pathto"](f"_static/{STYLES}", resource=True)
        context["metatags"] = f'<link rel="stylesheet" href="{address}" />\n' + context.get(
            "metatags", ""
        )
    if possible() or not has_formulas:
        context["script_files"] = [
            script
            for script in context["script_files"]
            if "mathjax" not in f"{script.filename} {script.attributes.get('body')}".lower()
        ]


def typeset(app: Any, error: Exception | None) -> None:
    """Sets the formulas of all pages that were written."""
    if error is not None or app.builder.format != "html" or not possible():
        return
    # A build that writes some pages only keeps the formulas of the others in the style sheet.
    known_file = Path(app.doctreedir) / "formulas.json"
    known = json.loads(known_file.read_text()) if known_file.exists() else []
    formulas = {(tex, display): "" for tex, display in known}
    pages = {path: path.read_text(encoding="utf-8") for path in Path(app.outdir).rglob("*.html")}
    for text in pages.values():
        formulas |= {formula_of(found): "" for found in FORMULA.finditer(text)}
    known_file.write_text(json.dumps(list(formulas)))
    setting, styles = set_all(list(formulas))
    (Path(app.outdir) / "_static" / STYLES).write_text(styles, encoding="utf-8")
    for path, text in pages.items():
        done = FORMULA.sub(
            lambda found: f"{found[1]}{found[3]}{setting[formula_of(found)]}</{found[2]}>", text
        )
        if RAW.search(done):
            raise RuntimeError(f"a formula of {path.name} was not found")
        if done != text:
            path.write_text(done, encoding="utf-8")


def formula_of(found: re.Match[str]) -> Formula:
    r"""The TeX of a match, without \( and \) or \[ and \], and whether it is displayed."""
    tex = html.unescape(found[4])
    return (tex if tex.startswith(r"\begin") else tex[2:-2].strip()), found[2] == "div"


def set_all(formulas: list[Formula]) -> tuple[dict[Formula, str], str]:
    """The HTML of each formula, and the style sheet.

    Raises:
        RuntimeError: for TeX that MathJax does not understand.
    """
    run = subprocess.run(
        ["node", str(Path(__file__).with_name("typeset.cjs"))],
        input=json.dumps({"formulas": formulas, "fonts": FONTS}),
        capture_output=True,
        text=True,
        check=True,
        cwd=vendored.ROOT,
    )
    result = json.loads(run.stdout)
    setting = dict(zip(formulas, result["html"], strict=True))
    for (tex, _), done in setting.items():
        if "<merror" in done or "<mjx-merror" in done:
            raise RuntimeError(f"MathJax does not understand {tex}")
    return setting, result["css"]
