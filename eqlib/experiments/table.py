"""A table that a page shows, and a terminal prints.

Chapter: "Results".
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import SupportsFloat

from eqlib.errors import checked

MINUS = re.compile(r"(?<![\w.])-(?=\d)")
WITH_INTERVAL = re.compile(r"(\S+) (\[.+)")


@checked
def decimals(number: SupportsFloat, digits: int = 1, *, signed: bool = False) -> str:
    """A number of a table; one that rounds to zero has no sign."""
    rounded = round(float(number), digits) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''}.{digits}f}"


@dataclass(frozen=True)
class Table:
    """A table that a page shows, and a terminal prints.

    A page has a minus, and each interval below its mean, so that more columns are in sight; a
    terminal, and whoever reads `rows`, has a hyphen and one line.

    Attributes:
        caption: what it tells, a sentence.
        header: a name for each column.
        rows: cells as text; the first one names the row. A row of one cell is a heading for the
            rows below it.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __repr__(self) -> str:
        cells = [self._filled(row) for row in (self.header, *self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.header))]
        lines = [self.caption]
        for first, *others in cells:
            right = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
            lines.append("  ".join([first.ljust(widths[0]), *right]).rstrip())
        return "\n".join(lines)

    def _filled(self, row: Sequence[str]) -> tuple[str, ...]:
        """A row with as many cells as the header."""
        return (*row, *[""] * (len(self.header) - len(row)))

    def _repr_html_(self) -> str:
        def row(cells: Sequence[str], tag: str) -> str:
            scope = "col" if tag == "th" else "row" if len(cells) > 1 else "rowgroup"
            first = f'<th scope="{scope}" style="text-align:left">{_set(cells[0])}</th>'
            end = ' scope="col"' if tag == "th" else ""
            others = "".join(
                f'<{tag}{end} style="text-align:right">{_set(cell)}</{tag}>'
                for cell in self._filled(cells)[1:]
            )
            return f"<tr>{first}{others}</tr>"

        body = "\n".join(row(cells, "td") for cells in self.rows)
        return (
            '<div class="eq-table" style="overflow-x:auto" tabindex="0" role="group" '
            f'aria-label="{_set(self.caption)}"><table class="table">\n'
            f"<caption><span>{_set(self.caption)}</span></caption>\n"
            f"<thead>{row(self.header, 'th')}</thead>\n<tbody>\n{body}\n</tbody></table></div>"
        )


def _set(text: str) -> str:
    """A text of a table as HTML."""
    if text == "-":
        return "\u2013"
    text = MINUS.sub("\u2212", html.escape(text))
    below = r'\1 <small style="display:block;font-size:0.8em;white-space:nowrap">\2</small>'
    return WITH_INTERVAL.sub(below, text) if WITH_INTERVAL.fullmatch(text) else text
