"""What the page's components share: their modules for a notebook, and Colab."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import shutil
import subprocess
import sys
import textwrap
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch

import eqlib
from eqlib import EqlibError
from eqlib.widgets.desk import EQDesk
from eqlib.widgets.encoding import encode
from eqlib.widgets.linking import PAGE, module
from eqlib.widgets.player import player
from eqlib.widgets.source import source

COMPONENTS = ("desk", "inside", "monitor", "network", "player", "workbench")
TONE = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000).astype(np.float32) / 4


@pytest.mark.parametrize("name", COMPONENTS)
@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
def test_a_notebooks_module_is_whole_and_runs(name, tmp_path):
    source = module(name)
    assert "\nimport " not in source
    assert source.count("export default") == 1
    (tmp_path / "linked.mjs").write_text(source)
    for path in PAGE.glob("*.js"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    script = f"""
        import * as linked from "./linked.mjs";
        import * as alone from "./{name}.js";
        if (Object.keys(linked).join() !== Object.keys(alone).join()) throw "other exports";
        if (typeof linked.default.render !== "function") throw "no render";
        if (String(linked.mount) !== String(alone.mount)) throw "another mount";
    """
    (tmp_path / "script.mjs").write_text(script)
    run = subprocess.run(["node", "script.mjs"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


@pytest.fixture
def colab(monkeypatch):
    """A machine that looks like Colab, and counts how often widgets were asked for."""
    asked = []
    output = SimpleNamespace(enable_custom_widget_manager=lambda: asked.append(True))
    package = ModuleType("google.colab")
    package.output = output
    monkeypatch.setitem(sys.modules, "google", ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", package)
    return asked


def test_on_colab_components_ask_for_its_widget_manager(colab):
    EQDesk()
    assert colab == [True]


def test_elsewhere_a_player_is_live_as_well():
    tones = {"tone": TONE, "soft": TONE / 2}
    forms, _ = player(tones, sample_rate=16_000, title="Two")._repr_mimebundle_()
    assert set(forms) == {
        "text/plain",
        "text/html",
        "application/vnd.jupyter.widget-view+json",
    }
    assert forms["text/html"].count("<audio") == 2


@pytest.fixture
def shown(monkeypatch):
    """What is displayed while a test runs."""
    for name in ("VSCODE_PID", "VSCODE_CWD"):
        monkeypatch.delenv(name, raising=False)
    found = []

    def display(data, *, raw, display_id=None):
        assert raw
        found.append(data)

    monkeypatch.setattr("IPython.display.display", display)
    return found


@pytest.mark.parametrize("make", [EQDesk, lambda: player({"tone": TONE}, sample_rate=16_000)])
def test_in_jupyter_the_still_form_is_an_output_of_its_own(shown, make):
    """In one with the live form it would never be seen, also without a kernel."""
    made = make()
    made._ipython_display_()
    still, live = shown
    assert set(still) == {"text/plain", "text/html"}
    assert still["text/html"].endswith(made._repr_html_())
    assert re.match(r'<style data-eq-still="\w{32}">', still["text/html"])
    assert set(live) == {"application/vnd.jupyter.widget-view+json"}


def test_on_colab_a_player_is_plain(shown, colab):
    player({"tone": TONE}, sample_rate=16_000)._ipython_display_()
    (forms,) = shown
    assert set(forms) == {"text/plain", "text/html"}


def test_elsewhere_the_two_forms_are_one_output(shown, monkeypatch):
    monkeypatch.setenv("VSCODE_PID", "1")
    EQDesk()._ipython_display_()
    (both,) = shown
    assert set(both) == {
        "text/plain",
        "text/html",
        "application/vnd.jupyter.widget-view+json",
    }


def test_a_player_knows_its_sample_rate_in_both_forms():
    made = player({"tone": TONE}, sample_rate=44_100)
    assert made._repr_html_().count('data-sample-rate="44100"') == 1
    assert made.get_state()["sample_rate"] == 44_100
    assert made.get_state()["tracks"][0]["address"] == made.tracks[0].address


def test_a_rate_that_mp3_has_not_got_becomes_flac():
    assert encode(TONE, sample_rate=16_000)[0] == "audio/mpeg"
    media_type, file = encode(TONE, sample_rate=20_000)
    assert media_type == "audio/flac"
    assert file[:4] == b"fLaC"


def test_inside_and_network_take_what_they_can_show(monkeypatch):
    from eqlib import EQNet, EQNetConfig
    from eqlib.widgets.inside import Inside
    from eqlib.widgets.network import NetworkDesk

    net = EQNet(EQNetConfig(frame=256, hop=64, filters=8, kernel=16, local_kernel=32))
    with pytest.raises(EqlibError, match="hop is 64"):
        Inside(net, TONE)
    bad = {
        "3.0 s long; expected up to 2 s": np.tile(TONE, 3),
        "stereo": np.stack([TONE, TONE]),
        "silent": 0 * TONE,
        "NaN": TONE * np.nan,
        "int16": (TONE * 32_767).astype(np.int16),
    }
    for message, note in bad.items():
        with pytest.raises(EqlibError, match=message):
            Inside(eqlib.EQNet(), note)
    assert Inside(eqlib.EQNet(), torch.from_numpy(TONE[:10])).state["seconds"] == 10 / 16_000
    with pytest.raises(EqlibError, match="'mine' is EQNet; expected a network and its target"):
        NetworkDesk({"mine": eqlib.EQNet()}, sounds={"tone": TONE})
    with pytest.raises(EqlibError, match="no network"):
        NetworkDesk({}, sounds={"tone": TONE})
    with pytest.raises(EqlibError, match="8000 Hz"):
        NetworkDesk(
            {"mine": (EQNet(EQNetConfig(sample_rate=8_000)), np.asarray)}, sounds={"tone": TONE}
        )


def test_inside_shows_the_signals_of_the_network_at_their_time():
    from eqlib.widgets.inside import COLUMNS, along

    net = eqlib.pretrained("low-shelf")
    for at in (1_000, 9_000, 15_500):
        click = np.zeros(16_000, np.float32)
        click[at] = 0.5
        found = along(net, click)
        for name, values in found.items():
            assert values.shape[0] == 128, name
            assert COLUMNS / 2 < values.shape[1] <= COLUMNS, name
        columns = found["X1"].shape[1]
        strongest = found["X1"].argmax(1) / columns * 16_000
        assert np.abs(np.median(strongest) - at) < 16_000 / columns + 32
        # Away from the click, a filter's output is its bias.
        quiet = found["X1"][:, (columns * at // 16_000 + columns // 3) % columns]
        np.testing.assert_allclose(quiet, np.abs(net.conv.bias.detach().numpy()), atol=1e-5)


def test_python_runs_a_network_for_the_page(monkeypatch):
    from eqlib.equalizers.targets import TARGETS
    from eqlib.networks.shipped import SHIPPED
    from eqlib.widgets.network import NetworkDesk

    desk = NetworkDesk(sounds={"tone": TONE})
    assert set(desk.networks) == set(SHIPPED)
    sent = []
    monkeypatch.setattr(desk, "send", lambda *a, **k: sent.append((*a, k.get("buffers"))))
    whole = {"first": 0, "last": True}
    desk._run(desk, {"id": 7, "name": "highpass"} | whole, [memoryview(TONE.tobytes())])
    assert sent[0] == ({"id": 7, "received": len(TONE)}, None)
    (message, buffers) = sent.pop()
    assert message["id"] == 7
    output, target = (np.frombuffer(buffer, np.float32) for buffer in buffers)
    np.testing.assert_allclose(output, eqlib.pretrained("highpass").process(TONE), atol=1e-6)
    np.testing.assert_allclose(target, TARGETS["highpass"](TONE), atol=1e-6)
    # A run that was given up halfway, and then one in pieces.
    desk._run(desk, {"id": 1, "first": 0, "last": False}, [memoryview(TONE.tobytes())])
    sent.clear()
    for first in range(0, len(TONE), 6_000):
        piece = TONE[first : first + 6_000]
        part = {"id": 2, "name": "highpass", "first": first, "last": first + 6_000 >= len(TONE)}
        desk._run(desk, part, [memoryview(piece.tobytes())])
        assert ({"id": 2, "received": first + len(piece)}, None) in sent
    np.testing.assert_array_equal(np.frombuffer(sent.pop()[1][0], np.float32), output)
    desk._run(desk, {"id": 8, "name": "highpass"} | whole, [memoryview((TONE * np.nan).tobytes())])
    assert "NaN or infinite" in sent.pop()[0]["error"]

    def broken(audio):
        raise RuntimeError("out of tune")

    mine = NetworkDesk({"mine": (eqlib.EQNet(), broken)}, sounds={"tone": TONE})
    monkeypatch.setattr(mine, "send", lambda message: sent.append(message))
    mine._run(mine, {"id": 9, "name": "mine"} | whole, [memoryview(TONE.tobytes())])
    assert sent.pop() == {"id": 9, "error": "out of tune"}

    def writes(audio):
        audio *= 2
        return audio

    for target, text in ((writes, None), (lambda audio: audio[:-5], "the target's output")):
        desk = NetworkDesk({"mine": (eqlib.EQNet(), target)}, sounds={"tone": TONE})
        monkeypatch.setattr(desk, "send", lambda *a, **k: sent.append((*a, k.get("buffers"))))
        desk._run(desk, {"id": 1, "name": "mine"} | whole, [memoryview(TONE.tobytes())])
        message, buffers = sent.pop()
        if text:
            assert text in message["error"]
        else:
            np.testing.assert_allclose(np.frombuffer(buffers[1], np.float32), 2 * TONE)
            expected = desk._own["mine"][0].process(TONE)
            np.testing.assert_allclose(np.frombuffer(buffers[0], np.float32), expected, atol=1e-6)
    assert "data-eq-component" not in mine._repr_html_()


# --- the package's own code


def parts(tree):
    """All that a tree says, but for its docstrings and its doors."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in ast.walk(tree):
        if isinstance(node, kinds) and ast.get_docstring(node) is not None and len(node.body) > 1:
            del node.body[0]
        if isinstance(node, kinds):
            doors = {d for d in node.decorator_list if ast.unparse(d).startswith("checked")}
            node.decorator_list = [d for d in node.decorator_list if d not in doors]
    return ast.dump(tree)


