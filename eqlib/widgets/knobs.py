"""The knobs of one network for every peak: turn them, and see and hear it follow.

    from eqlib.widgets.knobs import Knobs

    Knobs(net, note)

The network runs in the page, channel by channel: with the knobs at any place its output is the note
and a weighted sum of what its channels make of it, so that a turn needs no new run.

Chapter: "Does it generalize?".
"""

from __future__ import annotations

from eqlib.audio import Audio
from eqlib.errors import EqlibError, checked
from eqlib.networks.conditioned import ConditionedEQNet
from eqlib.networks.knobs import NUMBERS
from eqlib.widgets.component import HOW_TO_USE, StateComponent
from eqlib.widgets.faders import addresses
from eqlib.widgets.linking import module, styles


class Knobs(StateComponent):
    """A network for every peak, with knobs for cutoff, gain and width.

    Args:
        net: a `ConditionedEQNet` with the controller, settings and change of
            `eqlib.networks.knobs.PEAK`.
        note: (samples,), within -1 and 1, up to 10 s, at the network's sample rate.

    Attributes:
        state: the network as a file, and the note, as addresses.

    Raises:
        EqlibError: for another network; for a note that is too long, too loud, silent or not mono.
    """

    _name = "knobs"
    _esm = module("knobs")
    _css = styles("opening", "knobs")

    @checked
    def __init__(self, net: ConditionedEQNet, note: Audio) -> None:
        config = net.config
        if (config.controller, config.settings, config.change) != ("setting", NUMBERS, True):
            raise EqlibError(
                f"the network's controller hears {config.settings} numbers of a "
                f"{config.controller}, change is {config.change}",
                f"{NUMBERS} numbers of a setting, and a change",
                "Make it with eqlib.networks.knobs.PEAK.",
            )
        network, sound = addresses(net, note)
        super().__init__(state={"network": network, "sound": sound})

    def _words(self) -> str:
        return f"the knobs of a network for every peak. {HOW_TO_USE}"
