"""The project as a whole: its pages, its chapters, its imports and its sizes."""

from __future__ import annotations

import ast
import graphlib
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import nbformat
import pytest
import yaml
from sphinx_external_toc.parsing import parse_toc_yaml

import refresh
import setup_cell
from support import MODULES, PAGES, ROOT, each_chapter, each_module, each_page, imports, outputs

# A wing, or a module at the top, imports from the rows above its own, and from itself.
ROWS = [
    {"hints", "scipy_later", "starting"},
    {"errors", "fast"},
    {"audio", "layers"},
    {"frames", "equalizers", "data"},
    {"stream_state", "effects"},
    {"metrics", "spectral_metrics", "perceptual", "baselines", "streaming"},
    {"apply"},
    {"config"},
    {"model"},
    {"checkpoints", "analysis"},
    {"training", "networks"},
    {"plots", "widgets", "experiments"},
    {"cli", "exercises"},
    {"__init__", "__main__"},
]


# --- the book's configuration


class StrictLoader(yaml.SafeLoader):
    """Refuses a key that is given twice; YAML would let the last one win in silence."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        if twice:
            raise yaml.YAMLError(f"given twice: {twice}{node.start_mark}")
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize("name", ["_config.yml", "_toc.yml", "CITATION.cff"])
def test_no_key_is_given_twice(name):
    assert yaml.load((ROOT / name).read_text(encoding="utf-8"), StrictLoader)


def test_a_key_given_twice_is_seen():
    with pytest.raises(yaml.YAMLError, match="twice"):
        yaml.load("html:\n  logo: a\n  logo: b\n", StrictLoader)


def test_toc_names_every_page_and_no_other():
    pages = [p.relative_to(ROOT).with_suffix("").as_posix() for p in PAGES]
    assert sorted(pages) == sorted(parse_toc_yaml(ROOT / "_toc.yml"))


def test_the_build_shows_stored_outputs_and_hides_no_error():
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert config["execute"] == {"execute_notebooks": "off"}
    assert "executablebooks" not in str(config)


# --- chapters


def text(page):
    """What stands on a page: its prose, its code, and its outputs without the embedded data."""
    if page.suffix == ".md":
        return page.read_text(encoding="utf-8")
    cells = refresh.read(page).cells
    shown = [c for cell in cells for kind, c in outputs(cell) if kind.split("/")[0] != "image"]
    return re.sub(
        r"data:\w[^\"')\s]*", "", "\n".join([c.source for c in cells] + list(map(str, shown)))
    )


class Unlabeled(HTMLParser):
    """Collects players and images that a screen reader would pass without a word."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        labels = {"audio": ("aria-label", "aria-labelledby"), "img": ("alt",)}.get(tag)
        if labels and not any((dict(attrs).get(label) or "").strip() for label in labels):
            self.found.append(self.get_starttag_text()[:200])


