"""The tables of the book, made from the results file: no number in them is written by hand.

    from eqlib.experiments import report

    report.scores("low-shelf")

Chapters: "Results", "What the network learned", "When not to use a network".
"""

from __future__ import annotations

from typing import cast

import numpy as np

from eqlib import data
from eqlib.errors import EqlibError, checked
from eqlib.experiments.ablations import ABLATIONS
from eqlib.experiments.comparisons import control, piano_db, seeds_of, worth
from eqlib.experiments.entries import Method
from eqlib.experiments.intervals import of_clips, of_difference, of_seeds
from eqlib.experiments.plan import UNHEARD
from eqlib.experiments.results import entry, read_results
from eqlib.experiments.sets import MET, NOTES, met_before
from eqlib.experiments.table import Table, decimals

HEARD = {"heard": "heard", "notes": "unseen"}
HIGHEST_MIDI = (93, 127)
SETS = ("piano", "notes", "unheard", "phrases")
METHODS = ("doing nothing", "network", "least-squares FIR", "causal FIR", "biquads")
BRACKETS = "in square brackets the interval of 95 % over pitches, loops and songs"


@checked
def by_method(name: str) -> dict[str, Method]:
    """For an experiment: parameters, seconds and scores of the network and of each baseline."""
    found = entry(name)
    network: Method = {
        "parameters": found["parameters"],
        "fit_seconds": found["seconds"],
        "run_seconds": found["run_seconds"],
        "scores": found["scores"],
    }
    everything = {**found["baselines"]["methods"], "network": network}
    return {method: everything[method] for method in METHODS}


@checked
def scores(*names: str) -> Table:
    """SNR of each method on each set of test recordings: the mean over clips, and the worst clip.

    Args:
        names: of targets; one row for each method, and for several targets one group for each.
    """
    rows: list[tuple[str, ...]] = []
    for name in names:
        rows += [(name,)] if len(names) > 1 else []
        for method, found in by_method(name).items():
            sets = (found["scores"][which] for which in SETS)
            cells = (f"{of_clips(s['clips'])} ({decimals(s['worst_snr_db'])})" for s in sets)
            rows.append((method, *cells))
    return Table(
        f"SNR in dB: the mean over recordings, {BRACKETS} (the piano's three pitches are too few "
        "for an interval that can be relied on), and in round ones the worst recording.",
        ("method", "unseen piano notes", "unseen notes", "unheard instruments", "phrases, mixes"),
        tuple(rows),
    )


@checked
def networks(*names: str) -> Table:
    """What each network reaches, one row for each."""
    rows = []
    for name in names:
        found = entry(name)
        cells = (str(of_clips(found["scores"][s]["clips"])) for s in SETS)
        minutes = f"{found['seconds'] / 60:.1f}"
        rows.append((name, *cells, f"{found['scores']['notes']['normalized_mae']:.5f}", minutes))
    header = ("piano", "notes", "unheard", "phrases", "mae/RMS, notes", "minutes")
    return Table(
        f"The networks: mean SNR in dB on four sets, {BRACKETS}; normalized error on unseen notes, "
        "and minutes of training.",
        ("target", *header),
        tuple(rows),
    )


@checked
def seeds(*names: str) -> Table:
    """The mean SNR of each seed of a network, on each set, and the interval of all of them."""
    rows = []
    for name in names:
        cells = []
        for which in SETS:
            of_each = list(seeds_of(name, which).values())
            means = ", ".join(decimals(np.mean(list(clips.values()))) for clips in of_each)
            cells.append(f"{of_seeds(of_each)} ({means})")
        rows.append((name, *cells))
    return Table(
        "SNR in dB: the mean over recordings and seeds, in square brackets the interval of 95 % "
        "over pitches, loops, songs and seeds, and in round ones the mean of each seed; the first "
        "is that of the network that ships.",
        ("target", *SETS),
        tuple(rows),
    )


@checked
def errors(name: str) -> Table:
    """All four error measures of each method, on unseen notes."""
    rows = []
    for method, found in by_method(name).items():
        of = found["scores"]["notes"]
        numbers = (of["mae"], of["normalized_mae"], of["error_to_signal_ratio"])
        rows.append((method, *(f"{n:.3g}" for n in numbers), str(of_clips(of["clips"]))))
    return Table(
        f"{_title(name)}: mean errors on unseen notes; of the SNR, {BRACKETS}.",
        ("method", "mae", "mae/RMS", "error-to-signal ratio", "SNR (dB)"),
        tuple(rows),
    )


@checked
def bands(name: str, which: str = "notes") -> Table:
    """The error of the response in dB in each octave, where the sounds have energy."""
    if which not in SETS:
        raise EqlibError(f"which is {which!r}", f"one of {', '.join(SETS)}", "Choose one.")
    methods = by_method(name)
    centers = methods["network"]["scores"][which]["bands"]
    rows = []
    for hz in centers:
        values = (found["scores"][which]["bands"][hz] for found in methods.values())
        rows.append((f"{hz} Hz", *("-" if db is None else _error_db(db) for db in values)))
    return Table(
        f"{_title(name)}: error of the measured response in dB, by octave. It is measured on all "
        "recordings together, so that there is no interval.",
        ("octave around", *methods),
        tuple(rows),
    )


@checked
def price(name: str) -> Table:
    """What each method costs, and what one gets for it."""
    rows = []
    for method, found in by_method(name).items():
        speed = float(f"{1 / found['run_seconds']:.2g}")
        rows.append(
            (
                method,
                str(of_clips(found["scores"]["notes"]["clips"])),
                f"{found['parameters']:,}",
                f"{found['fit_seconds']:,.1f} s",
                f"{speed:,.0f}" if found["parameters"] else "-",
            )
        )
    return Table(
        f"{_title(name)}: the price of each method, on the machine that the results file names; "
        f"{BRACKETS}.",
        ("method", "SNR, unseen notes (dB)", "parameters", "time to fit", "times real time"),
        tuple(rows),
    )


