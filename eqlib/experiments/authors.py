"""The shipped networks beside the audio that the paper's authors published.

Their recordings carry no license, so they are not part of this package. Who has fetched them can
point at the folder: for each of three targets the input, the target and their network's output.

Chapter: "Results".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np

from eqlib import data, metrics
from eqlib.audio import check_same_shape
from eqlib.data.files import as_path, kind_at
from eqlib.equalizers.targets import REFERENCE
from eqlib.errors import EqlibError, checked
from eqlib.experiments.intervals import of_clips
from eqlib.experiments.results import entry
from eqlib.experiments.table import Table, decimals
from eqlib.networks.shipped import pretrained

LAYOUT = "nine WAV files, 1-<target>_INPUT.wav, 2-<target>_TARGET.wav, 3-<target>_OUTPUT.wav"
PARTS = ("INPUT", "TARGET", "OUTPUT")
RECOGNIZED_DB, LEAD_DB = 20, 10
"""An equalizer is taken for the one of a recording if it explains it this well, and better than any
other by this much. More cannot be asked: one of the published targets is limited, smoothly, where
it would exceed full scale, and no exact equalizer explains that."""


@dataclass(frozen=True)
class Published:
    """What the authors' published output for one target is worth, measured on their files.

    Attributes:
        mae: mean absolute error of their output.
        nothing_mae: the same for the input as it is.
        error_to_signal_ratio: of their output.
        snr_db: of their output.
    """

    mae: float
    nothing_mae: float
    error_to_signal_ratio: float
    snr_db: float


PUBLISHED = {
    "low-shelf": Published(0.00864, 0.08789, 0.0060, 22.2),
    "peaking": Published(0.00923, 0.03635, 0.0213, 16.7),
    "highpass": Published(0.00737, 0.04903, 0.299, 5.2),
}
"""The figures of the authors' three published outputs, as this project measured them. They publish
none for a lowpass."""


ON_THEIR_FILES = (
    ("low-shelf", "the file, limited at full scale", 54.0, None),
    ("low-shelf", "the exact equalizer", 93.0, 62.2),
    ("peaking", "the file", 29.9, 46.2),
    ("peaking-long", "the file", 126.0, 57.9),
    ("highpass", "the file", 269.0, 53.0),
)
"""Measured by this project, when it had the authors' files at hand, with the networks that ship:
network, what it is scored against, how many times smaller its normalized mean absolute error is
than that of the authors' output, and its SNR in dB (not kept for the limited file)."""


@dataclass(frozen=True)
class Row:
    """One line of the comparison.

    Attributes:
        target: name of the reference target, found from input and target alone.
        against: "file", the published target, or "exact", what the equalizer itself makes of the
            input, without a limiter at full scale.
        method: "doing nothing", "theirs" or "ours".
        mae: mean absolute error.
        normalized_mae: the same divided by the target's RMS value.
        error_to_signal_ratio: energy of the error by energy of the target.
        snr_db: the same in dB.
    """

    target: str
    against: str
    method: str
    mae: float
    normalized_mae: float
    error_to_signal_ratio: float
    snr_db: float


def compare(folder: str | PathLike[str]) -> list[Row]:
    """Scores the authors' outputs and the shipped networks' on the authors' recordings.

    Args:
        folder: holds the nine WAV files; <target> may be any three names.

    Returns:
        For each target three rows against its file, and three against the exact equalizer.

    Raises:
        EqlibError: for a missing folder or file, files that are not mono at 16 kHz or not of one
            length, a target that none of the reference equalizers explains, or one that comes
            twice.
    """
    folder = as_path(folder, name="folder")
    names = _targets_in(folder)
    rows: list[Row] = []
    for name in names:
        files = [folder / f"{number}-{name}_{part}.wav" for number, part in enumerate(PARTS, 1)]
        dry, wet, theirs = (data.read(file) for file in files)
        for file, audio in zip(files[1:], (wet, theirs), strict=True):
            check_same_shape(str(file), audio, str(files[0]), dry)
        target = _recognize(name, dry, wet)
        if target in {row.target for row in rows}:
            raise EqlibError(
                f"two of the targets in {folder} are the {target}",
                "three different ones",
                "Fetch the files again, each under the name it had.",
            )
        outputs = {"doing nothing": dry, "theirs": theirs}
        outputs["ours"] = pretrained(target).process(dry)
        for against, goal in {"file": wet, "exact": REFERENCE[target](dry)}.items():
            rows += [_row(target, against, *output, wet=goal) for output in outputs.items()]
    return rows


