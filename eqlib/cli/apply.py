"""`eqlib apply IN OUT`: sound files through a network, block by block, on several processes.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile as sf
import torch
from tqdm import tqdm

from eqlib.apply import Equalizer, check_strength
from eqlib.cli.common import check_new, network
from eqlib.data.containers import check_end, check_length, readable, whole
from eqlib.data.files import as_path, check_file, for_libsndfile, kind_at, replacing
from eqlib.data.sound_files import files_in, format_of
from eqlib.errors import EqlibError, check_integer, check_number
from eqlib.model import EQNet

BLOCK = 2**16


class Settings(NamedTuple):
    """What is done to each file.

    Attributes:
        network: name or file.
        strength, keep_above: as of `eqlib.apply.Equalizer`.
        gain_db: of the output.
        subtype: how the output's samples are stored; None for as the input's are.
    """

    network: str
    strength: float
    keep_above: bool
    gain_db: float
    subtype: str | None


class Done(NamedTuple):
    """What was made of a file.

    Attributes:
        target: the file that was written.
        peak: of the output, full scale at 1.0.
        clipped: samples beyond full scale that the format could not hold.
    """

    target: Path
    peak: float
    clipped: int


def run(options: argparse.Namespace) -> int:
    """Runs the command; returns 1 if some files of a folder could not be done."""
    settings = Settings(
        options.network,
        check_strength(options.strength),
        not options.cut_above,
        check_number("--gain", options.gain, above=-200, below=200, cure="Give it in dB."),
        options.subtype,
    )
    source = as_path(options.source, name="IN")
    both, left_out = _pairs(source, options.target)
    for reason in left_out:
        sys.stderr.write(f"left out: {reason}\n")
    for _, target in both:
        check_new(target, force=options.force)
        format_of(target, settings.subtype)
    net = network(settings.network)  # now, so that a wrong name is told once
    cure = "Give the number of processes: 2."
    cores = check_integer("--processes", options.processes, at_least=1, cure=cure)
    if len(both) == 1:
        with _bar(total=1, unit="file", quiet=options.quiet) as bar:
            _tell(apply(net, *both[0], settings, lambda share: bar.update(share)), settings)
        return 0
    return _many(both, settings, min(cores, len(both)), quiet=options.quiet)


def _many(both: list[tuple[Path, Path]], settings: Settings, cores: int, *, quiet: bool) -> int:
    failed = 0
    # Spawned: a process that forks while torch has threads may hang.
    pool = ProcessPoolExecutor(cores, get_context("spawn"), _start, (settings.network,))
    with pool, _bar(total=len(both), unit="file", quiet=quiet) as bar:
        try:
            jobs = {pool.submit(_one, *each, settings): each for each in both}
            for job in as_completed(jobs):
                try:
                    _tell(job.result(), settings)
                except EqlibError as error:
                    failed += 1
                    tqdm.write(f"{error}", file=sys.stderr)
                bar.update()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if failed:
        sys.stderr.write(f"{failed} of {len(both)} files could not be done.\n")
    return 1 if failed else 0


_net: EQNet | None = None


def _start(name: str) -> None:
    """In each process, once: the network, on one core."""
    global _net
    torch.set_num_threads(1)
    _net = network(name)


def _one(source: Path, target: Path, settings: Settings) -> Done:
    if _net is None:  # pragma: no cover
        raise RuntimeError("the process was not started by _start")
    return apply(_net, source, target, settings)


def apply(
    net: EQNet,
    source: Path,
    target: Path,
    settings: Settings,
    progress: Callable[[float], object] = lambda share: None,
) -> Done:
    """Sends one file through a network into another, whole or not at all, in constant memory.

    Raises:
        EqlibError: naming the file, if it cannot be read, is cut off or empty, or cannot be
            written.
    """
    check_file(source, expected="an audio file", cure="Check that it is there, and its spelling.")
    try:
        with open(source, "rb") as opened, sf.SoundFile(whole(source, opened)) as file:
            with _created(target, file, settings.subtype) as out:
                samples, peak, clipped = _through(net, file, out, settings, progress)
                check_length(source, samples, file.frames)
                check_end(source, opened, samples)
                if not samples:
                    given = f"{source} holds no sound"
                    raise EqlibError(given, "at least one sample", "Leave it out.")
    except (sf.SoundFileError, OSError) as error:
        raise EqlibError(
            f"{source} cannot be read ({error}{readable(source)})",
            "an undamaged file in a format that libsndfile knows",
            "Play it elsewhere to see if it is whole, and export it again as WAV.",
        ) from error
    return Done(target, peak, clipped)


def _through(
    net: EQNet,
    file: sf.SoundFile,
    out: sf.SoundFile,
    settings: Settings,
    progress: Callable[[float], object],
) -> tuple[int, float, int]:
    """Reads, equalizes and writes; returns samples read, the peak, and samples that clipped."""
    wide = file.subtype in ("PCM_32", "DOUBLE")  # which float32 does not hold
    limited = out.subtype not in ("FLOAT", "DOUBLE")
    effect = Equalizer(
        net,
        sample_rate=file.samplerate,
        channels=file.channels,
        strength=settings.strength,
        keep_above=settings.keep_above,
    )
    gain, samples, peak, clipped = 10 ** (settings.gain_db / 20), 0, 0.0, 0
    more = True
    while more:
        block = file.read(BLOCK, dtype="float64" if wide else "float32", always_2d=True)
        more, samples = len(block) > 0, samples + len(block)
        made = effect.process(block.T) if more else effect.flush()
        made = made * gain if gain != 1 else made
        if made.size:
            size = np.abs(made)
            peak, clipped = max(peak, float(size.max())), clipped + int((size > 1).sum())
            out.write(np.clip(made, -1, 1).T if limited else made.T)
        progress(len(block) / file.frames if 0 < file.frames < 2**62 else 0)
    return samples, peak, clipped if limited else 0


@contextlib.contextmanager
def _created(target: Path, like: sf.SoundFile, subtype: str | None) -> Iterator[sf.SoundFile]:
    """A file to write to, with the tags of the one that is read; it takes its place at the end."""
    kind, usual = format_of(target, subtype)
    same = subtype is None and like.subtype in sf.available_subtypes(kind)
    with replacing(target) as temporary:
        with _opened(temporary, target, like, kind, like.subtype if same else usual) as out:
            for name, text in like.copy_metadata().items():
                with contextlib.suppress(sf.SoundFileError, AttributeError):
                    setattr(out, name, text)
            yield out


def _opened(
    temporary: Path, target: Path, like: sf.SoundFile, kind: str, subtype: str
) -> sf.SoundFile:
    shape = (like.samplerate, like.channels, subtype)
    try:
        return sf.SoundFile(for_libsndfile(temporary), "w", *shape, format=kind)
    except (sf.SoundFileError, ValueError, TypeError) as error:
        raise EqlibError(
            f"{target} cannot be written as {kind} with {subtype}, {like.channels} channels at "
            f"{like.samplerate} Hz ({error})",
            "a rate and a number of channels that the format has",
            "WAV takes nearly all: give OUT the suffix .wav.",
        ) from error


def _pairs(source: Path, target: str) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Each input with its output; and what of a folder is left out, and why."""
    to = as_path(target, name="OUT")
    if kind_at(source) != "folder":
        into = kind_at(to) == "folder" or target.endswith(("/", os.sep))
        return [(source, to / source.name if into else to)], []
    if kind_at(to) == "file":
        cure = "Give OUT the name of a folder, too."
        raise EqlibError(f"{source} is a folder, and {to} is a file", "two folders", cure)
    names, left_out = files_in(source)
    inside = to.resolve().is_relative_to(source.resolve()) and to.resolve() != source.resolve()
    if inside:  # what an earlier run made is no input
        names = [n for n in names if not (source / n).resolve().is_relative_to(to.resolve())]
    if not names:
        raise EqlibError(f"{source} holds no audio file", "some", "Choose another folder.")
    return [(source / name, to / name) for name in names], left_out


def _tell(done: Done, settings: Settings) -> None:
    if done.clipped:
        over = 20 * np.log10(done.peak)
        lower = settings.gain_db - np.ceil(10 * (over + 0.1)) / 10
        tqdm.write(
            f"{done.target}: {done.clipped} samples went beyond full scale, by up to {over:.1f} dB,"
            f" and were clipped. Add --gain {lower:.1f}, or --subtype FLOAT.",
            file=sys.stderr,
        )


def _bar(*, total: int, unit: str, quiet: bool) -> tqdm:
    shape = "{percentage:3.0f}%|{bar:30}| {elapsed} gone, {remaining} to go"
    return tqdm(total=total, unit=unit, disable=quiet or None, bar_format=shape, file=sys.stderr)
