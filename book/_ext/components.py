"""A Sphinx extension: the directive `eq-workbench`, a component in a page that has no cells.

It shows the workbench in the form that works without Python.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_directive("eq-workbench", WorkbenchDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class WorkbenchDirective(SphinxDirective):
    """The directive `eq-workbench`."""

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        from eqlib.widgets.workbench import Workbench  # only pages that have one load it

        return [nodes.raw("", Workbench()._repr_html_(), format="html")]
