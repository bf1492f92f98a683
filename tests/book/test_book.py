"""The book as a text: its frame, terms, symbols, links and numbers. Each check is shown a fault."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from pathlib import Path

import nbformat
from sphinx_external_toc.parsing import parse_toc_yaml

import page_tables
import refresh
from docstrings import titles
from eqlib import EQ
from eqlib.model import Intermediates
from support import MODULES, PAGES, ROOT, each_chapter, each_page, outputs

BOOK = ROOT / "book"

# The chapters that follow the frame in everything; the others are older, and free in the rest.
NEW = "hearing phase frames front_end back_end stage_one latent stage_two fast".split()
LOCAL_SYMBOLS = set("d e i j l p q r u".split())  # indices and the like, explained where they stand


def prose(page: Path) -> str:
    """The Markdown of a page."""
    if page.suffix == ".md":
        return page.read_text(encoding="utf-8")
    cells = refresh.read(page).cells
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def roles(text: str, name: str) -> list[str]:
    """What the roles of a name point to; name is a regular expression."""
    found = re.findall(rf"\{{(?:{name})\}}`([^`]+)`", text)
    return [re.sub(r".*<(.+)>", r"\1", target, flags=re.DOTALL).lstrip("~!") for target in found]


def without_code(text: str) -> str:
    """Markdown without roles, fenced code and code in backticks; dropdowns and the like stay."""
    text = re.sub(r"```(?:sh|python|bash|text|)\n.*?```", "", text, flags=re.DOTALL)
    return re.sub(r"(\{[\w:]+\})?`[^`\n]+`", "", text)


def notebook(*cells: tuple[str, str], **metadata):
    """A notebook of ("markdown" or "code", source) for the faults below."""
    made = nbformat.v4.new_notebook(metadata=metadata)
    for kind, source in cells:
        made.cells.append(getattr(nbformat.v4, f"new_{kind}_cell")(source))
    return made


# --- the frame of a chapter


def frame_faults(chapter, *, new: bool) -> list[str]:
    """What a chapter lacks of the frame that all share."""
    text = "\n\n".join(c.source for c in chapter.cells if c.cell_type == "markdown")
    sections = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    faults = []

    def need(condition, what):
        if not condition:
            faults.append(what)

    def count(section, pattern):
        return len(re.findall(pattern, sections.get(section, ""), re.MULTILINE))

    need(chapter.cells[0].cell_type == "markdown" and text.startswith("# "), "a title")
    need(re.search(r"^\*\*What you will (hear and )?learn\.\*\*", text, re.M), "what you learn")
    need(re.search(r"^\*\*Time\.\*\* \w+", text, re.M), "its time")
    questions = count("Predict before you run", r"^\d\. ")
    answers = count("Answers to the predictions", r'^<details class="eq-answer"><summary>\d\. ')
    need(3 <= questions <= 4, "three or four predictions")
    need(answers == questions, "an answer to each prediction")
    faults.extend(prediction_faults(sections.get("Predict before you run", "")))
    need(count("Summary", r"^\d\. ") == 5, "a summary of five lines")
    exercises = count("Exercises", r"^\*\*\d\. .+\((easy|medium|hard)\)")
    need(exercises >= 3, "three exercises")
    need(count("Exercises", r"^```+\{dropdown\} Solution$") == exercises, "solutions")
    code = "\n".join(c.source for c in chapter.cells if c.cell_type == "code")
    components = r"\b(player|EQDesk|NetworkDesk|TrainingMonitor|Inside)\("
    need(re.search(components, code), "a player or another component")
    if new:
        need("```{eq-diagram}\n```" in text, "the drawing of the network")
        need(text.count(":label: eq-") >= 1, "a numbered equation")
        need(re.search(r"^source\(", code, re.MULTILINE), "code of the package")
    return faults


CHOICE = re.compile(
    r' {3}<details class="eq-choice( eq-right)?"><summary>(.+)</summary>\n\n {3}(.+)\n\n'
    r" {3}</details>"
)


def prediction_faults(section: str) -> list[str]:
    """What is wrong with a chapter's questions: they are clicked on, and ask for no number."""
    faults = []
    for question in re.split(r"^(?=\d\. )", section, flags=re.MULTILINE)[1:]:
        asked, number = question.split("<details")[0], question[:2]
        choices = CHOICE.findall(question)
        if not 3 <= len(choices) <= 4 or question.count("<details") != len(choices):
            faults.append(f"{number} three or four choices, each with a word on it")
        if [bool(right) for right, *_ in choices].count(True) != 1:
            faults.append(f"{number} one choice that is right")
        if len({text[3:] for _, text, _ in choices}) != len(choices):
            faults.append(f"{number} choices that differ")
        letters = [text[:3] for _, text, _ in choices]
        if letters != [f"{letter}. " for letter in "abcd"[: len(choices)]]:
            faults.append(f"{number} choices with their letters")
        if re.search(r"\bhow many (dB|decibels)\b", asked):
            faults.append(f"{number} no question for decibels")
        if any(re.search(r"[$`{]", text) for _, text, _ in choices):
            faults.append(f"{number} choices in words: no Markdown is read there")
    return faults


