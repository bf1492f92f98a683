"""The page's trainer on a bare page: against eqlib's training, stopped, continued; its files."""

from __future__ import annotations

import base64
import threading
from functools import partial
from http.server import ThreadingHTTPServer

import numpy as np
import pytest
import torch

import eqlib
from eqlib import EQ, EQNet, EQNetConfig, Recipe, data, metrics, pair
from eqlib.networks import flat
from eqlib.training.loop import fit
from eqlib.training.recipe import Budget
from eqlib.training.run import Run
from eqlib.training.stages import Supervised, Unsupervised
from eqlib.widgets.linking import PAGE, module
from support import ROOT, Quiet

pytestmark = pytest.mark.browser

EQUALIZER = EQ.low_shelf(cutoff_hz=500, gain_db=10) + EQ.peaking(cutoff_hz=2_000, gain_db=-6, q=2)
STAGES = {"train": Supervised, "pretrain": Unsupervised}
CONFIG = EQNetConfig(filters=16)
# What the page's console would be asked for by hand; kept on `window` between two calls.
HELPERS = """async () => {
    const names = ["linked", "safetensors", "sampler", "random", "frames", "target", "recipe"];
    const modules = await Promise.all(names.map((name) => import(`./${name}.js`)));
    Object.assign(window, ...modules);
    window.longest = 0;
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => {
        window.longest = Math.max(window.longest, duration);
    })).observe({ type: "longtask" });
    window.asText = (array) => {
        const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
        let text = "";
        for (let n = 0; n < bytes.length; n += 8192) {
            text += String.fromCharCode(...bytes.subarray(n, n + 8192));
        }
        return btoa(text);
    };
    window.fromText = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    window.trainer = await openTrainer();
    window.told = [];
    for (const event of ["started", "progress", "validated", "snapshot", "ended", "failed"]) {
        trainer.addEventListener(event, ({ detail }) => told.push({ event, detail }));
    }
    window.untilEnd = () => new Promise((resolve) => {
        for (const event of ["ended", "failed"]) {
            trainer.addEventListener(event, resolve, { once: true });
        }
    });
    window.go = async (call, options) => {
        told.length = window.longest = 0;
        const ended = untilEnd();
        trainer[call](options);
        await ended;
        await new Promise((resolve) => setTimeout(resolve, 100)); // the observer is told later
        window.longestOfRun = window.longest;
        return told.map(({ event, detail }) => ({
            event,
            ...detail,
            response_db: detail.response_db && Array.from(detail.response_db),
            bank_db: undefined,
        }));
    };
}"""


