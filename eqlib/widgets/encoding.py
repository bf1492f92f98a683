"""Sounds as files that browsers play, and as addresses inside a page.

Chapter: "How to run this book".
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Mapping

import numpy as np
import soundfile as sf

from eqlib.audio import Audio, check_audio, check_mono, db, peak_of
from eqlib.data.clips import as_clips
from eqlib.errors import EqlibError, checked

BITS = (14, 24)  # of a sound without loss: from inaudible rounding on, up to what FLAC holds
MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)


LOUDEST, SOFTEST = 100.0, 1e-20
"""Far above full scale the MP3 encoder ends the process; what is far below is silence."""


@checked
def addresses(sounds: Mapping[str, Audio], *, sample_rate: int) -> dict[str, str]:
    """Each sound as a data URI: MP3, or FLAC at a rate that MP3 does not have.

    A sound above full scale, which a file would clip, is turned down, and its name says so.

    Raises:
        EqlibError: for sounds that no player takes.
    """
    made = {}
    clips = as_clips("sounds", sounds, sample_rate=sample_rate)
    for name, clip in zip(clips.names, clips, strict=True):
        _check_level(clip)
        if (peak := float(np.abs(clip).max())) > 1:
            name = f"{name}, turned down by {db(peak):.1f} dB"
            clip = clip / peak
        media_type, file = encode(clip, sample_rate=sample_rate)
        made[name] = f"data:{media_type};base64,{base64.b64encode(file).decode()}"
    return made


@checked
def encode(audio: np.ndarray, *, sample_rate: int) -> tuple[str, bytes]:
    """A sound as a file that browsers play, and its media type.

    MP3 of variable bit rate; FLAC, at twice the size, where MP3 has not got the rate.

    Raises:
        EqlibError: for what is no single sound, or reaches far above full scale.
    """
    check_audio("the sound", audio)
    check_mono("the sound", audio)
    _check_level(audio)
    audio = np.where(np.abs(audio) < SOFTEST, 0, audio).astype(np.float32)
    mp3 = "MP3" in sf.available_formats() and sample_rate in MP3_RATES
    kind, media_type = ("MP3", "audio/mpeg") if mp3 else ("FLAC", "audio/flac")
    file = io.BytesIO()
    sf.write(file, audio, sample_rate, format=kind)
    return media_type, file.getvalue()


@checked
def encode_lossless(audio: np.ndarray, *, sample_rate: int, error_rms: float) -> tuple[str, bytes]:
    """A sound as FLAC, for comparisons that a coder's error would spoil, and its media type.

    Args:
        audio: (samples,), within -1 and 1.
        sample_rate: in Hz.
        error_rms: what rounding may change, as an RMS value: the sound is rounded to as few bits
            as keep it smaller, between 14 and 24.

    Raises:
        EqlibError: for audio that is no single sound, or is empty, integer, NaN or infinite, or
            reaches far above full scale.
    """
    check_audio("the sound", audio)
    check_mono("the sound", audio)
    _check_level(audio)
    step = max(error_rms * math.sqrt(12), 2.0 ** -BITS[1])  # rounding errs by its step / sqrt(12)
    bits = min(max(1 - math.floor(math.log2(step)), BITS[0]), BITS[1])
    rounded = np.round(np.asarray(audio, np.float64) * 2 ** (bits - 1)).astype(np.int32)
    file = io.BytesIO()
    # The bits that are zero in every sample take no room in a FLAC file.
    sf.write(
        file,
        rounded << (32 - bits),
        sample_rate,
        format="FLAC",
        subtype="PCM_16" if bits <= 16 else "PCM_24",
        compression_level=1.0,
    )
    return "audio/flac", file.getvalue()


def _check_level(audio: np.ndarray) -> None:
    peak = peak_of(audio)
    if peak > LOUDEST:
        raise EqlibError(
            f"the sound reaches {peak:.4g}",
            f"at most {LOUDEST:g}; full scale is 1.0",
            "Divide integer samples by their full scale, for 16 bit: audio / 32768.",
        )
