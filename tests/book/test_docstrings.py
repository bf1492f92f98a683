"""book/_ext/docstrings.py: what the API reference makes of the package's docstrings."""

from __future__ import annotations

import pytest
from docutils import nodes
from sphinx import addnodes
from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import GoogleDocstring
from sphinx.pycode import ModuleAnalyzer

import docstrings
from support import ROOT

MODULES = sorted((ROOT / "eqlib").rglob("*.py"))


def as_page(what, *lines):
    """What napoleon makes of a docstring, after us."""
    lines = list(lines)
    docstrings.process(None, what, "NAME", None, None, lines)
    return GoogleDocstring(lines, Config(), what=what, name="NAME").lines()


@pytest.mark.parametrize(
    "line",
    [
        "Of one size: more is refused.",
        "Shapes: more is refused.",
        "`Recipe`: what it is.",
        ":doc:`the tour </book/tour>`: where it is.",
        "A clock, 10:30, and no more.",
    ],
)
def test_a_value_has_one_description_and_no_type(line):
    page = as_page("data", line, "", "More.")
    assert " ".join(page[:2]) == line
    assert not [each for each in page if each.startswith(":type:")]


def test_no_value_of_the_package_is_cut_in_two():
    cut, seen = [], 0
    for path in MODULES:
        analyzer = ModuleAnalyzer.for_file(path, path.stem)
        for (owner, name), doc in analyzer.find_attr_docs().items():
            seen += 1
            if any(line.startswith(":type:") for line in as_page("attribute", *doc)):
                cut.append(f"{path.name}: {owner}.{name}")
    assert seen > 100
    assert cut == []


def test_a_signature_can_be_read():
    given = "(config: ~eqlib.Config = <factory>, recipe: Recipe = Recipe(batch=8, patience=25))"
    wanted = "(config: ~eqlib.Config = ..., recipe: Recipe = Recipe(...))"
    assert docstrings.sign(None, "class", "X", None, None, given, None) == (wanted, None)
    assert docstrings.sign(None, "data", "X", None, None, None, None) == (None, None)


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        (" = 1024", True),
        (" = ('low-shelf', 'peaking')", True),
        (": dict[str, str]", True),
        (f": {'a' * 300}", True),  # a type
        (f" = {list(range(100))}", False),
        (" = PosixPath('weights.safetensors')", False),
        (" = {'plain': <function plain>}", False),
    ],
)
def test_values_that_tell_nothing_are_left_out(text, stays):
    signature = addnodes.desc_signature("", "", addnodes.desc_name("", "NAME"))
    signature += addnodes.desc_annotation("", text)
    tree = nodes.section("", signature)
    docstrings.drop_values(None, tree)
    assert tree.astext().replace("\n", "") == ("NAME" + text if stays else "NAME")
