"""Sounds as files that browsers play, and as addresses inside a page.

Chapter: "How to run this book".
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping

import numpy as np
import soundfile as sf

from eqlib.audio import Audio, check_audio, check_mono
from eqlib.data.clips import as_clips
from eqlib.errors import checked

MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


@checked
def addresses(sounds: Mapping[str, Audio], *, sample_rate: int) -> dict[str, str]:
    """Each sound as a data URI: MP3, or FLAC at a rate that MP3 does not have.

    Raises:
        EqlibError: for sounds that no player takes.
    """
    made = {}
    clips = as_clips("sounds", sounds, sample_rate=sample_rate)
    for name, clip in zip(clips.names, clips, strict=True):
        media_type, file = encode(clip, sample_rate=sample_rate)
        made[name] = f"data:{media_type};base64,{base64.b64encode(file).decode()}"
    return made


@checked
def encode(audio: np.ndarray, *, sample_rate: int) -> tuple[str, bytes]:
    """A sound as a file that browsers play, and its media type.

    MP3 of variable bit rate; FLAC, at twice the size, where MP3 has not got the rate.
    """
    check_audio("the sound", audio)
    check_mono("the sound", audio)
    mp3 = "MP3" in sf.available_formats() and sample_rate in MP3_RATES
    kind, media_type = ("MP3", "audio/mpeg") if mp3 else ("FLAC", "audio/flac")
    file = io.BytesIO()
    sf.write(file, audio, sample_rate, format=kind)
    return media_type, file.getvalue()
