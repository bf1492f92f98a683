"""Where everything stands in the drawing of the network, in both of its forms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # x, y, width, height


class Layout(NamedTuple):
    """Where everything stands."""

    name: str
    size: tuple[int, int]
    boxes: dict[str, Box]  # of blocks and, by name, of parts
    names: dict[str, tuple[float, float, str]]  # of parts: x, y, anchor
    arrows: tuple[Sequence[Point], ...]
    signals: dict[str, tuple[float, float, str]]


WIDE = Layout(
    name="wide",
    size=(926, 304),
    boxes={
        "equalizer": (369, 12, 190, 40),
        "loss": (856, 12, 64, 40),
        "frames": (44, 74, 812, 226),
        "front-end": (66, 102, 364, 188),
        "latent-space DNN": (452, 180, 172, 110),
        "back-end": (648, 102, 198, 188),
        "conv": (80, 112, 72, 40),
        "abs": (96, 196, 40, 60),
        "local": (150, 196, 82, 60),
        "softplus": (246, 196, 70, 60),
        "pool": (356, 196, 66, 60),
        "dense_local": (458, 196, 94, 60),
        "dense": (564, 196, 54, 60),
        "unpool": (658, 196, 90, 60),
        "times": (687, 116, 32, 32),
        "deconv": (744, 112, 92, 40),
    },
    names={
        "front-end": (248, 278, "middle"),
        "latent-space DNN": (538, 278, "middle"),
        "back-end": (747, 278, "middle"),
    },
    arrows=(
        ((78, 32), (369, 32)),
        ((559, 32), (856, 32)),
        ((32, 42), (32, 132), (80, 132)),
        ((152, 132), (687, 132)),
        ((116, 152), (116, 196)),
        ((136, 226), (150, 226)),
        ((232, 226), (246, 226)),
        ((316, 226), (356, 226)),
        ((422, 226), (458, 226)),
        ((552, 226), (564, 226)),
        ((618, 226), (658, 226)),
        ((703, 196), (703, 148)),
        ((719, 132), (744, 132)),
        ((836, 132), (888, 132), (888, 52)),
    ),
    signals={
        "dry audio": (6, 37, "start"),
        "x": (55, 124, "middle"),
        "X1": (122, 180, "start"),
        "residual P": (514, 124, "middle"),
        "X2": (336, 217, "middle"),
        "Z": (441, 217, "middle"),
        "Ẑ": (636, 217, "middle"),
        "X̂2": (709, 178, "start"),
        "X̂1": (730, 122, "middle"),
        "y": (872, 124, "middle"),
    },
)

NARROW = Layout(
    name="narrow",
    size=(360, 606),
    boxes={
        "equalizer": (112, 8, 130, 46),
        "loss": (280, 12, 64, 40),
        "frames": (4, 82, 352, 520),
        "front-end": (14, 112, 162, 362),
        "latent-space DNN": (14, 482, 332, 112),
        "back-end": (184, 112, 162, 362),
        "conv": (38, 122, 116, 42),
        "abs": (66, 236, 60, 38),
        "local": (36, 292, 120, 42),
        "softplus": (44, 352, 104, 38),
        "pool": (36, 412, 120, 38),
        "dense_local": (26, 506, 150, 62),
        "dense": (204, 506, 120, 62),
        "unpool": (208, 412, 112, 38),
        "times": (248, 184, 32, 32),
        "deconv": (206, 122, 116, 42),
    },
    names={
        "front-end": (22, 468, "start"),
        "latent-space DNN": (180, 585, "middle"),
        "back-end": (338, 468, "end"),
    },
    arrows=(
        ((78, 32), (112, 32)),
        ((242, 32), (280, 32)),
        ((56, 42), (56, 122)),
        ((96, 164), (96, 236)),
        ((96, 200), (248, 200)),
        ((96, 274), (96, 292)),
        ((96, 334), (96, 352)),
        ((96, 390), (96, 412)),
        ((96, 450), (96, 506)),
        ((176, 537), (204, 537)),
        ((264, 506), (264, 450)),
        ((264, 412), (264, 216)),
        ((264, 184), (264, 164)),
        ((312, 122), (312, 52)),
    ),
    signals={
        "dry audio": (8, 37, "start"),
        "x": (64, 76, "start"),
        "X1": (88, 184, "end"),
        "residual P": (137, 192, "middle"),
        "X2": (104, 406, "start"),
        "Z": (104, 502, "start"),
        "Ẑ": (272, 502, "start"),
        "X̂2": (272, 310, "start"),
        "X̂1": (272, 180, "start"),
        "y": (320, 76, "start"),
    },
)
