"""Effects that are no equalizers, to learn from: they distort, follow, swing or ring.

Each is a frozen dataclass whose fields are its settings, with their units, and is called with
audio, as an `eqlib.EQ` is. All are references: slow and plain where that makes them exact.
"""
