"""A Sphinx extension: the chapters' code, folded behind one line that says what it does.

A page is read for its ideas first. The line is the code's own: its comment, where it begins with
one, or the statement that it ends with. One switch, which the browser remembers, shows all code of
the book (`theme.js`). What has one or two lines is shown as it is.
"""

from __future__ import annotations

import html
import re
from typing import Any

FOLDED_FROM = 3  # lines
LONGEST = 64  # letters of the line
CELL = re.compile(
    r'(<div class="cell_input docutils container">\n)'
    r'(<div class="highlight-.*?</pre></div>\n</div>\n)(</div>)',
    re.DOTALL,
)
# Before the page is painted, or it would move.
OPEN = """<script>
try {
  if (localStorage.getItem("eq-code") === "shown")
    document.querySelectorAll("details.eq-code").forEach((code) => (code.open = true));
} catch { /* a browser that keeps nothing */ }
</script>
"""


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("html-page-context", fold, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def fold(_app: Any, _page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """Folds the code of a page."""
    body = CELL.sub(_folded, context.get("body") or "")
    if 'class="eq-code"' in body:
        context["body"] = body + OPEN


def _folded(found: re.Match[str]) -> str:
    code = html.unescape(re.sub(r"<[^>]*>", "", found[2])).strip("\n")
    count = len(code.split("\n"))
    if count < FOLDED_FROM:
        return found[0]
    line = html.escape(headline(code))
    if not code.startswith("# "):  # a comment is text
        line = f"<code>{line}</code>"
    return (
        f'{found[1]}<details class="eq-code"><summary>{count} lines of code: {line}'
        f"</summary>\n{found[2]}</details>\n{found[3]}"
    )


def headline(code: str) -> str:
    """What a cell does, in a line of its own: its first comment, or its last statement."""
    lines = [line for line in code.split("\n") if line.strip()]
    if lines[0].startswith("# "):
        line = lines[0][2:]
    elif 2 * sum(bool(re.match(r"(from|import)\b", line)) for line in lines) >= len(lines):
        line = "import …"
    else:
        # The last one that begins a statement.
        line = next(line for line in reversed(lines) if re.match(r"[^\s)\]}]", line))
        line = line.split("  # ")[0]
    return line if len(line) <= LONGEST else line[: LONGEST - 2].rstrip() + " …"
