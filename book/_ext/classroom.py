"""The chapters for a class, in three forms: `make class` writes them to `_build/class`.

- `student`: no outputs, no solutions; below each question that asks for a
  prediction, and each exercise, a cell with a blank, to be filled in.
- `solutions`: the blank is filled in with the code that the chapter shows below its fold.
- `instructor`: the same, and below each solution what to give points for, what students tend to
  answer, and what `check` says to that.

The one source is the chapter with its exercises, and `eqlib.exercises`. Text is plain Markdown.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

import refresh
from eqlib.exercises.registry import Exercise, exercises
from marking import marking, scheme
from plain import plain

FORMS = ("student", "solutions", "instructor")
HEAD = "## Exercises\n"
PREDICT = "## Predict before you run\n"
ANSWER_BOX = re.compile(
    r"^(`{3,})\{dropdown\} Solution\n:color: success\n(.*?)\n\1$", re.DOTALL | re.MULTILINE
)
CODE = re.compile(r"^```python\n(.*?)\n```$", re.DOTALL | re.MULTILINE)
ASKED = re.compile(
    r"^\*Check it:\* `answer = \.\.\.`, then `check\(\"([\w.]+)\", answer\)`, with ", re.M
)
IMPORT = "from eqlib.exercises import check, hint"


@dataclass(frozen=True)
class Task:
    """An exercise as its chapter has it, in MyST.

    Attributes:
        name: such as "latent.2".
        text: what is asked, without the solution.
        code: the solution's, which binds `answer`.
        told: what the solution says besides.
    """

    name: str
    text: str
    code: str
    told: str


def tasks(chapter: NotebookNode) -> list[Task]:
    """The exercises of a chapter, in order.

    Raises:
        ValueError: for one without a name, or without a solution of one block of code.
    """
    _, rest = _parted(chapter)
    found = []
    for text in re.split(r"^(?=\*\*\d\. )", rest, flags=re.MULTILINE)[1:]:
        name, box = ASKED.search(text), ANSWER_BOX.search(text)
        blocks = CODE.findall(box[2]) if box else []
        if name is None or box is None or len(blocks) != 1:
            raise ValueError(f"no name, or no solution with one block of code: {text[:200]!r}")
        told = CODE.sub("", box[2]).strip("\n")
        found.append(Task(name[1], text[: box.start()].strip("\n"), blocks[0], told))
    return found


def form(chapter: NotebookNode, page: str, kind: str) -> NotebookNode:
    """A chapter in one of the three forms."""
    made = nbformat.v4.new_notebook(metadata={"kernelspec": chapter.metadata.get("kernelspec", {})})
    if kind != "student" and "widgets" in chapter.metadata:
        made.metadata["widgets"] = chapter.metadata["widgets"]
    for cell in chapter.cells:
        if cell.cell_type == "code":
            cells = [_bare(cell) if kind == "student" else nbformat.from_dict(cell)]
        elif HEAD in cell.source:
            before, rest = _parted(chapter)
            intro = re.split(r"^\*\*\d\. ", rest, flags=re.MULTILINE)[0]
            cells = [new_markdown_cell(before), new_markdown_cell(HEAD + intro)]
            if kind == "instructor":
                cells.append(new_markdown_cell(scheme([task.name for task in tasks(chapter)])))
            cells.append(new_code_cell(IMPORT))
            for task in tasks(chapter):
                cells += _cells(task, exercises()[task.name], kind)
        elif PREDICT in cell.source and kind == "student":
            cells = list(_questions(cell.source, page))
        else:
            cells = [new_markdown_cell(cell.source)]
        made.cells += cells
    for number, cell in enumerate(made.cells):
        cell.id = f"c{number}"
        if cell.cell_type == "markdown":
            cell.source = plain(cell.source, page).strip("\n")
    return made


def _parted(chapter: NotebookNode) -> tuple[str, str]:
    """What stands before the exercises in their cell, and the exercises."""
    sources = (cell.source for cell in chapter.cells if cell.cell_type == "markdown")
    before, _, rest = next(s for s in sources if HEAD in s).partition(HEAD)
    return before, rest


def _questions(source: str, page: str) -> Iterator[NotebookNode]:
    """A cell with the questions of a chapter, and a blank below each."""
    before, _, rest = source.partition(PREDICT)
    section, head, after = rest.partition("\n## ")
    intro, *questions = re.split(r"^(?=\d\. )", section, flags=re.MULTILINE)
    yield new_markdown_cell(f"{before}{PREDICT}{intro}")
    yield new_code_cell("from eqlib.exercises import predict")
    for i, question in enumerate(questions, 1):
        yield new_markdown_cell(question)
        yield new_code_cell(f'predict("{page}.{i}", ...)  # a letter, such as "b"')
    if head:
        yield new_markdown_cell(f"{head}{after}".strip("\n"))


def _bare(cell: NotebookNode) -> NotebookNode:
    return new_code_cell(cell.source, metadata={"tags": cell.metadata.get("tags", [])})


def _cells(task: Task, exercise: Exercise, kind: str) -> Iterator[NotebookNode]:
    asked, check = ASKED.sub("*Your answer:* ", task.text), f'check("{task.name}", answer)'
    yield new_markdown_cell(asked)
    if kind == "student":
        yield new_code_cell(starter(task.name))
        return
    yield new_code_cell(task.code)
    yield new_code_cell(check)
    yield new_markdown_cell(task.told)
    if kind == "instructor":
        yield new_markdown_cell(marking(exercise))


def starter(name: str) -> str:
    """The cell that a student begins with."""
    return f'answer = ...  # help: hint("{name}")\ncheck("{name}", answer)'


def write(folder: Path, chapters: list[Path]) -> None:
    """Writes all forms, each in a folder of its own; and the teachers' page to the instructor's."""
    for kind in FORMS:
        (folder / kind).mkdir(parents=True, exist_ok=True)
        for path in chapters:
            made = nbformat.writes(form(refresh.read(path), path.stem, kind))
            (folder / kind / path.name).write_text(f"{made}\n", encoding="utf-8")
    guide = (refresh.ROOT / "book" / "teaching.md").read_text(encoding="utf-8")
    (folder / "instructor" / "teaching.md").write_text(plain(guide, "teaching"), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=refresh.ROOT / "_build" / "class")
    write(parser.parse_args().folder, refresh.chapters())
