"""Training on the GPU in a page: computed here by SwiftShader, a Vulkan that needs no GPU."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from support import FLAGS
from trainer_page import Trainer
from workbench_page import Bench

pytestmark = pytest.mark.browser

# A stepper of WASM, frames for it (one a step, for SwiftShader is slow), and a clock on which each
# of its steps takes 1,000 s.
HELPERS = """async () => {
    const names = ["gpu", "stepper", "random", "runtime"];
    Object.assign(window, ...(await Promise.all(names.map((name) => import(`./${name}.js`)))));
    const here = new URL("./", location.href).href;
    const about = await fetch("training/training.json").then((reply) => reply.json());
    const { parameters, parts } = about.networks[16];
    const { betas, epsilon } = about;
    window.settings = { betas, epsilon, frame: 1024, loss: "mae", clipQuantile: 0.5 };
    window.sizes = { count: parameters, batch: 1, settings };
    window.gpu = new Gpu(addressesOf(here), `${here}training/`);
    const ort = await load(addressesOf(here));
    const sessions = {};
    window.processor = async (stage) => {
        sessions[stage] ??= await ort.InferenceSession.create(`${here}training/${stage}-16.onnx`);
        return new Stepper(ort, sessions[stage], newWeights(parts, generator(3)), settings);
    };
    window.batches = (stage, count) => {
        const random = generator(5);
        const noise = () => 0.3 * (random() + random() + random() - 1.5);
        return Array.from({ length: count }, () => {
            const x = Float32Array.from({ length: 1024 }, noise);
            const y = stage === "train" ? x.map((v, n) => 0.5 * v + 0.3 * (x[n - 1] ?? 0)) : x;
            return [x, y, 1e-3];
        });
    };
    window.losses = async (stepper, given) => {
        const found = [];
        for (const each of given) found.push(...(await stepper.steps([each])));
        return found;
    };
    let ahead = 0;
    const now = performance.now.bind(performance);
    performance.now = () => now() + ahead;
    window.slow = (stepper) => {
        const { steps } = stepper;
        const slowly = (given) => ((ahead += 1e6), steps.call(stepper, given));
        return Object.assign(stepper, { steps: slowly });
    };
    window.told = [];
    window.move = (cpu, opening) => new Mover(cpu, opening, (detail) => told.push(detail));
    window.lost = new Promise(() => {}); // never
}"""


@pytest.fixture(scope="module")
def swiftshader(chromium):
    flags = [flag for flag in FLAGS if flag != "--disable-gpu"]
    browser = chromium.browser_type.launch(
        executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
        args=[*flags, "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
    )
    yield browser
    browser.close()


@pytest.fixture
def steppers(bare_page):
    """Opens the bare page, with what makes steppers there."""

    def opened(browser):
        page = bare_page(browser)
        page.set_default_timeout(240_000)
        page.evaluate(HELPERS)
        return page

    return opened


def test_stage_one_on_a_gpu_has_the_losses_of_the_processor(steppers, swiftshader):
    page = steppers(swiftshader)
    assert page.evaluate("Promise.all([hasGpu(), hasGpu({ software: true })])") == [False, True]
    found, expected, fetched = page.evaluate(
        """async () => {
            const cpu = await processor("pretrain");
            const { stepper } = await gpu.open("pretrain-16.onnx", sizes);
            stepper.resume(await cpu.saved());
            const given = batches("pretrain", 20);
            let fetched = 0;
            const { mapAsync } = GPUBuffer.prototype;
            GPUBuffer.prototype.mapAsync = function (...range) {
                fetched++;
                return mapAsync.apply(this, range);
            };
            const found = await losses(stepper, given);
            return [found, await losses(cpu, given), fetched];
        }"""
    )
    # The loss and the gradient's length: no operator of the graph runs on the processor.
    assert fetched == 2 * 20
    assert len(set(expected)) == 20
    np.testing.assert_allclose(found, expected, rtol=1e-3)


def test_stage_two_on_a_gpu_has_them_too_and_goes_on_when_it_is_lost(steppers, swiftshader):
    found, expected, told = steppers(swiftshader).evaluate(
        """async () => {
            const given = batches("train", 25);
            const opening = gpu.open("train-16.onnx", sizes);
            await opening;
            const mover = move(slow(await processor("train")), opening);
            await opening; // it hears of it before us
            const found = await losses(mover, given.slice(0, 20));
            told.push(mover.next);
            const runtime = await gpu.runtime;
            (await runtime.env.webgpu.device).destroy();
            found.push(...(await losses(mover, given.slice(20))));
            return [found, await losses(await processor("train"), given), told];
        }"""
    )
    np.testing.assert_allclose(found, expected, rtol=1e-3)
    moved, at_20, back = told
    assert moved["device"] == "gpu" and at_20 == "onGpu"
    assert back["device"] == "cpu" and "it failed" in back["why"]


def test_what_became_slow_is_tried_again_and_left(steppers, chromium):
    found, expected, told = steppers(chromium).evaluate(
        """async () => {
            const given = batches("train", 60);
            const [cpu, other] = [slow(await processor("train")), await processor("train")];
            const opening = Promise.resolve({ stepper: other, lost });
            const tell = (detail) => told.push(detail);
            const mover = new Mover(cpu, opening, tell, { rest: "one thread", again: true });
            await opening;
            const found = await losses(mover, given.slice(0, 10));
            slow(slow(other)); // now it takes twice as long as one thread
            found.push(...(await losses(mover, given.slice(10))));
            return [found, await losses(await processor("train"), given), told];
        }"""
    )
    assert found == expected  # both are the processor
    assert [detail["device"] for detail in told] == ["gpu", "cpu"]
    assert all("for a step, and one thread" in detail["why"] for detail in told)


def test_a_slower_gpu_is_tried_and_left(bare_page, swiftshader):
    trainer = Trainer(bare_page(swiftshader))
    trainer.page.evaluate("trainer.addEventListener('device', () => trainer.stop())")
    told = trainer.run(steps=20_000, gpu={"software": True})
    (choice,) = [row for row in told if row["event"] == "device"]
    assert choice["device"] == "cpu" and "for a step, and the processor" in choice["why"]
    assert told[-1]["reason"] == "stopped"


def test_without_a_gpu_nothing_of_it_is_loaded(trainer):
    asked = []
    trainer.page.context.on("request", lambda request: asked.append(request.url))
    trainer.page.evaluate("trainer.addEventListener('device', () => trainer.stop())")
    told = trainer.run(steps=20_000, gpu={})
    (choice,) = [row for row in told if row["event"] == "device"]
    assert choice["device"] == "cpu" and "gives none" in choice["why"]
    assert any("train-16.onnx" in url for url in asked)
    assert not [url for url in asked if "jspi" in url]


def test_a_gpu_that_fails_between_leaves_no_trace(steppers, chromium):
    """The second processor in its place computes the same numbers, to the last bit."""
    same, told = steppers(chromium).evaluate(
        """async () => {
            const given = batches("train", 60);
            const other = await processor("train");
            const { steps } = other;
            other.steps = (given) => {
                if (other.t === 50) throw new Error("broken");
                return steps.call(other, given);
            };
            const opening = Promise.resolve({ stepper: other, lost });
            const mover = move(slow(await processor("train")), opening);
            await null;
            const alone = await processor("train");
            const [found, expected] = [await losses(mover, given), await losses(alone, given)];
            const [row, weights] = [await mover.weights(), await alone.weights()];
            const same = (a, b) => a.every((x, n) => x === b[n]);
            return [[same(found, expected), same(row, weights)], told];
        }"""
    )
    assert same == [True, True]
    assert [row["device"] for row in told] == ["gpu", "cpu"]
    assert told[1]["why"] == "it failed: broken"


@pytest.mark.parametrize(
    ("opening", "why"),
    [
        ("Promise.resolve({ stepper: { resume() {}, steps: async () => [0.4] }, lost })", "differ"),
        ("Promise.resolve({ stepper: { resume() {}, steps: async () => [NaN] }, lost })", "differ"),
        ("Promise.reject(new Error('no device'))", "it cannot be used: no device"),
    ],
)
def test_a_gpu_that_is_wrong_is_left(opening, why, steppers, chromium):
    same, told = steppers(chromium).evaluate(
        f"""async () => {{
            const given = batches("train", 4);
            const mover = move(await processor("train"), {opening});
            await null;
            const found = await losses(mover, given);
            const expected = await losses(await processor("train"), given);
            return [found.every((x, n) => x === expected[n]), told];
        }}"""
    )
    assert same
    (choice,) = told
    assert choice["device"] == "cpu" and why in choice["why"]


def test_the_workbench_says_what_a_gpu_costs_and_which_of_both_trains(open_page):
    """Here the page believes in a GPU, and its worker finds none."""
    long = "book/workbench.html#eq=low_shelf:500:10:s0.7071&filters=128&steps=400"
    page = open_page(long)
    bench = Bench(page)
    bench.press("More")
    choice = bench.root.get_by_label("Try the GPU in long runs")
    assert not choice.is_visible() and "loads 15 MB. " in bench.forecast.text_content()

    page.add_init_script(
        "GPU.prototype.requestAdapter = async () => ({ info: { isFallbackAdapter: false } })"
    )
    page.reload()
    bench.press("More")
    bench.forecast.filter(has_text="15 MB, and 17 MB more to try this device’s GPU.").wait_for()
    choice.uncheck()
    assert "GPU" not in bench.forecast.text_content()
    choice.check()
    assert "17 MB" in bench.forecast.text_content()
    bench.root.get_by_role("radio", name="16", exact=True).check()
    assert "GPU" not in bench.forecast.text_content()
    bench.root.get_by_role("radio", name="128").check()
    bench.press("Train")
    bench.message.filter(has_text="The processor trains, not the GPU: it cannot be used").wait_for()
    bench.press("Stop, keep the best")
    bench.until("phase === 'done'")
    assert "17 MB" not in bench.forecast.text_content()
