"""Where a response is off, in words: "3.1 dB too low above 2 kHz".

Chapters: all that have exercises.
"""

from __future__ import annotations

import numpy as np

from eqlib.audio import check_same_shape, check_shape
from eqlib.errors import EqlibError, checked

FLOOR = 1e-3  # of the strongest: 60 dB below it, nothing is compared


@checked
def difference_db(target: np.ndarray, response: np.ndarray) -> np.ndarray:
    """How much louder a response is than its target, in dB; what both leave 60 dB down is equal.

    Args:
        target: (frequencies,) complex or real.
        response: the same shape.
    """
    check_shape("target", target, ("frequencies",))
    check_same_shape("target", target, "response", response)
    floor = FLOOR * max(np.abs(target).max(), np.finfo(float).tiny)
    levels = [np.maximum(np.abs(each), floor) for each in (target, response)]
    return np.asarray(20 * np.log10(levels[1] / levels[0]))


@checked
def where_off(off_db: np.ndarray, frequencies_hz: np.ndarray, *, tolerance_db: float) -> str:
    """The worst stretch of a difference in words; "" where all is within the tolerance.

    Args:
        off_db: (frequencies,) as `difference_db` returns it.
        frequencies_hz: the same shape, rising, equally far apart in octaves.
        tolerance_db: what does not count, above zero.
    """
    check_shape("off_db", off_db, ("frequencies",))
    check_same_shape("off_db", off_db, "frequencies_hz", frequencies_hz)
    if not tolerance_db > 0:
        cure = "Give what does not count, in dB: 0.5."
        raise EqlibError(f"tolerance_db is {tolerance_db}", "a number above 0", cure)
    signs = np.where(np.abs(off_db) > tolerance_db, np.sign(off_db), 0)
    starts = np.flatnonzero(np.diff(signs, prepend=np.nan) != 0)
    stretches = [s for s in np.split(np.arange(len(signs)), starts[1:]) if signs[s[0]]]
    if not stretches:
        return ""
    worst = max(stretches, key=lambda s: float(np.abs(off_db[s]).sum()))
    # The flanks, where it only begins to be off, would blur both the size and the frequency.
    worst = worst[np.abs(off_db[worst]) >= np.abs(off_db[worst]).max() / 2]
    amount = float(np.median(np.abs(off_db[worst])))
    way = "high" if off_db[worst[0]] > 0 else "low"
    words = f"{amount:.1f} dB too {way}" if amount < 40 else f"far too {way} (by {amount:.0f} dB)"
    return f"{words} {_stretch(worst, frequencies_hz)}"


def _stretch(worst: np.ndarray, frequencies_hz: np.ndarray) -> str:
    first, last, end = worst[0], worst[-1], len(frequencies_hz) - 1
    low, high = frequencies_hz[first], frequencies_hz[last]
    if len(worst) > 0.9 * (end + 1):
        return "at all frequencies"
    if first == 0:
        return f"below {hertz(high)}"
    if last == end:
        return f"above {hertz(low)}"
    if high < 1.6 * low:
        return f"around {hertz(float(np.sqrt(low * high)))}"
    return f"between {hertz(low)} and {hertz(high)}"


@checked
def hertz(frequency_hz: float) -> str:
    """A frequency in two digits: 370 Hz, 2.1 kHz."""
    rounded = float(f"{frequency_hz:.2g}")
    return f"{rounded / 1_000:g} kHz" if rounded >= 1_000 else f"{rounded:g} Hz"
