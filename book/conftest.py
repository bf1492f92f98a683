"""For nbval, which executes the chapters (`make test`): pictures are not compared, in no form."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Which form a figure has depends on its size; nbval leaves bitmaps out by itself."""
    for notebook in {item.parent for item in items}:
        if skipped := getattr(notebook, "skip_compare", ()):
            notebook.skip_compare = (*skipped, "image/svg+xml")