def test_a_prediction_that_cannot_be_chosen_is_seen():
    choice = '   <details class="eq-choice"><summary>{}</summary>\n\n   A word.\n\n   </details>\n'
    right = choice.format("a. So.").replace("eq-choice", "eq-choice eq-right")
    good = "1. Why?\n\n" + right + choice.format("b. Or so.") + choice.format("c. Or not.")
    assert prediction_faults(good) == []
    assert prediction_faults("1. By how many dB?\n") == [
        "1. three or four choices, each with a word on it",
        "1. one choice that is right",
        "1. no question for decibels",
    ]
    assert prediction_faults(good.replace("c. Or not.", "c. Or so.")) == ["1. choices that differ"]
    assert prediction_faults(good.replace("Or not.", "Or $x$.")) == [
        "1. choices in words: no Markdown is read there"
    ]
    assert prediction_faults(good.replace("b. ", "d. ")) == ["1. choices with their letters"]
    assert len(prediction_faults(good.replace("   A word.\n\n", "", 1))) == 3


@each_chapter
def test_a_chapter_has_the_frame(chapter):
    assert frame_faults(refresh.read(chapter), new=chapter.stem in NEW) == []


def test_a_chapter_without_the_frame_is_seen():
    bare = notebook(
        ("markdown", "# Title\n\n## Summary\n\n1. One\n\n## Exercises\n\n**1. A (easy)**")
    )
    faults = frame_faults(bare, new=True)
    assert len(faults) == 10 and "a title" not in faults and "a summary of five lines" in faults
    assert "a title" in frame_faults(notebook(("markdown", "Text")), new=False)


# --- sounds and figures have a sentence


def silent_cells(chapter) -> list[str]:
    """Cells with a figure or a player that no text stands beside."""
    cells = chapter.cells
    found = []
    for i, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        shows = any(kind.startswith("image/") for kind, _ in outputs(cell))
        sounds = re.search(r"^player\(", cell.source, re.MULTILINE)
        if not (shows or sounds):
            continue
        before = next((c.source for c in reversed(cells[:i]) if c.cell_type == "markdown"), "")
        after = next((c.source for c in cells[i + 1 :] if c.cell_type == "markdown"), "")
        beside = before.split("\n\n")[-1] + "\n" + after.split("\n\n")[0]
        sentence = re.search(r"[a-z]{2,}[^.!?:]*[.!?:]", re.sub(r"^#.*", "", beside, flags=re.M))
        if not sentence or (sounds and not re.search(HEARING, f"{before}\n{after}", re.I)):
            found.append(cell.source)
    return found


HEARING = r"\b(hear\w*|listen\w*|sounds?|ears?|note|play\w*|loud\w*|audible)\b"


@each_chapter
def test_figures_and_sounds_have_a_sentence(chapter):
    assert silent_cells(refresh.read(chapter)) == []


def test_a_sound_without_a_sentence_is_seen():
    cells = [("markdown", "## Title"), ("code", "player({})"), ("markdown", "## Another")]
    assert silent_cells(notebook(*cells)) == ["player({})"]
    cells[2] = ("markdown", "The curve rises.")
    assert silent_cells(notebook(*cells)) == ["player({})"]  # says nothing about a sound
    cells[2] = ("markdown", "Listen to the bass.")
    assert silent_cells(notebook(*cells)) == []


# --- terms


def glossary(text: str) -> list[str]:
    """The terms that a glossary defines."""
    (body,) = re.findall(r"```\{glossary\}\n(.*?)```", text, re.DOTALL)
    return re.findall(r"^(\S.*)$", body, re.MULTILINE)


def test_glossary_defines_each_term_once_and_in_order():
    terms = glossary(prose(BOOK / "glossary.md"))
    assert terms == sorted(set(terms), key=str.lower)


def test_each_letter_above_the_glossary_leads_to_a_term_of_it():
    text = prose(BOOK / "glossary.md")
    row = re.findall(r"\{term\}`(.) <(.+)>`", text.split("```{glossary}")[0])
    assert [letter for letter, _ in row] == sorted({term[0].upper() for term in glossary(text)})
    assert all(term.upper().startswith(letter) for letter, term in row)


