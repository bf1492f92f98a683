"""All figures: what `eqlib.plots` loads when it is asked for it, and what type checkers see."""

from .bank import (
    filter_bank as filter_bank,
)
from .bank import (
    filters_forming as filters_forming,
)
from .bank import (
    orientations as orientations,
)
from .bank import (
    paths as paths,
)
from .bank import (
    taps as taps,
)
from .equalizers import (
    energy_to_come as energy_to_come,
)
from .equalizers import (
    impulse_responses as impulse_responses,
)
from .equalizers import (
    responses as responses,
)
from .equalizers import (
    same_gain as same_gain,
)
from .frames import (
    along_frame as along_frame,
)
from .frames import (
    by_frame_length as by_frame_length,
)
from .frames import (
    cut_and_added as cut_and_added,
)
from .frames import (
    window_sums as window_sums,
)
from .latent import (
    connections as connections,
)
from .latent import (
    fader_responses as fader_responses,
)
from .latent import (
    faders as faders,
)
from .latent import (
    faders_in_frame as faders_in_frame,
)
from .latent import (
    softplus as softplus,
)
from .learning import (
    curves as curves,
)
from .learning import (
    gradient_norms as gradient_norms,
)
from .learning import (
    rates as rates,
)
from .learning import (
    training as training,
)
from .network import (
    channels as channels,
)
from .network import (
    intermediates as intermediates,
)
from .network import (
    one_channel as one_channel,
)
from .network import (
    unpoolings as unpoolings,
)
from .signals import (
    fine_spectra as fine_spectra,
)
from .signals import (
    portrait as portrait,
)
from .signals import (
    spectra as spectra,
)
from .signals import (
    spectrograms as spectrograms,
)
from .signals import (
    waveforms as waveforms,
)
from .speed import (
    diagonals as diagonals,
)
from .speed import (
    times as times,
)
from .systems import (
    linearity as linearity,
)
from .systems import (
    measured_responses as measured_responses,
)
from .systems import (
    scores as scores,
)
from .systems import (
    sweep_responses as sweep_responses,
)
