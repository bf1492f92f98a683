"""book/_ext/refresh.py: what makes a chapter stale, and what happens when one fails."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys

import nbformat
import numpy as np
import pytest
from PIL import Image

import refresh

MODULE = '''"""A module."""
GAIN_DB = 10.0


def gain(x):
    """Doubles it."""
    return 2 * x  # a comment
'''


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A book of one chapter on a package of some modules and data files."""
    for name, content in {
        "_toc.yml": "format: jb-book\nroot: book/intro\nchapters:\n- file: book/tour\n",
        "book/intro.md": "# Welcome\n",
        "eqlib/__init__.py": "",
        "eqlib/used.py": MODULE,
        "eqlib/unused.py": MODULE,
        "eqlib/data/__init__.py": "",
        "eqlib/data/audio/index.csv": "file\n",
        "eqlib/data/audio/LICENSES.md": "MIT\n",
        "eqlib/results/all.json": "{}\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.setattr(refresh, "ROOT", tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def save(path, *sources):
    cells = [nbformat.v4.new_code_cell(s, metadata={"tags": ["t"], "x": 1}) for s in sources]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"vscode": {}}), path)


def fresh_notebook(*sources):
    """A notebook that claims to have imported eqlib.used and data, with the hash of now."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s) for s in sources])
    modules = ["eqlib", "eqlib.data", "eqlib.used"]
    stored = {"hash": refresh.fingerprint(notebook, modules), "modules": modules}
    notebook.metadata["eqlib"] = stored
    return notebook


def test_a_chapter_is_executed_stored_and_then_fresh(project):
    tour = project / "book/tour.ipynb"
    save(
        tour,
        "import os, sys; from eqlib import used\n(used.gain(21), os.listdir())",
        "import time\nfor i in range(3):\n    print(f'\\r{i} of 2', end='', file=sys.stderr)\n"
        "    time.sleep(0.1)",
    )
    assert refresh.chapters() == [tour]
    assert not refresh.is_fresh(refresh.read(tour))
    refresh.refresh(tour)
    notebook = refresh.read(tour)
    assert refresh.is_fresh(notebook)
    assert [cell.execution_count for cell in notebook.cells] == [1, 2]
    assert notebook.cells[0].outputs[0].data["text/plain"] == "(42, [])"
    assert [output.text.strip() for output in notebook.cells[1].outputs] == ["2 of 2"]
    assert notebook.metadata["eqlib"]["modules"] == ["eqlib", "eqlib.used"]
    assert 0 < notebook.metadata["eqlib"]["seconds"] < 60
    assert 20 < notebook.metadata["eqlib"]["peak_mb"] < 1_000
    assert notebook.cells[0].metadata == {"tags": ["t"]}
    assert set(notebook.metadata) == {"eqlib", "kernelspec", "language_info"}
    assert list((project / "book").glob(".*")) == []


def test_of_a_component_the_form_for_a_page_is_kept(project):
    tour = project / "book/tour.ipynb"
    save(
        tour,
        "from IPython.display import display\n"
        "html = '<style data-eq-still=\"a1\">p{}</style><p>a desk</p>'\n"
        "display({'text/html': html, 'text/plain': 'desk'}, raw=True)\n"
        "display({'application/vnd.jupyter.widget-view+json': {'model_id': '7'}}, raw=True)",
    )
    refresh.refresh(tour)
    (output,) = refresh.read(tour).cells[0].outputs
    assert output.data == {"text/html": "<p>a desk</p>", "text/plain": "desk"}


@pytest.mark.parametrize(
    ("png_bytes", "svg_bytes", "others", "kept"),
    [
        (9_000, 3_000, 0, "image/svg+xml"),
        (3_000, 9_000, 0, "image/svg+xml"),
        (3_000, 9_000, 285_000, "image/png"),
        (9_000, 3_000, 290_000, "image/svg+xml"),
    ],
)
def test_a_figure_is_kept_as_svg_where_there_is_room(png_bytes, svg_bytes, others, kept):
    data = {"image/png": "p" * png_bytes, "image/svg+xml": "s" * svg_bytes, "text/plain": "F"}
    outputs = [
        nbformat.v4.new_output("display_data", data),
        nbformat.v4.new_output("stream", text="x" * others),
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=outputs)])
    refresh._keep_vector_form(notebook)
    assert set(notebook.cells[0].outputs[0].data) == {kept, "text/plain"}


@pytest.mark.parametrize(
    ("others", "kept"),
    [(0, {"image/svg+xml", "image/png"}), (285_000, {"image/png"})],
)
def test_a_published_figure_keeps_its_bitmap_beside_the_svg(others, kept):
    data = {"image/png": "AAAA" * 1_000, "image/svg+xml": "s" * 9_000}
    outputs = [
        nbformat.v4.new_output("display_data", data),
        nbformat.v4.new_output("stream", text="x" * others),
    ]
    metadata = {"tags": ["publish:it.png"]}
    cell = nbformat.v4.new_code_cell("1", outputs=outputs, metadata=metadata)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    refresh._keep_vector_form(notebook)
    assert set(notebook.cells[0].outputs[0].data) == kept
    assert list(refresh.published_images(notebook)) == ["it.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such limit")
def test_a_chapter_has_no_more_memory_than_binder_gives(project):
    tour = project / "book/tour.ipynb"
    save(tour, "much = bytearray(1 << 30)\nmore = bytearray(1_200_000_000)")
    with pytest.raises(refresh.RefreshError, match="MemoryError"):
        refresh.refresh(tour)


def test_a_failed_cell_leaves_the_file_untouched(project):
    tour = project / "book/tour.ipynb"
    save(tour, "1 + 1", "raise ValueError('too loud')")
    before = tour.read_bytes()
    with pytest.raises(refresh.RefreshError, match="too loud"):
        refresh.refresh(tour)
    assert tour.read_bytes() == before


def test_outputs_too_large_for_a_page_are_refused_and_named(project):
    tour = project / "book/tour.ipynb"
    save(tour, "1 + 1", "print(('x' * 99 + '\\n') * 3_000)")
    before = tour.read_bytes()
    with pytest.raises(refresh.RefreshError, match=r"cell 1, which reads\n\nprint\(\('x'"):
        refresh.refresh(tour)
    assert tour.read_bytes() == before


@pytest.mark.parametrize(
    ("name", "old", "new", "fresh"),
    [
        ("eqlib/used.py", "2 * x", "3 * x", False),
        ("eqlib/used.py", "10.0", "10", False),
        ("eqlib/used.py", "Doubles it", "Twice the input", True),
        ("eqlib/used.py", '"""A module."""\n', "", True),
        ("eqlib/used.py", "  # a comment", "", True),
        ("eqlib/used.py", "\n\n\ndef", "\ndef", True),
        ("eqlib/unused.py", "2 * x", "3 * x", True),
        ("eqlib/data/audio/index.csv", "file", "name", False),
        ("eqlib/data/audio/LICENSES.md", "MIT", "CC0", True),
        ("eqlib/results/all.json", "{}", "[]", True),
    ],
)
def test_what_makes_a_chapter_stale(project, name, old, new, fresh):
    notebook = fresh_notebook("import eqlib")
    path = project / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert refresh.is_fresh(notebook) is fresh


def test_a_module_that_is_gone_makes_a_chapter_stale(project):
    notebook = fresh_notebook("import eqlib")
    (project / "eqlib/used.py").unlink()
    assert not refresh.is_fresh(notebook)
    shutil.rmtree(project / "eqlib")
    assert not refresh.is_fresh(notebook)


@pytest.mark.parametrize(
    ("old", "new", "fresh"),
    [
        ("f(1)", "f( 1 )  # loud", True),
        ("f(1)", "f(2)", False),
        ("f(1)", "f(1);", False),
        ("'shown'", "'shown so'", False),
        ("%time f(1)", "%time f(2)", False),
    ],
)
def test_which_edits_of_a_cell_count(project, old, new, fresh):
    notebook = fresh_notebook(old)
    notebook.cells[0].source = new
    assert refresh.is_fresh(notebook) is fresh


def test_the_hash_is_the_same_from_every_python():
    # Recorded with Python 3.11; 3.10, 3.12 and 3.13 gave the same.
    source = (
        "def f(x, *, y: int = 1) -> str:\n    return f'{x!r} of {y:.1f}' + str([None, 0, 1.5])\n"
    )
    statements = [json.loads(meaning) for meaning in refresh._meanings(source)]
    tree = json.dumps(["Module", ["body", statements]])
    digest = hashlib.sha256(tree.encode()).hexdigest()
    assert digest[:12] == "eb3f376116a9"


def test_figures_are_stored_small_and_the_published_ones_as_files_too(project):
    tour = project / "book/tour.ipynb"
    source = (
        "import base64, io, numpy as np\nfrom IPython.display import Image\n"
        "from PIL import Image as P\nf = io.BytesIO()\n"
        "ramp = np.tile(np.arange(0, 256, 4, np.uint8), (64, 1))\n"
        "P.fromarray(ramp).convert('RGB').save(f, 'PNG')\n"
        "Image(f.getvalue())"
    )
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["publish:ramp.png"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tour)
    refresh.refresh(tour)
    published = (project / "book/images/ramp.png").read_bytes()
    assert refresh.published_images(refresh.read(tour)) == {"ramp.png": published}
    image = Image.open(io.BytesIO(published))
    assert image.mode == "P"
    # The nearest of 16 grays, which fit the palette, so that no more is lost.
    ramp = np.arange(0, 256, 4)
    stored = np.asarray(image.convert("L"))[0].astype(int)
    assert set(stored % 17) == {0} and np.abs(stored - ramp).max() <= 8


def test_a_chapter_that_is_a_link_stays_one_and_an_interruption_leaves_it(project, monkeypatch):
    real, link = project / "real.ipynb", project / "book/tour.ipynb"
    real.write_bytes(b"old")
    link.symlink_to(real)
    refresh._replace(link, b"new")
    assert link.is_symlink() and real.read_bytes() == b"new"

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        refresh._replace(link, b"newer")
    assert real.read_bytes() == b"new"
    assert not list(project.glob(".*")) and not list((project / "book").glob(".*"))
