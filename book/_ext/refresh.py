"""Executes the chapters whose stored outputs are stale: `make refresh`.

A chapter is a notebook named in `_toc.yml`. Its outputs are fresh as long as three things are what
they were when it was executed: its code cells, the definitions in the eqlib modules that it had
imported by its end, and the data inside the package. Comments, docstrings, layout, imports and the
file that a definition stands in do not count, so mending or moving them costs no training run.
Whoever shows source code or a docstring in a chapter uses `--force`.
"""

from __future__ import annotations

import argparse
import ast
import base64
import hashlib
import io
import itertools
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from PIL import Image
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[2]
OUTPUT_BYTES_LIMIT = 300_000
ROOMY = 0.97  # of it; beyond, a figure has the smaller of its forms
CELL_TIMEOUT_S = 1200
DATA_SUFFIXES = {".csv", ".flac", ".json", ".safetensors"}
# What an author writes; the rest comes from editors and machines.
AUTHORED_METADATA = {"mystnb", "tags"}

# What a component shows is two outputs (eqlib.widgets.component).
STILL = re.compile(r'^<style data-eq-still="\w+">.*?</style>')
VIEW = "application/vnd.jupyter.widget-view+json"

MEMORY_LIMIT_BYTES = 2 << 30  # what Binder gives

# Runs after the last cell: what is imported by then is what the outputs stand on. The peak of
# memory in MB is this process's own; without /proc, it includes that of whoever started it.
TAKE_STOCK = """
import json as _json, sys as _sys
try:
    with open("/proc/self/status") as _file:
        _peak = next(int(line.split()[1]) / 1e3 for line in _file if line.startswith("VmHWM"))
except OSError:
    import resource as _resource
    _peak = _resource.getrusage(_resource.RUSAGE_SELF).ru_maxrss / 1e6
_modules = sorted(m for m in _sys.modules if m.split(".")[0] == "eqlib")
print(_json.dumps({"modules": _modules, "peak_mb": round(_peak)}))
"""


class RefreshError(Exception):
    """A chapter that cannot be refreshed, and why."""


def chapters() -> list[Path]:
    """Returns the notebooks of `_toc.yml`, in the book's order."""
    pages = (ROOT / f"{page}.ipynb" for page in parse_toc_yaml(ROOT / "_toc.yml"))
    return [page for page in pages if page.exists()]


def read(path: Path) -> nbformat.NotebookNode:
    """Returns the notebook at `path`."""
    return nbformat.read(path, as_version=4)


def is_fresh(notebook: nbformat.NotebookNode) -> bool:
    """Says whether the stored outputs belong to the code and data of now."""
    stored = notebook.metadata.get("eqlib", {})
    return "hash" in stored and stored["hash"] == fingerprint(notebook, stored["modules"])


