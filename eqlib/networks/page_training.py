"""What a page needs to train a network by itself: graphs, their description, notes to learn from.

    write(Path("_onnx/training"))

=================================  ================================================================
file                               what it holds
=================================  ================================================================
train-16.onnx, pretrain-16.onnx    steps of each stage (`eqlib.networks.step_onnx`)
gpu-train-16.onnx, ...             one step of each, for a GPU
forward-16.onnx                    the network without its weights, and its two ends alone, as
reconstruct-16.onnx                stage one trains them
training.json                      the networks' sizes, and the order of their weights
notes.flac                         piano notes, one after the other, as they are in the package
notes.json                         which note begins where, which split it is of, and whose they are
=================================  ================================================================

Chapter: "Making it fast".
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf

from eqlib.config import EQNetConfig
from eqlib.data import recordings
from eqlib.data.clips import Clips
from eqlib.data.files import replacing
from eqlib.data.sound_files import SAMPLE_RATE
from eqlib.networks.flat import Stage, layout
from eqlib.networks.step_onnx import BETAS, EPSILON, export_forward, export_steps

FILTERS = (16, 32, 64, 128)
STAGES: dict[Stage, str] = {"train": "forward", "pretrain": "reconstruct"}
TRAIN_EVERY = 3
"""Of the piano notes for training, every third: 24 of 72, with all pitches and velocities."""


def write(folder: Path) -> list[Path]:
    """Writes all files into a folder that is there, each complete or not at all.

    Returns:
        Their paths.

    Raises:
        EqlibError: if onnx or onnxscript is not installed, or a file cannot be written.
    """
    paths = []
    for filters in FILTERS:
        config = replace(EQNetConfig(), filters=filters)
        for stage, whole in STAGES.items():
            one = folder / f"gpu-{stage}-{filters}.onnx"
            path = folder / f"{stage}-{filters}.onnx"
            paths += [export_steps(config, stage, path, one=one), one]
            paths.append(export_forward(config, stage, folder / f"{whole}-{filters}.onnx"))
    paths.append(_write_json(folder / "training.json", description()))
    return [*paths, *write_notes(folder)]


def description() -> dict[str, object]:
    """The networks' sizes, the order of their weights, and how Adam is driven."""
    networks = {}
    for filters in FILTERS:
        config = replace(EQNetConfig(), filters=filters)
        parts = layout(config)
        networks[str(filters)] = {
            "config": asdict(config),
            "parameters": sum(part.size for part in parts),
            "parts": [part._asdict() for part in parts],
        }
    return {"networks": networks, "betas": BETAS, "epsilon": EPSILON}


def notes() -> Clips:
    """The piano notes of the page: 24 for training, 8 for validation and 12 for tests."""
    train = recordings.load(instrument="piano", split="train")[::TRAIN_EVERY]
    others = [recordings.load(instrument="piano", split=s) for s in ("validation", "test")]
    return Clips.from_arrays(
        [clip for clips in (train, *others) for clip in clips],
        sample_rate=SAMPLE_RATE,
        names=[name for clips in (train, *others) for name in clips.names],
        info=[info for clips in (train, *others) for info in clips.info],
    )


def write_notes(folder: Path) -> list[Path]:
    """Writes notes.flac, which holds the very samples of the package, and notes.json."""
    clips = notes()
    firsts = np.cumsum([0, *clips.lengths]).tolist()
    rows = [
        {"name": name, "split": info["split"], "first": first, "samples": int(samples)}
        for name, info, first, samples in zip(
            clips.names, clips.info, firsts[:-1], clips.lengths, strict=True
        )
    ]
    credits = sorted({f"{info['attribution']} ({info['license']})" for info in clips.info})
    with replacing(folder / "notes.flac") as temporary:
        sf.write(temporary, np.concatenate(list(clips)), SAMPLE_RATE, "PCM_16", format="FLAC")
    about = {"sample_rate": SAMPLE_RATE, "credits": credits, "notes": rows}
    return [folder / "notes.flac", _write_json(folder / "notes.json", about)]


def _write_json(path: Path, content: dict[str, Any]) -> Path:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")
    return path
