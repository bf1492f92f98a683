"""The scores of a method on test recordings, and the baselines that stand beside the network.

Chapters: "Results", "When not to use a network".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

import numpy as np

from eqlib import metrics
from eqlib.analysis.timing import seconds_for_one
from eqlib.audio import Audio, Process
from eqlib.baselines.biquads import fit_biquads
from eqlib.baselines.least_squares import Weighting, least_squares_fir
from eqlib.data.pairs import Pairs
from eqlib.experiments.entries import Baseline, Scores

BASELINES_VERSION = 3
"""Goes up when the baselines change, so that `reproduce` computes them anew."""

FIR_TAPS = 127
"""As many as the network reaches: two 'same' convolutions of 64 taps, 62 back and 64 ahead."""

FIRS = {"least-squares FIR": 63, "causal FIR": 0}
"""How many of the taps look ahead: half of them, one less than of the network's, or none."""

WEIGHTINGS: tuple[Weighting, ...] = ("energy", "clips")
"""How clips are weighted in a least-squares fit; the validation recordings choose."""

SECTIONS = (1, 2, 4)
"""How many biquads are tried; the validation recordings choose."""

EXACT_DB = 130
"""SNR above which methods differ by the rounding of single precision: the smallest is chosen."""


def of(pairs: Pairs, outputs: Iterable[np.ndarray]) -> Scores:
    """All scores of the outputs for some pairs.

    Args:
        pairs: input and target of each clip.
        outputs: one for each clip, (samples,).

    Returns:
        For "mae", "normalized_mae", "error_to_signal_ratio" and "snr_db" the mean over clips,
        each clip counting once; "worst_snr_db" with the name of its clip, "worst"; "clips", the
        SNR in dB of each; "bands", the response error in dB of each octave by its center in Hz
        (None where the input has no energy), over all clips together.
    """
    outputs = list(outputs)
    both = list(zip(pairs.wet, outputs, strict=True))

    def mean(metric: Callable[[Audio, Audio], np.ndarray]) -> float:
        return _digits(np.mean([metric(target, output) for target, output in both]))

    snr_db = np.array([metrics.snr_db(target, output) for target, output in both])
    snr_db = np.minimum(snr_db, 200)  # of doing nothing, where the EQ does nothing: JSON has no inf
    worst = int(snr_db.argmin())

    three = (_padded(part) for part in (pairs.dry, pairs.wet, outputs))
    bands = metrics.response_error_db(*three, sample_rate=pairs.dry.sample_rate)
    rounded = [round(float(value), 2) for value in snr_db]
    return {
        "mae": mean(metrics.mae),
        "normalized_mae": mean(metrics.normalized_mae),
        "error_to_signal_ratio": mean(metrics.error_to_signal_ratio),
        "snr_db": _digits(snr_db.mean()),
        "worst_snr_db": _digits(snr_db[worst]),
        "worst": pairs.dry.names[worst],
        "bands": {
            f"{hz:g}": None if np.isnan(db) else _digits(db)
            for hz, db in zip(bands.centers_hz, bands.error_db, strict=True)
        },
        "clips": dict(zip(pairs.dry.names, rounded, strict=True)),
    }


def on(sets: Mapping[str, Pairs], process: Process) -> dict[str, Scores]:
    """The scores of a method on each of several sets of pairs."""
    return {name: of(pairs, map(process, pairs.dry)) for name, pairs in sets.items()}


def baselines(pairs: Pairs, validation: Pairs, sets: Mapping[str, Pairs]) -> dict[str, Baseline]:
    """Fits what the network should be measured against, on its training pairs, and scores it.

    Args:
        pairs: the training pairs.
        validation: chooses the number of biquads, and each filter's weighting.
        sets: the pairs to be judged on.

    Returns:
        For "doing nothing", both of `FIRS` and "biquads": "parameters", "fit_seconds" (of one
        core's time), "run_seconds" (for a second of audio) and "scores", as `on` gives them; for
        the filters also their "weighting", for the biquads their "sos".
    """

    def entry(process: Process, parameters: int, fit_seconds: float) -> Baseline:
        return {
            "parameters": parameters,
            "fit_seconds": _digits(fit_seconds),
            "run_seconds": _digits(seconds_for_one(process, pairs.dry.sample_rate)),
            "scores": on(sets, process),
        }

    found: dict[str, Baseline] = {"doing nothing": entry(np.copy, 0, 0.0)}
    for name, advance in FIRS.items():
        began = time.process_time()
        firs = {
            weighting: least_squares_fir(
                pairs, taps=FIR_TAPS, advance_samples=advance, weighting=weighting
            )
            for weighting in WEIGHTINGS
        }
        weighting, fir = max(firs.items(), key=lambda fit: _mean_snr_db(validation, fit[1]))
        seconds = time.process_time() - began
        found[name] = {**entry(fir, fir.parameters, seconds), "weighting": weighting}

    began = time.process_time()
    fits = [fit_biquads(pairs, sections=sections) for sections in SECTIONS]
    biquads = max(fits, key=lambda fit: min(_mean_snr_db(validation, fit), EXACT_DB))
    seconds = time.process_time() - began
    found["biquads"] = {
        **entry(biquads, biquads.parameters, seconds),
        "sos": biquads.sos.tolist(),
    }
    return found


def _mean_snr_db(pairs: Pairs, process: Process) -> float:
    scores = [
        metrics.snr_db(wet, process(dry)) for dry, wet in zip(pairs.dry, pairs.wet, strict=True)
    ]
    return float(np.mean(scores))


def _padded(clips: Iterable[np.ndarray]) -> np.ndarray:
    """(clips, samples), with zeros after the shorter ones: a response is measured over all."""
    clips = list(clips)
    rows = np.zeros((len(clips), max(map(len, clips))), np.float32)
    for row, clip in zip(rows, clips, strict=True):
        row[: len(clip)] = clip
    return rows


def _digits(value: float) -> float:
    """Four significant digits: more would be noise in a file that people compare."""
    return float(f"{value:.4g}")
