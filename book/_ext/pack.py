"""Packs the book into one file that needs no network: `make zip`.

The site as it was built, the notebooks for a class in three forms, the package as a wheel, and a
page that says what is what. A double click on `index.html` opens the book. `make wheel` writes the
wheel alone.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import classroom
import refresh

SITE = refresh.ROOT / "_build" / "html"
PACKED = refresh.ROOT / "_build" / "eqlib-book.zip"
WHEEL = refresh.ROOT / "_build" / "wheel"
LEFT_OUT = (".buildinfo", "objects.inv")  # Sphinx's own records
PACKAGE = ("pyproject.toml", "README.md", "LICENSE", "eqlib")
READ_ME = """\
End-to-End Equalization

site/index.html   the book: open it by a double click, in Firefox, Chromium or Safari.
                  What trains a network needs a server: in the folder "site", run
                  python -m http.server   and open http://127.0.0.1:8000
class/student     the chapters as notebooks, with cells to fill in
class/solutions   the same, filled in
class/instructor  with points and common slips; teaching.md is the guide
package/          pip install the wheel in it, with [notebook] behind its name for the chapters:
                  pip install "package/{wheel}[notebook]"
"""


def pack(to: Path = PACKED, *, site: Path = SITE) -> Path:
    """Writes the archive and returns its path; another one at that place is replaced at its end.

    Raises:
        SystemExit: if the site has not been built.
    """
    if not (site / "index.html").exists():
        raise SystemExit(f"{site} has no pages. Build them first: make site")
    with tempfile.TemporaryDirectory(dir=to.parent) as folder:
        root = Path(folder) / "eqlib-book"
        shutil.copytree(site, root / "site", ignore=shutil.ignore_patterns(*LEFT_OUT))
        classroom.write(root / "class", refresh.chapters())
        wheel = build_wheel(root / "package")
        (root / "READ ME.txt").write_text(READ_ME.format(wheel=wheel.name), encoding="utf-8")
        made = shutil.make_archive(f"{folder}/packed", "zip", folder, root.name)
        return Path(made).replace(to)


def build_wheel(folder: Path) -> Path:
    """The package as a wheel in a folder, alone there."""
    for old in folder.glob("*.whl"):
        old.unlink()
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    # From a copy: a build leaves files behind, which the next one would take along.
    with tempfile.TemporaryDirectory() as copy:
        for name in PACKAGE:
            source, to = refresh.ROOT / name, Path(copy) / name
            shutil.copytree(source, to) if source.is_dir() else shutil.copy(source, to)
        subprocess.run([*command, "--wheel-dir", folder, copy], check=True)
    return next(folder.glob("*.whl"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--wheel", action="store_true", help="the package alone")
    path = build_wheel(WHEEL) if parser.parse_args().wheel else pack()
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
