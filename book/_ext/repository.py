"""The repository's address: one place that holds it, and what the pages make of it.

The place is `Repository` under `[project.urls]` in pyproject.toml. `make repository URL=...` sets
it there, and in CITATION.cff, which other programs read. As a Sphinx extension, this module reads
it and adds buttons: to the repository, and on each chapter to Colab and Binder. While there is no
address there is no button, and `running` tells how to set one.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+")
BRANCH = "main"
PLACEHOLDER = "<address of the repository>"
_LINE = re.compile(r'^Repository = "(.*)"$', re.MULTILINE)


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.connect("config-inited", add_buttons)
    app.connect("source-read", fill_in)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def address(root: Path = ROOT) -> str:
    """The repository's address, or "" while it is not set."""
    found = _LINE.search((root / "pyproject.toml").read_text(encoding="utf-8"))
    return found[1] if found else ""


def add_buttons(_app: Any, config: Any, root: Path = ROOT) -> None:
    """Gives the theme the address, and the places that open chapters of it."""
    if url := address(root):
        config.html_theme_options.update(
            repository_url=url,
            repository_branch=BRANCH,
            use_repository_button=True,
            launch_buttons={
                "binderhub_url": "https://mybinder.org",
                "colab_url": "https://colab.research.google.com",
                "notebook_interface": "jupyterlab",
            },
        )


def fill_in(_app: Any, _page: str, source: list[str], root: Path = ROOT) -> None:
    """Puts the address where a page's commands need it."""
    if url := address(root):
        source[0] = source[0].replace(PLACEHOLDER, url)


def set_address(url: str, root: Path = ROOT) -> None:
    """Writes the address to pyproject.toml and CITATION.cff, in place of an older one.

    Raises:
        SystemExit: if it is not the address of a repository on GitHub, which Colab can open.
    """
    url = url.strip().removesuffix("/").removesuffix(".git")
    if not ADDRESS.fullmatch(url):
        raise SystemExit(f"{url!r} is no https://github.com/owner/name. Nothing was changed.")
    project = root / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    if _LINE.search(text):
        text = _LINE.sub(f'Repository = "{url}"', text)
    else:
        head = "\n[project.optional-dependencies]\n"
        text = text.replace(head, f'\n[project.urls]\nRepository = "{url}"\n{head}', 1)
    citation = root / "CITATION.cff"
    cited = re.sub(r"^repository-code: .*\n", "", citation.read_text(encoding="utf-8"), flags=re.M)
    cited = cited.replace("license:", f"repository-code: {url}\nlicense:", 1)
    for path, content in ((project, text), (citation, cited)):
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=root, delete=False) as file:
            file.write(content)
        os.chmod(file.name, path.stat().st_mode)
        os.replace(file.name, path)


if __name__ == "__main__":
    set_address(*sys.argv[1:2] or [""])
