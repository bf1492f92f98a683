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
    neighbor becomes a function that runs once and returns what it exports. What a component shows
    takes the place of its still form (page/still.js).
    """
    (*neighbors, _) = _in_order(name, _in_order("still", []))
    own = _linked(name).strip()
    live = re.sub(r"^export default ", "const componentEntry = ", own, flags=re.M)
    if live != own:
        live += "\n\nexport default stillModule.insteadOfStill(componentEntry);"
    return "\n\n".join([*map(_as_function, neighbors), live]) + "\n"


def bundle(*names: str) -> str:
    """Some of the page's ES modules as a classic script, for a page that is opened from a file.

    Browsers load no modules there. The modules are in its constant ``modules``, by their names.
    """
    found: list[str] = []
    for name in names:
        if name not in found:
            _in_order(name, found)
    linked = "\n\n".join(map(_as_function, found)).replace("import.meta.url", "scriptAddress")
    modules = ", ".join(f"{name}: {name}Module" for name in names)
    head = "const scriptAddress = document.currentScript.src;"
    return f"{head}\n\n{linked}\n\nconst modules = {{ {modules} }};\n"


def styles(*names: str) -> str:
    """The style sheets of some components, for a notebook."""
    sheets = [PAGE / f"{name}.css" for name in ("face", *names)]
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


def _linked(name: str) -> str:
    """A module's text, that takes from its neighbors what it imports."""
    source = (PAGE / f"{name}.js").read_text(encoding="utf-8")
    return re.sub(r"^import {(.+?)} from \"\./(\w+)\.js\";$", _take, source, flags=re.M)


def _as_function(name: str) -> str:
    """A module as a function that has run, and what it exports as a constant."""
    source = _linked(name)
    exported = re.findall(
        r"^export (?:async )?(?:function|class|const|let) (\w+)", source, flags=re.M
    )
    source = re.sub(r"^export default", "const standalone =", source, flags=re.M)
    source = re.sub(r"^export ", "", source, flags=re.M)
    return f"const {name}Module = (() => {{\n{source}return {{ {', '.join(exported)} }};\n}})();"


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
