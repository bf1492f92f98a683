"""The book's service worker: isolated pages, threads for training, and nothing else is changed."""

from __future__ import annotations

import threading
from functools import partial
from http.server import ThreadingHTTPServer

import numpy as np
import pytest
from playwright.sync_api import Error

from support import SITE, Quiet

pytestmark = pytest.mark.browser

READY = "navigator.serviceWorker.ready.then(({ active, scope }) => [active.state, scope])"
# Steps of 64 filters on noise, in the page itself; a clock on which one thread is far too slow.
STEPS = """async () => {
    const names = ["gpu", "runtime", "stepper", "random", "threads"]
        .map((name) => import(`${at}${name}.js`));
    const [{ Mover }, { addressesOf, load }, { Stepper }, { generator, newWeights }, { Threads }] =
        await Promise.all(names);
    const { betas, epsilon, networks } = await (await fetch(`${at}training/training.json`)).json();
    const settings = { betas, epsilon, frame: 1024, loss: "mae", clipQuantile: 0.5 };
    const file = "train-64.onnx";
    const ort = await load(addressesOf(at));
    const session = await ort.InferenceSession.create(`${at}training/${file}`);
    const weights = newWeights(networks[64].parts, generator(3));
    const random = generator(5);
    const noise = () => 0.3 * (random() + random() + random() - 1.5);
    const given = Array.from({ length: 50 }, () => {
        const x = Float32Array.from({ length: 4096 }, noise);
        return [x, x.map((v, n) => 0.5 * v + 0.3 * (x[n - 1] ?? 0)), 2e-4];
    });
    const losses = async (stepper, together) => {
        const [found, waiting] = [[], [...given]];
        for (let n = 0; waiting.length; n++) {
            found.push(...(await stepper.steps(waiting.splice(0, together[n % together.length]))));
        }
        return found;
    };
    const alone = await losses(new Stepper(ort, session, weights, settings), [1]);
    const slow = new Stepper(ort, session, weights, settings);
    const [{ steps }, now] = [slow, performance.now.bind(performance)];
    let ahead = 0;
    performance.now = () => now() + ahead;
    slow.steps = (some) => ((ahead += 1e6), steps.call(slow, some));
    const threads = new Threads(addressesOf(at), `${at}training/`, 2);
    const opening = threads.open(file, settings);
    await opening;
    const told = [];
    const ties = { rest: "one thread", again: true };
    const mover = new Mover(slow, opening, (detail) => told.push(detail), ties);
    await opening; // it hears of it before us
    const together = await losses(mover, [1, 4, 3]);
    return { alone, together, told, next: mover.next, rest: mover.rest };
}"""
# The trainer as the workbench has it, until it has chosen.
TRAIN = """async ([filters, steps]) => {
    const { openTrainer } = await import(`${at}trainer.js`);
    const trainer = await openTrainer({ base: at });
    const [losses, choices] = [[], []];
    trainer.addEventListener("progress", ({ detail }) => losses.push(...detail.losses));
    trainer.addEventListener("threads", ({ detail }) => (choices.push(detail), trainer.stop()));
    const ended = new Promise((resolve) => {
        for (const event of ["ended", "failed"]) {
            trainer.addEventListener(event, ({ detail }) => resolve(detail));
        }
    });
    const workbench = document.querySelector(".eq-workbench").eqComponent;
    const { Drawing } = await import(`${at}drawing.js`);
    trainer.start({ filters, steps, target: new Drawing(workbench.eq, 16000).dict });
    const end = await ended;
    trainer.close();
    return { losses, choices, end };
}"""


class Host:
    """A static host that has the book below a project's name, and another page beside it."""

    def __init__(self, folder):
        (folder / "equalization").symlink_to(SITE)
        (folder / "index.html").write_text(
            '<!doctype html><title>beside</title><link rel="icon" href="data:,">'
        )
        self.without, self.down = set(), False  # what it lacks; whether it answers nothing
        host = self

        class Handler(Quiet):
            def do_GET(self):
                if self.path.rsplit("/", 1)[-1] in host.without:
                    self.send_error(404)
                elif not host.down:
                    super().do_GET()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.book = f"{self.address}/equalization/book"


@pytest.fixture
def host(tmp_path):
    found = Host(tmp_path)
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def tab(chromium, host):
    """Opens a page in a context of its own; at the end, nothing may have gone wrong in any."""
    contexts, wrong = [], []

    def opened(service_workers="allow"):
        context = chromium.new_context(service_workers=service_workers)
        contexts.append(context)
        context.add_init_script(f"window.at = '{host.address}/equalization/_static/';")
        page = context.new_page()
        page.set_default_timeout(240_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: said.type == "error" and wrong.append(said.text))
        return page

    opened.wrong = wrong
    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def go(page, address):
    page.goto(address, wait_until="load")
    page.locator("html[data-eq-ready]").wait_for(state="attached")
    return page.evaluate("crossOriginIsolated")


def isolated(tab, host):
    """The workbench as the second page of a visit."""
    page = tab()
    assert not go(page, f"{host.book}/intro.html")
    assert page.evaluate(READY)[1] == f"{host.address}/equalization/"
    assert go(page, f"{host.book}/workbench.html")
    return page


