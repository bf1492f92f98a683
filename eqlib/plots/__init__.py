"""Figures of sounds, equalizers and networks: one call each, in the book's style.

    from eqlib import plots

    plots.responses({"low shelf": EQ.low_shelf(cutoff_hz=500, gain_db=10)})

Every function takes data, leaves it as it is, and returns a matplotlib `Figure`: the last line of
a cell shows it, ``fig.savefig("figure.png")`` writes it. Names decide how a curve is drawn:
"input" and "doing nothing" are dotted gray, "target" solid blue, "output" and "network" dashed
orange, "FIR" dash-dotted green (`eqlib.plots.style`).

Signals are mono, floating point and finite, and not silent; else they "cannot be drawn".

Each figure's file is loaded when the figure is first asked for: `__init__.pyi` lists them.

It needs matplotlib, which the extra "notebook" brings; without it, the import raises `EqlibError`.

Chapter: the tour (book/tour.ipynb).
"""

from eqlib.errors import check_extra

check_extra("notebook", "matplotlib", "lazy_loader")

import lazy_loader  # noqa: E402 - once it is known to be there

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