class Trainer:
    """The trainer of a bare page, and what it told."""

    def __init__(self, page):
        self.page = page
        page.set_default_timeout(240_000)
        page.evaluate(HELPERS)

    def run(self, call="start", **options):
        given = {"target": EQUALIZER.to_dict(), "filters": 16} if call == "start" else {}
        told = self.page.evaluate("([call, options]) => go(call, options)", [call, given | options])
        assert told[-1]["event"] == "ended", told[-1]
        return told

    def array(self, script, argument=None):
        """A Float32Array or Uint8Array of the page, by a script that returns it."""
        text = self.page.evaluate(f"async (given) => asText(await ({script})(given))", argument)
        return np.frombuffer(base64.b64decode(text), np.float32)

    def weights(self, step=None):
        """All weights in a row."""
        return self.array(
            """async (step) => {
                const { weights } = await trainer.checkpoint(step ?? undefined);
                const parts = Object.values(weights).map(({ data }) => [...data]);
                return Float32Array.from(parts.flat());
            }""",
            step,
        )

    def process(self, signal, step=None):
        text = base64.b64encode(signal.astype(np.float32).tobytes()).decode()
        script = (
            "([text, step]) => trainer.process(new Float32Array(fromText(text).buffer), "
            "step ?? undefined)"
        )
        return self.array(script, [text, step])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A page with nothing but the trainer: linked as for a notebook, beside what it loads."""
    runtime, training = ROOT / "_vendor" / "ort", ROOT / "_onnx" / "training"
    assert runtime.is_dir() and training.is_dir(), "run `make site` first"
    there = tmp_path_factory.mktemp("bare")
    for file in PAGE.glob("*.js"):
        (there / file.name).symlink_to(file)
    (there / "linked.js").write_text(module("trainer"), encoding="utf-8")
    (there / "ort").symlink_to(runtime.resolve())
    (there / "training").symlink_to(training)
    (there / "index.html").write_text("<!doctype html><title>bare</title>", encoding="utf-8")
    return there


@pytest.fixture
def trainer(chromium, folder):
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    errors = []
    context = chromium.new_context()
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"http://127.0.0.1:{server.server_port}/index.html")
    yield Trainer(page)
    context.close()
    server.shutdown()
    server.server_close()
    assert errors == []


def losses(told):
    return [loss for row in told if row["event"] == "progress" for _, loss in row["losses"]]


def net_of(row, config=CONFIG):
    net = EQNet(config)
    parts = flat.layout(config)
    with torch.no_grad():
        for part, parameter in zip(parts, net.parameters(), strict=True):
            values = row[part.first : part.first + part.size].reshape(part.shape)
            parameter.copy_(torch.from_numpy(values.copy()))
    return net


class Losses:
    """A watcher of eqlib's training."""

    def __init__(self):
        self.all = []

    def stepped(self, stage, *, step, seconds, used, mae):
        self.all.append(mae)
        return False

    def validated(self, history, net):
        pass

    def ended(self, history, net):
        pass


@pytest.mark.parametrize("stage", STAGES)
def test_fifty_steps_are_those_of_eqlib(stage, trainer):
    steps = {"steps": 50} if stage == "train" else {"steps": 0, "pretrainSteps": 50}
    # Of noise, for in silence rounding decides where a maximum is; and at a small rate, for Adam's
    # first steps divide by gradients that may be nearly zero.
    told, drawn = trainer.page.evaluate(
        """async ([options, target]) => {
            const random = generator(1);
            const noise = [0.02, 0.1, 0.3].map((level) => Float32Array.from(
                { length: 6000 }, () => level * (random() + random() + random() - 1.5)));
            const wet = noise.map((dry) => applyEq(target, dry));
            const validation = { validationDry: noise.slice(2), validationWet: wet.slice(2) };
            const told = await go("start", {
                ...options, filters: 16, target: null, pairs: { dry: noise, wet, ...validation },
                learningRate: 2e-4, warmupSteps: 10, batch: 4, seed: 7,
            });
            const pairs = noise.map((dry, index) => ({ dry, wet: wet[index] }));
            const [sampler, drawing] = [new FrameSampler(pairs, hann(1024)), generator(7, 1)];
            const frames = Array.from({ length: 50 }, () => sampler.draw(4, drawing));
            const row = Float32Array.from(frames.flatMap(({ dry, wet }) => [...dry, ...wet]));
            return [told, asText(row)];
        }""",
        [steps, EQUALIZER.to_dict()],
    )
    assert told[-1]["event"] == "ended", told[-1]
    row = np.frombuffer(base64.b64decode(drawn), np.float32)
    frames = torch.from_numpy(row.copy()).reshape(50, 2, 4, 1, 1024)

    class Given(STAGES[stage]):
        def draw(self, run):
            dry, wet = frames[run.step]
            if stage == "train":
                return dry, wet
            both = dry.clone()
            both[1 - run.step % 2 :: 2] = wet[1 - run.step % 2 :: 2]
            return both, both

    net = net_of(trainer.weights(0))
    pairs = pair(data.load(instrument="piano", split="validation")[:1], EQUALIZER)
    recipe = Recipe(learning_rate=2e-4, warmup_steps=10, batch=4)
    watch = Losses()
    run = Run(
        stage,
        net,
        pairs,
        pairs,
        recipe=recipe,
        seed=0,
        budget=Budget("steps", 50),
        folder=None,
        resume=False,
        watch=watch,
        device="cpu",
    )
    fit(run, Given(), progress=False)
    # Stage one counts positions. Now and then two samples of a pool are the same to rounding, and
    # FFT and matrix product choose differently; tests/networks compares both where they cannot.
    each, weight = (1e-3, 1e-4) if stage == "train" else (2e-2, 1e-2)
    np.testing.assert_allclose(losses(told), watch.all, rtol=each)
    assert np.mean(losses(told)) == pytest.approx(np.mean(watch.all), rel=1e-3)
    found = trainer.weights(50)
    for part, parameter in zip(flat.layout(CONFIG), net.parameters(), strict=True):
        expected = parameter.detach().flatten().numpy()
        error = found[part.first : part.first + part.size] - expected
        size = np.sqrt(np.square(expected).mean())
        # A bias begins at zero.
        assert np.sqrt(np.square(error).mean()) <= weight * max(size, 0.01), part.name


