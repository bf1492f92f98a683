"""The workbench: what it says of a target, its links and lines of Python, its runs in a kernel."""

from __future__ import annotations

import io
import json
import random
import shutil
import subprocess
import threading
import time

import numpy as np
import pytest
import soundfile as sf
import torch

import eqlib
from eqlib import EQ, EqlibError, EQNet, EQNetConfig, Recipe, data
from eqlib.equalizers.targets import TARGETS
from eqlib.widgets.drawing import PRESETS, state_of
from eqlib.widgets.linking import PAGE
from eqlib.widgets.workbench import RUN, Workbench

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js here")
RATE = 16_000
OTHER_RUN = {
    "filters": 64,
    "steps": 1234,
    "learningRate": 2e-3,
    "pretrainSteps": 50,
    "seed": 7,
}


@pytest.fixture
def node(tmp_path):
    """Runs an expression in Node.js, with the page's modules as names and `value` as JSON."""
    names = (
        "drawing",
        "equalizer",
        "reach",
        "run_link",
        "run_python",
        "fields",
        "pair_check",
        "kernel_trainer",
        "workbench_curves",
    )
    for path in PAGE.glob("*.js"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    head = "".join(f'import * as {name} from "./{name}.js";\n' for name in names)
    head += 'import fs from "fs";\nconst value = JSON.parse(fs.readFileSync("value.json"));\n'

    def run(script, value=0):
        (tmp_path / "value.json").write_text(json.dumps(value))
        (tmp_path / "script.js").write_text(f"{head}console.log(JSON.stringify({script}));\n")
        found = subprocess.run(["node", "script.js"], cwd=tmp_path, capture_output=True, text=True)
        assert found.returncode == 0, found.stderr
        return json.loads(found.stdout)

    return run


REACHES = {
    "low shelf": EQ.low_shelf(cutoff_hz=500, gain_db=10, slope=0.7071),
    "low and narrow": EQ.peaking(cutoff_hz=100, gain_db=10, q=4),
    "low and wide": EQ.peaking(cutoff_hz=100, gain_db=6, q=1),
    "chain": TARGETS["vocal-chain"],
    "curve": TARGETS["drawn-curve"],
}


@needs_node
@pytest.mark.parametrize("name", REACHES)
def test_the_bound_is_the_energy_that_comes_too_late(node, name):
    """Oracle: no filter of the network's reach is nearer to the target than the target cut off
    there, by the impulse that Python's own equalizer answers with."""
    eq = REACHES[name]
    impulse = np.zeros(2 * RATE)
    impulse[100] = 1  # the equalizers are causal, but this need not be believed
    response = np.asarray(eq(impulse))[100:]
    script = "reach.reach(new drawing.Drawing(value, 16000).filters, 16000)"
    found = node(script, state_of(eq))
    left = (64 - 1) // 2  # of 'same' padding, twice: see eqlib.layers
    late = np.sum(response[2 * left + 1 :] ** 2)
    change = np.sum((response - np.eye(1, len(response))[0]) ** 2)
    assert found["snrDb"] == pytest.approx(10 * np.log10(np.sum(response**2) / late), abs=0.05)
    assert found["share"] == pytest.approx(late / change, abs=2e-3)
    assert found["nothingDb"] == pytest.approx(
        10 * np.log10(np.sum(response**2) / change), abs=0.05
    )


def test_the_networks_reach_is_what_the_bound_takes_it_for():
    """The untrained network's answer to a click never ends later than 62 samples after it."""
    net = EQNet(EQNetConfig(filters=4))
    with torch.no_grad():
        X1 = net.conv(torch.zeros(1, 1, 1024).index_fill(2, torch.tensor(500), 1.0))
        y = net.deconv(X1, net.conv.weight)[0, 0]
    answered = torch.nonzero(y.abs() > 1e-7).flatten() - 500
    assert answered.max() == 62
    assert answered.min() == -64


@needs_node
def test_the_bound_in_words_tells_what_is_out_of_reach(node):
    script = """value.map((state) => reach.reachInWords(
        reach.reach(new drawing.Drawing(state, 16000).filters, 16000)))"""
    targets = [REACHES["low shelf"], REACHES["low and wide"], REACHES["low and narrow"], EQ.flat()]
    fine, caution, beyond, flat = node(script, [state_of(eq) for eq in targets])
    assert [found["grade"] for found in (fine, caution, beyond, flat)] == [
        "fine",
        "caution",
        "beyond",
        "flat",
    ]
    assert "77 dB" in fine["text"]
    assert "76 %" in beyond["text"]
    assert "at most 20 dB SNR, where doing nothing has 19" in beyond["text"]


def random_eq(rng):
    bands = []
    for _ in range(rng.randint(0, 6)):
        kind = rng.choice(
            ["low_shelf", "high_shelf", "peaking", "lowpass", "highpass", "bandpass", "notch"]
        )
        gain = kind in ("low_shelf", "high_shelf", "peaking")
        slope = kind.endswith("shelf") and rng.random() < 0.5
        width = float(f"{rng.uniform(0.1, 1):.4g}")
        bands.append(
            {
                "kind": kind,
                "cutoff_hz": float(f"{rng.uniform(20, 7_800):.4g}"),
                "gain_db": float(f"{rng.uniform(-24, 24):.4g}") if gain else None,
                "q": None if slope else width,
                "slope": width if slope else None,
                "bypass": rng.random() < 0.2,
            }
        )
    return {"bands": bands, "curve": None}


@needs_node
def test_a_link_keeps_target_and_settings(node):
    rng = random.Random(0)
    eqs = [random_eq(rng) for _ in range(100)] + [state_of(TARGETS["drawn-curve"])]
    script = (
        "value.eqs.map((eq) => run_link.fromFragment('#' + run_link.toFragment(eq, value.run)))"
    )
    for eq, found in zip(eqs, node(script, {"eqs": eqs, "run": OTHER_RUN}), strict=True):
        assert found == {"eq": eq, "run": OTHER_RUN, "faults": []}


@needs_node
@pytest.mark.parametrize(
    ("fragment", "fault"),
    [
        ("eq=tilt:500:10:q1", "“tilt” is no kind of band"),
        ("eq=peaking:500:q1", "“peaking:500:q1” is no band"),
        ("eq=peaking:five:3:q1", "“five” is no number"),
        ("eq=peaking:500:3:s1", "only shelves have a slope"),
        ("eq=toString:500:3:q1", "no kind of band"),
        ("curve=100:0", "no curve"),
        ("curve=500:0,100:3", "no curve"),
        ("eq=flat&steps=1e99", "from 10 to 20000"),
        ("eq=flat&steps=300.5", "a whole number"),
        ("eq=flat&filters=17", "there are 16, 32, 64, 128 filters, not 17"),
        ("eq=flat&rate=-1", "learning rate"),
        ("eq=flat&rate=", "is no number"),
        ("eq=" + ",".join(["notch:500:q1"] * 21), "more than 20"),
    ],
)
def test_a_wrong_link_is_told_and_changes_nothing_else(node, fragment, fault):
    found = node("run_link.fromFragment(value)", f"#{fragment}&seed=5")
    assert len(found["faults"]) == 1
    assert fault in found["faults"][0]
    assert found["run"] == RUN | {"seed": 5}


@needs_node
def test_other_fragments_are_no_links(node):
    others = ["", "#", "#things-to-try", "#filters=16"]
    assert node("value.map((f) => run_link.fromFragment(f))", others) == [None] * len(others)


@needs_node
def test_numbers_are_read_as_people_type_them(node):
    typed = {
        ("1,5", ""): 1.5,
        ("-3,25", "dB"): -3.25,
        ("−6 dB", "dB"): -6,
        ("+2", "dB"): 2,
        ("2 kHz", "Hz"): 2_000,
        ("1.5k", "Hz"): 1_500,
        (" 440 hz ", "Hz"): 440,
        (".5", ""): 0.5,
        ("5e-3", ""): 5e-3,
    }
    script = "value.map(([text, unit]) => fields.typed(text, unit))"
    assert node(script, list(typed)) == list(typed.values())
    wrong = ["", "abc", "1,5,2", "1.000,5", "--3", "12 m", "Infinity", "NaN", "0x10", "3 4"]
    assert node("value.map((text) => fields.typed(text))", wrong) == [None] * len(wrong)  # NaN


@needs_node
@pytest.mark.parametrize("name", PRESETS)
def test_a_drawing_is_what_python_writes_and_reads(node, name):
    eq = TARGETS[name]
    script = """(({ dict, eq }) => ({ dict, again: drawing.fromDict(dict), eq }))(
        new drawing.Drawing(value, 16000))"""
    found = node(script, state_of(eq))
    assert EQ.from_dict(found["dict"]) == eq
    assert found["again"] == found["eq"] == state_of(eq)


@needs_node
def test_what_cannot_be_drawn_is_not_taken_for_something_else(node):
    linear = TARGETS["low-shelf-fir-linear"].to_dict()
    assert node("drawing.fromDict(value)", linear) is None
    assert node("drawing.fromDict(value)", {"stages": [{"type": "taps", "taps": [1]}]}) is None


# --- lines of Python


@needs_node
def test_the_copied_lines_repeat_the_run(node):
    """Executed as they are, but on fewer notes; and compared with the same run by hand."""
    run = {"filters": 16, "steps": 12, "learningRate": 4e-3, "pretrainSteps": 10, "seed": 3}
    lines = node(
        "run_python.runPython(new drawing.Drawing(value.eq, 16000).python, value.run, 4)",
        {"eq": state_of(TARGETS["low-shelf"]), "run": run},
    )
    assert "[::3]" in lines
    found = {}
    short = lines.replace("[::3]", "[:2]").replace('split="validation")', 'split="validation")[:1]')
    exec(short, found)  # our own text

    eq = TARGETS["low-shelf"]
    pairs = eqlib.pair(data.load(instrument="piano", split="train")[:2], eq)
    validation = eqlib.pair(data.load(instrument="piano", split="validation")[:1], eq)
    recipe = Recipe(learning_rate=4e-3, batch=4, warmup_steps=30, validate_every=1)
    net = EQNet(EQNetConfig(filters=16), seed=3)
    eqlib.pretrain(net, pairs, validation, steps=10, recipe=recipe, seed=3, progress=False)
    eqlib.train(net, pairs, validation, steps=12, recipe=recipe, seed=3, progress=False)
    assert found["target"] == eq
    for name, weight in net.state_dict().items():
        torch.testing.assert_close(found["net"].state_dict()[name], weight, rtol=0, atol=0)


# --- the widget


def test_the_target_goes_both_ways():
    bench = Workbench(TARGETS["vocal-chain"])
    assert bench.target == TARGETS["vocal-chain"]
    bench.target = TARGETS["drawn-curve"]
    assert bench.curve["frequencies_hz"][0] == 60
    assert bench.target == TARGETS["drawn-curve"]
    bench.bands, bench.curve = [dict(state_of(TARGETS["air"])["bands"][0], bypass=True)], None
    assert bench.target == EQ.flat()
    assert bench.net is None
    with pytest.raises(EqlibError, match="44100 Hz"):
        bench.target = EQ.low_shelf(cutoff_hz=500, gain_db=3, sample_rate=44_100)
    with pytest.raises(EqlibError, match="drawn curve"):
        Workbench(TARGETS["low-shelf-fir-linear"])


def test_the_static_form_holds_what_a_page_needs():
    text = Workbench()._repr_html_()
    assert 'data-eq-component="workbench"' in text
    state = Workbench()._page_state()
    assert state["run"] == RUN
    assert set(state["presets"]) == set(PRESETS)
    assert len(text) < 20_000


@pytest.fixture
def bench(monkeypatch):
    """A workbench, how to ask it, and what it sends; asked to train, it has, or it was stopped."""
    load = data.load
    monkeypatch.setattr(data, "load", lambda **which: load(**which)[:3])
    made, sent = Workbench(TARGETS["low-shelf"]), []
    monkeypatch.setattr(made, "send", lambda m, buffers=(): sent.append((m, list(buffers))))

    def ask(what, *buffers, **rest):
        made._hear(made, {"id": 1, "what": what, **rest}, [memoryview(b) for b in buffers])
        answer = sent[-1]
        if what in ("start", "continue") and made._training:
            made._training.join()
        return answer

    return made, ask, sent


SETTINGS = {"filters": 16, "steps": 12, "pretrainSteps": 5, "learningRate": 5e-3, "seed": 2}


def test_the_kernel_trains_as_train_does_and_tells_of_it(bench):
    made, ask, sent = bench
    ask("start", settings=SETTINGS)
    events = [(m["event"], m["detail"]) for m, _ in sent if "event" in m]
    steps = [detail["step"] for name, detail in events if name == "snapshot"]
    assert steps == sorted(set(steps))
    assert steps[0] == 0
    assert steps[-1] == 17
    losses = sum((detail["losses"] for name, detail in events if name == "progress"), [])
    assert [step for step, _ in losses] == list(range(1, len(losses) + 1))
    name, end = events[-1]
    assert (name, end["reason"], end["step"]) == ("ended", "done", 17)

    notes = data.load(instrument="piano", split="train")[::3]
    pairs = eqlib.pair(notes, made.target)
    validation = eqlib.pair(data.load(instrument="piano", split="validation"), made.target)
    recipe = Recipe(learning_rate=5e-3, batch=4, warmup_steps=30, validate_every=1)
    net = EQNet(EQNetConfig(filters=16), seed=2)
    eqlib.pretrain(net, pairs, validation, steps=5, recipe=recipe, seed=2, progress=False)
    history = eqlib.train(net, pairs, validation, steps=12, recipe=recipe, seed=2, progress=False)
    assert end["best"]["snrDb"] == history.validation_snr_db[history.best]
    for each, weight in net.state_dict().items():
        torch.testing.assert_close(made.net.state_dict()[each], weight, rtol=0, atol=0)

    note = np.random.default_rng(0).standard_normal(3_000).astype(np.float32) / 10
    for step, expected in ((0, EQNet(EQNetConfig(filters=16), seed=2)), (None, net)):
        _, (output,) = ask("process", note.tobytes(), step=step)
        np.testing.assert_allclose(
            np.frombuffer(output, np.float32), expected.process(note), atol=1e-6
        )


def test_a_response_of_the_kernel_is_that_of_its_target_in_the_end(bench):
    made, ask, sent = bench
    about, _ = ask("open")
    ask("start", settings=SETTINGS | {"pretrainSteps": 0})
    snapshots = [(m, b) for m, b in sent if m.get("event") == "snapshot"]
    message, buffers = snapshots[0]
    arrays = dict(zip(message["arrays"], buffers, strict=True))
    hz = np.array(about["frequencies_hz"])
    response_db = np.frombuffer(arrays["response_db"], np.float32)
    assert response_db.shape == hz.shape
    bank_db = np.frombuffer(arrays["bank_db"], np.float32).reshape(16, 65)
    taps = EQNet(EQNetConfig(filters=16), seed=2).conv.weight.detach().numpy()
    at = np.exp(-2j * np.pi * np.outer(np.arange(64), about["bank_hz"]) / RATE)
    np.testing.assert_allclose(bank_db, 20 * np.log10(np.abs(taps @ at)), atol=1e-2)


def test_continuing_goes_on_from_the_best_and_counts_on(bench):
    made, ask, sent = bench
    ask("start", settings=SETTINGS | {"pretrainSteps": 0})
    ask("continue", settings={"steps": 7, "learningRate": 5e-3, "seed": 2})
    ends = [m["detail"] for m, _ in sent if m.get("event") == "ended"]
    assert [end["step"] for end in ends] == [12, 19]
    assert 0 in made._trained.snapshots
    assert 19 in made._trained.snapshots


def test_weights_leave_and_come_back(bench, tmp_path):
    made, ask, _sent = bench
    ask("start", settings=SETTINGS | {"pretrainSteps": 0})
    before = made.net
    _, (content,) = ask("save")
    path = tmp_path / "mine.safetensors"
    path.write_bytes(content)
    assert eqlib.load(path).info["target"] == made.target.to_dict()
    answer, _ = ask("load", content)
    assert answer["header"]["config"]["filters"] == 16
    for name, weight in before.state_dict().items():
        torch.testing.assert_close(made.net.state_dict()[name], weight, rtol=0, atol=0)
    spoiled = bytearray(content)
    spoiled[-1] ^= 1
    answer, _ = ask("load", bytes(spoiled))
    assert "damaged" in answer["error"]


def test_what_goes_wrong_in_the_kernel_is_told(bench):
    _made, ask, sent = bench
    ask("start", settings=SETTINGS | {"learningRate": -1})
    failed, _ = sent[-1]
    assert failed["event"] == "failed"
    assert "learning_rate is -1" in failed["detail"]["message"]
    answer, _ = ask("start", settings=SETTINGS | {"filters": 0})
    assert "filters" in answer["error"]


def test_a_run_is_stopped_by_a_message_from_another_thread(bench):
    """As in JupyterLab, whose messages to widgets do not come by the kernel's main thread."""
    made, _ask, sent = bench

    def hear(what, **rest):
        made._hear(made, {"id": 1, "what": what, **rest}, [])

    started = threading.Thread(
        target=hear, args=("start",), kwargs={"settings": SETTINGS | {"steps": 100_000}}
    )
    started.start()
    started.join(60)
    assert not started.is_alive(), "the messages after it can be heard"
    hear("start", settings=SETTINGS)
    assert any("trained already" in m.get("error", "") for m, _ in sent)
    while not any(m.get("event") == "progress" for m, _ in sent):
        time.sleep(0.01)
    hear("stop")
    made._training.join(60)
    message, _ = sent[-1]
    assert (message["event"], message["detail"]["reason"]) == ("ended", "stopped")
    assert message["detail"]["step"] < 100_000


KERNEL = """(await (async () => {
    const sent = [];
    let receive;
    const answers = {
        open: [{ sample_rate: 16000, frequencies_hz: [100], bank_hz: [0], names: ["a"] },
            [new DataView(Float32Array.of(9, 0.5, 0.25).buffer, 4)]],
        process: [{}, [new DataView(Float32Array.of(3, 4).buffer)]],
        load: [{ error: "damaged" }, []],
    };
    const model = {
        on: (name, call) => (receive = call),
        get: () => "",
        send(message, _, buffers) {
            sent.push([message.what, buffers.length]);
            const [answer, arrays] = answers[message.what] ?? [{}, []];
            queueMicrotask(() => receive({ id: message.id, ...answer }, arrays));
        },
    };
    const trainer = await kernel_trainer.kernelTrainer(model);
    const heard = [];
    trainer.addEventListener("snapshot", ({ detail }) => heard.push(detail));
    trainer.start({ steps: 3 });
    const bank = new DataView(Float32Array.of(1, 2).buffer);
    receive({ event: "snapshot", detail: { step: 1 }, arrays: ["bank_db"] }, [bank]);
    const made = await trainer.process(Float32Array.of(1), 1);
    const refused = await trainer.fromFile(new ArrayBuffer(4)).catch((error) => error.message);
    trainer.stop();
    return {
        notes: trainer.notes.map(({ samples }) => Array.from(samples)), sent, refused,
        heard: heard.map(({ step, bank_db }) => [step, Array.from(bank_db)]),
        made: Array.from(made),
    };
})())"""


@needs_node
def test_the_page_understands_the_kernel(node):
    found = node(KERNEL)
    assert found["notes"] == [[0.5, 0.25]]
    assert found["sent"] == [["open", 0], ["start", 0], ["process", 1], ["load", 1], ["stop", 0]]
    assert found["heard"] == [[1, [1, 2]]]
    assert found["made"] == [3, 4]
    assert found["refused"] == "damaged"


# --- two recordings of one's own


PAIRED = """(() => {
    const side = (samples) => ({ samples: Float32Array.from(samples), channels: [0] });
    try {
        const { pairs, seconds, said, warned } =
            pair_check.paired(side(value.dry), side(value.wet), 16000);
        const hz = [100, 500, 2000, 5000];
        return {
            seconds, said, warned,
            sizes: Object.values(pairs).map(([samples]) => samples.length),
            dry: Array.from(pairs.dry[0].slice(0, 2000)),
            wet: Array.from(pairs.wet[0].slice(0, 2000)),
            response_db: pair_check.measuredDb(pairs.dry[0], pairs.wet[0], hz, 16000),
        };
    } catch (error) {
        return { error: error.message };
    }
})()"""


@pytest.fixture(scope="module")
def phrase():
    return data.load(kind="phrase", split="test")[0][: 6 * RATE].astype(np.float32)


def pair_of(node, dry, wet):
    return node(PAIRED, {"dry": dry.tolist(), "wet": wet.tolist()})


@needs_node
@pytest.mark.parametrize(("lag", "sign"), [(0, 1), (700, 1), (-1_300, -1), (5, 1), (9_000, -1)])
def test_a_pair_is_brought_together(node, phrase, lag, sign):
    eq = TARGETS["vocal-chain"]
    wet = sign * np.asarray(eq(phrase))
    late = np.pad(wet, (lag, 0)) if lag >= 0 else wet[-lag:]
    found = pair_of(node, phrase, late)
    assert any("upside down" in words for words in found["said"]) == (sign < 0)
    moved = abs(lag) > 16
    assert any("moved" in words for words in found["said"]) == moved
    if moved:
        (words,) = [words for words in found["said"] if "moved" in words]
        assert ("late" if lag > 0 else "early") in words
        told_ms = float(words.split(" ms")[0].split()[-1])
        assert told_ms == pytest.approx(1000 * abs(lag) / RATE, abs=0.2)  # and the EQ's own delay
        first = max(0, -lag)
        dry, moved_back = np.array(found["dry"]), np.array(found["wet"])
        np.testing.assert_allclose(dry, phrase[first : first + len(dry)], atol=1e-6)
        expected = np.asarray(eq(phrase))[first:]
        off = [moved_back[4:-4] - expected[4 + k : len(dry) - 4 + k] for k in range(-2, 3)]
        assert min(np.abs(error).max() for error in off) < 1e-3
    exact = 20 * np.log10(np.abs(eq.response([100, 500, 2_000, 5_000])))
    np.testing.assert_allclose(found["response_db"], exact, atol=1)
    learned, _, chosen, _ = found["sizes"]
    assert chosen / (learned + chosen) == pytest.approx(0.2, abs=0.01)
    assert found["warned"] == []


@needs_node
def test_what_is_no_pair_is_refused(node, phrase):
    noise = np.random.default_rng(0).standard_normal(len(phrase)).astype(np.float32)
    assert "does not resemble" in pair_of(node, phrase, noise)["error"]
    short = phrase[RATE : 4 * RATE]
    assert "in common; 4 s is the least" in pair_of(node, short, short)["error"]


@needs_node
def test_clipping_and_two_clocks_are_told(node, phrase):
    loud = np.clip(8 * phrase / np.abs(phrase).max(), -1, 1)
    (words,) = pair_of(node, phrase, loud)["warned"]
    assert "second is clipped" in words
    n = np.arange(len(phrase))
    slow = np.interp(n * (1 - 5e-4), n, phrase).astype(np.float32)
    warned = pair_of(node, phrase, slow)["warned"]
    assert any("drift apart" in words for words in warned)
    longer = pair_of(node, phrase, np.pad(phrase, (0, 3 * RATE)))
    assert any("differ by 3.0 s" in words for words in longer["said"])


@needs_node
@pytest.mark.parametrize("kind", ["WAV", "FLAC"])
@pytest.mark.parametrize("rate", [16_000, 44_100, 96_000])
def test_the_stated_sample_rate_is_read(node, kind, rate):
    file = io.BytesIO()
    sf.write(file, np.zeros(1_000, np.float32), rate, format=kind)
    script = "pair_check.statedRate(Uint8Array.from(value).buffer)"
    assert node(script, list(file.getvalue())) == rate
    assert node(script, [1, 2, 3]) is None


@needs_node
def test_filters_are_drawn_the_highest_on_top_each_as_strong_as_it_is(node):
    hz = np.array([5, 40, 20, 60, 11])
    bank = -0.05 * (np.arange(65) - hz[:, None]) ** 2 + np.array([[0], [-3], [-9], [-6], [-1]])
    script = "Array.from(workbench_curves.strengths(Float32Array.from(value.flat()), 65))"
    drawn = np.reshape(node(script, bank.tolist()), (5, 65))
    expected = np.clip(1 + bank[np.argsort(-hz)] / 32, 0, 1) ** 1.6  # 32 dB are in sight
    np.testing.assert_allclose(drawn, expected, atol=1e-5)