def test_from_the_second_page_on_page_and_workers_are_isolated_and_load_all(tab, host):
    page = isolated(tab, host)
    failed = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.on("response", lambda reply: reply.ok or failed.append(reply.url))
    page.evaluate("import(`${at}trainer.js`).then(({ openTrainer }) => openTrainer({ base: at }))")
    assert [worker.evaluate("crossOriginIsolated") for worker in page.workers] == [True]
    # The live sound's own script.
    page.evaluate("new AudioContext().audioWorklet.addModule(`${at}live_worklet.js`)")
    for name in ("book/intro", "book/tour", "book/results", "book/challenges", "search"):
        assert go(page, f"{host.address}/equalization/{name}.html"), name
    assert failed == []
    # A network that ships, in a worker that is not the trainer's.
    go(page, f"{host.book}/results.html")
    found = page.evaluate(
        """async () => {
            const { pageEngine } = await import(`${at}network_engines.js`);
            const element = document.querySelector("[data-eq-component=network]");
            const engine = pageEngine(JSON.parse(element.dataset.eqState));
            const [name] = Object.keys(JSON.parse(element.dataset.eqState).networks);
            const { output } = await engine.run(new Float32Array(4000).fill(0.1), name, () => {});
            return output.length;
        }"""
    )
    assert found == 4000
    # The host's other pages are none of its business.
    page.goto(f"{host.address}/index.html")
    assert page.evaluate("[crossOriginIsolated, navigator.serviceWorker.controller]") == [
        False,
        None,
    ]


def test_links_to_another_site_open(tab, host, address):
    page = isolated(tab, host)
    page.evaluate(
        """(href) => {
            for (const target of ["_blank", "_self"]) {
                const link = document.createElement("a");
                document.body.prepend(Object.assign(link, { href, target, textContent: target }));
            }
        }""",
        f"{address}/book/glossary.html",
    )
    with page.expect_popup() as popup:
        page.get_by_role("link", name="_blank", exact=True).click()
    popup.value.locator("html[data-eq-ready]").wait_for(state="attached")
    page.get_by_role("link", name="_self", exact=True).click()
    page.wait_for_url(f"{address}/**")
    page.go_back(wait_until="load")
    assert page.evaluate("crossOriginIsolated")


def test_two_threads_have_the_losses_of_one(tab, host):
    found = isolated(tab, host).evaluate(STEPS)
    np.testing.assert_allclose(found["together"], found["alone"], rtol=1e-4)
    assert len(set(found["alone"])) == 50
    assert found["next"] == "onGpu"  # which is the other one, here threads
    (choice,) = found["told"]
    assert choice["device"] == "gpu" and "for a step, and one thread" in choice["why"]


def test_a_run_tries_them_and_its_losses_stay(tab, host):
    page = isolated(tab, host)
    found = page.evaluate(TRAIN, [64, 20_000])
    (choice,) = found["choices"]
    assert choice["count"] in {1, page.evaluate("Math.min(4, navigator.hardwareConcurrency)")}
    assert "for a step, and one thread" in choice["why"]
    count = len(found["losses"])
    assert count >= 5 and found["end"]["reason"] == "stopped"
    # The schedule is that of as many steps; without threads nobody is asked.
    plain = tab("block")
    assert not go(plain, f"{host.book}/workbench.html")
    plain.evaluate("(count) => (window.stopAt = count)", count)
    alone = plain.evaluate(
        TRAIN.replace(
            "losses.push(...detail.losses)",
            "(losses.push(...detail.losses), losses.length >= stopAt && trainer.stop())",
        ),
        [64, 20_000],
    )
    assert alone["choices"] == []
    np.testing.assert_allclose(
        [loss for _, loss in found["losses"]],
        [loss for _, loss in alone["losses"][:count]],
        rtol=1e-4,
    )


def test_where_the_service_worker_is_gone_a_page_trains_as_before(tab, host):
    page = isolated(tab, host)
    host.without.add("isolation.js")
    gone = """navigator.serviceWorker.getRegistrations()
        .then((all) => Promise.all(all.map((each) => each.unregister())))"""
    assert page.evaluate(gone) == [True]
    # Still isolated: its workers have to start without what made it so.
    assert page.evaluate(TRAIN, [16, 3])["end"]["reason"] == "done"
    assert page.evaluate(TRAIN, [64, 120])["end"]["reason"] in {"done", "stopped"}
    tab.wrong.clear()  # threads' own workers are refused, which the browser notes
    for _ in range(2):
        assert not go(page, f"{host.book}/workbench.html")
    assert page.evaluate(TRAIN, [16, 3])["end"]["reason"] == "done"
    assert [text for text in tab.wrong if "404" not in text] == []
    tab.wrong.clear()


@pytest.mark.parametrize("service_workers", ["block", "allow"])
def test_without_a_network_a_reader_has_what_the_browser_kept(tab, host, service_workers):
    page = tab(service_workers)
    for name in ("intro", "glossary", "intro"):
        go(page, f"{host.book}/{name}.html")
        if service_workers == "allow":
            page.evaluate(READY)
    host.down = True
    go(page, f"{host.book}/glossary.html")
    with pytest.raises(Error):
        page.goto(f"{host.book}/promised.html")
    tab.wrong.clear()