def fingerprint(notebook: nbformat.NotebookNode, modules: Iterable[str]) -> str:
    """Returns one hash of the code cells, of these eqlib modules and of the data beside them."""
    digest = hashlib.sha256()
    for cell in code_cells(notebook):
        digest.update(_meaning_of_cell(cell.source).encode())
    # Where a definition stands, and what it imports, decides nothing: code may move.
    meanings = (_meanings(path.read_text(encoding="utf-8")) for path in _sources(modules))
    for meaning in sorted(itertools.chain.from_iterable(meanings)):
        digest.update(meaning.encode())
    # A wing's data count for who loads a module of it: results, for who reads results.
    wings = {path.relative_to(ROOT / "eqlib").parts[0] for path in _sources(modules)}
    folders = [ROOT / "eqlib" / wing for wing in wings if not wing.endswith(".py")]
    within = itertools.chain.from_iterable(folder.rglob("*") for folder in folders)
    data = (path for path in within if path.suffix in DATA_SUFFIXES)
    for name, content in sorted((path.name, path.read_bytes()) for path in data):
        digest.update(name.encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()


def code_cells(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    """Returns the cells that hold code."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def output_bytes(cell: nbformat.NotebookNode) -> int:
    """Returns the size of a code cell's outputs as they are stored."""
    return len(json.dumps(cell.outputs).encode())


def refresh(path: Path) -> None:
    """Executes a chapter and stores its outputs, or leaves the file untouched.

    Raises:
        RefreshError: if a cell fails, or the outputs are too large for a page.
    """
    notebook = read(path)
    start = time.monotonic()
    stock = _execute(notebook)
    stock["seconds"] = round(time.monotonic() - start)
    _drop_machine_metadata(notebook)
    _keep_page_form(notebook)
    _shrink_images(notebook)
    _keep_vector_form(notebook)
    notebook.metadata["eqlib"] = {"hash": fingerprint(notebook, stock["modules"]), **stock}
    nbformat.validate(notebook)
    _check_size(notebook)
    for name, png in published_images(notebook).items():
        _replace(path.parent / "images" / name, png)
    text = nbformat.writes(notebook).rstrip("\n") + "\n"  # nbformat sorts the keys
    _replace(path, text.encode())


def published_images(notebook: nbformat.NotebookNode) -> dict[str, bytes]:
    """Returns the pictures that README shows: of cells tagged "publish:NAME", by NAME."""
    return {
        tag.removeprefix("publish:"): base64.b64decode(output.data["image/png"])
        for cell in code_cells(notebook)
        for tag in cell.metadata.get("tags", [])
        if tag.startswith("publish:")
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    }


def _keep_page_form(notebook: nbformat.NotebookNode) -> None:
    """Drops the live form of a component that has one for a page: no Python answers it there."""
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if "text/html" in (data := output.get("data", {})):
                data["text/html"] = STILL.sub("", data["text/html"])
        lives = [output.get("data", {}).keys() == {VIEW} for output in cell.outputs]
        cell.outputs = [out for out, live in zip(cell.outputs, lives, strict=True) if not live]


def _keep_vector_form(notebook: nbformat.NotebookNode) -> None:
    """Keeps of a figure that has two forms the SVG, where the chapter has room for it.

    Those come first that are the smallest beside their bitmaps. README shows bitmaps: a published
    figure keeps its own as well, of which a page shows the SVG.
    """
    outputs = []
    for cell in code_cells(notebook):
        published = any(tag.startswith("publish:") for tag in cell.metadata.get("tags", []))
        for output in cell.outputs:
            if "image/svg+xml" in (data := output.get("data", {})):
                outputs.append((data, published))

    def excess(output: tuple[dict[str, Any], bool]) -> int:
        data, published = output
        size = {kind: len(json.dumps(data[f"image/{kind}"])) for kind in ("svg+xml", "png")}
        return size["svg+xml"] - (0 if published else size["png"])

    vectors = sum(len(json.dumps(data["image/svg+xml"])) for data, _ in outputs)
    room = ROOMY * OUTPUT_BYTES_LIMIT - sum(map(output_bytes, code_cells(notebook))) + vectors
    for output in sorted(outputs, key=excess):
        data, published = output
        fits = excess(output) <= max(0, room)
        room -= excess(output) if fits else 0
        if not fits:
            del data["image/svg+xml"]
        elif not published:
            del data["image/png"]


def smaller(png: bytes) -> bytes:
    """A picture in 16 steps of red, green and blue, and 128 colors: to the eye the same."""
    coarse = Image.open(io.BytesIO(png)).convert("RGB").point(lambda value: round(value / 17) * 17)
    file = io.BytesIO()
    coarse.quantize(128, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
    return file.getvalue()


def _shrink_images(notebook: nbformat.NotebookNode) -> None:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                small = smaller(base64.b64decode(output.data["image/png"]))
                output.data["image/png"] = base64.b64encode(small).decode()


def _sources(modules: Iterable[str]) -> Iterator[Path]:
    for module in modules:
        stem = ROOT.joinpath(*module.split("."))
        yield from (p for p in (stem.with_suffix(".py"), stem / "__init__.py") if p.exists())


def _meaning_of_cell(source: str) -> str:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic command
        return source
    # A last semicolon is no part of the tree, yet it decides what a plot cell shows.
    return json.dumps([_tree(tree), source.rstrip().endswith(";")])


def _meanings(source: str) -> Iterator[str]:
    """What each statement of a module means, but for imports and docstrings."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node) is not None:
            del node.body[0]
    for statement in tree.body:
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            yield json.dumps(_tree(statement))


def _tree(node: Any) -> Any:
    """A syntax tree as plain lists; unlike ast.dump, the same from every version of Python."""
    if isinstance(node, list):
        return [_tree(item) for item in node]
    if not isinstance(node, ast.AST):
        return repr(node)
    # New versions add fields, which are empty for the code of old ones.
    fields = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
    return [type(node).__name__, *([name, _tree(value)] for name, value in fields)]


def _execute(notebook: nbformat.NotebookNode) -> dict[str, Any]:
    """Fills in the outputs; returns which eqlib modules were imported, and the peak of memory."""
    probe = nbformat.v4.new_code_cell(TAKE_STOCK)
    notebook.metadata.pop("widgets", None)
    notebook.cells.append(probe)
    # In an empty folder, so that no chapter comes to depend on where it is opened.
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=CELL_TIMEOUT_S,
            extra_arguments=["--log-level=ERROR"],  # no word on encryption within one machine
            force_raise_errors=True,
            record_timing=False,
            store_widget_state=False,  # see _keep_page_form
            coalesce_streams=True,  # keeps the last state of a progress bar only
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute(preexec_fn=_limit_memory)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise RefreshError(str(error)) from None
    notebook.cells.remove(probe)
    return json.loads(probe.outputs[0].text)


def _limit_memory() -> None:
    """Runs in the kernel's process before the kernel does."""
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))


def _drop_machine_metadata(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in AUTHORED_METADATA}
    notebook.metadata = nbformat.from_dict(
        {
            **{k: v for k, v in notebook.metadata.items() if k in AUTHORED_METADATA},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"file_extension": ".py", "name": "python"},
        }
    )


