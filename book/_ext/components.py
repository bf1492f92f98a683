"""A Sphinx extension: directives that show a component in a page, in the form without Python.

`eq-opening` is the first page's note and slider, `eq-faders` the network at its end, with faders
that can be moved; `eq-knobs` the network for every peak; `eq-workbench` trains; `eq-live-figure` is
a chapter's figure that moves; `eq-challenge` something hidden that is found by ear, and
`eq-challenge-maker` the form that makes such challenges.
"""

from __future__ import annotations

import base64
import html
import json
import shutil
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_directive("eq-opening", OpeningDirective)
    app.add_directive("eq-faders", FadersDirective)
    app.add_directive("eq-knobs", KnobsDirective)
    app.add_directive("eq-workbench", WorkbenchDirective)
    app.add_directive("eq-live-figure", LiveFigureDirective)
    app.add_directive("eq-challenge", ChallengeDirective)
    app.add_directive("eq-challenge-maker", ChallengeMakerDirective)
    app.connect("build-finished", bring_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


STATIC = Path(__file__).resolve().parents[1] / "_static"
SHIPPED = STATIC.parents[1] / "eqlib" / "networks" / "weights" / "low-shelf.safetensors"
EVERY_PEAK = STATIC.parents[1] / "eqlib" / "experiments" / "every-peak.safetensors"
NOTE = "the-note.flac"
WITHOUT_SCRIPT = "Here a note sounds and a network learns, where the page may run its script."


def bring_files(app: Any, error: Exception | None) -> None:
    """Puts beside the pages what components fetch on demand: networks, and the challenges' note."""
    folder = Path(app.outdir) / "_static"
    if error is None and folder.is_dir():
        for network in (SHIPPED, EVERY_PEAK):
            shutil.copyfile(network, folder / network.name)
        (folder / NOTE).write_bytes(the_note()[1])


def component(name: str, state: dict[str, Any], words: str) -> list[nodes.Node]:
    """The place in a page at which page.js mounts a component."""
    text = html.escape(json.dumps(state, allow_nan=False))
    place = (
        f'<div class="eq-component eq-{name}" data-eq-component="{name}" data-eq-state="{text}">'
    )
    return [nodes.raw("", f"{place}<p>{html.escape(words)}</p></div>", format="html")]


class OpeningDirective(SphinxDirective):
    """The directive `eq-opening`: what book/_ext/opening.py has made."""

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        made = STATIC / "opening.json"
        self.env.note_dependency(str(made))
        builder = self.env.app.builder
        state = json.loads(made.read_text(encoding="utf-8"))
        state["sound"] = "./opening.flac"
        state["bench"] = builder.get_relative_uri(self.env.docname, "book/workbench")
        return component("opening", state, WITHOUT_SCRIPT)


class FadersDirective(SphinxDirective):
    """The directive `eq-faders`: the first page's network, and the one that ships, opened."""

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        state = {
            "networks": {
                "16 filters": "./opening.safetensors",
                "128 filters (2 MB)": f"./{SHIPPED.name}",
            },
            "sound": the_notes_address(),
            "name": "the note",
        }
        return component("faders", state, WITHOUT_SCRIPT)


class LiveFigureDirective(SphinxDirective):
    """The directive `eq-live-figure`, with the figure's name, such as `window-and-hop`.

    Its content is one sentence on what is seen there: for a page whose script does not run, and
    for Jupyter, which shows directives as they are written.
    """

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        from eqlib.widgets.linking import PAGE

        (name,) = self.arguments
        module = name.replace("-", "_")
        figures = [p.stem for p in sorted(PAGE.glob("*.js")) if "= liveFigure(" in p.read_text()]
        if module not in figures:
            raise self.error(f"there is no live figure {name!r}, only {', '.join(figures)}")
        if not self.content:
            raise self.error(f"the live figure {name!r} has no sentence on what is seen there")
        return component(module, {}, " ".join(self.content))


class KnobsDirective(SphinxDirective):
    """The directive `eq-knobs`: the network for every peak, and the first page's note."""

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        state = {"network": f"./{EVERY_PEAK.name}", "sound": the_notes_address()}
        return component("knobs", state, WITHOUT_SCRIPT)


def the_notes_address() -> str:
    """The first page's note, as an address."""
    kind, sound = the_note()
    return f"data:{kind};base64,{base64.b64encode(sound).decode()}"


def the_note() -> tuple[str, bytes]:
    """The first page's note as a file, and its media type."""
    import opening
    from eqlib.widgets.encoding import encode_lossless

    return encode_lossless(
        opening.the_note(), sample_rate=opening.RATE, error_rms=opening.ERROR_RMS
    )


def positive(text: str) -> float:
    """A number of an option."""
    return float(directives.unchanged_required(text))


class WorkbenchDirective(SphinxDirective):
    """The directive `eq-workbench`, with the target and the settings that it begins with.

    With `folded`, what it says there stands in the page, and the workbench is loaded when that is
    opened.
    """

    option_spec: ClassVar = {
        "target": directives.unchanged_required,
        "filters": directives.positive_int,
        "steps": directives.positive_int,
        "rate": positive,
        "stage-one": directives.nonnegative_int,
        "seed": directives.nonnegative_int,
        "folded": directives.unchanged_required,
    }
    NAMES: ClassVar = {"rate": "learningRate", "stage-one": "pretrainSteps"}

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        # Only pages that have one load it.
        from eqlib.equalizers.targets import TARGETS
        from eqlib.widgets.workbench import Workbench

        options = dict(self.options)
        folded = options.pop("folded", None)
        bench = Workbench(TARGETS[options.pop("target", "low-shelf")])
        bench.run = bench.run | {self.NAMES.get(k, k): value for k, value in options.items()}
        page = bench._repr_html_()
        if folded:
            summary = f"<summary>{html.escape(folded)}</summary>"
            page = f'<details class="eq-folded">{summary}{page}</details>'
        return [nodes.raw("", page, format="html")]


class ChallengeDirective(SphinxDirective):
    """The directive `eq-challenge`, with its kind: match, number, which or train.

    Its content is one sentence on what is done there: for a page whose script does not run, and for
    Jupyter, which shows directives as they are written. `target` names what is trained to.
    """

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {
        "target": directives.unchanged_required,
        "level": directives.positive_int,
        "seed": directives.nonnegative_int,
        "number": directives.unchanged_required,
        "question": directives.unchanged_required,
        "rounds": directives.positive_int,
        "snr_db": positive,
        "note": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        from eqlib.equalizers.targets import TARGETS
        from eqlib.errors import EqlibError
        from eqlib.widgets.challenge import Challenge

        (kind,) = self.arguments
        options = dict(self.options)
        target = options.pop("target", None)
        if not self.content:
            raise self.error(f"the challenge {kind!r} has no sentence on what is done there")
        try:
            made = Challenge(kind, eq=TARGETS[target] if target else None, **options)
        except EqlibError as error:
            raise self.error(str(error)) from error
        state = {**made.state, "sounds": {"the piano": f"./{NOTE}"}}
        return component("challenge", state, " ".join(self.content))


class ChallengeMakerDirective(SphinxDirective):
    """The directive `eq-challenge-maker`: the form whose content becomes a link to this page."""

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        return component(
            "challenge_maker", {}, "Here is a form, where the page may run its script."
        )
