"""What live sound is made of, by Node.js: other sample rates, frames and filters piece by piece."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from eqlib import EQ, frames
from nodejs import needs_node, node

pytestmark = needs_node

RATE = 16_000
# Pieces of uneven lengths, some of them empty.
PIECES = """const pieces = (signal) => {
    const found = [];
    for (let at = 0, n = 0; at < signal.length; at += [256, 1, 0, 700][n++ % 4]) {
        found.push(Float32Array.from(signal.slice(at, at + [256, 1, 0, 700][n % 4])));
    }
    return found;
};"""


def tones(rate, seconds, highest_hz):
    """A sum of sines, and silence before it so that filters have nothing to ring about."""
    t = np.arange(round(seconds * rate)) / rate
    hz = np.geomspace(60, highest_hz, 9)
    return sum(np.sin(2 * np.pi * f * t + f) for f in hz) / 9


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("way", ["down", "up"])
def test_a_resampled_signal_is_the_same_signal_at_the_other_instants(tmp_path, rate, way):
    """Oracle: sines, whose values at all instants are known."""
    source, goal = (rate, RATE) if way == "down" else (RATE, rate)
    script = f"""(() => {{
        {PIECES}
        const each = new rates.Resampler(value.from, value.to);
        return [pieces(value.signal).flatMap((piece) => [...each.push(piece)]), each.ahead];
    }})()"""
    signal = tones(source, 0.2, 6_900)
    sent = {"from": source, "to": goal, "signal": signal.tolist()}
    got, ahead = node(tmp_path, script, sent)
    expected = tones(goal, 0.2, 6_900)
    assert len(got) == np.ceil((len(signal) - ahead) * goal / source)
    settled = round(0.005 * goal)  # the sines began all at once
    np.testing.assert_allclose(got[settled:], expected[settled : len(got)], atol=2e-4)


def test_what_would_fold_back_is_gone(tmp_path):
    hz = np.array([8_300, 9_100, 15_900, 16_100, 20_000])
    signals = np.sin(2 * np.pi * hz[:, None] * np.arange(9_600) / 48_000)
    script = "value.map((signal) => [...new rates.Resampler(48000, 16000).push(signal)])"
    got = np.array(node(tmp_path, script, signals.tolist()))[:, 200:]
    assert np.abs(got).max() < 10 ** (-70 / 20)


@pytest.mark.parametrize("rates", [(16_000, 44_100), (48_000, 16_000), (16_000, 16_000)])
def test_a_whole_signal_keeps_its_duration(tmp_path, rates):
    source, goal = rates
    signal = tones(source, 0.1, 5_000)
    script = f"[...rates.resampled(Float32Array.from(value), {source}, {goal})]"
    got = node(tmp_path, script, signal.tolist())
    inside = slice(round(0.005 * goal), -round(0.005 * goal))
    assert len(got) == round(0.1 * goal)
    np.testing.assert_allclose(got[inside], tones(goal, 0.1, 5_000)[inside], atol=2e-4)


@pytest.mark.parametrize("shape", [(1_024, 512), (1_024, 256), (512, 512 // 4)])
def test_frames_piece_by_piece_are_those_of_the_whole_signal(tmp_path, shape):
    """A network that is no filter: it depends on where its frames lie."""
    frame, hop = shape
    signal = np.random.default_rng(0).standard_normal(9_000).astype(np.float32)
    script = f"""(() => {{
        {PIECES}
        const stream = new streams.FrameStream({{ frame: {frame}, hop: {hop} }});
        const [wet, dry, frames] = [[], [], []];
        for (const piece of pieces(value)) {{
            stream.push(piece);
            while (stream.ready) {{
                const taken = stream.take();
                frames.push([...taken.windowed]);
                const made = stream.add(taken.windowed.map((x, n) => x * x * (n % 7)));
                if (made) wet.push(...made), dry.push(...taken.dry);
            }}
        }}
        return [frames, wet, dry];
    }})()""".replace("pieces_module", "streams")
    cuts, wet, dry = node(tmp_path, script, signal.tolist())
    window = frames.window("hann", frame)
    whole = frames.cut(torch.from_numpy(signal.astype(np.float64)), frame=frame, hop=hop) * window
    np.testing.assert_allclose(cuts, whole[: len(cuts)], atol=1e-5)
    assert len(wet) == len(signal) // hop * hop - (frame - hop)
    np.testing.assert_array_equal(np.float32(dry), signal[: len(wet)])

    def network(x):
        return x * x * (torch.arange(frame) % 7)

    gain = frame / (2 * hop)  # of windows that overlap
    outputs = network(whole) / gain
    expected = frames.overlap_add(outputs, hop=hop, samples=len(signal))
    np.testing.assert_allclose(wet, expected[: len(wet)], atol=2e-4)


@pytest.mark.parametrize(
    "eq",
    [
        EQ.low_shelf(cutoff_hz=500, gain_db=10) + EQ.peaking(cutoff_hz=2_000, gain_db=-6, q=2),
        EQ.drawn(frequencies_hz=[60, 400, 3_000], gains_db=[3, -5, 2], phase="minimum"),
    ],
)
def test_a_filter_remembers_what_came_before(tmp_path, eq):
    signal = np.random.default_rng(1).standard_normal(4_000)
    script = f"""(() => {{
        {PIECES}
        const filter = target.eqStream(value.eq);
        return pieces(value.signal).flatMap((piece) => [...filter(piece)]);
    }})()"""
    got = node(tmp_path, script, {"eq": eq.to_dict(), "signal": signal.tolist()})
    expected = eq(signal.astype(np.float32))
    np.testing.assert_allclose(got, expected, atol=2e-4 * np.abs(expected).max())


# The sound's own thread, with what a browser has there, and one quantum left out.
WORKLET = """(async () => {
    class AudioWorkletProcessor { port = { postMessage: (report) => reports.push(report) }; }
    const reports = [];
    let Live;
    Object.assign(globalThis, { AudioWorkletProcessor, sampleRate: 16000, currentFrame: 1280 });
    globalThis.registerProcessor = (name, made) => (Live = made);
    await import("./live_worklet.mjs");
    const live = new Live({ processorOptions: { delay: 0, margin: 256, gain: 1, choice: 1 } });
    live.worker = { postMessage() {} };
    const channels = [0, 1, 2].map(() => new Float32Array(64000).fill(0.5));
    live.receive({ first: 0, channels });
    for (let n = 0; n < 320; n++) {
        if (n === value.skipped) globalThis.currentFrame += 128;
        live.process([[new Float32Array(128).fill(0.5)]], [[new Float32Array(128)]]);
        globalThis.currentFrame += 128;
    }
    return reports.at(-1);
})()"""


@pytest.mark.parametrize(("skipped", "began", "late"), [(None, 1_280, 0), (100, 1_408, 1)])
def test_a_quantum_that_the_browser_leaves_out_is_told(tmp_path, skipped, began, late):
    report = node(tmp_path, WORKLET, {"skipped": skipped})
    assert (report["began"], report["lates"]) == (began, late)
    assert report["heard"] - report["steady"] == 128 * (skipped or 0)