def test_a_seed_decides_everything_and_a_run_can_be_stopped_and_continued(trainer):
    first = trainer.run(steps=30, seed=1)
    weights = trainer.weights()
    again = trainer.run(steps=30, seed=1)
    assert losses(first) == losses(again) and len(losses(first)) == 30
    np.testing.assert_array_equal(weights, trainer.weights())
    assert losses(trainer.run(steps=30, seed=2)) != losses(first)

    # Stopped after some steps: the best weights are kept, and it goes on from there.
    page = trainer.page
    page.evaluate(
        """() => trainer.addEventListener("progress", ({ detail }) => {
            if (detail.step >= 5) trainer.stop();
        })"""
    )
    stopped = trainer.run(steps=5_000, seed=1)[-1]
    assert stopped["reason"] == "stopped" and 5 <= stopped["step"] < 100
    assert stopped["best"]["step"] <= stopped["step"]
    kept = trainer.weights()
    more = trainer.run("continue", steps=4)
    assert {row["step"] for row in more if row["event"] == "progress"} <= set(
        range(stopped["step"] + 1, stopped["step"] + 5)
    )
    assert len(losses(more)) <= 4 and not np.array_equal(kept, trainer.weights())
    snapshots = page.evaluate("trainer.snapshots")
    assert snapshots == sorted(set(snapshots)) and snapshots[0] == 0
    with pytest.raises(Exception, match="there is no snapshot of step 77777"):
        trainer.weights(77_777)


def test_it_learns_and_says_how_well(trainer):
    told = trainer.run(steps=120, pretrainSteps=10)
    (started,) = [row for row in told if row["event"] == "started"]
    checks = [row for row in told if row["event"] == "validated" and row["stage"] == "train"]
    ended = told[-1]
    assert checks[-1]["snrDb"] > checks[0]["snrDb"] > started["snrDryDb"] - 10
    assert checks[-1]["snrDb"] > 10
    assert ended["best"]["mae"] == min(row["mae"] for row in checks)
    assert sum(row["event"] == "snapshot" for row in told) == len(
        trainer.page.evaluate("trainer.snapshots")
    )
    # Both numbers are those of eqlib.metrics.
    net = net_of(trainer.weights())
    for split, name in (("validation", "snrDb"), ("test", "testSnrDb")):
        clips = data.load(instrument="piano", split=split)
        if split == "validation":  # their attacks, that it may be quick
            clips = [clip[:16_000] for clip in clips]
        snrs = [metrics.snr_db(EQUALIZER(clip), net.process(clip)) for clip in clips]
        assert ended["best"][name] == pytest.approx(np.mean(snrs), abs=0.02)
    dry = [
        metrics.snr_db(EQUALIZER(clip), clip)
        for clip in data.load(instrument="piano", split="test")
    ]
    assert ended["best"]["testSnrDryDb"] == pytest.approx(np.mean(dry), abs=1e-3)
    # The response as it is measured nears the target's where notes have energy.
    last = [row for row in told if row["event"] == "snapshot"][-1]
    grid = np.array(trainer.page.evaluate("Array.from(trainer.frequencies_hz)"))
    found = np.array([np.nan if x is None else x for x in last["response_db"]], float)
    low = (grid > 100) & (grid < 300) & np.isfinite(found)
    assert low.sum() > 10
    error = found[low] - 20 * np.log10(np.abs(EQUALIZER.response(grid[low])))
    assert np.abs(error).mean() < 2
    assert trainer.page.evaluate("window.longestOfRun") < 50, "the page's own thread was busy"


