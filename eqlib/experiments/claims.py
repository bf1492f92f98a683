"""What the book claims: each claim with its number, its interval, and how to compute it again.

    python -m eqlib claims                    # all of them, from the results file
    python -m eqlib claims low-shelf-notes    # one, computed anew

Chapter: "What we claim, and how to check it".
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from eqlib import data
from eqlib.analysis import aliasing, bank, channels, squares, systems
from eqlib.baselines.least_squares import least_squares_fir
from eqlib.data.pairs import pair
from eqlib.equalizers.targets import REFERENCE, TARGETS
from eqlib.errors import EqlibError, checked
from eqlib.experiments import ears, habits, scores, sealed, sets, style
from eqlib.experiments.comparisons import control, piano_db, worth
from eqlib.experiments.intervals import Interval, of_clips, of_difference
from eqlib.experiments.plan import UNHEARD
from eqlib.experiments.results import entry
from eqlib.experiments.table import Table, decimals
from eqlib.networks.shipped import pretrained


@dataclass(frozen=True)
class Claim:
    """One thing that the book says and that can be wrong.

    Attributes:
        says: the claim, in words.
        chapter: the file of the chapter that makes it.
        number: from the results file, with an interval if it is a mean over recordings; or
            computed at once, where that takes no training.
        again: computes it anew from recordings and shipped weights.
        trains: where only training can do that: the experiments to train.
        unit: of the number.
    """

    says: str
    chapter: str
    number: Callable[[], Interval | float]
    again: Callable[[], float] | None = None
    trains: tuple[str, ...] = ()
    unit: str = "dB"

    def command(self, name: str) -> str:
        """What to type to compute it anew."""
        if self.again:
            return f"python -m eqlib claims {name}"
        return "python -m eqlib reproduce --only " + " ".join(f'"{n}"' for n in self.trains)


def _score(target: str, which: str) -> Interval:
    return of_clips(entry(target)["scores"][which]["clips"])


def _scored_again(target: str, which: str) -> float:
    pairs = pair(sets.to_judge_on(UNHEARD)[which], TARGETS[target])
    return scores.on({which: pairs}, pretrained(target).process)[which]["snr_db"]


def _of_network(target: str, which: str, says: str) -> Claim:
    return Claim(
        says,
        "results",
        functools.partial(_score, target, which),
        functools.partial(_scored_again, target, which),
    )


def _sealed_again(target: str, which: str) -> float:
    clips = sealed.clips()
    clips = clips[[name.split("/")[0] in sealed.SETS[which] for name in clips.names]]
    pairs = pair(clips, TARGETS[target])
    return scores.of(pairs, map(pretrained(target).process, pairs.dry))["snr_db"]


def _of_sealed(target: str, which: str) -> Claim:
    return Claim(
        f"{target}: mean SNR on sealed recordings, {which}",
        "results",
        functools.partial(sealed.interval, target, "network", "SNR", which),
        functools.partial(_sealed_again, target, which),
    )


def _causal() -> Interval:
    found = entry("low-shelf")["baselines"]["methods"]["causal FIR"]["scores"]
    return of_clips(found["notes"]["clips"])


def _causal_again() -> float:
    heard = pair(sets.heard("train", UNHEARD), TARGETS["low-shelf"])
    fir = least_squares_fir(heard, taps=scores.FIR_TAPS, advance_samples=0)
    pairs = pair(sets.heard("test", UNHEARD), TARGETS["low-shelf"])
    return scores.of(pairs, map(fir, pairs.dry))["snr_db"]


def _worth(target: str, name: str, says: str, *others: str) -> Claim:
    trains = (f"{target}, {name}", *(f"{target}, {other}" for other in others))
    return Claim(says, "learned", lambda: worth(target, name)[0], trains=trains)


def _left_out(family: str) -> Interval:
    heard, never = control(family)
    return of_difference([never], [heard])


def _high_notes_gap() -> float:
    heard, unseen = (entry("low-shelf")["scores"][which]["clips"] for which in ("heard", "notes"))
    return piano_db(heard, 93, 127) - piano_db(unseen, 93, 127)


def _high_notes_again() -> float:
    process, means = pretrained("low-shelf").process, []
    for split in ("train", "test"):
        clips = data.load(instrument="piano", split=split)
        clips = clips[[row["midi"] >= 93 for row in clips.info]]
        pairs = pair(clips, TARGETS["low-shelf"])
        means.append(scores.of(pairs, map(process, pairs.dry))["snr_db"])
    return means[0] - means[1]


def _two_filters() -> float:
    target = systems.click_response(TARGETS["low-shelf"])
    reached = channels.channel_paths(bank.by_hand(squares.fit_squares(target))).sum(0)
    return float(10 * np.log10(np.sum((reached - target) ** 2) / np.sum(target**2)))


def _wobble() -> float:
    by_hand = bank.by_hand(bank.windowed_cosines([1_000.0]))
    return 100 * aliasing.envelope_wobble(by_hand, frequency_hz=4_010).depth


def _invariance() -> float:
    note = data.load(instrument="piano", split="test")["piano/sal_Fs4_v10"][:12_000]
    shifts = np.array([8, 16, 64, 256])
    return float(systems.invariance_db(pretrained("low-shelf").process, note, shifts).min())


def _habit_again() -> float:
    return habits.snr_db(habits.pairs_of("instruments"), style.trained_network().process)


def _of_levels(way: str, says: str) -> Claim:
    return Claim(
        says,
        "stage_two",
        functools.partial(ears.interval, "trained", f"{way} | seed 0", "SNR"),
        functools.partial(_levels_again, way),
    )


def _levels_again(way: str) -> float:
    pairs = pair(ears.recordings(), TARGETS[ears.TARGET])
    return scores.of(pairs, map(ears.network(way).process, pairs.dry))["snr_db"]


def _at_once(says: str, chapter: str, compute: Callable[[], float], unit: str = "dB") -> Claim:
    return Claim(says, chapter, compute, compute, unit=unit)


@functools.cache
def claims() -> dict[str, Claim]:
    """All claims by name."""
    found = {
        f"{target}-notes": _of_network(target, "notes", f"{target}: mean SNR on unseen notes")
        for target in REFERENCE
    }
    unheard = "low-shelf: mean SNR on instruments that it never heard"
    return found | {
        "low-shelf-unheard": _of_network("low-shelf", "unheard", unheard),
        "low-shelf-phrases": _of_network("low-shelf", "phrases", "low-shelf: mean SNR on music"),
        "vocal-chain-phrases": _of_network(
            "vocal-chain", "phrases", "vocal-chain: mean SNR on music, where it does badly"
        ),
        "sealed-instruments": _of_sealed("low-shelf", "new instruments"),
        "sealed-music": _of_sealed("low-shelf", "new music"),
        "causal-fir": Claim(
            "a causal filter of 127 taps, solved for, is exact on the low shelf's unseen notes",
            "results",
            _causal,
            _causal_again,
        ),
        "two-filters": _at_once(
            "two filters with still faders are the low shelf, up to an error of",
            "back_end",
            _two_filters,
        ),
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
            "low-shelf",
            "filters-16",
            "16 filters instead of 128 gain, low shelf",
            "as-it-is",
        ),
        "without-drums": Claim(
            "a network that heard no drum changes, on the drums of the test set, by",
            "results",
            lambda: _left_out("drums"),
            trains=("left-out",),
        ),
        "without-violin": Claim(
            "a network that heard no violin changes, on the violin notes of the test set, by",
            "results",
            lambda: _left_out("strings"),
            trains=("left-out",),
        ),
        "high-notes": Claim(
            "low shelf: the piano's highest notes, where heard, are ahead of the unseen one by",
            "results",
            _high_notes_gap,
            _high_notes_again,
        ),
        "time-invariance": _at_once(
            "the low shelf's network, moved by 8 to 256 samples, agrees with itself to",
            "learned",
            _invariance,
        ),
        "levels": _of_levels(
            "spectrum",
            "low shelf, seed 0: mean SNR of a network whose step two compared only levels",
        ),
        "levels-alone": _of_levels(
            "spectrum from the start",
            "low shelf, seed 0: mean SNR of a network that heard only levels",
        ),
        "habit": Claim(
            "an engineer's habit: mean SNR on instruments that the network never heard",
            "style",
            functools.partial(style.interval, "with encoder, seed 0", "instruments"),
            _habit_again,
        ),
        "habit-encoder": Claim(
            "an engineer's habit: the encoder gains, on instruments that were never heard",
            "style",
            lambda: style.difference("with encoder", "without encoder", "instruments"),
            lambda: _habit_again() - style.interval("without encoder", "instruments").mean,
        ),
        "aliasing": _at_once(
            "the envelope of a steady sine of 4,010 Hz, smoothed by hand, swings by",
            "latent",
            _wobble,
            "%",
        ),
    }


@checked
def in_words(number: float, unit: str) -> str:
    """A number as the page has it: one decimal, and its unit."""
    return f"{decimals(number)} {unit}"


def table() -> Table:
    """All claims, each with its number, its interval and its command."""
    rows = []
    for name, claim in claims().items():
        number = claim.number()
        if isinstance(number, Interval):
            mean, interval = number.mean, f"{decimals(number.low)} to {decimals(number.high)}"
        else:
            mean, interval = number, "-"
        cells = (in_words(mean, claim.unit), interval, claim.chapter, claim.command(name))
        rows.append((claim.says, *cells))
    return Table(
        "What the book claims: the number, its interval of 95 % over pitches, loops, songs and "
        "seeds where it is a mean of such, the chapter, and the command that computes it anew.",
        ("claim", "number", "interval", "chapter", "command"),
        tuple(rows),
    )


@checked
def check(name: str) -> str:
    """Computes a claim anew, and says whether it holds.

    Args:
        name: of the claim.

    Returns:
        A line for the terminal.

    Raises:
        EqlibError: for a name that is not there, or a claim that takes training.
    """
    known = claims()
    if name not in known:
        raise EqlibError(f"there is no claim {name!r}", f"one of {', '.join(known)}", "Choose one.")
    claim = known[name]
    if not claim.again:
        cure = f"Move results.json away, and train: {claim.command(name)}."
        raise EqlibError(f"{name} takes training", "a claim that can be computed", cure)
    said, found = claim.number(), claim.again()
    low, high = (said.low, said.high) if isinstance(said, Interval) else (said, said)
    holds = low - 0.1 <= found <= high + 0.1
    verdict = "holds" if holds else "does NOT hold"
    said_db = str(said) if isinstance(said, Interval) else f"{said:.1f}"
    return f"{claim.says}: said {said_db}, found {found:.1f} {claim.unit}: it {verdict}"
