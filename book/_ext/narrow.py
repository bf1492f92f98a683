"""What a figure of matplotlib is on a phone: narrower, with its type as large as text there.

A figure is 403 points wide; on a phone, its letters would be 9 pixels high. Scaled up as a whole
it would not fit, so the axes become narrower and nothing else does: what is beside them keeps its
width, tick labels that have no room are left out, and a legend takes as many rows as it needs. All
of this stands in the figure as variables, which `eqlib.css` uses on a narrow screen only. A figure
of another structure than matplotlib's remains as it is.
"""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

from figure_parts import (
    SVG,
    Axes,
    Element,
    Word,
    declare,
    entries_of,
    frame,
    is_legend,
    move,
    words_of,
)

WIDTHS = (300, 324)  # points; 358 pixels on a phone, where 10.5 points are 12.5 or 11.6 pixels
LEAST = 0.4  # of their width is left to axes
BAR = 24  # points: narrower axes are color bars, and keep their width
GAP = 3.5  # points between two words
LINE = 15  # points from row to row of a legend
COLUMN = 14  # points between columns of a legend, at least


def narrowed(svg: str) -> str:
    """A figure with what it needs to be narrow, but no narrower than axes keep two labels at."""
    ElementTree.register_namespace("", SVG[1:-1])
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    for width in (*WIDTHS, WIDTHS[0]):  # the first one too where another does not help either
        root = ElementTree.fromstring(svg)
        figure = root.find(f"{SVG}g")
        size = [float(number) for number in root.get("viewBox", "0 0 0 0").split()[2:]]
        if figure is None or size[0] <= width:
            return svg
        all_axes = [axes for axes in map(frame, figure[1:]) if axes]
        if not any(axes.right - axes.left > BAR for axes in all_axes):
            return svg
        if narrow(root, figure, size, all_axes, width):
            break
    return ElementTree.tostring(root, encoding="unicode")


def narrow(
    root: Element, figure: Element, size: list[float], all_axes: list[Axes], width: float
) -> bool:
    """Makes a figure so narrow, or as narrow as it can be; tells whether axes keep two labels."""
    wide = [axes for axes in all_axes if axes.right - axes.left > BAR]
    less = size[0] - width
    width = size[0] - shrink(all_axes, wide, less)
    beside = [axes.x(word.x) + word.width for axes in wide for word in notes_of(axes)]
    if beside and max(beside) > width - 1:  # the squeezed axes leave no room for what is there
        shrink(all_axes, wide, size[0] - width + max(beside) - width + 1)
    legend = next((each for each in figure[1:] if is_legend(each)), None)
    below = 0.0 if legend is None else reflow(legend, width)
    for axes in all_axes:
        move_axes(axes, below, width)
    enough = thin_lines(all_axes)
    for axes in all_axes:
        for word in axes.words:
            move(word.group, word.x - word.was, below)
    for words in figure[1:]:
        if words is not legend and frame(words) is None:
            for word in words_of(words):
                # A name beside all axes, which stands as far from the edge as before.
                move(word.group, 0 if word.x < wide[0].left else width - size[0], below)
    # A browser centers the drawing in its higher place: from there up to the top.
    scale = size[0] / width
    up = ((size[1] + below) * scale - size[1]) / 2
    declare(figure[0], f"--eq-axes:scale({width / size[0]:.4f},{1 + below / size[1]:.4f})")
    declare(figure, f"--eq-narrow:translateY({-up:.2f}px) scale({scale:.4f})", "eq-narrow")
    declare(root, f"--eq-ratio:{width:g}/{size[1] + below:g}")
    return enough


def notes_of(axes: Axes) -> list[Word]:
    """What is written beside a point of axes, to its right."""
    words = [word for child in axes.element if not is_legend(child) for word in words_of(child)]
    within = [word for word in words if axes.top < word.y < axes.bottom and word.x > axes.left]
    return [word for word in within if word.anchor == "start"]


def shrink(all_axes: list[Axes], wide: list[Axes], less: float) -> float:
    """Makes axes narrower, row by row, by so many points or all there are; gives how many."""
    rows: list[list[Axes]] = []
    for axes in sorted(wide, key=lambda axes: axes.left):
        for row in rows:
            if any(axes.top < each.bottom and each.top < axes.bottom for each in row):
                row.append(axes)
                break
        else:
            rows.append([axes])
    widths = [sum(axes.right - axes.left for axes in row) for row in rows]
    less = min(less, (1 - LEAST) * min(widths))
    for row, width in zip(rows, widths, strict=True):
        gone = 0.0
        for axes in row:
            axes.scale, axes.start = 1 - less / width, axes.left - gone
            gone += (axes.right - axes.left) * less / width
    for bar in all_axes:
        if bar not in wide:
            beside = [axes for axes in wide if axes.top < bar.bottom and bar.top < axes.bottom]
            before = [axes for axes in beside if axes.right <= bar.left]
            last = max(before or wide[:1], key=lambda axes: axes.right)
            bar.start = last.x(bar.left)
    return less


