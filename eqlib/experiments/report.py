"""The tables of the book, made from the results file: no number in them is written by hand.

    from eqlib.experiments import report

    report.scores("low-shelf")

Chapters: "Results", "What the network learned", "When not to use a network".
"""

from __future__ import annotations

from typing import cast

from eqlib import data
from eqlib.errors import EqlibError, checked
from eqlib.experiments.authors import PUBLISHED
from eqlib.experiments.entries import Method
from eqlib.experiments.plan import ABLATIONS
from eqlib.experiments.results import entry, read_results
from eqlib.experiments.sets import NOTES
from eqlib.experiments.table import Table

SETS = ("piano", "notes", "unheard", "phrases")
METHODS = ("doing nothing", "network", "least-squares FIR", "causal FIR", "biquads")


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
            cells = (
                f"{found['scores'][s]['snr_db']:.1f} ({found['scores'][s]['worst_snr_db']:.1f})"
                for s in SETS
            )
            rows.append((method, *cells))
    return Table(
        "SNR in dB, the mean over recordings and, in brackets, the worst one.",
        ("method", "unseen piano notes", "unseen notes", "unheard instruments", "phrases, mixes"),
        tuple(rows),
    )


@checked
def networks(*names: str) -> Table:
    """What each network reaches, one row for each."""
    rows = []
    for name in names:
        found = entry(name)
        cells = (f"{found['scores'][s]['snr_db']:.1f}" for s in SETS)
        minutes = f"{found['seconds'] / 60:.1f}"
        rows.append((name, *cells, f"{found['scores']['notes']['normalized_mae']:.5f}", minutes))
    header = ("piano", "notes", "unheard", "phrases", "mae/RMS, notes", "minutes")
    return Table(
        "The networks: mean SNR in dB on four sets, normalized error on unseen notes, and minutes "
        "of training.",
        ("target", *header),
        tuple(rows),
    )


@checked
def errors(name: str) -> Table:
    """All four error measures of each method, on unseen notes."""
    rows = []
    for method, found in by_method(name).items():
        of = found["scores"]["notes"]
        numbers = (of["mae"], of["normalized_mae"], of["error_to_signal_ratio"])
        rows.append((method, *(f"{n:.3g}" for n in numbers), f"{of['snr_db']:.1f}"))
    return Table(
        f"{name}: mean errors on unseen notes.",
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
        rows.append((f"{hz} Hz", *("-" if db is None else f"{db:.2f}" for db in values)))
    return Table(
        f"{name}: error of the measured response in dB, by octave.",
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
                f"{found['scores']['notes']['snr_db']:.1f}",
                f"{found['parameters']:,}",
                f"{found['fit_seconds']:,.1f} s",
                f"{speed:,.0f}" if found["parameters"] else "-",
            )
        )
    return Table(
        f"{name}: the price of each method, on the machine that the results file names.",
        ("method", "SNR, unseen notes (dB)", "parameters", "time to fit", "times real time"),
        tuple(rows),
    )


def ablations() -> Table:
    """What each choice is worth: mean SNR on unseen notes, with one thing changed."""
    networks = read_results()["networks"]
    targets, rows = ("low-shelf", "peaking"), []
    base = {t: networks[f"{t}, as-it-is"]["scores"]["notes"]["snr_db"] for t in targets}
    for name, ablation in ABLATIONS.items():
        found = [networks[f"{target}, {name}"] for target in targets]
        cells = []
        for target, each in zip(targets, found, strict=True):
            snr_db = each["scores"]["notes"]["snr_db"]
            cells += [f"{snr_db:.1f}", f"{snr_db - base[target]:+.1f}"]
        rows.append((ablation.label, *cells, f"{found[0]['parameters']:,}"))
    return Table(
        "One thing changed at a time: mean SNR in dB on unseen notes, and the difference it makes.",
        ("change", "low shelf", "difference", "peaking", "its difference", "parameters"),
        tuple(rows),
    )


def left_out() -> Table:
    """Each family of instruments, heard by a network that was trained without it."""
    rows = []
    for found in read_results()["networks"].values():
        if found["kind"] == "left-out":
            (family,) = cast(list[str], found["settings"]["left_out"])
            fitted = found["baselines"]["methods"]
            of = [found["scores"], *(fitted[m]["scores"] for m in fitted)]
            cells = (f"{s['unheard']['snr_db']:.1f}" for s in of)
            clips = len(found["scores"]["unheard"]["clips"])
            name = _with_instruments(family)
            rows.append((name, str(clips), f"{of[0]['notes']['snr_db']:.1f}", *cells))
    return Table(
        "Low shelf, trained without one family: mean SNR in dB on unseen notes of the others, and "
        "on all notes of the family.",
        (
            "left out",
            "its notes",
            "network, other families",
            "network, this family",
            *(f"{method}, this family" for method in (METHODS[0], *METHODS[2:])),
        ),
        tuple(rows),
    )


def _with_instruments(family: str) -> str:
    """A family's name, and in brackets its instruments, if they are one or two of other names."""
    rows = [row for row in data.index() if row["family"] == family and row["kind"] in NOTES]
    names = {row["instrument"] for row in rows}
    told = len(names) < 3 and names != {family}
    return f"{family} ({', '.join(sorted(names))})" if told else family


def paper() -> Table:
    """The authors' published output beside this book's, each on its own recordings."""
    rows = []
    theirs_and_ours = [(name, name) for name in PUBLISHED] + [("peaking", "peaking-long")]
    for target, name in theirs_and_ours:
        published, ours = PUBLISHED[target], entry(name)["scores"]["authors' kind"]
        theirs, mine = published.error_to_signal_ratio, ours["error_to_signal_ratio"]
        rows.append(
            (
                name,
                f"{published.snr_db:.1f}",
                f"{ours['snr_db']:.1f}",
                f"{theirs**0.5:.4f}",
                f"{mine**0.5:.4f}",
                f"{(theirs / mine) ** 0.5:.0f}",
            )
        )
    return Table(
        "Error by signal (RMS values), on the note that the authors publish and on this book's "
        "notes within an octave of it.",
        (
            "target",
            "their SNR (dB)",
            "our SNR, mean (dB)",
            "their error/signal",
            "our error/signal",
            "times smaller",
        ),
        tuple(rows),
    )
