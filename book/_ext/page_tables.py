"""A Sphinx extension: tables that are made from what the repository holds, not by hand.

`eq-chapter-costs` shows what each chapter took when it was executed, as `make refresh` noted in
its metadata. `eq-recordings` shows the recordings of `eqlib/data/audio/index.csv`: with the
argument `splits`, `instruments` or `sources`. `eq-claims` shows what the book claims, from the
results file. `eq-rates` shows networks at three sample rates, with the argument `all` or
`above`; `all instruments` has those that no network heard.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parents[2]
INDEX = ROOT / "eqlib" / "data" / "audio" / "index.csv"
RESULTS = ROOT / "eqlib" / "experiments" / "results.json"
RATES = RESULTS.with_name("rates.json")
SPLITS = ("train", "validation", "test")
TERMS = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "MIT": "#licenses-word-for-word",
}

FREESOUND = re.compile(
    r"(?P<who>\d+ \S+) (?P<address>\S+/sounds/(?P<number>\d+)/) \(CC0, (?P<via>.+)\)"
)

# What a chapter may take on two cores; those that train a network before the reader's eyes, longer.
BUDGET_S = 120
LONGER_S = {"tour": 420, "stage_one": 240, "stage_two": 240}
BUDGET_MB = 1500

NO_BREAK = "\u2011"  # a hyphen that no line ends behind
MINUS = re.compile(r"(?<!\w)-(?=\d)")
NUMERIC = re.compile(r"[-\u2013]$|\u2212?\d")

Row = dict[str, str]


def setup(app: Any) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_directive("eq-chapter-costs", ChapterCosts)
    app.add_directive("eq-recordings", Recordings)
    app.add_directive("eq-claims", Claims)
    app.add_directive("eq-rates", Rates)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class ChapterCosts(SphinxDirective):
    """The directive `eq-chapter-costs`."""

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        pages = [ROOT / f"{page}.ipynb" for page in parse_toc_yaml(ROOT / "_toc.yml")]
        chapters = [page for page in pages if page.exists()]
        for chapter in chapters:
            self.env.note_dependency(str(chapter))
        return self.parse_text_to_nodes(costs(chapters))


class Recordings(SphinxDirective):
    """The directive `eq-recordings`."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        if self.arguments[0] not in TABLES:
            raise self.error(f"eq-recordings has {', '.join(TABLES)}, not {self.arguments[0]!r}")
        self.env.note_dependency(str(INDEX))
        with INDEX.open(newline="", encoding="utf-8") as file:
            return self.parse_text_to_nodes(TABLES[self.arguments[0]](list(csv.DictReader(file))))


class Claims(SphinxDirective):
    """The directive `eq-claims`."""

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        self.env.note_dependency(str(RESULTS))
        made = self.parse_text_to_nodes(claimed())
        for found in (each for node in made for each in node.findall(nodes.table)):
            found["classes"].append("eq-claims")
        return made


class Rates(SphinxDirective):
    """The directive `eq-rates`."""

    required_arguments = 1
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Sphinx calls this."""
        self.env.note_dependency(str(RATES))
        return [nodes.raw("", at_rates(*self.arguments), format="html")]


def at_rates(part: str, which: str = "recordings") -> str:
    """A table of networks at three sample rates, as HTML: of the band that begins so."""
    from eqlib.experiments import rates, wideband  # they bring torch

    band = next(each for each in wideband.BANDS if each.startswith(part))
    made: str = rates.table(band, which)._repr_html_()
    return made


def claimed() -> str:
    """A table of what the book claims: number, interval, chapter and command."""
    from eqlib.experiments import claims  # it brings torch, which the other tables do not need

    made = claims.table()
    rows = [
        [says, _number(number), _number(interval), f"{{doc}}`{chapter}`", f"`{command}`"]
        for says, number, interval, chapter, command in made.rows
    ]
    return table(list(made.header), rows)


def costs(chapters: Iterable[Path]) -> str:
    """A table of the chapters: seconds and peak memory, or a dash where they were not measured."""
    rows = []
    for path in chapters:
        stored = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("eqlib", {})
        seconds, peak_mb = stored.get("seconds"), stored.get("peak_mb")
        time = "-" if seconds is None else f"{seconds:,.0f}\u00a0s"
        memory = "-" if peak_mb is None else f"{peak_mb / 1000:.1f}\u00a0GB"
        budget = f"{LONGER_S.get(path.stem, BUDGET_S)}\u00a0s"
        rows.append([f"{{doc}}`{path.stem}`", time, budget, memory])
    return table(["chapter", "time", "may take", "memory, at most"], rows)


def splits(rows: Sequence[Row]) -> str:
    """A table of the three sets: recordings, their length, and of what kinds they are."""
    kinds = list(Counter(row["kind"] for row in rows))

    def line(name: str, some: Sequence[Row]) -> list[str]:
        seconds = sum(float(row["duration_s"]) for row in some)
        counts = Counter(row["kind"] for row in some)
        number = [str(counts[kind]) for kind in kinds]
        return [name, *number, str(len(some)), f"{seconds / 60:.1f}"]

    parts = [line(name, [row for row in rows if row["split"] == name]) for name in SPLITS]
    header = ["set", *(f"{kind}s" for kind in kinds), "together", "minutes"]
    return table(header, [*parts, line("all", rows)])


def instruments(rows: Sequence[Row]) -> str:
    """A table of families and instruments, and how many recordings of each are in which set."""
    lines = []
    for family, name in sorted({(row["family"], row["instrument"]) for row in rows}):
        some = [row for row in rows if (row["family"], row["instrument"]) == (family, name)]
        counts = Counter(row["split"] for row in some)
        kind = ", ".join(sorted({row["kind"] for row in some}))
        lines.append([family, name, kind, *(str(counts[split]) for split in SPLITS)])
    return table(["family", "instrument", "kind", *SPLITS], lines)


def sources(rows: Sequence[Row]) -> str:
    """A table of those who made the recordings, with licenses; one line for each of freesound."""
    counts: Counter[tuple[str, str]] = Counter()
    links = defaultdict(list)
    for row in rows:
        credit = _plain(row["attribution"])
        if found := FREESOUND.fullmatch(row["attribution"]):
            credit = f"{_plain(found['who'])}, freesound {{}}, {found['via']}"
            links[credit].append(f"[{found['number']}]({found['address']})")
        counts[credit, row["license"]] += 1
    lines = [
        [
            credit.replace("{}", ", ".join(links[credit])),
            f"[{terms.replace('-', NO_BREAK)}]({TERMS[terms]})",
            str(number),
        ]
        for (credit, terms), number in counts.most_common()
    ]
    return table(["credit", "license", "recordings"], lines)


TABLES: dict[str, Callable[[Sequence[Row]], str]] = {
    "splits": splits,
    "instruments": instruments,
    "sources": sources,
}


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; columns of numbers are aligned to the right."""
    rows = list(rows)
    columns = list(zip(*rows, strict=True)) or [()] * len(header)
    numeric = [all(NUMERIC.match(cell) for cell in column) for column in columns]
    rule = ["--:" if right else "---" for right in numeric]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, rule, *rows])


def _number(text: str) -> str:
    """A number or an interval in one line, with a minus; a dash where there is none."""
    return "\u2013" if text == "-" else MINUS.sub("\u2212", text).replace(" ", "\u00a0")


def _plain(text: str) -> str:
    """Text in which Markdown finds nothing of its own."""
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|" else letter for letter in text)