@each_chapter
def test_outputs_are_stored_complete_and_fresh(chapter):
    notebook = refresh.read(chapter)
    counts = [cell.execution_count for cell in refresh.code_cells(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert refresh.is_fresh(notebook), "run `make refresh`"


@each_chapter
def test_the_setup_is_the_first_code(chapter):
    first = refresh.code_cells(refresh.read(chapter))[0]
    assert first.source == setup_cell.SETUP
    assert (first.metadata, first.outputs) == ({"tags": setup_cell.TAGS}, [])


@each_chapter
def test_no_error_is_stored_or_allowed(chapter):
    notebook = refresh.read(chapter)
    kinds = [output.output_type for c in refresh.code_cells(notebook) for output in c.outputs]
    assert "error" not in kinds
    assert "allow_errors" not in str(notebook.metadata)
    assert "raises-exception" not in str([cell.metadata for cell in notebook.cells])


@each_chapter
def test_outputs_fit_the_page_budget(chapter):
    sizes = [refresh.output_bytes(cell) for cell in refresh.code_cells(refresh.read(chapter))]
    assert sum(sizes) <= refresh.OUTPUT_BYTES_LIMIT, sizes


@each_chapter
def test_cells_have_at_most_15_lines(chapter):
    for cell in refresh.code_cells(refresh.read(chapter)):
        lines = [line for line in cell.source.splitlines() if line.strip()]
        assert len(lines) <= 15, cell.source


@each_chapter
def test_images_have_alt_text(chapter):
    for cell in refresh.code_cells(refresh.read(chapter)):
        if any(kind.startswith("image/") for kind, _ in outputs(cell)):
            image = cell.metadata.get("mystnb", {}).get("image", {})
            assert image.get("alt", "").strip(), cell.source


SCREENSHOTS = {"desk.png", "network.png"}  # by `make screenshots`


def test_pictures_of_the_readme_are_the_figures_of_the_chapters():
    figures = {}
    for chapter in refresh.chapters():
        figures |= refresh.published_images(refresh.read(chapter))
    shown = re.findall(r"\(book/images/(.+?)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert set(shown) == set(figures) | SCREENSHOTS
    assert set(shown) == {p.name for p in (ROOT / "book/images").iterdir()}
    for name, png in figures.items():
        assert (ROOT / "book/images" / name).read_bytes() == png, "run `make refresh`"


@each_page
def test_players_and_images_in_html_and_markdown_are_labeled(page):
    assert Unlabeled(text(page)).found == []
    assert re.findall(r"!\[\s*\]\(\S+", text(page)) == []


@each_page
def test_no_path_of_a_machine(page):
    folders = "|".join("home Users root tmp private var opt usr mnt work content".split())
    assert re.findall(rf"(?<![\w.:/])/(?:{folders})/\S*|\b[A-Z]:\\Users\S*", text(page)) == []


# --- what is written for those who read the sources


def lost_paths(text):
    """Files and folders that a text names and that do not exist; the map leaves ".py" out."""
    roots = r"(?:eqlib|book|tests|\.ci)/[\w/.*-]+|\b\w+\.(?:toml|txt|yml|cff|md)\b"
    paths = {path.rstrip(".") for path in re.findall(rf"(?<![\w/.])(?:{roots})", text)}
    return {p for p in paths if not (ROOT / p).exists() and not (ROOT / f"{p}.py").exists()}


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "book/running.md", "LICENSE"])
def test_paths_that_texts_name_exist(name):
    assert lost_paths((ROOT / name).read_text(encoding="utf-8")) == set()


def test_a_path_that_is_gone_is_seen():
    text = "See eqlib/model.py, `eqlib/gone.py` and [this](book/gone.md), in tests/ and gone.toml."
    assert lost_paths(text) == {"eqlib/gone.py", "book/gone.md", "gone.toml"}


def test_the_map_names_each_part_of_the_package():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (drawn,) = re.findall(r"## The map\n\n```\n(.+?)```", text, re.DOTALL)
    assert drawn.count("\n") == 10
    lines = [line.split("  ")[0] for line in drawn.splitlines() if line.startswith("eqlib/")]
    named = {name for line in lines for name in line.removeprefix("eqlib/").split(", ")}
    assert named == {wing(module) for module in MODULES} - {"__init__", "__main__"}


# --- the package


def uses(module):
    """The eqlib modules that a module of eqlib imports; the package itself is `__init__`."""
    names = (name.split(".") for name in imports(MODULES[module]))
    return {".".join(name[1:]) or "__init__" for name in names if name[0] == "eqlib"}


def wing(module):
    return module.split(".")[0]


def wrong_way(module, used):
    """Those of the used modules that stand in the module's own row or below, in another wing."""
    rank = {name: row for row, names in enumerate(ROWS) for name in names}
    return {u for u in used if wing(u) != wing(module) and rank[wing(u)] >= rank[wing(module)]}


def test_every_module_has_its_row():
    rows = [name for names in ROWS for name in names]
    assert len(rows) == len(set(rows))
    assert {wing(module) for module in MODULES} == set(rows)
    assert {"training.loop", "plots.style", "plots", "__init__"} <= set(MODULES)  # recursively


@each_module
def test_imports_run_one_way(module):
    assert wrong_way(module, uses(module)) == set()


def test_an_import_that_runs_the_wrong_way_is_seen():
    assert wrong_way("data.pairs", {"errors", "data.clips"}) == set()
    assert wrong_way("data.pairs", {"training.loop", "equalizers.eq"}) == {
        "training.loop",
        "equalizers.eq",
    }
    assert wrong_way("widgets.network", {"experiments.plan"}) == {"experiments.plan"}


def test_imports_make_no_circle():
    # A package names what its modules define; they may be imported through it from elsewhere.
    graph = {module: uses(module) - {wing(module)} for module in MODULES}
    list(graphlib.TopologicalSorter(graph).static_order())


def test_importing_eqlib_leaves_the_heavy_ones_out():
    heavy = {"matplotlib", "librosa", "IPython", "anywidget", "scipy"}
    code = f"import sys, eqlib; print(*{heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []


@pytest.mark.parametrize(
    ("own", "spins"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "PASSIVE"}, "None")],
)
def test_waiting_threads_spin_briefly_unless_the_user_says_how(own, spins):
    # A stand-in for torch notes what it would have found.
    code = (
        "import os, sys, importlib.abc\n"
        "class Seen(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'torch':\n"
        "            print(os.environ.get('GOMP_SPINCOUNT')), sys.exit()\n"
        "sys.meta_path.insert(0, Seen())\n"
        "import eqlib\n"
    )
    theirs = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}
    environment = {k: v for k, v in os.environ.items() if k not in theirs} | own
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == [spins]


@each_module
def test_the_library_prints_nothing(module):
    names = [n for n in ast.walk(ast.parse(MODULES[module].read_text())) if isinstance(n, ast.Name)]
    assert [name.lineno for name in names if name.id == "print"] == []


# --- sizes


def test_data_stays_small():
    files = [p for p in (ROOT / "eqlib").rglob("*") if p.is_file() and "__pycache__" not in p.parts]
    sizes = {p.name: p.stat().st_size for p in files if p.suffix != ".py"}
    assert sum(sizes.values()) < 40e6
    assert {name: size for name, size in sizes.items() if size > 5e6} == {}


def test_notebooks_are_valid():
    for page in PAGES:
        if page.suffix == ".ipynb":
            nbformat.validate(refresh.read(page))