@each_page
def test_each_term_is_in_the_glossary(page):
    terms = {term.lower() for term in glossary(prose(BOOK / "glossary.md"))}
    assert [term for term in roles(prose(page), "term") if term.lower() not in terms] == []


def test_each_entry_of_the_glossary_is_used_in_a_chapter():
    used = {term.lower() for p in PAGES if p.stem != "glossary" for term in roles(prose(p), "term")}
    assert [t for t in glossary(prose(BOOK / "glossary.md")) if t.lower() not in used] == []


def test_terms_are_found():
    assert roles("{term}`hop`, {term}`two\nframes <frame>`", "term") == ["hop", "frame"]
    assert glossary("```{glossary}\na term\n  What it is.\n\nb\n  {term}`a term`\n```") == [
        "a term",
        "b",
    ]


# --- symbols


def notation() -> tuple[set[str], set[str]]:
    """The symbols of the notation page, and the names of code in its columns for either."""
    lines = [
        line.split("|") for line in prose(BOOK / "notation.md").splitlines() if line[:1] == "|"
    ]
    names = {n for cells in lines for n in re.findall(r"`([^`]+)`", cells[1] + cells[3])}
    return set().union(*(symbols(cells[1]) for cells in lines)), names


def symbols(text: str) -> set[str]:
    r"""The letters of formulas, without indices: "X1", "w", r"\hat Z", r"\varphi"."""
    formulas = re.findall(r"\$([^$]+)\$", text)
    for formula in re.findall(r"```\{math\}\n(.*?)```", text, re.DOTALL):
        formulas.append(re.sub(r"^:label:.*$", "", formula, flags=re.MULTILINE))
    found = set()
    for formula in formulas:
        formula = re.sub(
            r"\\(text|operatorname|mathsf|mathrm|textstyle)\s*(\{[^{}]*\}|\w)?", " ", formula
        )
        formula = re.sub(r"\\(d?frac|tfrac|overline|bar|sqrt)\b", " ", formula)
        formula = re.sub(r"_(\{[^{}]*\}|\\?\w)", " ", formula)  # indices
        greek = r"alpha|lambda|omega|varphi|tau|theta|epsilon|sigma|mu|eta|beta|delta"
        found |= {
            re.sub(r"\s", "", s) for s in re.findall(rf"\\hat\s*\{{?\w\d?|\\(?:{greek})\b", formula)
        }
        rest = re.sub(r"\\hat\s*\{?\w\d?|\\[a-zA-Z]+", " ", formula)
        found |= set(re.findall(r"(?<![A-Za-z])(?:X[12]|[A-Za-z])(?![A-Za-z])", rest))
    return {symbol.replace("{", "") for symbol in found}


@each_chapter
def test_each_symbol_is_in_the_notation(chapter):
    known, _ = notation()
    assert symbols(prose(chapter)) - known - LOCAL_SYMBOLS == set()


def test_symbols_are_found():
    formula = r"y[n] = \sum_k \hat{X2} \max_{16} \tfrac m2 w_c(f)"
    text = f"$\\hat Z_c$, $X1$ and\n```{{math}}\n:label: eq-q\n{formula}\n```"
    assert symbols(text) == {r"\hatZ", "X1", "y", "n", r"\hatX2", "m", "w", "f"}


def test_notation_has_every_signal_and_every_setting_of_an_equalizer():
    _, names = notation()
    makers = [v for k, v in vars(EQ).items() if isinstance(v, classmethod) and k[0] != "_"]
    makers = [maker.__func__ for maker in makers] + [EQ.fir]
    settings = {name for maker in makers for name in inspect.signature(maker).parameters}
    assert "slope" in settings and "compensate_delay" in settings
    assert (settings | set(Intermediates._fields)) - {"cls", "self", "settings"} - names == set()


# --- links


def dead_links(text: str, page: Path) -> list[str]:
    """Links to pages, files, equations, sources and names of the package that do not exist."""
    here, dead = page.parent, []
    for name in roles(text, "doc"):
        path = ROOT / name[1:] if name.startswith("/") else here / name
        if not any(path.with_suffix(suffix).exists() for suffix in (".md", ".ipynb")):
            dead.append(name)
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(text)):
        if not re.match(r"https?:|mailto:|#", link) and not (here / link.split("#")[0]).exists():
            dead.append(link)
    for keys in roles(text, "cite(?::\\w+)?"):
        dead += [key for key in keys.split(",") if key.strip() not in bibliography()]
    dead += [label for label in roles(text, "eq") if f":label: {label}\n" not in all_text()]
    return dead + [name for name in roles(text, "py:\\w+") if not exists(name)]


