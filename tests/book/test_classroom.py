"""The chapters for a class: three forms of one source, in plain Markdown."""

from __future__ import annotations

import functools
import itertools
import re

import nbformat
import pytest

import classroom
import marking
import plain
import refresh
from eqlib.exercises import check, hint, record
from eqlib.exercises.predictions import QUESTIONS
from eqlib.exercises.registry import CHAPTERS, exercises
from support import PAGES, ROOT, each_chapter

RAW = re.compile(r"\{[\w:]+\}`|^[ ]*(?:`{3,}|:{3,})\{|^:\w+:|^\([\w-]+\)=$", re.MULTILINE)


@functools.cache
def made(chapter, kind):
    return classroom.form(refresh.read(ROOT / "book" / f"{chapter}.ipynb"), chapter, kind)


def text(notebook, kind="markdown"):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == kind)


# --- plain Markdown


@pytest.mark.parametrize(
    ("myst", "markdown"),
    [
        ("the {term}`filters <FIR filter>` of a {term}`fader`", "the filters of a fader"),
        ("see {doc}`latent`, {doc}`there <frames>`", "see [The latent-space DNN](latent.ipynb), "
         "[there](frames.ipynb)"),
        ("listed in {doc}`audio`", "listed in *The recordings*"),
        ("{cite}`martinez2018`", "(Martínez Ramírez and Reiss, 2018)"),
        ("{cite:t}`valimaki2016`", "Välimäki and Reiss (2016)"),
        ("any {py:class}`EQ <eqlib.EQ>`", "any `EQ`"),
        ("`{doc}` and ``{term}`x` `` are code", "`{doc}` and ``{term}`x` `` are code"),
        ("```python\nx = \"{term}`y`\"\n```", "```python\nx = \"{term}`y`\"\n```"),
        ("```{math}\n:label: eq-backward\ny = x\n```", "$$\ny = x \\tag{4}\n$$"),
        ("1. One\n   ```{math}\n   a \\\\ b\n   ```",
         "1. One\n   $$\n   \\begin{aligned}\n   a \\\\ b\n   \\end{aligned}\n   $$"),
        ("````{dropdown} Why `x` < 1?\n:color: info\n```{math}\nx\n```\n````",
         "<details><summary>Why x &lt; 1?</summary>\n\n$$\nx\n$$\n\n</details>"),
        ("```{note}\nMind\nthis.\n```", "> **Note.** Mind\n> this."),
    ],
)  # fmt: skip
def test_myst_becomes_plain_markdown(myst, markdown, monkeypatch):
    monkeypatch.setattr(
        plain,
        "title",
        lambda page: {"latent": "The latent-space DNN", "audio": "The recordings"}[page],
    )
    monkeypatch.setattr(plain, "numbers", lambda page: {"eq-backward": 4})
    assert plain.plain(myst, "learned") == markdown


def test_an_equation_of_another_chapter_is_named_with_it():
    found = plain.plain("{eq}`eq-sidebands`", "latent")
    assert re.fullmatch(r"\(\d\) of \[.+\]\(effects\.ipynb\)", found)
    assert re.fullmatch(r"\(\d\)", plain.plain("{eq}`eq-sidebands`", "effects"))


@pytest.mark.parametrize("myst", ["{nonsense}`x`", "```{nonsense}\n```", "{eq}`eq-none`"])
def test_what_has_no_plain_form_is_refused(myst):
    with pytest.raises(ValueError, match=r"nonsense|eq-none"):
        plain.plain(myst, "latent")


# --- the three forms


