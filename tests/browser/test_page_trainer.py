"""The page's trainer on a bare page: against eqlib's own training; stopped, continued."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch

from eqlib import Recipe, data, metrics, pair
from eqlib.networks import flat
from eqlib.training.loop import fit
from eqlib.training.recipe import Budget
from eqlib.training.run import Run
from eqlib.training.stages import Supervised, Unsupervised
from support import Losses
from trainer_page import CONFIG, EQUALIZER, losses, net_of

pytestmark = pytest.mark.browser

STAGES = {"train": Supervised, "pretrain": Unsupervised}


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
                learningRate: 2e-4, warmupSteps: 10, batch: 4, seed: 8,
            });
            const pairs = noise.map((dry, index) => ({ dry, wet: wet[index] }));
            const [sampler, drawing] = [new FrameSampler(pairs, hann(1024)), generator(8, 1)];
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
    # On a machine of any speed: the page's own thread is never busy for long, the worker is.
    longest_s = trainer.page.evaluate("window.longestOfRun") / 1_000
    assert longest_s < 0.1 * ended["seconds"], "the page's own thread was busy"


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
