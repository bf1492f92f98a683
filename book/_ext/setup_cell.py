"""The first code cell of every chapter: is the eqlib here the one of this book?

In the Python package index, the name belongs to another project. Run this file to put the cell
into each chapter that lacks it, or has an older one; `make refresh` then executes them.
"""

from __future__ import annotations

import nbformat

import refresh

SETUP = """\
try:
    import eqlib

    if not hasattr(eqlib, "EQNet"):
        raise ImportError(f"{eqlib.__file__} is another project's eqlib")
except ImportError as error:
    needed = "the package of this book, end-to-end-equalization"
    cure = 'pip uninstall eqlib; pip install ".[notebook]"; restart the kernel'
    raise ImportError(f"{error}; expected {needed}. In its folder: {cure}.") from error"""
# The page leaves it out; the notebook has it.
TAGS = ["remove-cell"]


def with_setup(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Returns the notebook with the cell before its other code; the cells count from 1."""
    cells = [cell for cell in notebook.cells if cell.get("id") != "setup"]
    first = next(i for i, cell in enumerate(cells) if cell.cell_type == "code")
    setup = nbformat.v4.new_code_cell(SETUP, id="setup", metadata={"tags": TAGS})
    notebook.cells = [*cells[:first], setup, *cells[first:]]
    for count, cell in enumerate(refresh.code_cells(notebook), start=1):
        cell.execution_count = count
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
    return notebook


if __name__ == "__main__":
    for chapter in refresh.chapters():
        written = nbformat.writes(with_setup(refresh.read(chapter))).rstrip("\n") + "\n"
        chapter.write_text(written, encoding="utf-8")
