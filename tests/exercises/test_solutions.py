"""The solutions that the chapters show are run as they stand there, and pass their check."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat
import pytest
from nbclient import NotebookClient

import classroom
import refresh
from eqlib.exercises import check, record
from eqlib.exercises.registry import CHAPTERS, exercises
from support import ROOT

# Those that train a network, or stand on one that their chapter has trained; and times.
LONG = {
    *("tour.1", "tour.2", "tour.3", "stage_one.1", "stage_one.2", "stage_one.3"),
    *("stage_two.1", "stage_two.2", "stage_two.3", "stage_two.4", "fast.1", "fast.2", "fast.3"),
    *("front_end.3", "results.3", "learned.2", "learned.3", "when_not.1", "when_not.3"),
    *("effects.2", "effects.3", "generalize.2"),
}
QUICK_CHAPTERS = {"hearing", "phase"}
TRAINS = re.compile(r"(^|\.)(train|pretrain|practice)$")


def read(chapter):
    return refresh.read(ROOT / "book" / f"{chapter}.ipynb")


TASKS = {task.name: task for chapter in CHAPTERS for task in classroom.tasks(read(chapter))}


def names(code):
    """The names that a cell binds, and those that it uses."""
    bound, used = set(), set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        # What is kept in a dict, or set on an object, changes it.
        if isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            bound |= {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
    return bound, used


def trained(code):
    """The names of networks that a cell trains: their names stay, and they do not."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    nets = [call.args[0] for call in calls if TRAINS.search(ast.unparse(call.func)) and call.args]
    return {net.id for net in nets if isinstance(net, ast.Name)}


def needed_cells(name):
    """The cells of the chapter, before its exercises, that a solution stands on."""
    cells = read(name.split(".")[0]).cells
    end = next(i for i, cell in enumerate(cells) if classroom.HEAD in cell.source)
    own = names(TASKS[name].code)[1]
    chosen, wanted = [], set(own)
    for cell in reversed(cells[:end]):
        if cell.cell_type == "code":
            bound, used = names(cell.source)
            if bound & wanted or trained(cell.source) & own:
                wanted |= used
                chosen.insert(0, cell.source)
    return chosen


def answer_of(name):
    space = {"__name__": "chapter"}
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for code in [*needed_cells(name), TASKS[name].code]:
                exec(compile(code, name, "exec"), space)
    finally:
        plt.close("all")
    return space["answer"]


MISUSE = ("index", "attr-defined", "call-arg", "name-defined", "arg-type", "union-attr")


def misused(chapters, folder):
    """What a type checker finds wrong in solutions: {chapter: (its code, {exercise: solution})}."""
    begins = {}
    for chapter, (code, solutions) in chapters.items():
        lines = code.splitlines()
        begins[chapter] = len(lines)
        for name, solution in solutions.items():
            lines += [f"def solution_{name.replace('.', '_')}() -> None:", *indented(solution)]
        (folder / f"{chapter}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = "--check-untyped-defs --follow-imports=silent --ignore-missing-imports".split()
    files = [str(folder / f"{chapter}.py") for chapter in chapters]
    # In a process of its own, and with no settings of the project's: a chapter is no module of it.
    command = [sys.executable, "-m", "mypy", "--config-file=", *options, *files]
    environment = os.environ | {"MYPYPATH": str(ROOT)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    found = re.findall(r"^(.*\.py):(\d+): error: (.*)\[([a-z-]+)\]$", run.stdout, re.MULTILINE)
    assert found or run.returncode == 0, run.stdout + run.stderr
    return [
        f"{Path(path).stem}: {words.strip()}"
        for path, line, words, code in found
        if code in MISUSE and int(line) > begins[Path(path).stem] and "overloaded" not in words
    ]


def indented(code):
    return [f"    {line}" for line in code.splitlines()]


def code_of(chapter):
    return "\n".join(cell.source for cell in read(chapter).cells if cell.cell_type == "code")


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    monkeypatch.setattr(record, "_records", {})
    monkeypatch.setattr(record, "_works", {})
    monkeypatch.setattr(record, "_file", [])


def test_a_solution_stands_on_the_training_of_what_it_uses():
    assert trained("eqlib.train(net, pairs)\npractice(other)\ndata.load(x)") == {"net", "other"}
    for training in ("eqlib.train(", "eqlib.pretrain("):
        assert any(training in cell for cell in needed_cells("tour.3"))
        assert not any(training in cell for cell in needed_cells("tour.1"))


def test_every_exercise_has_a_solution():
    assert list(TASKS) == list(exercises())


def test_solutions_use_what_there_is_as_it_is(tmp_path):
    """Those that train as well, of which nobody runs all often."""
    chapters = {}
    for chapter in CHAPTERS:
        own = {name: task.code for name, task in TASKS.items() if name.startswith(f"{chapter}.")}
        chapters[chapter] = code_of(chapter), own
    assert misused(chapters, tmp_path) == []


def test_a_solution_that_would_crash_is_seen(tmp_path):
    begin = "import eqlib\nfrom eqlib import EQ, data\nclips = data.load(split='test')"
    crash = "answer = eqlib.pair(clips, EQ.flat())[::4]"
    good = "answer = eqlib.pair(clips[::4], EQ.flat())"
    gone = "answer = eqlib.pairs(clips, EQ.flat())"
    chapters = {"a": (begin, {"a.1": crash, "a.2": good}), "b": (begin, {"b.1": gone})}
    assert {fault[:30] for fault in misused(chapters, tmp_path)} == {
        'b: Module has no attribute "pa',
        'a: Value of type "Pairs" is no',
    }


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n in LONG else n for n in TASKS]
)
def test_the_solution_in_the_chapter_passes(name):
    reply = check(name, answer_of(name))
    assert reply, reply


@pytest.mark.parametrize(
    "chapter",
    [c if c in QUICK_CHAPTERS else pytest.param(c, marks=pytest.mark.slow) for c in CHAPTERS],
)
def test_the_solutions_notebook_runs(chapter, tmp_path):
    """Alone in an empty folder, from its first cell to its last."""
    made = classroom.form(read(chapter), chapter, "solutions")
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "", "language": "python"}
    nbformat.write(made, tmp_path / "chapter.ipynb")
    paths = [str(ROOT), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    client = NotebookClient(made, timeout=1200, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))})
    checks = [cell for cell in made.cells if cell.source.startswith('check("')]
    assert len(checks) == len(classroom.tasks(read(chapter)))
    for cell in checks:
        assert "✓ Right." in cell.outputs[0].data["text/plain"], cell.outputs[0].data