def move_axes(axes: Axes, below: float, width: float) -> None:
    """Moves what is in axes: lines are squeezed, and what has a shape goes where they lead."""
    offset = axes.start - axes.left * axes.scale
    declare(axes.element, f"--eq-axes:matrix({axes.scale:.4f},0,0,1,{offset:.2f},{below:g})")
    inner = [child for child in axes.element if is_legend(child)]
    for child in inner:
        keep_legend(child, axes, below)
    for parent in list(axes.element.iter()):
        if any(parent in child.iter() for child in inner):
            continue
        for place, child in enumerate(list(parent)):
            if child.tag == f"{SVG}image":
                squeeze_image(parent, child, place)
            elif child.tag == f"{SVG}use":
                x = float(child.get("x", "0"))
                move(child, axes.x(x) - x, below)
                if parent.get("clip-path") and not axes.left - 2 <= x <= axes.right + 2:
                    declare(child, "", "eq-wide")
    axes.words = [w for child in axes.element if child not in inner for w in words_of(child)]
    for word in axes.words:
        word.x = axes.x(word.x)
        rotated = "rotate(-90" in word.text.get("transform", "")
        if not rotated:
            word.x += max(0, 1 - word.left) - max(0, word.right - width + 1)
        if not rotated and word.y > axes.bottom and word.anchor == "middle":
            axes.under.append(word)


def squeeze_image(parent: Element, image: Element, place: int) -> None:
    """Squeezes a bitmap, whose own transformation has to remain."""
    if parent.get("clip-path") and len(parent) == 1:
        declare(parent, "", "eq-squeezed")
        return
    group = ElementTree.Element(f"{SVG}g", {"class": "eq-squeezed"})
    parent[place] = group
    group.append(image)


def thin_lines(all_axes: list[Axes]) -> bool:
    """Leaves out what has no room in the lines below axes; tells whether all keep two labels."""
    enough = True
    for line in {word.y for axes in all_axes for word in axes.under}:
        groups = [[word for word in axes.under if word.y == line] for axes in all_axes]
        groups = sorted((group for group in groups if group), key=lambda group: group[0].x)
        words = [word for group in groups for word in group]
        if len(words) == 1 or fit(words):
            continue
        if all(len(group) == 1 for group in groups) and len({w.string for w in words}) == 1:
            middle = (words[0].x + words[-1].x) / 2  # all have the same name: once is enough
            kept = min(words, key=lambda word: abs(word.x - middle))
            kept.x = middle
            leave_out(words, [kept])
            continue
        for step in range(2, max(map(len, groups)) + 1):
            choices = [sum((pick(group, step, k) for group in groups), []) for k in range(step)]
            choices = [kept for kept in choices if fit(kept)]
            if choices:
                leave_out(words, choices[0])
                enough = enough and len(choices[0]) >= 2 * len(groups)
                break
    return enough


def pick(labels: list[Word], step: int, first: int) -> list[Word]:
    """One label of `step`; the zero is among them at first, which a reader looks for."""
    labels = sorted(labels, key=lambda word: word.x)
    zero = next((k for k, word in enumerate(labels) if re.fullmatch(r"0(\.0*)?", word.string)), 0)
    return labels[(zero + first) % step :: step]


def fit(words: list[Word]) -> bool:
    """Whether no two words of a line touch each other."""
    line = sorted(words, key=lambda word: word.x)
    return all(one.right + GAP <= two.left for one, two in pairwise(line))


def leave_out(words: list[Word], kept: list[Word]) -> None:
    """Hides the other words on a narrow screen."""
    for word in words:
        if word not in kept:
            declare(word.group, "", "eq-wide")


def reflow(legend: Element, width: float) -> float:
    """Sets the names of a legend in as many rows as they need; gives how much higher it becomes."""
    entries = entries_of(legend)
    reach = [max(word.right for word in words) - left for _, words, left in entries]
    before = len({words[-1].y for _, words, _ in entries})
    for columns in range(len(entries), 0, -1):
        rows = -(-len(entries) // columns)
        # As matplotlib does: down a column first.
        cells = [reach[k : k + rows] for k in range(0, len(entries), rows)]
        widths = [max(column) for column in cells]
        if sum(widths) + COLUMN * (len(widths) - 1) <= width - 2 or columns == 1:
            break
    x = [(width - sum(widths) - COLUMN * (len(widths) - 1)) / 2]
    for each in widths:
        x.append(x[-1] + each + COLUMN)
    first_y = min(words[-1].y for _, words, _ in entries)
    for place, (elements, words, left) in enumerate(entries):
        down = first_y + LINE * (place % rows) - words[-1].y
        for element in elements:
            move(element, x[place // rows] - left, down)
    return max(0.0, (rows - before) * LINE)


def keep_legend(legend: Element, axes: Axes, below: float) -> None:
    """Moves a legend that stands within axes, so that it remains within them."""
    entries = entries_of(legend)
    left = min(left for _, _, left in entries)
    right = max(word.right for _, words, _ in entries for word in words)
    center = axes.x((left + right) / 2)
    start = center - (right - left) / 2
    start += max(0, axes.x(axes.left) - start)
    start -= max(0, start + right - left - axes.x(axes.right))
    declare(legend, "--eq-axes:none")
    move(legend, start - left, below)
