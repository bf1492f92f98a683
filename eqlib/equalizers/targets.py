"""The equalizers of the book, by name: what `python -m eqlib reproduce` trains networks for.

The paper shows shelving, peaking, lowpass and highpass filters, each as IIR and as FIR. It does
not tell the settings of its FIR filters; here they are the IIR ones', at 129 taps.

Chapter: "Results".
"""

from __future__ import annotations

from types import MappingProxyType

from eqlib.equalizers.eq import EQ

FIR_TAPS = 129

REFERENCE = MappingProxyType(
    {
        "low-shelf": EQ.low_shelf(cutoff_hz=500, gain_db=10, slope=0.7071),
        "peaking": EQ.peaking(cutoff_hz=500, gain_db=10, q=0.7071),
        "highpass": EQ.highpass(cutoff_hz=500, q=0.7071),
        "lowpass": EQ.lowpass(cutoff_hz=500, q=0.7071),
    }
)
"""The project's reference targets. The first three are those of the paper authors' published
examples, identified from their audio; they publish none for the lowpass."""

AIR = EQ.high_shelf(cutoff_hz=4_000, gain_db=6)

VOCAL_CHAIN = (
    EQ.highpass(cutoff_hz=100)
    + EQ.peaking(cutoff_hz=300, gain_db=-4, q=1)
    + EQ.peaking(cutoff_hz=3_000, gain_db=4, q=1)
    + EQ.high_shelf(cutoff_hz=6_000, gain_db=3)
)

DRAWN_CURVE = EQ.drawn(
    frequencies_hz=[60, 150, 400, 1_000, 2_500, 6_000],
    gains_db=[3, 6, -5, 2, -4, 5],
    taps=FIR_TAPS,
    phase="minimum",
)

_LINEAR = {
    f"{name}-fir-linear": eq.fir(taps=FIR_TAPS, phase="linear", compensate_delay=True)
    for name, eq in REFERENCE.items()
}
_MINIMUM = {
    f"{name}-fir-minimum": eq.fir(taps=FIR_TAPS, phase="minimum") for name, eq in REFERENCE.items()
}

TARGETS = MappingProxyType(
    {**REFERENCE, **_LINEAR, **_MINIMUM}
    | {"air": AIR, "vocal-chain": VOCAL_CHAIN, "drawn-curve": DRAWN_CURVE}
)
"""Name -> equalizer. The reference targets come first, then their FIR versions (linear-phase with
the delay compensated, and minimum-phase), then three of a mixing engineer's: a high shelf, a
chain of four bands for a voice, and a drawn curve."""
