"""Terms in the order of reading: none is used before a link, a gloss in italics, or its chapter."""

from __future__ import annotations

import re

from sphinx_external_toc.parsing import parse_toc_yaml

import refresh
from support import ROOT

BOOK = ROOT / "book"
# Pages to look things up in; nobody reads them in the order of the contents.
TO_LOOK_UP = set(
    "claims promised notation glossary bibliography api api_more audio running teaching".split()
)
WORDS_A_TERM = 150
# Said in so many words where it is first used, as the subject of the whole book.
EXPLAINED = {"equalizer": "An equalizer makes the bass of a note heavier"}
TERM = re.compile(r"\{term\}`([^`]+)`")
FENCE = re.compile(r"^[ ]*(`{3,})([^\n]*)\n(?:.*?\n)??[ ]*\1[ ]*$", re.MULTILINE | re.DOTALL)


def pages() -> dict[str, str]:
    """The Markdown of what is read from the first page to the last, without exercises."""
    found = {}
    for path in map(ROOT.joinpath, parse_toc_yaml(ROOT / "_toc.yml")):
        if path.name in TO_LOOK_UP:
            continue
        if path.with_suffix(".md").exists():
            found[path.name] = path.with_suffix(".md").read_text(encoding="utf-8")
        else:
            cells = refresh.read(path.with_suffix(".ipynb")).cells
            text = "\n\n".join(c.source for c in cells if c.cell_type == "markdown")
            found[path.name] = text.split("\n## Exercises\n")[0]
    return found


def homes() -> dict[str, str]:
    """Each term of the glossary, and the chapter that teaches it."""
    text = (BOOK / "glossary.md").read_text(encoding="utf-8")
    (body,) = re.findall(r"```\{glossary\}\n(.*?)```", text, re.DOTALL)
    entries = re.findall(r"^(\S.*)\n((?:  .*\n|\n)+)", body, re.MULTILINE)
    taught = re.compile(r"Taught\s+in\s+\{doc\}`(\w+)`")
    return {term: taught.findall(entry)[-1] for term, entry in entries}


def words_only(text: str) -> str:
    """Prose with its links to terms, and without code, formulas and components."""
    prose = ("{dropdown}", "{admonition}", "{note}")
    text = FENCE.sub(lambda m: m[0] if m[2].startswith(prose) else " ", text)
    text = re.sub(r"\$[^$]+\$|\{(?!term)[\w:]+\}`[^`]+`", " ", text)
    parts = re.split(r"(\{term\}`[^`]+`)", text)
    return "".join(p if TERM.match(p) else re.sub(r"``.+?``|`[^`\n]+`", " ", p) for p in parts)


def uses(term: str, text: str) -> tuple[float, float]:
    """Where a text first links a term, or has it in italics, and where it has the bare word."""
    links = [m.start() for m in TERM.finditer(text) if _target(m[1]) == term.lower()]
    word = r"\s+".join(map(re.escape, term.split())).replace(r"\-", "[- ]")
    bare = re.sub(r"\{term\}`[^`]+`", lambda m: " " * len(m[0]), text)
    found = list(re.finditer(rf"(?<![\w\\-])(\*?)\*?{word}(?:s|es)?(?![\w-])", bare, re.IGNORECASE))
    links += [m.start() for m in found if m[1]]
    plain = [m.start() for m in found if not m[1]]
    return min(links, default=float("inf")), min(plain, default=float("inf"))


def _target(role: str) -> str:
    return " ".join(re.sub(r".*<(.+)>", r"\1", role, flags=re.DOTALL).lower().split())


def used_too_early(texts: dict[str, str], taught: dict[str, str]) -> list[str]:
    """Terms whose first bare use comes before a link, a gloss, and their own chapter."""
    faults = []
    for term, home in taught.items():
        for page, text in texts.items():
            if page == home:
                break
            linked, plain = uses(term, words_only(text))
            if plain < linked:
                near = words_only(text)[max(0, int(plain) - 30) : int(plain) + 30]
                faults.append(f"{page}: {term} ({' '.join(near.split())})")
            if min(linked, plain) < float("inf"):
                break
    return faults


def new_terms(texts: dict[str, str], taught: dict[str, str]) -> dict[str, list[str]]:
    """The terms that each page is the first to use."""
    found: dict[str, list[str]] = {page: [] for page in texts}
    for term in taught:
        for page, text in texts.items():
            if min(uses(term, words_only(text))) < float("inf"):
                found[page].append(term)
                break
    return found


def test_no_term_is_used_before_it_is_explained():
    taught = {term: home for term, home in homes().items() if term not in EXPLAINED}
    assert used_too_early(pages(), taught) == []


def test_what_is_explained_in_so_many_words_is():
    read = iter(pages().values())
    assert all(any(words in text for text in read) for words in EXPLAINED.values())


def test_a_term_that_comes_too_early_is_seen():
    taught = {"hop": "frames", "step two": "frames"}
    texts = {"intro": "A `hop` in $hop$.", "tour": "{}", "frames": "A hop is a step. Step two."}

    def faults(text):
        return used_too_early(texts | {"tour": text}, taught)

    assert faults("Nothing.") == []
    assert faults("A hop.\n\nThen {term}`hops <hop>`.") == [
        "tour: hop (A hop. Then {term}`hops <hop>`.)"
    ]
    assert [f.split(" (")[0] for f in faults("Hops, and {term}`hop`.")] == ["tour: hop"]
    assert faults("{term}`hops\n<hop>`, a hop; a *step two*, step two.") == []
    assert faults("```{dropdown} So\nA hop.\n```")[0].startswith("tour: hop")
    assert faults("```{eq-diagram}\n```\n\n```python\nhop\n```\n\nBishop, hopping.") == []


def crowded(texts: dict[str, str], taught: dict[str, str]) -> list[str]:
    """Pages with more new terms than one for every 150 words."""
    found = []
    for page, new in new_terms(texts, taught).items():
        words = len(re.findall(r"[A-Za-z’'-]+", words_only(texts[page])))
        if len(new) * WORDS_A_TERM > words:
            found.append(f"{page}: {len(new)} in {words} words: {', '.join(new)}")
    return found


def test_new_terms_come_one_at_a_time():
    # The first page is a map: it names what the chapters are about, with links.
    assert [fault for fault in crowded(pages(), homes()) if not fault.startswith("intro:")] == []


def test_a_crowd_of_terms_is_seen():
    taught = {"hop": "frames", "window": "frames"}
    texts = {"tour": "A {term}`hop`. " + "word " * 150, "frames": "A hop, a window, word " * 20}
    assert [fault.split(":")[0] for fault in crowded(texts, taught)] == ["frames"]


def test_homes_are_chapters():
    assert set(homes().values()) <= set(pages())
