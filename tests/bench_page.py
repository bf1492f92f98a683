"""The built site against the budgets of its pages: training, weight, first paint. For bench.py.

A Chromium without a window drives the site, which this machine serves as static hosts do, texts
compressed. Every number is printed beside what is asked for; ratios have both sides in turns.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnxruntime
from playwright.sync_api import sync_playwright

from bench_load import Zipped, first_paint, opened, weights
from eqlib import EQNet, EQNetConfig
from eqlib.networks.step_onnx import ENDLESS, EPSILON, NORMS, STATE
from support import FLAGS, ROOT, SITE

PAGE = "book/workbench.html"
TARGET = "eq=low_shelf:500:10:s0.7071"
HERE = "document.querySelector('.eq-workbench').eqComponent"
GOALS = ((16, 8, 27), (16, 30, 33), (128, 60, 30))  # filters, seconds after pressing, dB
TRIAL_STEPS = (60, 240)
RATIO, MEMORY_MB, TASK_MS = 2, 600, 50
BATCH, TOGETHER = 4, 4  # frames of a step, steps of a run, as in learner.js
_OWN = os.getpid()
# Long tasks of the page's own thread, from the press of the button on.
LONG = """(() => {
    window.tasks = [];
    const note = ({ startTime, duration }) => window.tasks.push([startTime, duration]);
    const watch = (list) => list.getEntries().forEach(note);
    new PerformanceObserver(watch).observe({ type: "longtask", buffered: true });
})()"""


def page() -> None:
    """Measures and prints all of it."""
    if not (SITE / "index.html").exists():
        sys.exit("There is no built site. Run `make site` first.")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Zipped, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        print(f"Chromium {browser.version}, without a window")
        training(browser, address)
        steps(browser, address)
        weights(browser, address)
        first_paint(browser, address)
        browser.close()
    server.shutdown()


# --- training


def trained(browser, address, link, isolated=False):
    """A run from the press of the button on: what it reached, and what it cost."""
    with opened(browser, LONG, isolated_by=address if isolated else None) as tab:
        tab.goto(f"{address}/{PAGE}#{TARGET}&{link}")
        tab.locator("html[data-eq-ready]").wait_for()
        assert tab.evaluate("crossOriginIsolated") == isolated
        tab.wait_for_timeout(1_000)  # what belongs to loading the page is over
        with watched_memory() as memory:
            began = tab.evaluate("performance.now()")
            tab.locator(".eq-workbench").get_by_role("button", name="Train", exact=True).click()
            # Seen from within the page, so that nobody's polling is in the time.
            ended = tab.evaluate(
                f"""() => new Promise((resolve, reject) => {{
                    const look = () => {{
                        const {{ phase, log }} = {HERE};
                        if (phase === "done" && log.seconds) resolve(performance.now());
                        else if (phase === "idle") reject(new Error("nothing was trained"));
                        else setTimeout(look, 20);
                    }};
                    look();
                }})"""
            )
        tab.wait_for_timeout(300)  # the observer is told later
        log = tab.evaluate(
            f"(({{ log: {{ of, seconds, tested, threads = 1 }} }}) => "
            f"({{ of, seconds, tested, threads }}))({HERE})"
        )
        tasks = tab.evaluate("tasks")
        longest = max((ms for start, ms in tasks if began <= start <= ended), default=0)
        return log | {"wall": (ended - began) / 1e3, "task": longest, "memory": memory[0]}


def training(browser, address):
    """How good a network gets within the time of a budget, loading included."""
    print("\nTraining in the page: low shelf 500 Hz +10 dB, mean SNR on unseen notes")
    print("  filters  threads  steps   from the press  SNR dB   asked        longest task  memory")
    default = trained(browser, address, "filters=16")
    tell(16, default, "the page's recipe")
    # On a first page, and for large networks on a next one, where there may be threads.
    first = [(*goal, False) for goal in GOALS]
    for filters, seconds, snr_db, isolated in [*first, (*GOALS[-1], True)]:
        # Loading, validation, snapshots and the test take as long in a short run as in a long one:
        # two trials tell them from the steps.
        short, long = (
            trained(browser, address, f"filters={filters}&steps={steps}", isolated)["wall"]
            for steps in TRIAL_STEPS
        )
        fit = fitting_steps(0.92 * seconds, short, long)
        found = trained(browser, address, f"filters={filters}&steps={fit}", isolated)
        tell(filters, found, f"{snr_db} dB in {seconds} s")
    print(f"  asked of all: tasks of at most {TASK_MS} ms, memory below {MEMORY_MB} MB")


def fitting_steps(seconds, short, long):
    """How many steps a run of some seconds may have, by those that the two trials took."""
    less, more = TRIAL_STEPS
    each = (long - short) / (more - less)
    return max(10, int(less + (seconds - short) / each))


def tell(filters, found, asked):
    task = f"{found['task']:.0f} ms" if found["task"] else f"below {TASK_MS} ms"
    print(
        f"  {filters:7} {found['threads']:8} {found['of']:6} {found['wall']:14.1f} s "
        f"{found['tested']:7.1f}   {asked:17} {task:>12} {found['memory']:5.0f} MB",
        flush=True,
    )


@contextmanager
def watched_memory():
    """The largest memory of a page's process while this runs, in MB (PSS)."""
    top, over = [0.0], threading.Event()

    def watch():
        while not over.wait(0.25):
            top[0] = max([top[0], *(_pss_mb(pid) for pid in _renderers())])

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield top
    finally:
        over.set()
        thread.join()


