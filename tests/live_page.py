"""What tests of live sound share: both its ends, recorded in the page, and what has to come out."""

from __future__ import annotations

import base64
from math import gcd

import numpy as np
from scipy.signal import firwin, resample_poly

RATE = 16_000
# Beside each of the page's own nodes stands one that keeps what goes in and what comes out.
RECORDER = """(() => {
    const source = `registerProcessor("both-ends", class extends AudioWorkletProcessor {
        kept = [];
        process(inputs) {
            const [a, b] = inputs.map(([channel]) => channel?.slice() ?? new Float32Array(128));
            this.kept.push([currentFrame, a, b]);
            if (this.kept.length === 64) this.port.postMessage(this.kept.splice(0));
            return true;
        }
    });`;
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const { addModule } = AudioWorklet.prototype;
    AudioWorklet.prototype.addModule = async function (...given) {
        await addModule.call(this, address);
        return addModule.apply(this, given);
    };
    const { connect } = AudioNode.prototype;
    const recorders = new Map();
    AudioNode.prototype.connect = function (to, ...rest) {
        if (this instanceof AudioWorkletNode) {
            const one = { numberOfInputs: 2, channelCount: 1, channelCountMode: "explicit" };
            const recorder = new AudioWorkletNode(this.context, "both-ends", one);
            recorders.set(this, recorder);
            window.recorded = [];
            window.whole = 0; // the frame from which on nothing is missing
            recorder.port.onmessage = ({ data }) => data.forEach((one) => {
                const last = window.recorded.at(-1)?.[0];
                if (one[0] !== last + 128) window.whole = one[0];
                window.recorded.push(one);
            });
            connect.call(this, recorder, 0, 1);
            connect.call(recorder, this.context.destination);
            window.rateOfSound = this.context.sampleRate;
        }
        if (recorders.has(to)) connect.call(this, recorders.get(to), 0, 0);
        return connect.call(this, to, ...rest);
    };
    window.bothEnds = () => {
        const count = window.recorded.length;
        const samples = new Float32Array(256 * count);
        window.recorded.forEach(([, a, b], n) => {
            samples.set(a, 128 * n);
            samples.set(b, 128 * (count + n));
        });
        const bytes = new Uint8Array(samples.buffer);
        let text = "";
        for (let n = 0; n < bytes.length; n += 8192) {
            text += String.fromCharCode(...bytes.subarray(n, n + 8192));
        }
        return [window.recorded.map(([frame]) => frame), btoa(text)];
    };
})();"""


class Live:
    """What a reader sees of a live section, and what went in and came out."""

    def __init__(self, page, handle):
        self.page, self.handle = page, handle
        self.root = page.locator(".eq-live")
        self.status = self.root.locator(".eq-live-status")

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def go(self, source="sound", *, choice="network"):
        self.root.locator(f"input[value={source}]").check()
        if source == "device" and not self.root.get_by_label("I wear headphones").is_checked():
            self.root.get_by_label("I wear headphones").check()
        self.root.locator(f"input[value={choice}]").check()
        self.button("Go live").click()
        self.page.wait_for_function(f"() => {self.handle}.live.phase === 'live'", timeout=60_000)

    def after(self, seconds):
        """What the sound's own thread tells once nothing was late or missing for some seconds.

        Where a machine that does other things makes it late, the delay grows until it holds; where
        the browser leaves a quantum out, here or in the recorder, the seconds begin again.
        """
        steady = f"""() => {{
            const {{ last, phase }} = {self.handle}.live;
            if (phase !== "live") return "ended";
            const count = {seconds} * rateOfSound;
            return last?.steady >= count && last.began + last.heard - whole >= count && last;
        }}"""
        waited = self.page.wait_for_function(steady, timeout=1_000 * (4 * seconds + 60))
        report = waited.json_value()
        assert report != "ended", self.status.text_content()
        return report

    def ends(self, report):
        """Input and output as (samples,) each, from the first sample that went live on.

        Before a quantum that was left out, both are silent.
        """
        until = report["began"] + report["heard"]
        self.page.wait_for_function(f"() => recorded.at(-1)[0] + 128 >= {until}")
        frames, text = self.page.evaluate("bothEnds()")
        frames = np.array(frames)
        both = np.frombuffer(base64.b64decode(text), np.float32).reshape(2, -1)
        missed = np.flatnonzero(np.diff(frames) != 128)
        if missed.size:
            frames, both = frames[missed[-1] + 1 :], both[:, 128 * (missed[-1] + 1) :]
        first = frames[0] - report["began"]
        return np.pad(both, ((0, 0), (max(0, first), 0)))[:, max(0, -first) :]

    @property
    def rate(self):
        return round(self.page.evaluate("rateOfSound"))


def converted(signal, source, goal):
    """Another sample rate, by SciPy."""
    if source == goal:
        return signal
    up, down = goal // gcd(goal, source), source // gcd(goal, source)
    longer = max(up, down)
    taps = firwin(128 * longer + 1, 0.97 / longer, window=("kaiser", 9))
    return resample_poly(signal, up, down, window=taps)


def expected(entered, rate, system, report):
    """What has to come out: of the system at 16 kHz, turned down and late as the page says."""
    made = system(converted(entered, rate, RATE).astype(np.float32))
    back = converted(np.asarray(made, np.float64), RATE, rate)[: len(entered)] * report["gain"]
    return np.concatenate([np.zeros(report["delay"]), back])[: len(entered)]
