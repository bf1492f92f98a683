"""Makes what the book's first page plays: `make opening`.

A network learns the low shelf, with the seed and the settings below. Its weights are kept at some
moments, and one note goes through each of them. What comes of it lies in `book/_static`:

- `opening.flac`: the note, the target, and the output at each moment, one after the other;
- `opening.json`: the settings, what was measured, and the responses;
- `opening.safetensors`: the network at the end, which "What the network learned" opens.
"""

from __future__ import annotations

import json
import math
import platform
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import torch

import eqlib
from eqlib import EQNet, EQNetConfig, data, pair
from eqlib.analysis.systems import sweep_response
from eqlib.audio import db
from eqlib.equalizers.targets import TARGETS
from eqlib.metrics import loudness, snr_db
from eqlib.widgets.bench_run import BenchRun
from eqlib.widgets.encoding import encode_lossless
from eqlib.widgets.workbench import SPLITS

STATIC = Path(__file__).resolve().parents[1] / "_static"
RATE = data.SAMPLE_RATE
TARGET = "low-shelf"
# As in the workbench, but on all training recordings of the package: its 24 piano notes have next
# to nothing above 3 kHz, and a network that was never taught there draws any curve.
RUN = {"filters": 16, "steps": 3000, "learningRate": 8e-3, "pretrainSteps": 0, "seed": 0}
# Of the moments that a run keeps, about evenly spaced in octaves. A training zigzags: these are
# moments at which the note is nearer to the target than at those before.
STEPS = (0, 4, 8, 13, 24, 36, 83, 157, 365, 1594, 3000)
NOTE = "piano/sal_Fs4_v10"
SAMPLES, FADE = 20_000, 3_000  # of the note, which goes round and round; of its end
POINTS = 72  # of a response
LEVEL_DBFS = -3.0  # of the highest peak
ERROR_RMS = 1e-4  # of rounding at most: 60 dB below the last output's own error, and smaller still


def main() -> None:
    """Trains, and writes the three files."""
    began = time.monotonic()
    bench, test = trained()
    seconds = time.monotonic() - began
    note = the_note()
    target = TARGETS[TARGET](note)
    nets = [bench.at(step) for step in STEPS[:-1]] + [bench.net]
    sounds = [note, target, *(net.process(note) for net in nets)]
    sounds, gains_db = matched(sounds)
    _, flac = encode_lossless(np.concatenate(sounds), sample_rate=RATE, error_rms=ERROR_RMS)
    found = {
        "target": TARGETS[TARGET].to_dict(),
        "note": NOTE,
        "run": RUN,
        "made": {
            "on": date.today().isoformat(),
            "machine": f"{platform.system()} {platform.machine()}, torch {torch.__version__}",
            "seconds": round(seconds, 1),
            "unseen_clips": len(test),
            "snr_unseen_db": rounded(mean_snr_db(test, bench.net.process)),
            "snr_unseen_nothing_db": rounded(mean_snr_db(test, lambda audio: audio)),
        },
        "sample_rate": RATE,
        "samples": SAMPLES,
        "gains_db": {"input": gains_db[0], "target": gains_db[1]},
        "snr_nothing_db": rounded(snr_db(target, note)),
        **curves(nets),
        "moments": [
            {"step": step, "snr_db": rounded(snr_db(target, net.process(note))), "gain_db": gain}
            for step, net, gain in zip(STEPS, nets, gains_db[2:], strict=True)
        ],
    }
    responses = found.pop("responses_db")
    for moment, response_db in zip(found["moments"], responses, strict=True):
        moment["response_db"] = response_db
    bench.net.info["run"] = RUN
    eqlib.save(bench.net, STATIC / "opening.safetensors", dtype=torch.float16)
    (STATIC / "opening.flac").write_bytes(flac)
    text = json.dumps(found, indent=1, allow_nan=False)
    (STATIC / "opening.json").write_text(f"{text}\n", encoding="utf-8")


def trained(watch: Any = lambda event, detail, **arrays: None) -> tuple[BenchRun, eqlib.Pairs]:
    """The run, at its end, and the pairs that judge it."""
    clips = {split: data.load(split=split) for split in SPLITS}
    clips["validation"] = clips["validation"][::2]
    pairs, validation, test = (pair(each, TARGETS[TARGET]) for each in clips.values())
    net = EQNet(EQNetConfig(filters=RUN["filters"]), seed=RUN["seed"])
    bench = BenchRun(net, pairs=pairs, validation=validation, test=test, tell=watch)
    bench.go(
        steps=RUN["steps"],
        pretrain_steps=RUN["pretrainSteps"],
        learning_rate=RUN["learningRate"],
        seed=RUN["seed"],
    )
    return bench, test


def the_note() -> np.ndarray:
    """The book's note, with an end that fades, so that it can go round and round."""
    note = data.load(instrument="piano", split="test")[NOTE][:SAMPLES].copy()
    note[-FADE:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(FADE) / FADE)
    return note


def matched(sounds: list[np.ndarray]) -> tuple[list[np.ndarray], list[float]]:
    """The sounds at one loudness, the highest peak at LEVEL_DBFS; and their gains in dB."""
    levels = np.array([loudness(sound, sample_rate=RATE) for sound in sounds])
    peaks_dbfs = db(np.array([np.abs(sound).max() for sound in sounds]))
    common = LEVEL_DBFS - (peaks_dbfs - levels).max()
    gains_db = np.floor(10 * (common - levels)) / 10
    louder = zip(sounds, gains_db, strict=True)
    return [sound * 10 ** (gain / 20) for sound, gain in louder], gains_db.tolist()


def curves(nets: list[EQNet]) -> dict[str, Any]:
    """Responses in dB by sweep, of the target and of each network, where they are heard."""
    found = [
        sweep_response(process, points=POINTS, sample_rate=RATE)
        for process in (TARGETS[TARGET], *(net.process for net in nets))
    ]
    in_db = [[rounded(x, 2) for x in db(np.abs(each.response), floor=1e-6)] for each in found]
    return {
        "frequencies_hz": [rounded(hz) for hz in found[0].frequencies_hz],
        "target_db": in_db[0],
        "responses_db": in_db[1:],
    }


def mean_snr_db(pairs: eqlib.Pairs, process: Any) -> float:
    """The mean SNR over pairs, in dB."""
    both = zip(pairs.dry, pairs.wet, strict=True)
    return float(np.mean([float(snr_db(wet, process(dry))) for dry, wet in both]))


def rounded(x: float, digits: int = 1) -> float:
    """A number for the page."""
    if not math.isfinite(x):
        raise ValueError(f"{x} was measured")
    return round(float(x), digits)


if __name__ == "__main__":
    main()
