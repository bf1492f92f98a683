"""The package's own code, shown in a chapter: what the text explains is what runs.

    from eqlib.widgets.source import source

    source(EQNet.front_end)

Chapter: all of them.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

from eqlib.errors import EqlibError


@dataclass(frozen=True, repr=False)
class Source:
    """Some code of the package; as the last line of a cell it shows itself.

    Attributes:
        name: what it defines, such as "EQNet.front_end".
        module: where it stands, such as "eqlib.model".
        code: its lines, without the docstring and without the door (`eqlib.errors.checked`).
    """

    name: str
    module: str
    code: str

    def __repr__(self) -> str:
        return f"# {self.module}: {self.name}\n{self.code}"

    def _repr_markdown_(self) -> str:
        return f"```python\n{self!r}\n```"


def source(thing: Callable[..., object]) -> Source:
    """The source of a function, method or class of eqlib, without its docstring.

    Left out is also `@checked`, which is about what is refused and not about what is done.

    Raises:
        EqlibError: for anything that is not defined in eqlib.
    """
    thing = inspect.unwrap(thing)
    module = getattr(thing, "__module__", None) or ""
    if module.split(".")[0] != "eqlib" or not hasattr(thing, "__qualname__"):
        raise EqlibError(
            f"{thing!r} is not defined in eqlib",
            "a function, method or class of the package",
            "For other code: IPython's ?? shows it.",
        )
    lines = textwrap.dedent(inspect.getsource(thing)).rstrip().split("\n")
    (definition,) = ast.parse("\n".join(lines)).body
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    left_out: list[ast.stmt | ast.expr] = []
    for node in ast.walk(definition):
        if isinstance(node, kinds):
            left_out += [
                each for each in node.decorator_list if ast.unparse(each).startswith("checked")
            ]
            if ast.get_docstring(node) is not None and len(node.body) > 1:
                left_out.append(node.body[0])
    # From the last line up, so that the numbers of the lines above stay true.
    for part in sorted(left_out, key=lambda part: part.lineno, reverse=True):
        first, last = part.lineno - 1, part.end_lineno or part.lineno
        blank = last < len(lines) and not lines[last].strip()
        del lines[first : last + blank]
    return Source(thing.__qualname__, module, "\n".join(lines))