def _renderers():
    """The processes of pages, of browsers that this process started."""
    parents, kinds = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int(
                entry.joinpath("stat").read_text().rsplit(")")[1].split()[1]
            )
            kinds[int(entry.name)] = b"--type=renderer" in entry.joinpath("cmdline").read_bytes()
        except OSError:
            continue

    def ours(pid):
        while pid in parents:
            if pid == _OWN:
                return True
            pid = parents[pid]
        return False

    return [pid for pid, page in kinds.items() if page and ours(pid)]


def _pss_mb(pid):
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


# --- a step in the page, and the same graph natively

PREPARE = """async ([filters, threads, x, y, weights, together]) => {
    const from = (name) => import(`/_static/${name}.js`);
    const [{ RUNTIME_FILE, addressesOf, load }, { Stepper }] =
        [await from("runtime"), await from("stepper")];
    const about = await (await fetch("/_static/training/training.json")).json();
    const addresses = addressesOf(`${location.origin}/_static/`);
    const ort = await load(addresses, `${RUNTIME_FILE}?threads=${threads}`, threads);
    const session = await ort.InferenceSession.create(`/_static/training/train-${filters}.onnx`);
    const { betas, epsilon } = about;
    const settings = { betas, epsilon, frame: 1024, loss: "mae", clipQuantile: 0.5 };
    const stepper = new Stepper(ort, session, Float32Array.from(weights), settings);
    const [a, b] = [Float32Array.from(x), Float32Array.from(y)];
    window.timed = async (count) => {
        const times = [];
        for (let n = 0; n < count; n++) {
            const began = performance.now();
            await stepper.steps(Array(together).fill([a, b, 1e-4]));
            times.push((performance.now() - began) / together);
        }
        return times;
    };
}"""


def steps(browser, address):
    """Milliseconds a step, in turns: the page with one thread and with several, native with one."""
    print(f"\nOne step of training, batch {BATCH} (medians, in turns; onnxruntime has one thread)")
    random = np.random.default_rng(0)
    x = random.normal(0, 0.1, (BATCH, 1, 1024)).astype(np.float32) * np.hanning(1024).astype("f4")
    for filters in (16, 32, 64, 128):
        net = EQNet(EQNetConfig(filters=filters), seed=0)
        row = np.concatenate([p.detach().numpy().ravel() for p in net.parameters()])
        native = _native(filters, row, x)
        with opened(browser) as first, opened(browser, isolated_by=address) as later:
            threads = {first: 1, later: min(4, os.cpu_count() or 1)}
            for tab, count in threads.items():
                tab.goto(f"{address}/_static/training/training.json")
                sounds = x.ravel().tolist(), (0.8 * x).ravel().tolist()
                tab.evaluate(PREPARE, [filters, count, *sounds, row.tolist(), TOGETHER])
                tab.evaluate("timed(10)")
            native(10)
            times = {1: [], threads[later]: []}
            native_ms = []
            for _ in range(6):
                for tab, count in threads.items():
                    times[count] += tab.evaluate("timed(10)")
                native_ms += native(10)
        theirs = statistics.median(native_ms)
        print(
            f"  {filters:3} filters: onnxruntime {onnxruntime.__version__} {theirs:.2f} ms", end=""
        )
        for count, page_ms in times.items():
            ours = statistics.median(page_ms)
            print(f"; page, {count} threads {ours:.2f} ms, ratio {ours / theirs:.2f}", end="")
        print(f" (asked: at most {RATIO})", flush=True)


def _native(filters, weights, x):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = ROOT / "_onnx" / "training" / f"train-{filters}.onnx"
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    none = np.zeros_like(weights)
    state = [weights, none, none, np.full(NORMS, ENDLESS, np.float32)]
    of_each = {"x": x, "y": 0.8 * x, "weight": np.ones(len(x))}
    of_each |= {"rate": 1e-4, "correction": 1, "place": 0, "leaving": ENDLESS}
    rest = {name: np.stack([value] * TOGETHER).astype("f4") for name, value in of_each.items()}
    rest["epsilon"] = np.array(EPSILON, "f4")

    def timed(count):
        times = []
        for _ in range(count):
            began = time.perf_counter()
            made = session.run(None, rest | dict(zip(STATE, state, strict=True)))
            times.append(1e3 * (time.perf_counter() - began) / TOGETHER)
            state[:] = made[: len(STATE)]
        return times

    return timed
