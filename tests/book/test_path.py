"""The path of ninety minutes: its minutes in the teachers' page follow from a count of words."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

import refresh
from support import ROOT

BOOK = ROOT / "book"
WORDS_A_MINUTE = 150  # read aloud, as a class would
ROW = re.compile(r"^\| (\d+) \| (\d+) \| (.+) \|$", re.MULTILINE)
PLACE = re.compile(
    r'(?:\{doc\}`(?:[^`<]*<)?|<a href="#)([\w-]+)(?:>?`|">\w+</a>):?((?:,? (?:and )?\*[^*]+\*)*)'
)
FENCE = re.compile(
    r"^[ ]*(`{3,})(?:\{(?!dropdown|admonition)[^\n]*|python|text|sh|)\n.*?^[ ]*\1$", re.M | re.S
)


class Step(NamedTuple):
    """A row of the plan: minutes for reading and for doing, and where it is read."""

    read: int
    do: int
    where: list[tuple[str, list[str]]]


def steps(text: str) -> list[Step]:
    """The rows of the plan of ninety minutes."""
    (plan,) = re.findall(r"^### Ninety minutes\n(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL)
    return [
        Step(
            int(read),
            int(do),
            [(_page(p), re.findall(r"\*([^*]+)\*", s)) for p, s in PLACE.findall(what)],
        )
        for read, do, what in ROW.findall(plan)
    ]


def _page(place: str) -> str:
    """The page of a place; a lab is a section of the teachers' own."""
    return "teaching" if place.startswith("lab-") else place


def sections(page: str) -> dict[str, str]:
    """The sections of a page by their headings; the first one goes by the page's title."""
    if (BOOK / f"{page}.md").exists():
        text = (BOOK / f"{page}.md").read_text(encoding="utf-8")
    else:
        cells = refresh.read(BOOK / f"{page}.ipynb").cells
        text = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
    return {
        part.split("\n")[0].lstrip("# "): part
        for part in re.split(r"^(?=##? )", text, flags=re.MULTILINE)
        if part.startswith("#")
    }


def count(markdown: str) -> int:
    """The words that are read aloud: no code, no formula, no address, no component."""
    text = FENCE.sub(" ", markdown)
    text = re.sub(r"^`{3,}.*$|<[^<>`]+>", " ", text, flags=re.MULTILINE)
    text = re.sub(r"\{cite\}`[^`]+`|\$[^$]+\$", " ", text)
    text = re.sub(r"\{[\w:]+\}`([^`<]*?)\s*(?:<[^>]*>)?`", r"\1", text)
    return len(re.findall(r"[^\W_][\w’'.,-]*", text))


def reading_minutes(step: Step) -> int:
    words = 0
    for page, named in step.where:
        found = sections(page)
        words += sum(count(found[_whole(name, found)]) for name in named or list(found)[:1])
    return math.ceil(words / WORDS_A_MINUTE)


def _whole(name: str, found: dict[str, str]) -> str:
    return next(head for head in found if head.startswith(name))


def test_the_minutes_follow_from_the_words():
    text = (BOOK / "teaching.md").read_text(encoding="utf-8")
    plan = steps(text)
    assert len(plan) >= 7 and all(step.read == 0 or step.where for step in plan)
    assert [step.read for step in plan] == [reading_minutes(step) for step in plan]
    together = sum(step.read + step.do for step in plan)
    assert together <= 90 and f"The rows have {together} minutes together." in text


def test_the_front_page_sends_a_reader_along_the_same_path():
    front = sections("intro")["The path"].split("\n\n")[1]
    assert front.startswith("**In ninety minutes.**")
    teaching = steps((BOOK / "teaching.md").read_text(encoding="utf-8"))
    read = [page for step in teaching for page, _ in step.where]
    linked = re.findall(r"\{doc\}`(\w+)`", front)
    assert [p for p in linked if p != "teaching"] == [
        p for p in dict.fromkeys(read) if p not in {"intro", "teaching"}
    ]


def test_a_count_is_of_what_is_read():
    assert count("## A head\n\nIt is $x^2$, {term}`filters\n<filter bank>` and {doc}`tour`.") == 7
    assert count("```python\nx = 1\n```\n\n```{eq-desk}\n```\nTwo words, {cite}`a2018`.") == 2
    assert count('<details class="a"><summary>a. Yes</summary>\n\nNo.\n\n</details>') == 3
    assert count("````{dropdown} A fold\n```{math}\nx\n```\nSaid.\n````") == 1


# --- chapters that say how long they take to read

READING = re.compile(r"^\*\*Time\.\*\* .*\bReading takes (\d+) minutes\b", re.MULTILINE)


def test_the_minutes_of_a_chapter_follow_from_its_words():
    said, counted = {}, {}
    for path in refresh.chapters():
        cells = refresh.read(path).cells
        text = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
        if minutes := READING.search(text):
            assert "\n**Before it.** " in text and "\n**After it, you can** " in text
            words = count(text.split("\n## Exercises\n")[0])
            said[path.stem] = int(minutes[1])
            counted[path.stem] = math.ceil(words / WORDS_A_MINUTE)
    assert said == counted and {"hearing", "phase"} <= set(said)


# --- the tour's first half, which the path takes

STOP = "```{admonition} You can stop here\n"
CHOICE = re.compile(r"<details class=\"eq-choice.*?</details>", re.DOTALL)


def first_half() -> str:
    """The tour up to its mark, without the choices of the predictions."""
    cells = refresh.read(BOOK / "tour.ipynb").cells
    text = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
    half, _, rest = text.partition(STOP)
    assert "{doc}`workbench`" in rest.split("\n```\n")[0]  # where to go on
    return CHOICE.sub(" ", half)


def test_the_tours_first_half_is_short_and_has_no_formula():
    half = first_half()
    assert "## Hear it" in half and "## Judge it" not in half
    assert count(half) <= 900
    assert "$" not in half and "{math}" not in half and "{eq}" not in half


def test_the_path_takes_the_first_half_as_it_stands():
    """Without a jump: sections up to the mark, one after the other, and none is left out."""
    heads = re.findall(r"^##? (.+)$", first_half(), re.MULTILINE)
    teaching = steps((BOOK / "teaching.md").read_text(encoding="utf-8"))
    named = [
        name for step in teaching for page, names in step.where if page == "tour" for name in names
    ]
    known = sections("tour")
    whole = [_whole(name, known) for name in named]
    assert whole[: len(heads)] == heads
