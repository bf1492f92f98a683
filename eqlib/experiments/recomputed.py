"""Numbers of the book computed anew, from recordings and shipped weights: what `claims` checks.

Chapter: "What we claim, and how to check it".
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from eqlib import data
from eqlib.analysis import aliasing, bank, channels, squares, systems
from eqlib.baselines.biquads import fit_biquads
from eqlib.baselines.least_squares import Weighting, least_squares_fir
from eqlib.data.pairs import Pairs, pair
from eqlib.equalizers.targets import TARGETS
from eqlib.errors import EqlibError
from eqlib.experiments import ears, habits, scores, sealed, sets, style
from eqlib.experiments.plan import UNHEARD, experiments
from eqlib.networks.shipped import pretrained


def network_db(target: str, which: str) -> float:
    """The mean SNR in dB of a shipped network on a set of test recordings (`sets.to_judge_on`).

    Raises:
        EqlibError: for a target or a set that there is not; so do the functions below.
    """
    pairs = _judged(target, which)
    return scores.on({which: pairs}, pretrained(target).process)[which]["snr_db"]


def sealed_db(target: str, which: str) -> float:
    """The same on a set of sealed recordings (`sealed.SETS`)."""
    clips = sealed.clips()
    folders = sealed.SETS[_known("which", which, sealed.SETS)]
    clips = clips[[name.split("/")[0] in folders for name in clips.names]]
    pairs = pair(clips, TARGETS[_known("target", target, TARGETS)])
    return scores.of(pairs, map(pretrained(target).process, pairs.dry))["snr_db"]


def fir_db(target: str, which: str, *, advance_samples: int, weighting: Weighting) -> float:
    """The mean SNR in dB of a least-squares filter of 127 taps, solved for anew.

    Args:
        target: the name of one.
        which: of the sets of `sets.to_judge_on`.
        advance_samples: how many of its taps look ahead.
        weighting: of its notes.
    """
    heard = _heard(target)
    fir = least_squares_fir(
        heard, taps=scores.FIR_TAPS, advance_samples=advance_samples, weighting=weighting
    )
    pairs = _judged(target, which)
    return scores.of(pairs, map(fir, pairs.dry))["snr_db"]


def biquads_db(target: str, which: str) -> float:
    """The mean SNR in dB of four biquads, fitted anew."""
    heard = _heard(target)
    biquads = fit_biquads(heard, sections=max(scores.SECTIONS))
    pairs = _judged(target, which)
    return scores.of(pairs, map(biquads, pairs.dry))["snr_db"]


def high_notes_gap_db() -> float:
    """Low shelf: by how much the piano's notes from MIDI 93 on, where heard, are ahead."""
    process, means = pretrained("low-shelf").process, []
    for split in ("train", "test"):
        clips = data.load(instrument="piano", split=split)
        clips = clips[[row["midi"] >= 93 for row in clips.info]]
        pairs = pair(clips, TARGETS["low-shelf"])
        means.append(scores.of(pairs, map(process, pairs.dry))["snr_db"])
    return means[0] - means[1]


def two_filters_db() -> float:
    """The error of the low shelf's response that two filters with still faders leave."""
    target = systems.click_response(TARGETS["low-shelf"])
    reached = channels.channel_paths(bank.by_hand(squares.fit_squares(target))).sum(0)
    return float(10 * np.log10(np.sum((reached - target) ** 2) / np.sum(target**2)))


def wobble_percent() -> float:
    """By how much the envelope of a steady sine of 4,010 Hz swings, smoothed by hand."""
    by_hand = bank.by_hand(bank.windowed_cosines([1_000.0]))
    return 100 * aliasing.envelope_wobble(by_hand, frequency_hz=4_010).depth


def invariance_db() -> float:
    """How well the low shelf's network agrees with itself when our note is moved, at worst."""
    shifts = np.array([8, 16, 64, 256])
    return float(systems.invariance_db(pretrained("low-shelf").process, _note(), shifts).min())


def louder_db() -> float:
    """How well the low shelf's network agrees with itself when our note is 20 dB louder."""
    process = pretrained("low-shelf").process
    return float(systems.homogeneity_db(process, _note(), np.array([20]))[0])


def _heard(target: str) -> Pairs:
    """What the target's network and its rivals learned from."""
    experiment = experiments()[_known("target", target, TARGETS)]
    return pair(experiment.train_clips(), experiment.eq)


def _judged(target: str, which: str) -> Pairs:
    judged = sets.to_judge_on(UNHEARD)
    eq = TARGETS[_known("target", target, TARGETS)]
    return pair(judged[_known("which", which, judged)], eq)


def _known(what: str, name: str, known: Iterable[str]) -> str:
    if name not in known:
        raise EqlibError(f"{what} is {name!r}", f"one of {', '.join(known)}", "Choose one.")
    return name


def _note() -> np.ndarray:
    return data.load(instrument="piano", split="test")["piano/sal_Fs4_v10"][:12_000]


def habit_db() -> float:
    """The mean SNR of the engineer's habit on instruments that its network never heard."""
    return habits.snr_db(habits.pairs_of("instruments"), style.trained_network().process)


def levels_db(way: str) -> float:
    """The mean SNR of a network that learned by one of `ears.WAYS`, seed 0."""
    pairs = pair(ears.recordings(), TARGETS[ears.TARGET])
    return scores.of(pairs, map(ears.network(way).process, pairs.dry))["snr_db"]
