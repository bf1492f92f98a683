"""A network as an ONNX file that takes a whole signal: frames, windows and overlap-add inside.

The graph cuts the signal, runs the network over `AT_ONCE` frames at a time (an ONNX Scan, so that
memory does not grow by what a network needs for each frame), and adds the frames up again, as
`EQNet.process` does.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from eqlib import frames
from eqlib.model import EQNet

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto

AT_ONCE = 16
"""Frames that go through the network together."""


def facts(net: EQNet) -> dict[str, str]:
    """What the user of a file has to know: rate, frame, hop, window and target."""
    known = {name: getattr(net.config, name) for name in ("sample_rate", "frame", "hop", "window")}
    known |= {"target": json.dumps(net.info.get("target")), "made_by": "eqlib"}
    return {name: str(value) for name, value in known.items()}


def wrap(path: Path, net: EQNet) -> None:
    """Replaces a file that maps frames by one that maps signals, (channels, samples).

    Args:
        path: an ONNX file of the network, from frames to frames.
        net: the network.
    """
    import onnx  # the extra that exports
    from onnx import TensorProto, helper

    inner = onnx.load(str(path))
    frame, hop = net.config.frame, net.config.hop
    parts = frame // hop  # hops in a frame
    constants: list[TensorProto] = []
    nodes: list[NodeProto] = []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(onnx.numpy_helper.from_array(value, name))
        return name

    def whole(name: str, *values: int) -> str:
        return constant(name, np.array(values, np.int64))

    def node(kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    window = frames.window(net.config.window, frame)
    gain = frames.overlap_add_gain(window, hop=hop)
    zero, one, last = whole("zero", 0), whole("one", 1), whole("last", -1)
    # count = frames.cut's: so many that every sample is in `parts` of them.
    shape = node("Shape", ["x"], "shape")
    channels = node("Slice", [shape, zero, one], "channels")
    samples = node("Slice", [shape, one, whole("two", 2)], "samples")
    edge = whole("edge", frame - hop)
    reach = node("Add", [samples, whole("reach", frame - 1)], "reached")
    count = node("Div", [reach, whole("hop", hop)], "count")
    blocks = node("Add", [count, whole("others", parts - 1)], "blocks")
    length = node("Mul", [blocks, "hop"], "length")
    after = node("Sub", [node("Sub", [length, samples], "rest"), edge], "after")
    pads = node("Concat", [zero, edge, zero, after], "pads", axis=0)
    padded = node("Pad", ["x", pads], "padded")
    sizes = node("Concat", [channels, blocks, "hop"], "block_sizes", axis=0)
    cut = node("Reshape", [padded, sizes], "cut")  # (channels, blocks, hop)
    slices = []
    for i in range(parts):
        begin = whole(f"begin_{i}", i)
        end = node("Add", [count, begin], f"end_{i}")
        slices.append(node("Slice", [cut, begin, end, one], f"part_{i}"))
    framed = node("Concat", slices, "framed", axis=2)  # (channels, count, frame)
    heard = node("Mul", [framed, constant("window", window.numpy().astype(np.float32))], "heard")
    rows = node("Reshape", [heard, whole("row", -1, frame)], "rows")
    many = node("Mul", [channels, count], "many")
    missing = node("Mod", [node("Neg", [many], "less"), whole("at_once", AT_ONCE)], "missing")
    fill = node("Concat", [zero, zero, missing, zero], "fill", axis=0)
    filled = node("Pad", [rows, fill], "filled")
    groups = node("Reshape", [filled, whole("group", -1, AT_ONCE, 1, frame)], "groups")
    made = node("Scan", [groups], "made", body=_body(inner), num_scan_inputs=1)
    flat = node("Reshape", [made, "row"], "flat")
    kept = node("Slice", [flat, zero, many], "kept")
    out_sizes = node("Concat", [channels, count, whole("parts", parts), "hop"], "sizes", axis=0)
    out = node("Reshape", [kept, out_sizes], "out")  # (channels, count, parts, hop)
    total = ""
    for i in range(parts):
        part = node("Gather", [out, constant(f"nth_{i}", np.array(i))], f"out_{i}", axis=2)
        ends = whole(f"ends_{i}", 0, i, 0, 0, parts - 1 - i, 0)
        moved = node("Pad", [part, ends], f"moved_{i}")
        total = node("Add", [total, moved], f"total_{i}") if i else moved
    line = node("Reshape", [total, node("Concat", [channels, last], "line_sizes", axis=0)], "line")
    until = node("Add", [samples, edge], "until")
    shown = node("Slice", [line, edge, until, one], "shown")
    node("Div", [shown, constant("gain", np.float32(gain).reshape(()))], "y")

    signal = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["channels", "samples"])
        for name in ("x", "y")
    ]
    graph = helper.make_graph(nodes, "whole_signal", signal[:1], signal[1:], constants)
    model: ModelProto = helper.make_model(
        graph,
        opset_imports=inner.opset_import,
        functions=inner.functions,
        ir_version=inner.ir_version,
    )
    helper.set_model_props(model, facts(net) | {"form": "whole signal (channels, samples)"})
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def _body(inner: ModelProto) -> object:
    """A network's graph as the body of a Scan, with names of its own."""
    from onnx import compose

    named = compose.add_prefix(inner, "net_").graph
    for each in (*named.input, *named.output):
        each.type.tensor_type.shape.dim[0].Clear()
        each.type.tensor_type.shape.dim[0].dim_value = AT_ONCE
    del named.value_info[:]
    return named