def test_what_it_trained_is_opened_by_eqlib_and_the_other_way_round(trainer, tmp_path):
    trainer.run(steps=12, seed=3)
    content = trainer.array("async () => write(await trainer.checkpoint())")
    path = tmp_path / "page.safetensors"
    path.write_bytes(content.tobytes())
    net = eqlib.load(path)
    assert net.config == CONFIG
    assert EQ.from_dict(net.info["target"]) == EQUALIZER
    assert net.info["train"]["seed"] == 3 and net.info["train"]["steps"] <= 12
    note = data.load(instrument="piano", split="test")["piano/sal_Fs4_v10"]
    output = trainer.process(note)
    np.testing.assert_allclose(output, net.process(note), atol=1e-5)
    untrained = trainer.process(note, 0)
    np.testing.assert_allclose(untrained, net_of(trainer.weights(0)).process(note), atol=1e-5)

    other = EQNet(CONFIG, seed=11)
    # Text and numbers that Python and JavaScript write in two ways.
    other.info = {"né\u2028e\x7f": ['π "\\\n', 1e-05, 2.0, 1e16, 10**20, 1.5e300, -0.1, None, True]}
    for dtype in (torch.float32, torch.float16, torch.bfloat16, torch.float64):
        eqlib.save(other, tmp_path / "mine.safetensors", dtype=dtype)
        text = base64.b64encode((tmp_path / "mine.safetensors").read_bytes()).decode()
        trainer.page.evaluate(
            "async (text) => trainer.load(await read(fromText(text).buffer))", text
        )
        expected = eqlib.load(tmp_path / "mine.safetensors")
        np.testing.assert_allclose(trainer.process(note), expected.process(note), atol=1e-5)
    content = trainer.array("async () => write(await trainer.checkpoint())")
    path.write_bytes(content.tobytes())
    back = eqlib.load(path)
    assert back.info == other.info
    assert all(
        torch.equal(a, b) for a, b in zip(back.parameters(), expected.parameters(), strict=True)
    )
    more = trainer.run("continue", steps=3, target=EQUALIZER.to_dict())
    assert len(losses(more)) == 3


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda content: content[:-1], "incomplete"),
        (lambda content: content[:-3] + b"\x01" + content[-2:], "does not match its hash"),
        (lambda content: b"RIFF" + content, "damaged"),
        (lambda content: b"", "damaged"),
    ],
)
def test_a_damaged_file_is_refused(spoil, said, trainer, tmp_path):
    path = eqlib.save(EQNet(CONFIG), tmp_path / "net.safetensors")
    text = base64.b64encode(spoil(path.read_bytes())).decode()
    with pytest.raises(Exception, match=said):
        trainer.page.evaluate("(text) => read(fromText(text).buffer)", text)


def test_a_network_of_another_size_is_refused(trainer, tmp_path):
    for config, said in (
        (EQNetConfig(filters=24), "this one has 24"),
        (EQNetConfig(filters=16, kernel=32), "with kernel 32"),
    ):
        path = eqlib.save(EQNet(config), tmp_path / "net.safetensors")
        text = base64.b64encode(path.read_bytes()).decode()
        with pytest.raises(Exception, match=said):
            trainer.page.evaluate(
                "async (text) => trainer.load(await read(fromText(text).buffer))", text
            )


def test_pairs_of_ones_own(trainer):
    told = trainer.page.evaluate(
        """() => {
            const dry = trainer.notes.slice(0, 4).map(({ samples }) => samples.slice(0, 8000));
            const wet = dry.map((samples) => samples.map((x) => -0.5 * x));
            const pairs = { dry, wet, validationDry: dry.slice(3), validationWet: wet.slice(3) };
            return go("start", { target: null, pairs, steps: 60, filters: 16 });
        }"""
    )
    assert told[-1]["event"] == "ended" and told[-1]["best"]["testSnrDb"] is None
    checks = [row["snrDb"] for row in told if row["event"] == "validated"]
    assert checks[-1] > checks[0] and checks[-1] > 3


