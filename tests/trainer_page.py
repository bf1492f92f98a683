"""What tests of the page's trainer share: a bare page, and what it is asked for."""

from __future__ import annotations

import base64

import numpy as np
import torch

from eqlib import EQ, EQNet, EQNetConfig
from eqlib.networks import flat

EQUALIZER = EQ.low_shelf(cutoff_hz=500, gain_db=10) + EQ.peaking(cutoff_hz=2_000, gain_db=-6, q=2)
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
    const events = ["started", "progress", "validated", "snapshot", "device", "ended", "failed"];
    for (const event of events) {
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
