"""What the page's components have in common: one module of JavaScript, shown in two ways.

In Jupyter, Colab and VS Code a component is a widget, tied to Python by anywidget. In the rendered
book, where no Python runs, `page.js` finds the component's place and its state in the page and
mounts the same module there.

Chapter: "How to run this book".
"""

from __future__ import annotations

import html
import json
import sys
from collections.abc import Mapping
from typing import Any

import anywidget

HOW_TO_USE = "To use it, run this cell in Jupyter, or open the book's page."


class Component(anywidget.AnyWidget):
    """A widget that has a second form, for a page without Python.

    Subclasses name their module in `_esm`, and say in `_page_state` and `_words` what the page's
    form starts from, and what stands there before it runs.
    """

    _name = ""

    def __init__(self, **traits: object) -> None:
        if on_colab():
            from google.colab import output  # anywidget's components are custom widgets there

            output.enable_custom_widget_manager()
        super().__init__(**traits)

    def _page_state(self) -> Mapping[str, object]:
        raise NotImplementedError

    def _words(self) -> str:
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The live widget, and the same component for a page without Python."""
        bundle = super()._repr_mimebundle_(**options)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:  # as it is for a widget without a view
            data["text/html"] = self._repr_html_()
            data["text/plain"] = f"{type(self).__name__}: {self._words()}"
        return bundle

    def _repr_html_(self) -> str:
        state = html.escape(json.dumps(self._page_state(), allow_nan=False))
        words = html.escape(self._words())
        return (
            f'<div class="eq-component eq-{self._name}" data-eq-component="{self._name}" '
            f'data-eq-state="{state}"><p>{words}</p></div>'
        )


def on_colab() -> bool:
    """Whether this runs in a Colab notebook."""
    return "google.colab" in sys.modules
