"""Figures as SVG: what is in them, where it is, and how small they are."""

from __future__ import annotations

import base64
import copy
import io
import re
from xml.etree import ElementTree

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path import parse_path
from IPython.core.formatters import DisplayFormatter
from matplotlib.colors import BoundaryNorm
from matplotlib.figure import Figure
from matplotlib.patches import Wedge
from PIL import Image

from eqlib import EQ, EqlibError, plots
from eqlib.plots.vector import LARGEST_BYTES, SVG, svg

PATHS = re.compile(r' d="([^"]*)"')
SHELF = EQ.low_shelf(cutoff_hz=500, gain_db=10)


def lines(count=1, points=50):
    figure = Figure(figsize=(5, 3))
    ax = figure.subplots()
    rng = np.random.default_rng(0)
    for _ in range(count):
        ax.plot(rng.standard_normal(points))
    ax.set_title("0.125 and more")
    return figure


def points_of(path):
    """All points of a path, those of its curves too, as fontTools reads it."""
    pen = RecordingPen()
    parse_path(path, pen)
    return np.array([point for _, points in pen.value for point in points])


def test_a_notebook_gets_lines_as_svg():
    figure = plots.responses({"low shelf": SHELF})
    data, _ = DisplayFormatter().format(figure)
    assert data["image/svg+xml"] == svg(figure)
    assert len(data["image/svg+xml"]) < 15_000


def test_a_large_file_stays_a_bitmap():
    assert svg(lines()) is not None
    assert len(svg(lines(count=8, points=200))) <= LARGEST_BYTES
    assert svg(lines(count=40, points=400)) is None


def mesh(**how):
    figure = Figure(figsize=(5.6, 3), layout="constrained")
    ax = figure.subplots()
    how = {"norm": BoundaryNorm(np.arange(-0.5, 12), 256), "rasterized": True, **how}
    ax.pcolormesh(np.arange(12).reshape(3, 4), **how)
    ax.set(title="twelve cells", ylim=(0, 3))
    return figure


def picture(drawn):
    """The bitmap in a drawing, its first row the lowest; its x, y, width, height; and the root."""
    root = ElementTree.fromstring(drawn)
    (image,) = root.iter(f"{{{SVG}}}image")
    head, content = image.get("{http://www.w3.org/1999/xlink}href").split(",")
    assert head == "data:image/png;base64"
    x, y, width, height = (float(image.get(name)) for name in ("x", "y", "width", "height"))
    assert image.get("transform") == f"scale(1 -1) translate(0 -{height:g})"  # upside down
    return Image.open(io.BytesIO(base64.b64decode(content))), (x, -y, width, height), root


def centers(bitmap, rows, columns):
    """The colors in the middles of cells, (rows, columns, RGBA)."""
    pixels = np.asarray(bitmap.convert("RGBA"))
    places = [
        ((np.arange(n) + 0.5) / n * size).astype(int)
        for n, size in zip((rows, columns), pixels.shape[:2], strict=True)
    ]
    return pixels[np.ix_(*places)]


def test_of_a_picture_only_what_the_axes_frame_is_a_bitmap():
    bitmap, (_, _, width, height), root = picture(svg(mesh()))
    assert "twelve cells" in ["".join(each.itertext()) for each in root.iter(f"{{{SVG}}}text")]
    assert len(list(root.iter(f"{{{SVG}}}use"))) >= 6  # ticks
    # 5.6 inches, of 72 points each, are 672 pixels in a page, and twice as many on a fine screen.
    scale = 2 * 672 / (5.6 * 72)
    np.testing.assert_allclose(bitmap.size, [width * scale, height * scale], atol=0.6)


def test_a_bitmap_has_the_colors_of_its_cells_where_the_axes_are():
    figure = mesh()
    bitmap, (x, y, width, height), _ = picture(svg(figure))
    box = figure.axes[0].get_window_extent()
    points = 72 / figure.dpi
    below = 3 * 72 - box.y1 * points  # the upper edge, from above
    place = [box.x0 * points, below, box.width * points, box.height * points]
    np.testing.assert_allclose([x, y, width, height], place, atol=0.6)
    assert bitmap.mode == "P"  # a palette is a third of the size
    norm = BoundaryNorm(np.arange(-0.5, 12), 256)
    expected = matplotlib.colormaps["viridis"](norm(np.arange(12).reshape(3, 4)), bytes=True)
    # Agg rounds a color's bytes on its own.
    np.testing.assert_allclose(centers(bitmap, 3, 4).astype(int), expected.astype(int), atol=1)


