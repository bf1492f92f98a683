"""What tests share: the book's pages and chapters, the package's modules, a watcher."""

from __future__ import annotations

import ast
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGES = [p for p in sorted((ROOT / "book").glob("*.*")) if p.suffix in {".md", ".ipynb"}]


def name_of(path):
    """A module's dotted name below eqlib; a package's own name for its `__init__`."""
    parts = path.relative_to(ROOT / "eqlib").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {name_of(p): p for p in sorted((ROOT / "eqlib").rglob("*.py"))}

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
each_chapter = pytest.mark.parametrize(
    "chapter", [p for p in PAGES if p.suffix == ".ipynb"], ids=lambda p: p.stem
)
each_module = pytest.mark.parametrize("module", MODULES)


def outputs(cell):
    """Yields (media type, content) of what a cell shows."""
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            yield f"stream/{output.name}", output.text
        else:
            yield from output.get("data", {}).items()


def imports(path):
    """Yields what a file imports when it runs; `from eqlib import frames` is eqlib.frames."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    guards = [n for n in nodes if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING"]
    for node in set(nodes).difference(*(ast.walk(guard) for guard in guards)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = ".".join(filter(None, ["eqlib" * bool(node.level), node.module]))
            for alias in node.names:
                whole = f"{source}.{alias.name}"
                yield whole if whole.removeprefix("eqlib.") in MODULES else source


# --- the built site

SITE = ROOT / "_build" / "html"
# Without the last four, Chromium calls home, and a machine without a network keeps it waiting.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


# A script for pages: some audio engines begin at 22,050 Hz.
REFUSE = """() => {
    const refuse = (name, rateOf) => {
        const Engine = window[name];
        window[name] = new Proxy(Engine, {
            construct(target, args) {
                if (rateOf(args) < 22050) throw new DOMException("refused", "NotSupportedError");
                return Reflect.construct(target, args);
            },
        });
    };
    refuse("OfflineAudioContext", (args) => args[2] ?? args[0].sampleRate);
    refuse("AudioContext", ([options]) => options?.sampleRate ?? 44100);
    refuse("AudioBuffer", ([options]) => options.sampleRate);
}"""


# --- training


class Losses:
    """A watcher that notes the loss of each step."""

    def __init__(self):
        self.all = []

    def stepped(self, stage, *, step, seconds, used, mae):
        self.all.append(mae)
        return False

    def validated(self, history, net):
        pass

    def ended(self, history, net):
        pass
