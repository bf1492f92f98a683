"""What is public has types that say something: `make lint` checks them, and none of them is Any."""

from __future__ import annotations

import ast
import textwrap

from support import MODULES, each_module

# name -> why there is no other type for it
JUSTIFIED: dict[str, str] = {
    "checkpoints.config_of.header": "JSON from a file, whose types are looked at here",
    "data.clips.Info": "known to whoever made the clips",
    "data.clips.Clips.__getitem__": "its overloads tell",
    "data.clips.Clips.__getitem__.key": "its overloads tell",
    "data.tensors.read": "JSON from a file, whose types the reader looks at",
    "equalizers.settings.read": "settings from a file, which the equalizer looks at",
    "errors.check_type.hint": "Python has no type for what an annotation may write",
    "errors.checked": "its overloads tell",
    "errors.checked.function": "its overloads tell",
    "hints.fits.hint": "Python has no type for what an annotation may write",
    "hints.words.hint": "Python has no type for what an annotation may write",
    "widgets.drawing.eq_of.bands": "JSON from the page, which the equalizer looks at",
    "widgets.drawing.eq_of.curve": "JSON from the page, which the equalizer looks at",
    "widgets.component.Hear": "JSON from the page, which its hearer looks at",
    "training.snapshot.Snapshot.header": "JSON from a file, whose types the reader looks at",
}


def is_public(name):
    return not name.startswith("_") or name.startswith("__")


def definitions(body, prefix=""):
    """Each public name of a module or class, and the parts of its definition that are types."""
    for node in body:
        if isinstance(node, ast.If | ast.Try):
            yield from definitions([*node.body, *node.orelse], prefix)
        elif isinstance(node, ast.ClassDef) and is_public(node.name):
            yield prefix + node.name, node.bases
            yield from definitions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_public(node.name):
            a = node.args
            given = [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]
            for each in filter(None, given):
                yield f"{prefix}{node.name}.{each.arg}", [each.annotation]
            yield f"{prefix}{node.name}", [node.returns]
            if prefix:  # what a method sets is an attribute
                yield from attributes(node, prefix)
        elif isinstance(node, ast.AnnAssign) and is_public(ast.unparse(node.target)):
            yield prefix + ast.unparse(node.target), [node.annotation, node.value]
        elif isinstance(node, ast.Assign) and is_public(ast.unparse(node.targets[0])):
            yield prefix + ast.unparse(node.targets[0]), [node.value]  # an alias, perhaps


def attributes(method, prefix):
    for node in ast.walk(method):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
            if is_public(node.target.attr):
                yield prefix + node.target.attr, [node.annotation]


def says_any(part):
    """Whether a type, or a text that is one, has Any in it."""
    for node in ast.walk(part):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value.isidentifier() or "[" in node.value:
                try:
                    if says_any(ast.parse(node.value, mode="eval").body):
                        return True
                except SyntaxError:
                    pass
        if getattr(node, "id", getattr(node, "attr", "")) == "Any":
            return True
    return False


def found_in(source, module):
    for name, parts in definitions(ast.parse(source).body):
        if any(says_any(part) for part in parts if part is not None):
            yield f"{module}.{name}"


@each_module
def test_no_public_type_is_any(module):
    found = found_in(MODULES[module].read_text(encoding="utf-8"), module)
    assert set(found) - JUSTIFIED.keys() == set()


def test_no_exception_is_left_over():
    found = {n for m, path in MODULES.items() for n in found_in(path.read_text("utf-8"), m)}
    assert JUSTIFIED.keys() - found == set()


def test_an_any_is_seen_wherever_it_stands():
    source = """
        from typing import Any
        import typing

        Settings = dict[str, Any]
        rows: list[typing.Any] = []
        quoted: "list[Any]" = []
        words: str = "Any word"

        def f(x: Any, *args: int, y: list[Any] | None = None, **more: Any) -> Any:
            z: Any = x

        def _hidden(x: Any) -> Any: ...

        if rows:
            def g() -> Any: ...

        class C(Generic[Any]):
            field: Any
            _field: Any

            def __init__(self, given: Any) -> None:
                self.info: dict[str, Any] = {}
                self._log: Any = None
                local: Any = None

            def _m(self) -> Any: ...
    """
    expected = "Settings rows quoted f.x f.y f.more f g C C.field C.__init__.given C.info".split()
    assert list(found_in(textwrap.dedent(source), "m")) == [f"m.{name}" for name in expected]