def ablations() -> Table:
    """What each choice is worth: mean SNR on unseen notes, with one thing changed."""
    usual = ABLATIONS["as-it-is"].steps
    return _ablations([name for name, each in ABLATIONS.items() if each.steps <= usual])


def longer_ablations() -> Table:
    """The same of small networks that were trained for six times as many steps."""
    usual = ABLATIONS["as-it-is"].steps
    return _ablations([name for name, each in ABLATIONS.items() if each.steps > usual])


def _ablations(names: list[str]) -> Table:
    rows = []
    for name in names:
        ablation = ABLATIONS[name]
        cells, counts = [], []
        for target in ("low-shelf", "peaking"):
            difference, count = worth(target, name)
            runs = seeds_of(f"{target}, {name}").values()
            mean_db = np.mean([list(clips.values()) for clips in runs])
            cells += [decimals(mean_db), "-" if name == ablation.base else difference.signed]
            counts.append(str(count))
        parameters = entry(f"low-shelf, {name}")["parameters"]
        base = f" (against {ABLATIONS[ablation.base].label})"
        label = ablation.label + (base if ablation.base != "as-it-is" else "")
        rows.append((label, *cells, ", ".join(counts), f"{parameters:,}"))
    return Table(
        "One thing changed at a time: mean SNR in dB on unseen notes, and the difference it makes, "
        "paired by recording and seed, with its interval of 95 % over pitches, loops and seeds. "
        "The mean is over all seeds of a row, the difference over those that both rows have, which "
        "the column of seeds counts. The learning rate was not tuned for each row.",
        (
            "change",
            "low shelf",
            "its difference",
            "peak",
            "its difference",
            "seeds",
            "parameters",
        ),
        tuple(rows),
    )


def left_out() -> Table:
    """Each family of instruments, heard by networks trained with it and by one without it."""
    rows = []
    for found in read_results()["networks"].values():
        if found["kind"] == "left-out":
            (family,) = cast(list[str], found["settings"]["left_out"])
            heard, never = control(family)
            fitted = found["baselines"]["methods"]
            methods = (fitted[method]["scores"]["unheard"]["clips"] for method in fitted)
            cells = [decimals(np.mean(list(clips.values()))) for clips in (heard, never) if clips]
            lost = of_difference([never], [heard]).signed if heard else "-"
            others = [
                decimals(np.mean([clips[name] for name in heard])) if heard else "-"
                for clips in methods
            ]
            cells = cells or ["-", "-"]
            rows.append((_with_instruments(family), str(len(heard)), *cells, lost, *others))
    return Table(
        "Low shelf: mean SNR in dB on the test notes of one family, by the eight networks that "
        "heard its training notes and by the one that never heard it, and the difference with its "
        "interval of 95 % over pitches and loops; none for a single pitch. One seed each.",
        (
            "family",
            "its test notes",
            "networks that heard it",
            "network that did not",
            "difference",
            *(METHODS[0], *METHODS[2:]),
        ),
        tuple(rows),
    )


@checked
def in_sample(*names: str) -> Table:
    """What each network reaches on the notes that it learned from, beside those it did not.

    Args:
        names: of targets whose training notes were scored (`scores["heard"]`).
    """
    rows = []
    for name in names:
        scores = entry(name)["scores"]
        clips = {which: scores[which]["clips"] for which in HEARD}
        highest = (decimals(piano_db(clips[which], *HIGHEST_MIDI)) for which in HEARD)
        rows.append((name, *(str(of_clips(clips[which])) for which in HEARD), *highest))
    return Table(
        f"Mean SNR in dB on the notes that a network learned from and on unseen ones, {BRACKETS}; "
        "then the piano's highest by themselves, from MIDI 93 on.",
        ("target", *HEARD.values(), *(f"piano's highest, {how}" for how in HEARD.values())),
        tuple(rows),
    )


@checked
def unseen(*names: str) -> Table:
    """The networks on the unseen notes, by what of each was in training all the same.

    Args:
        names: of targets.
    """
    clips_of = {name: entry(name)["scores"]["notes"]["clips"] for name in names}
    notes = sorted(set().union(*clips_of.values()))
    rows = []
    for met in MET:
        here = [clip for clip in notes if met_before(clip, UNHEARD) == met]
        cells = (str(of_clips({clip: clips[clip] for clip in here})) for clips in clips_of.values())
        rows.append((met, str(len(here)), *cells))
    return Table(
        f"Unseen notes, by what was heard in training: mean SNR in dB, {BRACKETS}.",
        ("heard in training", "notes", *names),
        tuple(rows),
    )


def _title(name: str) -> str:
    """A target's name as the text has it: "Linear-phase peak" for "peaking-fir-linear"."""
    kind, _, phase = name.partition("-fir-")
    words = "peak" if kind == "peaking" else kind.replace("-", " ")
    return (f"{phase}-phase {words}" if phase else words).capitalize()


def _error_db(db: float) -> str:
    return "< 0.01" if db < 0.005 else decimals(db, 2)


def _with_instruments(family: str) -> str:
    """A family's name, and in brackets its instruments, if they are one or two of other names."""
    rows = [row for row in data.index() if row["family"] == family and row["kind"] in NOTES]
    names = {row["instrument"] for row in rows}
    told = len(names) < 3 and names != {family}
    return f"{family} ({', '.join(sorted(names))})" if told else family
