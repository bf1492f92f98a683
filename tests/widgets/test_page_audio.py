"""What the page does to sounds and sends to Python, by Node.js, against the package's Python."""

from __future__ import annotations

import numpy as np
import pytest

from eqlib import EQ, data
from eqlib.equalizers.biquad import Biquad
from nodejs import needs_node, node

pytestmark = needs_node

# --- pictures of waveforms

WIDTHS = (97, 240, 333, 640, 1_001)


def drawn(tmp_path, sounds, rate):
    """How high each column of a picture reaches, for each sound and width: (columns,)."""
    script = """value.sounds.map((sound) => value.widths.map((width) =>
        envelope.columns(Float32Array.from(sound), width, value.rate).map(([, high]) => high)))"""
    sent = {"sounds": [x.tolist() for x in sounds], "widths": WIDTHS, "rate": rate}
    return [[np.array(columns) for columns in each] for each in node(tmp_path, script, sent)]


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_a_picture_of_a_steady_sound_is_steady(tmp_path, rate):
    """However columns and periods meet; also where the second harmonic is the strongest."""
    t = np.arange(round(0.75 * rate)) / rate
    tones = [np.sin(2 * np.pi * hz * t) / 2 for hz in (55, 82.4, 110, 370, 997, 3_100, 6_999)]
    tones += [
        (0.3 * np.sin(2 * np.pi * hz * t) + np.sin(4 * np.pi * hz * t + 1)) / 3
        for hz in (61, 200, 371)
    ]
    for tone, pictures in zip(tones, drawn(tmp_path, tones, rate), strict=True):
        for high in pictures:
            assert np.ptp(high) < 0.03 * tone.max()
            assert high.max() == pytest.approx(tone.max(), rel=1e-6)


def test_a_picture_shows_the_sounds_own_maxima(tmp_path):
    """Nothing within a column is left out, and nothing comes from farther than a period away."""
    hz, rate = 370, 16_000
    t = np.arange(12_000) / rate
    fader = 1 + 0.8 * np.sin(2 * np.pi * 30 * t)
    noise = np.random.default_rng(0).standard_normal(12_000) / 10
    note = data.load(instrument="piano", split="test")["piano/sal_Fs4_v10"][:12_000]
    sounds = {"moving": (fader * np.sin(2 * np.pi * hz * t) / 4, 1 / hz), "noise": (noise, 0.002)}
    sounds["note"] = (note, 1 / hz)
    pictures = drawn(tmp_path, [sound for sound, _ in sounds.values()], rate)
    for (name, (sound, period_s)), each in zip(sounds.items(), pictures, strict=True):
        around = int(np.ceil(period_s * rate / 2)) + 2
        for high, width in zip(each, WIDTHS, strict=True):
            edges = np.arange(width + 1) * len(sound) / width
            for column, reached in enumerate(high):
                a, b = int(np.ceil(edges[column])), int(np.ceil(edges[column + 1]))
                middle = round((a + b) / 2)
                least = max(0, sound[a:b].max(initial=0))
                low, top = min(a - 2, middle - around), max(b + 2, middle + around)
                # At the ends, as much comes from within.
                low, top = max(0, low - max(0, top - len(sound))), top + max(0, -low)
                assert least - 1e-7 <= reached <= max(0, sound[low:top].max()) + 1e-7, name
    shown = pictures[0][WIDTHS.index(640)]
    at = np.interp((np.arange(640) + 0.5) / 640 * 12_000, np.arange(12_000), fader) / 4
    assert np.corrcoef(shown, at)[0, 1] > 0.99, "a fader that moves is seen to move"


# --- networks that Python runs


