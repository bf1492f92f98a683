"""What the page's components have in common: one module of JavaScript, shown in two ways.

In Jupyter, Colab and VS Code a component is a widget, tied to Python by anywidget. In the rendered
book, where no Python runs, `page.js` finds the component's place and its state in the page and
mounts the same module there. Of two forms of one output Jupyter shows the live one only, also in a
notebook that is opened again without its kernel, where that one says "model not found". So the two
are two outputs: the still form, and the live one, which hides the other while it lives.

Chapter: "How to run this book".
"""

from __future__ import annotations

import html
import json
import os
import sys
import uuid
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

import anywidget
import traitlets

from eqlib.errors import EqlibError

HOW_TO_USE = "To use it, run this cell in Jupyter, or open the book's page."
VIEW = "application/vnd.jupyter.widget-view+json"
# JupyterLab's words for a widget without its kernel: an output that holds text and no element.
NO_MODEL = (
    ".jp-OutputArea-child:has([data-eq-still])+.jp-OutputArea-child"
    ">.jupyter-widgets:not(:has(*)){display:none}"
)


C = TypeVar("C", bound="Component")
Hear = Callable[[C, object, dict[str, Any], list[memoryview]], None]


class Component(anywidget.AnyWidget):
    """A widget with a still form, which a page without Python shows, and brings to life by itself.

    Subclasses name their module in `_esm`, and say in `_page_state` and `_words` what the page's
    form starts from, and what stands there before it runs.

    Attributes:
        still: the name of the element before its still form.
    """

    _name = ""
    still = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: object) -> None:
        if on_colab():
            from google.colab import output  # anywidget's components are custom widgets there

            output.enable_custom_widget_manager()
        super().__init__(still=uuid.uuid4().hex, **traits)

    def _page_state(self) -> Mapping[str, object]:
        raise NotImplementedError

    def _words(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self._words()}"

    def _ipython_display_(self) -> None:
        self._display(self._forms())

    def _display(self, forms: Mapping[str, str]) -> Any:
        """Displays the still form, and below it the live one.

        Args:
            forms: media type -> the still form.

        Returns:
            IPython's handle of the still form, whose `update` takes others from `_placed`.
        """
        from IPython.display import display

        handle = display(self._placed(forms), raw=True, display_id=True)
        if not shows_one_form():
            display(self._view(), raw=True)
        return handle

    def _placed(self, forms: Mapping[str, str]) -> dict[str, object]:
        """The still form, where the live one finds it; or both, where they are one output."""
        if shows_one_form():
            return {**self._view(), **forms}
        place = f'<style data-eq-still="{self.still}">{NO_MODEL}</style>'
        return {**forms, "text/html": place + forms["text/html"]}

    def _view(self) -> dict[str, object]:
        bundle = anywidget.AnyWidget._repr_mimebundle_(self)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        return {VIEW: data[VIEW]} if data else {}

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Both forms in one, for whoever asks for them."""
        bundle = super()._repr_mimebundle_(**options)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data is not None:  # as it is for a widget without a view
            data.update(self._forms())
        return bundle

    def _forms(self) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "text/plain": repr(self)}

    def _repr_html_(self) -> str:
        # Without spaces: a chapter's outputs have a budget of bytes.
        state = html.escape(json.dumps(self._page_state(), allow_nan=False, separators=(",", ":")))
        words = html.escape(self._words())
        return (
            f'<div class="eq-component eq-{self._name}" data-eq-component="{self._name}" '
            f'data-eq-state="{state}"><p>{words}</p></div>'
        )


class StateComponent(Component):
    """A component that starts from one dictionary, live and in the page.

    Attributes:
        state: the dictionary.
    """

    state = traitlets.Dict().tag(sync=True)

    def _page_state(self) -> Mapping[str, object]:
        return dict(self.state)


def answered(hear: Hear[C]) -> Hear[C]:
    """Of a method that hears the page's messages: one that it fails at is answered by the error.

    The page waits for an answer, and what is raised in a kernel's handler of messages reaches
    nobody: a page of another version, or of a stranger, would wait for ever.
    """

    @wraps(hear)
    def heard(self: C, widget: object, message: dict[str, Any], buffers: list[memoryview]) -> None:
        try:
            hear(self, widget, message, buffers)
        except Exception as error:
            ident = message.get("id") if isinstance(message, Mapping) else None
            told = str(error)
            if not isinstance(error, EqlibError):
                told = (
                    f"the message to the kernel was not understood ({type(error).__name__}: "
                    f"{error}). Expected: what this version's page sends. Run the cell again, or "
                    "reload the page."
                )
            self.send({"id": ident, "error": told})

    return heard


def on_colab() -> bool:
    """Whether this runs in a Colab notebook."""
    return "google.colab" in sys.modules


def shows_one_form() -> bool:
    """Whether what runs this notebook is no Jupyter, and chooses among forms in ways of its own."""
    return on_colab() or "VSCODE_PID" in os.environ or "VSCODE_CWD" in os.environ