@checked
def as_text(rows: list[Row]) -> str:
    """The comparison as a table, and by how much the normalized error of ours is smaller."""
    head = f"{'target':10}  {'against':7}  {'method':13}  {'mae':>8}  {'mae/rms':>8}  {'ESR':>9}"
    lines = [f"{head}  {'SNR':>8}"]
    for row in rows:
        lines.append(
            f"{row.target:10}  {row.against:7}  {row.method:13}  {row.mae:8.5f}  "
            f"{row.normalized_mae:8.5f}  {row.error_to_signal_ratio:9.6f}  {row.snr_db:5.1f} dB"
        )
    by = {(row.target, row.against, row.method): row.normalized_mae for row in rows}
    for target, against in dict.fromkeys((row.target, row.against) for row in rows):
        ratio = by[target, against, "theirs"] / by[target, against, "ours"]
        goal = "the file" if against == "file" else "the exact equalizer"
        lines.append(f"{target}, {goal}: our normalized error is {ratio:.3g} times smaller")
    return "\n".join(lines) + "\n"


def on_our_notes() -> Table:
    """The authors' published output beside this book's, each on its own recordings."""
    rows = []
    theirs_and_ours = [(name, name) for name in PUBLISHED] + [("peaking", "peaking-long")]
    for target, name in theirs_and_ours:
        published, ours = PUBLISHED[target], entry(name)["scores"]["authors' kind"]
        theirs, mine = published.error_to_signal_ratio, ours["error_to_signal_ratio"]
        of_each = decimals(published.snr_db), str(of_clips(ours["clips"]))
        ratios = f"{theirs**0.5:.4f}", f"{mine**0.5:.4f}", f"{(theirs / mine) ** 0.5:.0f}"
        rows.append((name, *of_each, *ratios))
    header = ("their SNR (dB)", "our SNR, mean (dB)", "their error/signal", "our error/signal")
    return Table(
        "Error by signal (RMS values), on the note that the authors publish and on this book's "
        "notes within an octave of it; in square brackets the interval of 95 % over pitches.",
        ("target", *header, "times smaller"),
        tuple(rows),
    )


def on_their_files() -> Table:
    """The shipped networks on the authors' own notes, as this project measured it."""
    rows = tuple(
        (name, against, f"{times:g}", "-" if snr_db is None else decimals(snr_db))
        for name, against, times, snr_db in ON_THEIR_FILES
    )
    return Table(
        "The networks that ship on the authors' own note, one for each target, as measured by this "
        "project: how many times smaller the normalized mae is than that of the authors' output, "
        "and the SNR. One note each, so there is no interval.",
        ("network", "against", "times smaller", "our SNR (dB)"),
        rows,
    )


def _targets_in(folder: Path) -> list[str]:
    cure = "Fetch the authors' files into one folder, as float WAV and under their own names."
    if kind_at(folder) != "folder":
        raise EqlibError(f"{folder} is not a folder", LAYOUT, cure)
    found = {file.name for file in folder.glob("*.wav")}
    names = sorted({m[1] for file in found if (m := re.fullmatch(r"[123]-(.+)_[A-Z]+\.wav", file))})
    if len(names) != 3:
        raise EqlibError(f"{folder} holds {len(names)} targets: {names}", LAYOUT, cure)
    wanted = {f"{n}-{name}_{part}.wav" for name in names for n, part in enumerate(PARTS, 1)}
    if missing := sorted(wanted - found):
        raise EqlibError(f"{folder} lacks {', '.join(missing)}", LAYOUT, cure)
    return names


def _recognize(name: str, dry: np.ndarray, wet: np.ndarray) -> str:
    found = {key: float(metrics.snr_db(wet, eq(dry))) for key, eq in REFERENCE.items()}
    (best, snr_db), (_, next_db) = sorted(found.items(), key=lambda each: -each[1])[:2]
    if snr_db < RECOGNIZED_DB or snr_db - next_db < LEAD_DB:
        raise EqlibError(
            f"no reference equalizer turns 1-{name}_INPUT.wav into 2-{name}_TARGET.wav (the best, "
            f"the {best}, leaves an SNR of {snr_db:.1f} dB, the next {next_db:.1f} dB)",
            f"one of {', '.join(REFERENCE)}",
            "Check that both files belong together and are the lossless ones.",
        )
    return best


def _row(target: str, against: str, method: str, output: np.ndarray, *, wet: np.ndarray) -> Row:
    kinds = (metrics.mae, metrics.normalized_mae, metrics.error_to_signal_ratio, metrics.snr_db)
    return Row(target, against, method, *(float(kind(wet, output)) for kind in kinds))
