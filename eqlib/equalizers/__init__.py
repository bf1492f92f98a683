"""Equalizers to learn from: biquads, FIR filters, drawn curves, and cascades of them."""

from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import REFERENCE, TARGETS

__all__ = ["EQ", "REFERENCE", "TARGETS"]