def _check_size(notebook: nbformat.NotebookNode) -> None:
    sizes = {index: output_bytes(c) for index, c in enumerate(notebook.cells) if "outputs" in c}
    total = sum(sizes.values())
    if total > OUTPUT_BYTES_LIMIT:
        largest = max(sizes, key=sizes.__getitem__)
        raise RefreshError(
            f"its outputs take {total // 1000} KB, {OUTPUT_BYTES_LIMIT // 1000} KB is the limit. "
            f"The largest are the {sizes[largest] // 1000} KB of cell {largest}, which reads\n\n"
            f"{notebook.cells[largest].source}\n\n"
            "Show less there: fewer or shorter sounds, a smaller figure, a summary of the text."
        )


def _replace(path: Path, content: bytes) -> None:
    from eqlib.data.files import replacing  # here, for it takes long and --check never needs it

    with replacing(path) as temporary:
        temporary.write_bytes(content)


def main() -> int:
    """Runs the command line; returns 1 if a chapter is stale or failed, else 0."""
    parser = argparse.ArgumentParser(description="Execute the chapters with stale outputs.")
    parser.add_argument("--check", action="store_true", help="only list them; exit 1 if any")
    parser.add_argument("--force", metavar="NAME", help="execute this chapter even if it is fresh")
    arguments = parser.parse_args()

    book = {path.stem: path for path in chapters()}
    if arguments.force and arguments.force not in book:
        parser.error(f"no chapter {arguments.force!r}; there is {', '.join(book) or 'none'}")
    stale = [n for n, path in book.items() if n == arguments.force or not is_fresh(read(path))]
    if arguments.check:
        for name in stale:
            print(f"{name} is stale: run `make refresh`")
        return 1 if stale else 0

    failed = 0
    for name in stale:
        print(f"{name}: executing ...", flush=True)
        start = time.monotonic()
        try:
            refresh(book[name])
        except RefreshError as error:
            failed = 1
            print(f"{name}: left as it was: {error}", file=sys.stderr)
        else:
            print(f"{name}: stored its new outputs after {time.monotonic() - start:.0f} s")
    print(f"{len(book) - len(stale)} of {len(book)} chapters were fresh")
    return failed


if __name__ == "__main__":
    sys.exit(main())