def test_source_leaves_out_docstrings_and_nothing_else():
    seen = set()
    for info in pkgutil.walk_packages(eqlib.__path__, "eqlib."):
        if info.name == "eqlib.__main__":
            continue
        module = importlib.import_module(info.name)
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", "") == module.__name__
            if own and (inspect.isroutine(thing) or inspect.isclass(thing)):
                whole = textwrap.dedent(inspect.getsource(inspect.unwrap(thing)))
                shown = source(thing).code
                assert parts(ast.parse(shown)) == parts(ast.parse(whole)), name
                assert "@checked" not in shown
                seen.add(f"{module.__name__}.{name}")
    assert {"eqlib.layers.Conv1D", "eqlib.metrics.mae", "eqlib.widgets.desk.EQDesk"} <= seen


def test_source_of_nested_docstrings(tmp_path, monkeypatch):
    (tmp_path / "nested.py").write_text(NESTED)
    monkeypatch.syspath_prepend(tmp_path)
    thing = importlib.import_module("nested").Outer
    thing.__module__ = "eqlib.nested"
    monkeypatch.setitem(sys.modules, "eqlib.nested", sys.modules["nested"])
    _, outer = ast.parse(NESTED).body
    assert parts(ast.parse(source(thing).code).body[0]) == parts(outer)
    assert '"""' not in source(thing).code and "@checked" not in source(thing).code


def test_source_of_other_code_is_refused():
    for thing in (np.sort, 3, "text"):
        with pytest.raises(EqlibError, match="not defined in eqlib"):
            source(thing)


NESTED = '''def checked(function):
    return function


class Outer:
    """Outside."""

    def first(self):
        """First."""

        def inner():
            """Inside."""
            return 1

        return inner()

    @checked
    @staticmethod
    def second(self):
        """Second."""
        a = 1
        return a

    def third(self):
        """Third."""
        return 3
'''