def bibliography() -> set[str]:
    return set(
        re.findall(r"^@\w+\{(.+),$", (BOOK / "references.bib").read_text("utf-8"), re.MULTILINE)
    )


def all_text() -> str:
    return "\n".join(map(prose, PAGES))


def exists(name: str) -> bool:
    """Whether a dotted name can be imported, as a module or as what stands in one."""
    parts = name.removesuffix("()").split(".")
    for n in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:n]))
        except ImportError:
            continue
        for part in parts[n:]:
            if not hasattr(thing, part):
                return False
            thing = getattr(thing, part)
        return True
    return False


@each_page
def test_no_link_is_dead(page):
    assert dead_links(prose(page), page) == []


def test_no_link_of_the_readme_is_dead():
    assert dead_links((ROOT / "README.md").read_text(encoding="utf-8"), ROOT / "README.md") == []


def test_dead_links_are_seen():
    text = (
        "{doc}`gone`, {doc}`the tour <tour>`, [a](gone.md), [b](tour.ipynb), [c](https://x.y), "
        "{cite}`martinez2018,gone1999`, {eq}`eq-gone`, {eq}`eq-front`, {py:func}`eqlib.gone`, "
        "{py:class}`eqlib.model.EQNet`, {py:meth}`eqlib.EQNet.process`, {py:mod}`eqlib.gone`"
    )
    dead = ["gone", "gone.md", "gone1999", "eq-gone", "eqlib.gone", "eqlib.gone"]
    assert dead_links(text, BOOK / "x.md") == dead


def test_equations_have_labels_of_their_own():
    labels = re.findall(r"^:label: (\S+)$", all_text(), re.MULTILINE)
    assert sorted(labels) == sorted(set(labels))


def test_each_source_is_in_the_bibliography_and_the_paper_is_cited():
    assert ":all:" in prose(BOOK / "bibliography.md")
    assert "martinez2018" in roles(prose(BOOK / "intro.md"), "cite")


# --- numbers


def unfounded_db(chapter) -> list[str]:
    """Decibels with a decimal point in the text that no output of the chapter shows.

    Solutions of exercises bring the code that gives their numbers, and are not looked at.
    """
    text = "\n\n".join(c.source for c in chapter.cells if c.cell_type == "markdown")
    text = without_code(text.split("\n## Exercises\n")[0])
    kinds = [item for cell in refresh.code_cells(chapter) for item in outputs(cell)]
    shown = " ".join(str(content) for kind, content in kinds if not kind.startswith("image/"))
    numbers = set(re.findall(r"\d+\.\d+", re.sub(r"data:\w[^\"')\s]*", "", shown)))
    said = re.findall(r"(?<![\d.,])(\d+\.\d+)\$?\s*dB\b", text)
    return [number for number in said if number not in numbers]


@each_chapter
def test_decibels_in_the_text_are_in_the_outputs(chapter):
    said = set(unfounded_db(refresh.read(chapter)))
    assert said - results_db() == set()


def results_db() -> set[str]:
    """The scores that the tables of the book show, mean and worst, to one decimal."""
    networks = json.loads(
        (ROOT / "eqlib" / "experiments" / "results.json").read_text(encoding="utf-8")
    )["networks"]
    baselines = [entry["baselines"] for entry in networks.values() if "baselines" in entry]
    methods = [method for some in baselines for method in some["methods"].values()]
    sets = [
        scores for entry in [*networks.values(), *methods] for scores in entry["scores"].values()
    ]
    return {f"{scores[key]:.1f}" for scores in sets for key in ("snr_db", "worst_snr_db")}


def test_a_number_that_nothing_printed_is_seen():
    chapter = notebook(("markdown", "It is 12.3 dB, or 45.6 dB."), ("code", "print(12.3)"))
    chapter.cells[1].outputs = [nbformat.v4.new_output("stream", text="SNR 12.3 dB")]
    assert unfounded_db(chapter) == ["45.6"]


# --- what a chapter costs


def cost_faults(name: str, stored: dict) -> list[str]:
    """What is wrong with the costs that are noted in a chapter's metadata."""
    if not {"seconds", "peak_mb"} <= set(stored):
        return ["not measured: run `make refresh`"]
    faults = []
    if stored["seconds"] > page_tables.LONGER_S.get(name, page_tables.BUDGET_S):
        faults.append(f"takes {stored['seconds']:.0f} s")
    if stored["peak_mb"] > page_tables.BUDGET_MB:
        faults.append(f"takes {stored['peak_mb']:.0f} MB")
    return faults