@pytest.mark.parametrize(
    "equalizer",
    [
        EQUALIZER,
        EQ.highpass(cutoff_hz=80, q=2) + EQ.high_shelf(cutoff_hz=6_000, gain_db=-9, slope=0.5),
        EQ.notch(cutoff_hz=1_000, q=8) + EQ.bandpass(cutoff_hz=700) + EQ.lowpass(cutoff_hz=7_000),
        EQ.from_sos([[1, 0.2, -0.3, 1, -0.5, 0.1]]) + EQ.from_taps([0.5, 0, -0.25]),
    ],
)
def test_targets_are_those_of_eqlib_to_the_sample(equalizer, trainer):
    note = trainer.array("() => trainer.notes[0].samples")
    found = trainer.array("(eq) => applyEq(eq, trainer.notes[0].samples)", equalizer.to_dict())
    expected = equalizer(note)
    np.testing.assert_allclose(found, expected, atol=2e-7 * np.abs(expected).max())


def test_notes_are_those_of_the_package(trainer):
    rows = trainer.page.evaluate("trainer.notes.map(({ name, split }) => [name, split])")
    splits = [split for _, split in rows]
    assert [splits.count(s) for s in ("train", "validation", "test")] == [24, 8, 12]
    clips = data.load(instrument="piano", split=None)
    split_of = {row["file"].removesuffix(".flac"): row["split"] for row in clips.info}
    assert all(split_of[name] == split for name, split in rows)
    for index in (0, 23, 24, 43):
        found = trainer.array("(index) => trainer.notes[index].samples", index)
        # Chromium divides 16-bit samples above zero by 32767, and others by 32768.
        np.testing.assert_allclose(found, clips[rows[index][0]], rtol=1.01 / 32_767, atol=1e-9)


def test_frames_are_drawn_as_often_as_their_place_is_loud(trainer):
    generator = np.random.default_rng(0)
    lengths = (900, 3_000, 5_000)
    clips = [generator.normal(size=n) * np.linspace(0.1, 1, n) ** 2 for n in lengths]
    drawn = trainer.page.evaluate(
        """(clips) => {
            // Each sample says where it stands.
            const pairs = clips.map((clip, index) => ({
                dry: Float32Array.from(clip),
                wet: Float32Array.from(clip, (_, n) => 1 + index * 10_000 + n),
            }));
            const sampler = new FrameSampler(pairs, new Float64Array(1024).fill(1));
            const random = generator(5);
            return Array.from({ length: 30_000 }, () => {
                const { wet } = sampler.draw(1, random);
                const n = wet.findLastIndex((x) => x > 0);
                return [wet[n] - 1, n];
            });
        }""",
        [clip.tolist() for clip in clips],
    )
    ends, places = np.array(drawn).T
    clip = (ends // 10_000).astype(int)
    np.testing.assert_allclose(np.bincount(clip) / len(clip), 1 / 3, atol=0.01)
    for index, samples in enumerate(clips):
        here = ends[clip == index] % 10_000 + 1023 - places[clip == index]
        assert here.max() <= max(len(samples), 1024) - 1, "a frame ends within its clip"
        last = max(len(samples), 1024)
        energy = np.cumsum(np.r_[0, samples**2])
        each = np.arange(last)
        until = np.minimum(each + 1, len(samples))
        level = np.sqrt(
            energy[until] - energy[np.maximum(0, each + 1 - 1024).clip(0, len(samples))]
        )
        expected = np.add.reduceat(level, np.arange(0, last, last // 8)) / level.sum()
        found = np.add.reduceat(
            np.bincount(here.astype(int), minlength=last), np.arange(0, last, last // 8)
        )
        np.testing.assert_allclose(found / len(here), expected, atol=0.015)
