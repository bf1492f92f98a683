"""A table that a page shows, and a terminal prints.

Chapter: "Results".
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table that a page shows, and a terminal prints.

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
            first = f'<th scope="{scope}" style="text-align:left">{html.escape(cells[0])}</th>'
            end = ' scope="col"' if tag == "th" else ""
            others = "".join(
                f'<{tag}{end} style="text-align:right">{html.escape(cell)}</{tag}>'
                for cell in self._filled(cells)[1:]
            )
            return f"<tr>{first}{others}</tr>"

        body = "\n".join(row(cells, "td") for cells in self.rows)
        return (
            '<div class="eq-table" style="overflow-x:auto" tabindex="0" role="group" '
            f'aria-label="{html.escape(self.caption)}"><table class="table">\n'
            f"<caption><span>{html.escape(self.caption)}</span></caption>\n"
            f"<thead>{row(self.header, 'th')}</thead>\n<tbody>\n{body}\n</tbody></table></div>"
        )
