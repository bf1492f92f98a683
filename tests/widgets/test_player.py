from __future__ import annotations

import base64
import io
import math
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile as sf
import torch
from scipy import signal

from eqlib import EQ, EqlibError, data
from eqlib.metrics import loudness
from eqlib.plots.style import OTHERS, ROLES, styles
from eqlib.widgets.player import player
from nodejs import needs_node, node

RATE = 16_000
NOTE = data.load(instrument="piano", split="test")[5]
SHELF = EQ.low_shelf(cutoff_hz=500, gain_db=10)
SIGNALS = {"input": NOTE, "low shelf": SHELF(NOTE), "highpass": EQ.highpass(cutoff_hz=500)(NOTE)}
HITS = data.load(instrument="drums", kind="hit", split="test")

# The K-weighting as ITU-R BS.1770 prints it, for 48 kHz.
HEAD = [1.53512485958697, -2.69169618940638, 1.19839281085285]
HEAD += [1.0, -1.69065929318241, 0.73248077421585]
EAR = [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621]


class Page(HTMLParser):
    """What a browser finds: tags in their nesting, their attributes, the visible text."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.text += text

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def page(*args, **kwargs):
    return Page(player(*args, sample_rate=RATE, **kwargs)._repr_html_())


def decode(src):
    kind, encoded = src.split(",")
    audio, rate = sf.read(io.BytesIO(base64.b64decode(encoded)))
    return kind, audio, rate


def snr_db(target, output):
    return 10 * np.log10(np.sum(target**2) / np.sum((target - output) ** 2))


def test_the_embedded_audio_is_the_signal_at_the_stated_gain():
    shown = player(SIGNALS, sample_rate=RATE)
    found = Page(shown._repr_html_()).all("audio")
    for track, attrs, audio in zip(shown.tracks, found, SIGNALS.values(), strict=True):
        kind, heard, rate = decode(attrs["src"])
        assert (kind, rate, len(heard)) == ("data:audio/mpeg;base64", RATE, len(audio))
        expected = audio * 10 ** (track.gain_db / 20)
        assert snr_db(expected, heard) > 30
        level_db = 10 * np.log10(np.sum(heard**2) / np.sum(expected**2))
        assert level_db == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("down_db", [36, 45, 60, 75, 90])
def test_what_differs_by_little_is_kept_without_loss(down_db):
    """What the player subtracts is the signals' difference, and not the coder's."""
    note = NOTE[:RATE]
    error = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    error *= np.sqrt(np.mean(note**2) / np.mean(error**2)) * 10 ** (-down_db / 20)
    signals = {"input": SHELF(note), "target": note, "output": note + error}
    shown = player(signals, sample_rate=RATE)
    assert [t.media_type.removeprefix("audio/") for t in shown.tracks] == ["mpeg", "flac", "flac"]
    target, output = (
        sf.read(io.BytesIO(track.encoded))[0] / 10 ** (track.gain_db / 20)
        for track in shown.tracks[1:]
    )
    exact = snr_db(signals["target"].astype(float), signals["output"].astype(float))
    assert snr_db(target, output) == pytest.approx(exact, abs=0.05)
    between = (signals["target"] - signals["output"]).astype(float)
    assert snr_db(between, target - output) > 20 - 0.5
    if down_db <= 75:
        assert max(len(track.encoded) for track in shown.tracks) < 30_000


def test_what_differs_by_more_or_not_at_all_is_left_to_mp3():
    gains = {"a": NOTE, "b": 1.02 * NOTE}  # an SNR of 34 dB
    equal = {"a": NOTE, "b": NOTE.copy(), "short": NOTE[:999]}
    for signals in (gains, equal):
        tracks = player(signals, sample_rate=RATE).tracks
        assert {track.media_type for track in tracks} == {"audio/mpeg"}


def test_two_seconds_fit_a_page():
    for audio in data.load(split="test", instrument=["piano", "trumpet", "violin"]):
        assert len(audio) == 2 * RATE
        assert len(player({"note": audio}, sample_rate=RATE)._repr_html_()) < 18_000


@pytest.mark.parametrize("signals", [SIGNALS, {"hit": HITS[0], "note": NOTE, "soft": 0.05 * NOTE}])
def test_all_are_as_loud_as_the_softest_and_none_is_turned_up(signals):
    shown = player(signals, sample_rate=RATE)
    gains_db = [track.gain_db for track in shown.tracks]
    assert max(gains_db) == 0
    levels = [
        loudness(audio * 10 ** (gain_db / 20), sample_rate=RATE)
        for audio, gain_db in zip(signals.values(), gains_db, strict=True)
    ]
    assert max(levels) - min(levels) <= 0.1
    softest = min(loudness(audio, sample_rate=RATE) for audio in signals.values())
    assert levels == pytest.approx([softest] * len(levels), abs=0.051)


def test_without_matching_the_levels_stay():
    shown = player(SIGNALS, sample_rate=RATE, match_loudness=False)
    assert len({track.gain_db for track in shown.tracks}) == 1


@pytest.mark.parametrize("match_loudness", [True, False])
def test_nothing_clips(match_loudness):
    loud = {"a": 4 * NOTE / np.abs(NOTE).max(), "b": 3 * NOTE / np.abs(NOTE).max()}
    shown = player(loud, sample_rate=RATE, match_loudness=match_loudness)
    peaks = [
        np.abs(audio).max() * 10 ** (track.gain_db / 20)
        for audio, track in zip(loud.values(), shown.tracks, strict=True)
    ]
    assert 10 ** (-1.2 / 20) < max(peaks) <= 10 ** (-1 / 20)
    decoded = [sf.read(io.BytesIO(track.encoded))[0] for track in shown.tracks]
    assert max(np.abs(audio).max() for audio in decoded) < 1


def test_captions_state_the_gains():
    shown = player({"input": NOTE, "louder": 2 * NOTE}, sample_rate=RATE)
    assert [track.gain_db for track in shown.tracks] == [0, pytest.approx(-6.0)]
    found = Page(shown._repr_html_())
    assert "input, at its own level" in found.text
    assert "louder, turned down by 6.0 dB" in found.text
    assert repr(shown) == "Player: input: at its own level, louder: turned down by 6.0 dB"


def test_every_sound_is_labeled_and_has_a_fallback():
    found = page(SIGNALS, title="Three equalizers")
    names = list(SIGNALS)
    for figure, audio, name in zip(found.all("figure"), found.all("audio"), names, strict=True):
        assert (figure["class"], figure["role"]) == ("eq-player", "group")
        assert figure["aria-label"] == name
        assert audio["aria-label"].startswith(f"{name}, ")
        assert {"controls", "preload", "src"} <= audio.keys()
    assert found.all("div") == [{"role": "group", "aria-label": "Three equalizers"}]
    assert found.text.count("To hear this sound, open") == 3
    assert "Three equalizers" in found.text
    assert found.all("script") == []


def test_the_page_decides_on_colors():
    styles = " ".join(attrs.get("style", "") for _, attrs in page(SIGNALS, title="T").tags)
    assert "color" not in styles
    assert "background" not in styles


def test_names_are_text_and_never_markup():
    found = page({'<b>"fat" & loud</b>': NOTE}, title="a < b")
    assert found.all("b") == []
    assert found.all("figure")[0]["aria-label"] == '<b>"fat" & loud</b>'
    assert '<b>"fat" & loud</b>, at its own level' in found.text
    assert found.all("div")[0]["aria-label"] == "a < b"


def test_html_is_deterministic():
    assert page(SIGNALS).tags == page(dict(SIGNALS)).tags


def test_arrays_and_tensors_stay_as_they_are():
    tensor = torch.from_numpy(NOTE.copy()).requires_grad_()
    double = NOTE.astype(np.float64)
    shown = player({"float32": NOTE, "float64": double, "torch": tensor}, sample_rate=RATE)
    assert len({track.encoded for track in shown.tracks}) == 1
    np.testing.assert_array_equal(double, NOTE)
    np.testing.assert_array_equal(tensor.detach().numpy(), NOTE)


def test_lengths_may_differ():
    shown = player({"long": NOTE, "short": NOTE[: RATE // 2]}, sample_rate=RATE)
    decoded = [sf.read(io.BytesIO(track.encoded))[0] for track in shown.tracks]
    assert [len(audio) for audio in decoded] == [2 * RATE, RATE // 2]


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
def test_other_sample_rates_of_mp3(rate):
    (track,) = player({"note": NOTE}, sample_rate=rate).tracks
    assert sf.info(io.BytesIO(track.encoded)).samplerate == rate
    assert track.media_type == "audio/mpeg"


def test_flac_where_mp3_cannot(monkeypatch):
    (track,) = player({"note": NOTE}, sample_rate=96_000).tracks
    assert track.media_type == "audio/flac"
    heard, rate = sf.read(io.BytesIO(track.encoded))
    assert rate == 96_000
    np.testing.assert_allclose(heard, NOTE, atol=1 / 32_768)

    without = {name: text for name, text in sf.available_formats().items() if name != "MP3"}
    monkeypatch.setattr(sf, "available_formats", lambda: without)
    (track,) = player({"note": NOTE}, sample_rate=RATE).tracks
    assert (track.media_type, track.encoded[:4]) == ("audio/flac", b"fLaC")


# --- loudness


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
@pytest.mark.parametrize("frequency_hz", [60, 200, 997, 2_000, 4_000, 6_500])
def test_loudness_is_that_of_bs_1770(rate, frequency_hz):
    sine = 0.1 * np.sin(2 * np.pi * frequency_hz * np.arange(2 * rate) / rate)
    _, gain = signal.sosfreqz([HEAD, EAR], worN=[frequency_hz], fs=48_000)
    expected = -0.691 + 10 * np.log10(0.1**2 / 2) + 20 * np.log10(np.abs(gain[0]))
    assert loudness(sine, sample_rate=rate) == pytest.approx(expected, abs=0.1)


def test_full_scale_at_997_hz_is_minus_3_lufs():
    sine = np.sin(2 * np.pi * 997 * np.arange(96_000) / 48_000)
    assert loudness(sine, sample_rate=48_000) == pytest.approx(-3.01, abs=0.05)


def test_silence_around_a_sound_does_not_make_it_softer():
    noise = 0.1 * np.random.default_rng(0).standard_normal(3 * RATE)
    padded = np.concatenate([np.zeros(5 * RATE), noise, np.zeros(5 * RATE)])
    alone = loudness(noise, sample_rate=RATE)
    # Blocks that are half silent count too; without the gate it would be 6.4 dB.
    assert loudness(padded, sample_rate=RATE) == pytest.approx(alone, abs=0.5)
    assert 10 * math.log10(3 / 13) < -6


@pytest.mark.parametrize("samples", [1, 100, 6_399, 6_400, 6_401])
def test_loudness_of_a_short_sound_is_its_power(samples):
    noise = 0.1 * np.random.default_rng(1).standard_normal(samples)
    k_weighted = EQ.high_shelf(cutoff_hz=1_500, gain_db=4) + EQ.highpass(cutoff_hz=38, q=0.5)
    power = np.mean(k_weighted(noise)[:6_400] ** 2)
    assert loudness(noise, sample_rate=RATE) == pytest.approx(10 * np.log10(power) - 0.691)


# --- mistakes


@pytest.mark.parametrize(
    ("signals", "message"),
    [
        ({}, "signals is empty"),
        (NOTE, "signals is a ndarray"),
        ([NOTE], "signals is a list"),
        ({"stereo": np.stack([NOTE, NOTE], 1)}, r"stereo has shape \(32000, 2\)"),
        ({"broken": np.where(np.arange(99) == 5, np.nan, 0.1)}, "broken holds 1 samples .* NaN"),
        ({"endless": np.full(99, np.inf)}, "endless holds 99 samples"),
        ({"still": np.zeros(99)}, "still is silent"),
        ({"none": np.zeros(0)}, "none has shape"),
        ({"integers": np.ones(99, np.int16)}, "integers holds int16"),
    ],
)
def test_signals_that_cannot_be_played_are_named(signals, message):
    with pytest.raises(EqlibError, match=message):
        player(signals, sample_rate=RATE)


@pytest.mark.parametrize("rate", [0, -16_000, 16_000.0, "16000", None, True, 16])
def test_a_wrong_sample_rate_is_named(rate):
    with pytest.raises(EqlibError, match="sample_rate is"):
        player({"note": NOTE}, sample_rate=rate)


def test_loudness_needs_room_for_the_shelf():
    with pytest.raises(EqlibError, match="cutoff_hz is 1500"):
        loudness(NOTE, sample_rate=2_000)


@needs_node
def test_a_sound_has_the_color_that_its_curve_has(tmp_path):
    """Where a name says what it is; and no two of up to five others are alike."""
    script = '(await import("./player_pictures.mjs")).rolesOf(value)'
    names = ["input", "target", "one", "network", "two", "output, adjoint", "FIR, 127 taps"]
    words = {role: f"other-{n + 1}" for n, role in enumerate(map(str, OTHERS))}
    words |= {str(style): role for role, style in reversed(ROLES.items())}
    words[str(ROLES["output"])] = "network"
    expected = [words[str(style)] for style in styles(names)]
    assert node(tmp_path, script, names) == expected
    given = ["target, input +30 dB", "network, input +30 dB", "dry", "without a word"]
    assert node(tmp_path, script, given) == ["target", "network", "input", "other-1"]
    assert len(set(node(tmp_path, script, list("abcde")))) == 5
