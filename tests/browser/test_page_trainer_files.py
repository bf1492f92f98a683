"""The page's trainer on a bare page: its files, its notes, its targets and the frames it draws."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch

import eqlib
from eqlib import EQ, EQNet, EQNetConfig, data
from trainer_page import CONFIG, EQUALIZER, losses, net_of

pytestmark = pytest.mark.browser


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