@each_chapter
def test_a_chapter_stays_within_its_budget(chapter):
    assert cost_faults(chapter.stem, refresh.read(chapter).metadata.get("eqlib", {})) == []


def test_a_chapter_that_costs_too_much_is_seen():
    assert cost_faults("fast", {"seconds": 60, "peak_mb": 900}) == []
    assert cost_faults("fast", {"seconds": 130, "peak_mb": 1600}) == [
        "takes 130 s",
        "takes 1600 MB",
    ]
    assert cost_faults("tour", {"seconds": 390, "peak_mb": 900}) == []
    assert cost_faults("fast", {}) != []


def test_longer_budgets_are_for_chapters_of_the_book():
    assert set(page_tables.LONGER_S) <= {path.stem for path in refresh.chapters()}


# --- pages that are made from what the repository holds


def test_the_api_page_has_every_module():
    shown = re.findall(
        r"automodule:: eqlib\.([\w.]+)", prose(BOOK / "api.md") + prose(BOOK / "api_more.md")
    )
    # A package but for `plots` holds nothing of its own.
    packages = {name for name, path in MODULES.items() if path.name == "__init__.py"} - {"plots"}
    assert sorted(shown) == sorted(set(MODULES) - packages - {"__main__"})


def test_docstrings_name_chapters_that_exist():
    named = {}
    for name, path in MODULES.items():
        head = path.read_text(encoding="utf-8").split('"""')[1]
        quoted = re.search(r"\bChapters?:(.*)", head, re.DOTALL)
        text = " ".join(quoted[1].split()) if quoted else ""
        named[name] = re.findall(r'"([^"]+)"', text.split(". ")[0])
        for file in re.findall(r"\bbook/\w+\.ipynb", head):
            assert (ROOT / file).exists(), f"{name}: {file}"
    pages = set(titles()) | {"How to run this book"}
    assert {n: set(t) - pages for n, t in named.items() if set(t) - pages} == {}


def test_each_module_names_its_chapters():
    packages = {name for name, path in MODULES.items() if path.name == "__init__.py"}
    silent = packages | {"errors", "audio", "plots.style", "data.clips", "__main__"}
    silent |= {"training.run", "training.snapshot", "cli.main", "cli.export", "cli.reproduce"}
    heads = {n: p.read_text(encoding="utf-8").split('"""')[1] for n, p in MODULES.items()}
    assert {n for n, head in heads.items() if not re.search(r"\b[Cc]hapters?\b", head)} <= silent


def test_tables_are_made_from_the_data(tmp_path):
    rows = [
        {"split": "train", "kind": "note", "duration_s": "90", "instrument": "flute"},
        {"split": "test", "kind": "hit", "duration_s": "30", "instrument": "drums"},
    ]
    lines = page_tables.splits(rows).splitlines()
    assert lines[0].endswith("| minutes |")
    assert lines[2] == "| train | 1 | 0 | 1 | 1.5 |"
    assert lines[-1] == "| all | 1 | 1 | 2 | 2.0 |"

    sound = "2010 somebody http://freesound.org/people/somebody/sounds/{}/ (CC0, via Sonic Pi)"
    rows = [{"license": "CC0-1.0", "attribution": sound.format(n)} for n in (12, 34)]
    rows.append({"license": "MIT", "attribution": "A *band*"})
    lines = page_tables.sources(rows).splitlines()
    there = "http://freesound.org/people/somebody/sounds"
    of_one = f"2010 somebody, freesound [12]({there}/12/), [34]({there}/34/), via Sonic Pi"
    assert lines[2].startswith(f"| {of_one} | [CC0\u20111.0](")
    assert lines[2].endswith(" | 2 |")
    assert lines[3].startswith(r"| A \*band\* | [MIT](")

    for name, stored in {"fast": {"seconds": 41.4, "peak_mb": 830}, "tour": {}}.items():
        nbformat.write(notebook(eqlib=stored), tmp_path / f"{name}.ipynb")
    lines = page_tables.costs(tmp_path / f"{name}.ipynb" for name in ("fast", "tour")).splitlines()
    assert lines[2:] == [
        "| {doc}`fast` | 41\u00a0s | 120\u00a0s | 0.8\u00a0GB |",
        "| {doc}`tour` | - | 420\u00a0s | - |",
    ]


def test_parts_of_the_book_are_in_order():
    pages = [page.removeprefix("book/") for page in parse_toc_yaml(ROOT / "_toc.yml")]
    assert pages[:4] == ["intro", "tour", "families", "workbench"]
    assert pages[4:12] == [name for name in NEW if name != "fast"]
