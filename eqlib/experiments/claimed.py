"""The list of what the book claims: each with its number, and how to compute that again.

Chapter: "What we claim, and how to check it".
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from eqlib.baselines.least_squares import Weighting
from eqlib.equalizers.targets import REFERENCE
from eqlib.experiments import dynamic, ears, effects, generalize, recomputed, scores, sealed, style
from eqlib.experiments.comparisons import control, difference, lead, piano_db, worth
from eqlib.experiments.intervals import Interval, of_clips, of_difference
from eqlib.experiments.results import entry


@dataclass(frozen=True)
class Claim:
    """One thing that the book says and that can be wrong.

    Attributes:
        says: the claim, in words.
        chapter: the file of the chapter that makes it.
        number: from the results file, with an interval if it is a mean over recordings; or
            computed at once, where that takes no training.
        again: computes it anew from recordings and shipped weights.
        to_meet: what `again` has to find, where that is one training of several in the number; by
            default the number.
        trains: where only training can do that: the experiments of `eqlib.experiments.plan`.
        measured_by: or the command that trains and measures what is not in that plan.
        unit: of the number.
    """

    says: str
    chapter: str
    number: Callable[[], Interval | float]
    again: Callable[[], float] | None = None
    to_meet: Callable[[], float] | None = None
    trains: tuple[str, ...] = ()
    measured_by: str = ""
    unit: str = "dB"

    def command(self, name: str) -> str:
        """What to type to compute it anew."""
        if self.again:
            return f"python -m eqlib claims {name}"
        return self.measured_by or "python -m eqlib reproduce --only " + " ".join(
            f'"{n}"' for n in self.trains
        )


def _fitted(target: str, method: str, which: str = "notes") -> Interval:
    return of_clips(entry(target)["baselines"]["methods"][method]["scores"][which]["clips"])


def _of_network(target: str, which: str, says: str) -> Claim:
    return Claim(
        says,
        "results",
        lambda: of_clips(entry(target)["scores"][which]["clips"]),
        lambda: recomputed.network_db(target, which),
    )


def _of_sealed(target: str, which: str) -> Claim:
    return Claim(
        f"{target}: mean SNR on sealed recordings, {which}",
        "results",
        lambda: sealed.interval(target, "network", "SNR", which),
        lambda: recomputed.sealed_db(target, which),
    )


def _of_fir(target: str, weighting: Weighting, says: str) -> Claim:
    return Claim(
        says,
        "results",
        lambda: _fitted(target, "causal FIR"),
        lambda: recomputed.fir_db(target, "notes", advance_samples=0, weighting=weighting),
    )


def _of_reach(target: str, weighting: Weighting) -> Claim:
    def again() -> float:
        ahead = scores.FIRS["least-squares FIR"]
        fir_db = recomputed.fir_db(target, "notes", advance_samples=ahead, weighting=weighting)
        return recomputed.network_db(target, "notes") - fir_db

    def of_seed_0() -> float:
        found = entry(target)
        theirs = found["baselines"]["methods"]["least-squares FIR"]["scores"]
        return found["scores"]["notes"]["snr_db"] - theirs["notes"]["snr_db"]

    says = f"{target}, unseen notes: the network is ahead of the filter of its own reach by"
    return Claim(says, "results", lambda: lead(target, "least-squares FIR"), again, of_seed_0)


def _worth(target: str, name: str, says: str, *others: str) -> Claim:
    trains = (f"{target}, {name}", *(f"{target}, {other}" for other in others))
    return Claim(says, "learned", lambda: worth(target, name)[0], trains=trains)


def _difference(name: str, other: str, which: str, chapter: str, says: str) -> Claim:
    return Claim(says, chapter, lambda: difference(name, other, which), trains=(name, other))


def _without(family: str, says: str) -> Claim:
    def number() -> Interval:
        heard, never = control(family)
        return of_difference([never], [heard])

    return Claim(says, "results", number, trains=("left-out",))


def _high_notes_gap() -> float:
    heard, unseen = (entry("low-shelf")["scores"][which]["clips"] for which in ("heard", "notes"))
    return piano_db(heard, 93, 127) - piano_db(unseen, 93, 127)


def _of_levels(way: str, says: str) -> Claim:
    return Claim(
        says,
        "stage_two",
        lambda: ears.interval("trained", way, "SNR"),
        lambda: recomputed.levels_db(way),
        lambda: ears.interval("trained", f"{way} | seed 0", "SNR").mean,
    )


def _without_encoder_db() -> float:
    return style.interval("without encoder", "instruments").mean


def _at_once(says: str, chapter: str, compute: Callable[[], float], unit: str = "dB") -> Claim:
    return Claim(says, chapter, compute, compute, unit=unit)


def _of_networks() -> dict[str, Claim]:
    """How well the networks that ship do, and the methods beside them."""
    found = {
        f"{target}-notes": _of_network(target, "notes", f"{target}: mean SNR on unseen notes")
        for target in REFERENCE
    }
    unheard = "low-shelf: mean SNR on instruments that it never heard"
    badly = "vocal-chain: mean SNR on music, where it does badly"
    return found | {
        "low-shelf-unheard": _of_network("low-shelf", "unheard", unheard),
        "low-shelf-phrases": _of_network("low-shelf", "phrases", "low-shelf: mean SNR on music"),
        "vocal-chain-phrases": _of_network("vocal-chain", "phrases", badly),
        "sealed-instruments": _of_sealed("low-shelf", "new instruments"),
        "sealed-music": _of_sealed("low-shelf", "new music"),
        "causal-fir": _of_fir(
            "low-shelf",
            "clips",
            "a causal filter of 127 taps, solved for, is exact on the low shelf's unseen notes",
        ),
        "causal-fir-peak": _of_fir(
            "peaking",
            "clips",
            "a causal filter of 127 taps: mean SNR on the peak's unseen notes",
        ),
        "causal-fir-drawn-curve": _of_fir(
            "drawn-curve",
            "energy",
            "a causal filter of 127 taps: mean SNR on the drawn curve's unseen notes",
        ),
        "biquads-vocal-chain": Claim(
            "four biquads, fitted, are exact on the vocal chain's unseen notes",
            "results",
            lambda: _fitted("vocal-chain", "biquads"),
            lambda: recomputed.biquads_db("vocal-chain", "notes"),
        ),
        "own-reach": _of_reach("low-shelf", "energy"),
        "own-reach-peak": _of_reach("peaking", "clips"),
        "high-notes": Claim(
            "low shelf: the piano's highest notes, where heard, are ahead of the unseen one by",
            "results",
            _high_notes_gap,
            recomputed.high_notes_gap_db,
        ),
        "two-filters": _at_once(
            "two filters with still faders are the low shelf, up to an error of",
            "back_end",
            recomputed.two_filters_db,
        ),
        "time-invariance": _at_once(
            "the low shelf's network, moved by 8 to 256 samples, agrees with itself to",
            "learned",
            recomputed.invariance_db,
        ),
        "louder": _at_once(
            "the low shelf's network, with our note 20 dB louder, agrees with itself to",
            "learned",
            recomputed.louder_db,
        ),
        "aliasing": _at_once(
            "the envelope of a steady sine of 4,010 Hz, smoothed by hand, swings by",
            "latent",
            recomputed.wobble_percent,
            "%",
        ),
    }


def _of_choices() -> dict[str, Claim]:
    """What a change in the network, its training or its recordings is worth."""
    return {
        "reversed": _worth(
            "low-shelf",
            "adjoint",
            "reading the filters backward changes, on the low shelf, by",
            "as-it-is",
        ),
        "clipping": _worth(
            "low-shelf",
            "filters-16, no-clipping",
            "not to clip gradients changes, with 16 filters on the low shelf, by",
            "filters-16",
        ),
        "clipping-longer": _worth(
            "peaking",
            "filters-16, longer, no-clipping",
            "not to clip gradients changes, with 16 filters and 15,000 steps, peak, by",
            "filters-16, longer",
        ),
        "rate-longer": _worth(
            "low-shelf",
            "filters-16, longer, rate-1e-4",
            "the authors' rate changes, with 16 filters and 15,000 steps, low shelf, by",
            "filters-16, longer",
        ),
        "pretraining": _worth(
            "low-shelf",
            "no-pretraining",
            "to leave step one out changes, with 128 filters on the low shelf, by",
            "as-it-is",
        ),
        "pretraining-16": _worth(
            "low-shelf",
            "filters-16, no-pretraining",
            "to leave step one out changes, with 16 filters on the low shelf, by",
            "filters-16",
        ),
        "filters-16": _worth(
            "low-shelf", "filters-16", "16 filters instead of 128 gain, low shelf", "as-it-is"
        ),
        "filters-2": _worth(
            "low-shelf",
            "filters-2",
            "two filters instead of 128 change, on the low shelf, by",
            "as-it-is",
        ),
        "longer-filters": _difference(
            "peaking-long",
            "peaking, no octave up",
            "notes",
            "learned",
            "peak: filters of 128 taps instead of 64 gain, on unseen notes",
        ),
        "octave-up-peak": _difference(
            "peaking",
            "peaking, no octave up, as long",
            "unheard",
            "results",
            "peak: notes an octave up gain, on instruments that were never heard",
        ),
        "octave-up-lowpass": _difference(
            "lowpass",
            "lowpass, no octave up, as long",
            "phrases",
            "results",
            "lowpass: notes an octave up cost, on music",
        ),
        "without-drums": _without(
            "drums", "a network that heard no drum changes, on the drums of the test set, by"
        ),
        "without-violin": _without(
            "strings", "a network that heard no violin changes, on the test set's violin notes, by"
        ),
        "levels": _of_levels(
            "spectrum",
            "low shelf: mean SNR of networks whose step two compared only levels, two seeds",
        ),
        "levels-alone": _of_levels(
            "spectrum from the start",
            "low shelf: mean SNR of networks that heard only levels, two seeds",
        ),
    }


def _beyond() -> dict[str, Claim]:
    """Beyond fixed equalizers."""
    peaks = [f"every peak | network, seed {seed} | unheard" for seed in generalize.SEEDS]
    return {
        "dynamic-side-chain": Claim(
            "dynamic shelf: a side chain is ahead of the network without one by",
            "when_not",
            lambda: dynamic.difference("network with a side chain", "network"),
            measured_by="python -m eqlib dynamic",
        ),
        "dynamic-recurrent": Claim(
            "dynamic shelf: a gated recurrent network of 930 numbers is ahead of the network by",
            "when_not",
            lambda: dynamic.difference("gated recurrent network", "network"),
            measured_by="python -m eqlib dynamic",
        ),
        "every-peak": Claim(
            "one network for every peak: mean SNR on unheard recordings, with unseen settings",
            "generalize",
            lambda: generalize.interval(*peaks),
            measured_by="python -m eqlib generalize",
        ),
        "compressor": Claim(
            "compressor: a side chain that hears peaks is ahead of one that hears levels by",
            "effects",
            lambda: effects.difference("compressor", "side chain with peaks", "side chain"),
            measured_by="python -m eqlib effects",
        ),
        "habit": Claim(
            "an engineer's habit: mean SNR on instruments that were never heard, three seeds",
            "style",
            lambda: style.interval("with encoder", "instruments"),
            recomputed.habit_db,
            lambda: style.interval("with encoder, seed 0", "instruments").mean,
        ),
        "habit-encoder": Claim(
            "an engineer's habit: encoder and twice the steps gain, on instruments never heard",
            "style",
            lambda: style.difference("with encoder", "without encoder", "instruments"),
            lambda: recomputed.habit_db() - _without_encoder_db(),
            lambda: (
                style.interval("with encoder, seed 0", "instruments").mean - _without_encoder_db()
            ),
        ),
    }


@functools.cache
def claims() -> dict[str, Claim]:
    """All claims by name."""
    return _of_networks() | _of_choices() | _beyond()