def test_a_long_sound_goes_to_python_in_pieces(tmp_path):
    """A minute of 48 kHz is 11 MB; a Jupyter server takes 10 MiB at a time."""
    script = """(async () => {
        const signal = Float32Array.from({ length: 60 * 48000 }, (_, n) => n % 1000);
        const [sizes, whole] = [[], new Float32Array(signal.length)];
        let answer;
        const model = { on: (_, receive) => (answer = receive), off() {} };
        model.send = ({ id, first, last }, _, [buffer]) => setTimeout(() => {
            sizes.push(buffer.byteLength);
            whole.set(new Float32Array(buffer), first);
            answer({ id, received: first + buffer.byteLength / 4 });
            const view = new DataView(whole.buffer);
            if (last) answer({ id, seconds: 1 }, [view, view]);
        }, 5);
        const { output } = await engines.pythonEngine(model).run(signal, "mine");
        return [sizes, output.length, output.every((x, n) => x === signal[n])];
    })()"""
    sizes, length, same = node(tmp_path, script, 0)
    assert (length, same) == (60 * 48_000, True)
    assert len(sizes) > 2
    assert max(sizes) < 5 * 2**20


@pytest.mark.parametrize("answered", [0, 4, 99])
def test_a_kernel_that_says_nothing_is_given_up(tmp_path, answered):
    """From the beginning on, after the first of three pieces, or after all of them."""
    script = """(async () => {
        let answer;
        const model = { on: (_, receive) => (answer = receive), off() {} };
        model.send = ({ id, first }, _, [buffer]) => {
            const received = first + buffer.byteLength / 4;
            if (first < value) setTimeout(() => answer({ id, received }));
        };
        const engine = engines.pythonEngine(model, { piece: 4, silentMs: 60, runsMs: 90 });
        const said = [];
        const sound = new Float32Array(10);
        const run = () => engine.run(sound, "mine").catch((error) => said.push(error.message));
        await run();
        await run();
        const canceled = run();
        engine.cancel();
        await canceled;
        return said;
    })()"""
    first, second, third = node(tmp_path, script, answered)
    assert "the kernel has not answered" in first
    assert second == first
    assert third == "Canceled."


def test_the_pages_targets_are_pythons(tmp_path):
    noise = np.random.default_rng(0).standard_normal(4_000).astype(np.float32) / 8
    shelf = {"kind": "low_shelf", "cutoff_hz": 500, "gain_db": 10, "slope": 0.7071, "q": None}
    notch = {"kind": "notch", "cutoff_hz": 2_000, "q": 2}
    drawn = {"frequencies_hz": [60, 150, 400, 1_000], "gains_db": [3, 6, -5, 2]}
    eqs = [{"bands": [shelf, notch, shelf | {"bypass": True}]}, {"bands": [], "curve": drawn}]
    script = """value.eqs.map((eq) =>
        [...engines.equalized(Float32Array.from(value.noise), eq, 16000)])"""
    got = node(tmp_path, script, {"eqs": eqs, "noise": noise.tolist()})
    bands = EQ((Biquad(**shelf), Biquad(**notch)))
    np.testing.assert_allclose(got[0], bands(noise), atol=1e-5)
    np.testing.assert_allclose(got[1], EQ.drawn(**drawn, phase="minimum")(noise), atol=1e-4)


# --- sample rates that a browser refuses


@pytest.mark.parametrize("times", [2, 3])
def test_a_rate_that_an_engine_refuses_is_reached_by_a_multiple(tmp_path, times):
    rate, inside = 16_000, slice(200, -200)
    low, high = (
        sum(np.sin(2 * np.pi * hz * np.arange(n) / r + hz) for hz in (100, 1_000, 6_500)) / 4
        for n, r in ((3_200, rate), (3_200 * times, rate * times))
    )
    above = np.sin(2 * np.pi * 10_500 * np.arange(len(high)) / (rate * times)) / 4
    script = f"""[decoding.decimate(Float32Array.from(value[0]), {times}),
        decoding.interpolate(Float32Array.from(value[1]), {times}),
        decoding.decimate(Float32Array.from(value[2]), {times})].map((x) => [...x])"""
    down, up, gone = map(np.array, node(tmp_path, script, [x.tolist() for x in (high, low, above)]))
    np.testing.assert_allclose(down[inside], low[inside], atol=2e-3)
    np.testing.assert_allclose(up[inside], high[inside], atol=2e-3)
    assert np.abs(gone[inside]).max() < 1e-3