def test_a_bitmap_of_many_colors_keeps_them():
    figure = Figure(figsize=(5.6, 3))
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    figure.subplots().imshow(noise, interpolation="nearest", origin="lower")
    bitmap, _, _ = picture(svg(figure))
    assert bitmap.mode == "RGBA"
    np.testing.assert_array_equal(centers(bitmap, 24, 32)[:, :, :3], noise)


def test_an_image_of_few_pixels_keeps_them_and_fills_its_axes():
    figure = Figure(figsize=(5.6, 3), layout="constrained")
    ax = figure.subplots()
    values = np.random.default_rng(0).integers(0, 4, (3, 5))
    ax.imshow(values, aspect="auto", origin="lower", interpolation="none")
    root = ElementTree.fromstring(svg(figure))
    (drawn,) = root.iter(f"{{{SVG}}}image")
    assert (drawn.get("width"), drawn.get("height")) == ("5", "3")
    assert "image-rendering:pixelated" in drawn.get("style")
    numbers = re.fullmatch(r"matrix\((.*)\)", drawn.get("transform"))[1].split()
    a, _, _, d, x, y = map(float, numbers)
    box, points = ax.get_window_extent(), 72 / figure.dpi
    corners = [box.x0 * points, 3 * 72 - box.y0 * points, box.x1 * points, 3 * 72 - box.y1 * points]
    np.testing.assert_allclose([x, y, x + 5 * a, y + 3 * d], corners, atol=0.1)


def test_it_is_the_same_in_every_session_and_changes_no_setting():
    figure = plots.responses({"low shelf": SHELF})
    plain = svg(figure)
    with plt.style.context("dark_background"):
        before = dict(plt.rcParams)
        assert svg(figure) == plain
        assert dict(plt.rcParams) == before


def test_text_is_text_and_its_numbers_are_whole():
    root = ElementTree.fromstring(svg(lines()))
    texts = ["".join(text.itertext()) for text in root.iter(f"{{{SVG}}}text")]
    assert "0.125 and more" in texts
    assert "style" not in {element.tag.split("}")[1] for element in root.iter()}


def test_its_lines_are_where_the_figures_are():
    figure = lines()
    (line,) = figure.axes[0].lines
    file = io.BytesIO()
    figure.savefig(file, format="svg")  # also settles the layout
    pixels = line.get_transform().transform(line.get_xydata()) * 72 / figure.dpi
    expected = np.stack([pixels[:, 0], figure.get_figheight() * 72 - pixels[:, 1]], 1)
    found = [path for path in map(points_of, PATHS.findall(svg(figure))) if len(path) == 50]
    assert len(found) == 1
    np.testing.assert_allclose(found[0], expected, atol=0.0708)  # half a decimal in x and in y


def test_its_curves_are_those_of_the_figure():
    figure = lines()
    figure.axes[0].plot([10, 20], [0, 1], "o")  # a marker is drawn by Bezier curves
    figure.axes[0].add_patch(Wedge((25, 0), 1, 20, 320))  # closed, and more than one stroke
    file = io.BytesIO()
    with plt.rc_context({"svg.fonttype": "none"}):
        figure.savefig(file, format="svg")
    plain, short = (
        [points_of(path) for path in PATHS.findall(text)]
        for text in (file.getvalue().decode(), svg(figure))
    )
    assert len(plain) == len(short) > 9
    for one, other in zip(plain, short, strict=True):
        np.testing.assert_allclose(one, other, atol=0.0708)


def test_a_figure_can_still_be_copied():
    figure = plots.responses({"low shelf": SHELF})
    assert svg(copy.deepcopy(figure)) is not None


def test_what_is_no_figure_is_refused():
    with pytest.raises(EqlibError, match="figure"):
        svg("figure")
