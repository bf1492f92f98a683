"""What an instructor's notebook says of an exercise: points, what `check` takes, slips and words.

The words are those of the judges themselves: the slips that they know, and, of judges that are
functions, what they say to whatever is not right.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import textwrap
from collections.abc import Callable, Iterator

from eqlib.exercises.judges import Choice, Network, OwnTarget
from eqlib.exercises.registry import Exercise, exercises

POINTS = {"easy": 2, "medium": 3, "hard": 5}
RULES = {
    "easy": "1 for an answer that `check` takes, 1 for a sentence on what is heard or seen",
    "medium": "1 for a prediction made before, 1 for an answer that `check` takes, 1 for the "
    "reason",
    "hard": "1 for a prediction made before, 2 for an answer that `check` takes (1 if it is the "
    "right way with a slip that is named below), 2 for the reason, in the chapter's words",
}


def scheme(names: list[str]) -> str:
    """The marking scheme of a chapter, as a table."""
    found = {name: exercises()[name] for name in names}
    rows = [
        f"| `{name}` | {each.title} | {POINTS[each.level]} | {RULES[each.level]} |"
        for name, each in found.items()
    ]
    total = sum(POINTS[each.level] for each in found.values())
    head = "**For the instructor.** A hint costs nothing: who asks and goes on has learned more."
    table = ["| exercise | | points | what for |", "|---|---|---|---|", *rows]
    return "\n".join([head, "", *table, f"| | **all** | **{total}** | |"])


def marking(exercise: Exercise) -> str:
    """What to know of an exercise before marking it."""
    lines = [
        f"**For the instructor.** {exercise.level.capitalize()}, {POINTS[exercise.level]} points: "
        f"{RULES[exercise.level]}. `check` takes {exercise.takes}.",
        "",
        f"Its hints: {' '.join(exercise.hints)}",
        "",
        "What else is handed in, and what `check` says to it:",
        "",
        *(f"- {words}" for words in dict.fromkeys(slips(exercise.judge))),
    ]
    return "\n".join(lines)


def slips(judge: object) -> Iterator[str]:
    """The words of a judge for answers that are not right."""
    if isinstance(judge, Choice):
        for name, words in judge.options.items():
            if name != judge.right:
                yield f'"{name}": {words}'
    elif judge in (Network, OwnTarget) or isinstance(judge, Network | OwnTarget):
        yield from _said((judge if isinstance(judge, type) else type(judge)).__call__)
    elif dataclasses.is_dataclass(judge):
        for field in dataclasses.fields(judge):
            value = getattr(judge, field.name)
            if field.name == "slips":
                yield from value.values() if hasattr(value, "values") else (w for _, w in value)
            elif field.name in ("judges", "parts"):
                for part in value.values() if hasattr(value, "values") else value:
                    yield from slips(part)
    elif inspect.isfunction(judge):
        yield from _said(judge)


def _said(judge: Callable[..., object]) -> Iterator[str]:
    """What a judge that is a function says when it finds an answer wrong; "…" is a value."""
    if judge.__name__ == "<lambda>":
        names = judge.__code__.co_names
        for value in (judge.__globals__.get(name) for name in names):
            yield from slips(value)
        return
    tree = ast.parse(textwrap.dedent(inspect.getsource(judge)))
    texts = [
        (node.targets[0].id, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "Finding" and ast.unparse(node.args[0]) == "False":
                yield _words(node.args[1], texts)
            elif node.func.id.startswith("_") or node.func.id == "Network":
                called = judge.__globals__.get(node.func.id)
                yield from slips(called) if called is not judge else ()


def _words(node: ast.expr, texts: list[tuple[str, ast.expr]]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _words(node.left, texts) + _words(node.right, texts)
    if isinstance(node, ast.JoinedStr):
        return "".join(_words(part, texts) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _words(node.value, texts)
    if isinstance(node, ast.Name):  # the text that was given this name last, above
        above = [text for name, text in texts if name == node.id and text.lineno < node.lineno]
        if above:
            return _words(max(above, key=lambda text: text.lineno), texts)
    return "…"
