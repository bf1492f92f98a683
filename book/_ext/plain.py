"""Plain Markdown of what the pages write in MyST: for a chapter that is opened without the book.

Links, formulas with their numbers, folds, and sources by author and year; what only a page can do
is said in a sentence. `classroom` writes the notebooks with it. As a Sphinx extension, this module
gives the notebooks that the pages offer for download the same form.
"""

from __future__ import annotations

import functools
import html
import re
from pathlib import Path
from typing import Any

import nbformat
from pybtex.database import Person, parse_file

import refresh
from diagram import WORDS

BOOK = Path(__file__).resolve().parents[1]
FENCE = re.compile(r"^([ ]*)(`{3,}|:{3,})\{([\w-]+)\}[ ]*(.*)$")
ROLE = re.compile(r"\{([\w:]+)\}`([^`]+)`")
# Code is left as it is: first what stands in backticks, then roles.
CODE_OR_ROLE = re.compile(rf"{ROLE.pattern}|``.+?``|`[^`]+`")
IN_THE_PAGE = {
    "eq-workbench": "a workbench, which trains a network in the browser",
    "eq-faders": "the faders of a trained network, to move by hand",
    "eq-knobs": "one network for every peak, with knobs for frequency, gain and width",
    "eq-opening": "a note and a slider, from before a training to its end",
    "eq-challenge-maker": "a form that makes listening challenges",
    "eq-chapter-costs": "a table of what each chapter takes",
}


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("build-finished", for_download)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def for_download(app: Any, error: Exception | None) -> None:
    """Makes the notebooks beside the pages plain."""
    sources = Path(app.outdir) / "_sources"
    if error is None and app.builder.format == "html" and sources.is_dir():
        for path in sources.rglob("*.ipynb"):
            notebook = refresh.read(path)
            for cell in notebook.cells:
                if cell.cell_type == "markdown":
                    cell.source = plain(cell.source, path.stem)
            path.write_text(f"{nbformat.writes(notebook)}\n", encoding="utf-8")


def plain(text: str, page: str) -> str:
    """The Markdown of a page or of one of its cells, without a role or a directive.

    Raises:
        ValueError: for one that has no plain form.
    """
    lines, out, fence = text.split("\n"), [], ""
    while lines:
        line = lines.pop(0)
        bars = re.match(r"[ ]*(`{3,})", line)
        if found := FENCE.match(line):
            indent, bars_of_it, name, argument = found.groups()
            inside = []
            while (inner := lines.pop(0)).strip() != bars_of_it:
                inside.append(inner.removeprefix(indent))
            made = _directive(name, argument, inside, page)
            out += [f"{indent}{each}".rstrip() for each in made.split("\n")]
        elif fence or bars:  # a block of code, word for word
            fence = "" if fence and line.strip() == fence else fence or (bars[1] if bars else "")
            out.append(line)
        else:
            out.append(_inline(line, page))
    return "\n".join(out)


def _directive(name: str, argument: str, lines: list[str], page: str) -> str:
    options = {}
    while lines and (option := re.match(r":([\w-]+):[ ]*(.*)$", lines[0])):
        options[option[1]] = option[2]
        lines.pop(0)
    body = "\n".join(lines).strip("\n")
    if name == "math":
        number = rf" \tag{{{numbers(page)[options['label']]}}}" if "label" in options else ""
        several = r"\\" in body and r"\begin{" not in body
        body = f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}" if several else body
        return f"$$\n{body}{number}\n$$"
    if name == "dropdown":
        summary = html.escape(re.sub(r"[`*]", "", argument), quote=False)
        return f"<details><summary>{summary}</summary>\n\n{plain(body, page)}\n\n</details>"
    if name in ("note", "tip", "warning", "admonition"):
        quoted = plain(f"**{argument or name.capitalize()}.** {body}", page)
        return "\n".join(f"> {line}".rstrip() for line in quoted.split("\n"))
    if name == "eq-diagram":
        return f"<details><summary>The network in words</summary>\n\n{WORDS}\n\n</details>"
    if name == "eq-challenge":
        return f"*(Here the page of the book has a listening challenge. {body})*"
    if name == "eq-live-figure":
        return f"*(Here the page of the book has a figure that moves. {body})*"
    if name in IN_THE_PAGE:
        return f"*(Here the page of the book has {IN_THE_PAGE[name]}.)*"
    raise ValueError(f"{page}: there is no plain form of the directive {name!r}")


def _inline(line: str, page: str) -> str:
    def one(found: re.Match[str]) -> str:
        role, content = found[1], found[2]
        if role is None:
            return found[0]
        shown, _, target = content.partition(" <")
        target = target.rstrip(">") or content
        if role == "term":
            return shown
        if role == "doc":
            return _link(target, shown if shown != target else title(target))
        if role == "eq":
            return _equation(content, page)
        if role in ("cite", "cite:p", "cite:t"):
            return _cited(content, in_text=role == "cite:t")
        if role.startswith("py:"):
            return f"`{shown}`"
        raise ValueError(f"{page}: there is no plain form of the role {role!r}")

    return CODE_OR_ROLE.sub(one, line)


def _link(page: str, words: str) -> str:
    """To another chapter, as a notebook beside this one; other pages are only named."""
    return f"[{words}]({page}.ipynb)" if (BOOK / f"{page}.ipynb").exists() else f"*{words}*"


def _equation(label: str, page: str) -> str:
    if label in numbers(page):
        return f"({numbers(page)[label]})"
    for chapter in (path.stem for path in refresh.chapters()):
        if label in numbers(chapter):
            return f"({numbers(chapter)[label]}) of {_link(chapter, title(chapter))}"
    raise ValueError(f"{page}: there is no equation {label!r}")


def _cited(keys: str, *, in_text: bool) -> str:
    found = []
    for key in keys.split(","):
        entry = _sources().entries[key.strip()]
        names = [_last(person) for person in entry.persons["author"]]
        who = " and ".join(names) if len(names) < 3 else f"{names[0]} et al."
        found.append(
            f"{who} ({entry.fields['year']})" if in_text else f"{who}, {entry.fields['year']}"
        )
    return "; ".join(found) if in_text else f"({'; '.join(found)})"


def _last(person: Person) -> str:
    from pybtex.richtext import Text

    return str(Text.from_latex(" ".join(person.last_names)))


@functools.cache
def _sources() -> object:
    return parse_file(BOOK / "references.bib")


@functools.cache
def _text(page: str) -> str:
    notebook = BOOK / f"{page}.ipynb"
    if not notebook.exists():
        return (BOOK / f"{page}.md").read_text(encoding="utf-8")
    cells = refresh.read(notebook).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def title(page: str) -> str:
    """What the first heading of a page says."""
    found = re.search(r"^# (.+)$", _text(page), re.MULTILINE)
    return found[1] if found else page


@functools.cache
def numbers(page: str) -> dict[str, int]:
    """The number of each labelled equation of a page, by its label."""
    labels = re.findall(r"^[ ]*:label: (\S+)$", _text(page), re.MULTILINE)
    return {label: number for number, label in enumerate(labels, start=1)}
