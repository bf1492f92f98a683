"""The pages' ES modules, linked into one text for a notebook.

Chapter: "How to run this book".
"""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parent / "page"


def module(name: str) -> str:
    """One of the page's ES modules, linked with all that it imports into a single one.

    A page loads a module's neighbors by itself; a notebook gets the text of one module only. Each
    neighbor becomes a function that runs once and returns what it exports.
    """
    linked = []
    for each in _in_order(name, []):
        source = (PAGE / f"{each}.js").read_text(encoding="utf-8")
        source = re.sub(r"^import {(.+?)} from \"\./(\w+)\.js\";$", _take, source, flags=re.M)
        if each != name:
            exported = re.findall(
                r"^export (?:async )?(?:function|class|const|let) (\w+)", source, flags=re.M
            )
            source = re.sub(r"^export default", "const standalone =", source, flags=re.M)
            source = re.sub(r"^export ", "", source, flags=re.M)
            taken = ", ".join(exported)
            source = f"const {each}Module = (() => {{\n{source}return {{ {taken} }};\n}})();"
        linked.append(source.strip())
    return "\n\n".join(linked) + "\n"


def styles(*names: str) -> str:
    """The style sheets of some components, for a notebook."""
    return "\n".join((PAGE / f"{name}.css").read_text(encoding="utf-8") for name in names)


def _take(found: re.Match[str]) -> str:
    """An import statement, as taking from a neighbor that is in the same text."""
    return f"const {{{found[1].replace(' as ', ': ')}}} = {found[2]}Module;"


def _in_order(name: str, found: list[str]) -> list[str]:
    """A module after all that it imports, and they after what they import."""
    source = (PAGE / f"{name}.js").read_text(encoding="utf-8")
    for other in re.findall(r'^import .+ from "\./(\w+)\.js";$', source, flags=re.M):
        if other not in found:
            _in_order(other, found)
    found.append(name)
    return found
