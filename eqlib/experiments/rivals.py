"""A target's network that ships, and its rivals, as the results file says that they were chosen.

Chapter: "Results".
"""

from __future__ import annotations

import numpy as np

from eqlib.audio import Process
from eqlib.baselines.least_squares import least_squares_fir
from eqlib.data.pairs import pair
from eqlib.equalizers.eq import EQ
from eqlib.errors import checked
from eqlib.experiments.plan import Experiment
from eqlib.experiments.results import entry
from eqlib.experiments.scores import FIR_TAPS, FIRS
from eqlib.networks.shipped import pretrained

METHODS = ("doing nothing", "network", *FIRS, "biquads")
"""What stands in every table of scores."""


@checked
def methods(experiment: Experiment) -> dict[str, Process]:
    """Each of `METHODS` for a target; the FIR filters are solved for anew.

    Raises:
        EqlibError: for an experiment whose network does not ship.
    """
    network = pretrained(experiment.name).process
    told = entry(experiment.name)["baselines"]["methods"]
    heard = pair(experiment.train_clips(), experiment.eq)
    firs = {
        name: least_squares_fir(
            heard, taps=FIR_TAPS, advance_samples=ahead, weighting=told[name]["weighting"]
        )
        for name, ahead in FIRS.items()
    }
    biquads = EQ.from_sos(np.array(told["biquads"]["sos"]), sample_rate=heard.dry.sample_rate)
    return {"doing nothing": np.copy, "network": network, **firs, "biquads": biquads}