@each_chapter
@pytest.mark.parametrize("kind", classroom.FORMS)
def test_a_form_is_a_notebook_without_raw_myst(chapter, kind):
    notebook = made(chapter.stem, kind)
    nbformat.validate(notebook)
    assert RAW.findall(text(notebook)) == []
    links = set(re.findall(r"\]\((\w+)\.ipynb\)", text(notebook)))
    assert links <= {path.stem for path in PAGES if path.suffix == ".ipynb"}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_student_gets_no_solution_and_no_output(chapter):
    notebook, source = made(chapter, "student"), refresh.read(ROOT / "book" / f"{chapter}.ipynb")
    assert not any(cell.get("outputs") for cell in notebook.cells)
    assert "widgets" not in notebook.metadata
    assert "<summary>Solution" not in text(notebook)
    whole = text(notebook) + text(notebook, "code")
    for task in classroom.tasks(source):
        assert task.code not in whole and task.told.split("\n\n")[0][:80] not in whole
    # All the rest is there.
    code = [cell.source for cell in refresh.code_cells(source)]
    assert set(code) <= {cell.source for cell in notebook.cells if cell.cell_type == "code"}


def test_a_student_has_a_blank_below_each_question(monkeypatch):
    monkeypatch.setattr(record, "_predictions", {})
    blanks = 0
    for chapter in CHAPTERS:
        cells, space = made(chapter, "student").cells, {}
        for before, cell in itertools.pairwise(cells):
            if cell.source == "from eqlib.exercises import predict":
                exec(cell.source, space)
            if cell.source.startswith("predict("):
                reply = eval(cell.source, space)
                assert reply.state == "no answer"
                assert before.source.startswith(f"{reply.name.split('.')[1]}. ")
                assert reply.name.startswith(chapter)
                blanks += 1
    assert blanks == len(QUESTIONS) and record.predictions() == {}


@pytest.mark.parametrize("name", exercises())
def test_a_starter_fails_kindly(name, monkeypatch):
    monkeypatch.setattr(record, "_records", {})
    chapter = name.split(".")[0]
    codes = [cell.source for cell in made(chapter, "student").cells if cell.cell_type == "code"]
    assert codes.count(classroom.starter(name)) == 1
    *lines, last = classroom.starter(name).split("\n")
    space = {"check": check, "hint": hint}
    exec("\n".join(lines), space)
    reply = eval(last, space)
    assert reply.state == "no answer" and exercises()[name].prompt in reply.words


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_solutions_are_the_chapters_own_and_are_checked(chapter):
    source = refresh.read(ROOT / "book" / f"{chapter}.ipynb")
    for kind in ("solutions", "instructor"):
        codes = [c.source for c in made(chapter, kind).cells if c.cell_type == "code"]
        for task in classroom.tasks(source):
            assert task.code in text(source)
            place = codes.index(task.code)
            assert codes[place + 1] == f'check("{task.name}", answer)'


# --- the instructor's


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_an_instructor_gets_points_and_slips(chapter):
    notes = text(made(chapter, "instructor"))
    own = {name: each for name, each in exercises().items() if name.split(".")[0] == chapter}
    total = sum({"easy": 2, "medium": 3, "hard": 5}[each.level] for each in own.values())
    assert f"| **all** | **{total}** |" in notes
    for exercise in own.values():
        assert exercise.hints[0] in notes and f"`check` takes {exercise.takes}." in notes
        assert len(set(marking.slips(exercise.judge))) >= 2
    assert "For the instructor" not in text(made(chapter, "solutions"))


def test_slips_have_the_judges_words():
    found = [list(marking.slips(exercises()[name].judge)) for name in ("phase.3", "latent.3")]
    assert "This is one pass. The way back is missing." in found[0]
    assert (
        "… dB: no fader is below zero, so the condition is still there. np.linalg.lstsq "
        "knows none." in found[1]
    )


def test_a_chapter_without_code_in_a_solution_is_seen():
    source = refresh.read(ROOT / "book" / "latent.ipynb")
    for cell in source.cells:
        cell.source = cell.source.replace("```python", "```text")
    with pytest.raises(ValueError, match="one block of code"):
        classroom.tasks(source)


def test_all_is_written(tmp_path):
    chapter = ROOT / "book" / "families.ipynb"
    classroom.write(tmp_path, [chapter])
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    forms = {f"{kind}/families.ipynb" for kind in classroom.FORMS}
    assert written == forms | {"instructor/teaching.md"}
    assert RAW.findall((tmp_path / "instructor" / "teaching.md").read_text(encoding="utf-8")) == []
