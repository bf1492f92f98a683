"""Sounds far from full scale: an answer, where the encoder would end the process."""

from __future__ import annotations

import numpy as np
import pytest

from eqlib import EqlibError
from eqlib.widgets.desk import EQDesk
from eqlib.widgets.encoding import encode, encode_lossless
from eqlib.widgets.player import player

TONE = np.sin(2 * np.pi * 440 / 16_000 * np.arange(8_000))


@pytest.mark.filterwarnings("ignore:.*where full scale is 1.0")  # the desk's clips warn before
@pytest.mark.parametrize("scale", [32_767, 1e8, 1e30])
def test_integers_as_floats_are_refused_with_the_cure(scale):
    for use in (
        lambda: EQDesk(sounds={"loud": scale * TONE}),
        lambda: encode(scale * TONE, sample_rate=16_000),
        lambda: encode_lossless(scale * TONE, sample_rate=16_000, error_rms=1e-4),
    ):
        with pytest.raises(EqlibError, match=r"reaches .*audio / 32768"):
            use()


@pytest.mark.parametrize("scale", [1e-30, 1e-40])
def test_a_track_that_is_almost_nothing_beside_a_normal_one_ends_in_silence(scale):
    made = player({"normal": TONE / 2, "almost nothing": scale * TONE}, sample_rate=16_000)
    assert len(made.tracks) == 2
    assert encode(scale * TONE, sample_rate=16_000)[1]
