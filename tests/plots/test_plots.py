from __future__ import annotations

import io
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from scipy import signal

import refresh
from eqlib import EQ, EqlibError, EQNet, EQNetConfig, data, frames, metrics, plots
from eqlib.plots import style
from eqlib.training.history import History
from eqlib.training.recipe import Recipe

RATE = 16_000
SMALL = EQNetConfig(frame=256, hop=64, filters=8, kernel=16, local_kernel=32, pool=16)
SHELF = EQ.low_shelf(cutoff_hz=500, gain_db=10)
NOTE = data.load(instrument="piano", split="test")[5] * np.float32(0.3)
WET = SHELF(NOTE)
SIGNALS = {"input": NOTE, "target": WET, "output": WET + np.float32(1e-3)}
NOISE = np.random.default_rng(0).standard_normal(4 * RATE).astype(np.float32)
HISTORY = History("train", [1, 2, 3], [1.0, 2.0, 4.0], [], [0.3, 0.1, 0.2], [5.0, 9.0, 8.0], best=1)

FIGURES = {
    "responses": lambda: plots.responses({"low shelf": SHELF, "flat": EQ.flat()}, phase=True),
    "waveforms": lambda: plots.waveforms(SIGNALS, sample_rate=RATE, start_s=0.5),
    "spectra": lambda: plots.spectra(SIGNALS, sample_rate=RATE),
    "spectrograms": lambda: plots.spectrograms(SIGNALS, sample_rate=RATE),
    "portrait": lambda: plots.portrait(SIGNALS, sample_rate=RATE),
    "measured": lambda: plots.measured_responses(NOTE, {"FIR": WET}, sample_rate=RATE, eq=SHELF),
    "filter_bank": lambda: plots.filter_bank(EQNet()),
    "intermediates": lambda: plots.intermediates(EQNet(), NOTE[4_000:5_024]),
    "training": lambda: plots.training([HISTORY, HISTORY]),
    "scores": lambda: plots.scores({"doing nothing": [1.0, 3.0], "network": [40.0, 44.0, 45.0]}),
}
LABELS = {
    "responses": ["gain (dB)", "frequency (Hz) | phase (degrees)"],
    "waveforms": ["amplitude", "target − output | time (ms)"],
    "spectra": ["frequency (Hz) | level (dB)"],
    "spectrograms": [
        "frequency (Hz) | input | time (s)",
        "target | time (s)",
        "output | time (s)",
        "level (dB)",
    ],
    "portrait": [
        "amplitude | time (ms)",
        "frequency (Hz) | level (dB)",
        "frequency (Hz) | input | time (s)",
        "target | time (s)",
        "output | time (s)",
        "level (dB)",
    ],
    "measured": ["frequency (Hz) | gain (dB)"],
    "filter_bank": [
        "filter, by center | frequency (Hz)",
        "gain (dB)",
        "filter 0 | time (ms) | weight",
        "filter 64 | time (ms)",
        "filter 127 | time (ms)",
    ],
    "intermediates": [
        "X1, level in dB | channel, by center",
        "Z",
        "X̂1, level in dB | channel, by center | time (ms)",
        "time (ms) | Ẑ by its median (dB)",
    ],
    "training": ["validation mae", "training time (s) | validation SNR (dB)"],
    "scores": ["SNR (dB), more is better"],
}
each_figure = pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)


def png(fig):
    file = io.BytesIO()
    # As a notebook does it.
    fig.canvas.print_figure(file, dpi=fig.dpi, facecolor=fig.get_facecolor(), bbox_inches="tight")
    return file.getvalue()


def curve(ax, label):
    (line,) = (line for line in ax.lines if line.get_label() == label)
    return line.get_xdata(), line.get_ydata()


def legend_names(fig):
    return [text.get_text() for legend in fig.legends for text in legend.get_texts()]


def image(ax):
    (mesh,) = ax.collections
    return mesh.get_array().data


# --- every figure


@each_figure
def test_a_figure_is_small_white_and_the_same_in_any_session(draw):
    fig = draw()
    file = png(fig)
    assert len(refresh.smaller(file)) < 35_000 * max(1, fig.get_figheight() / 5)  # as a page has it
    pixels = plt.imread(io.BytesIO(file))
    assert pixels.shape[1] < 700
    assert np.all(pixels[[0, 0, -1, -1], [0, -1, 0, -1]] == 1)
    assert pixels[..., 3].min() == 1
    with plt.style.context("dark_background"):
        assert png(draw()) == file
        assert plt.rcParams["text.color"] == "white"


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_labeled_and_shown_by_its_value_alone(name):
    fig = FIGURES[name]()
    assert isinstance(fig, Figure)
    assert repr(fig) == f"<Figure size {fig.bbox.width:.0f}x{fig.bbox.height:.0f} with " + (
        f"{len(fig.axes)} Axes>"
    )
    assert plt.get_fignums() == []
    words = [{ax.get_xlabel(), ax.get_ylabel(), ax.get_title()} - {""} for ax in fig.axes]
    assert [" | ".join(sorted(some)) for some in words if some] == LABELS[name]


def test_what_is_drawn_stays_as_it_was():
    before = {name: audio.copy() for name, audio in SIGNALS.items()}
    net, history = EQNet(SMALL), repr(HISTORY)
    weight = net.conv.weight.detach().clone()
    for draw in FIGURES.values():
        draw()
    plots.filter_bank(net)
    plots.intermediates(net, NOTE[:256])
    assert all(np.array_equal(before[name], SIGNALS[name]) for name in SIGNALS)
    assert repr(HISTORY) == history
    assert torch.equal(net.conv.weight, weight)


# --- style


def relative_luminance(color):
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("look", [*style.ROLES.values(), *style.OTHERS])
def test_colors_stand_out_from_white(look):
    assert 1.05 / (relative_luminance(look["color"]) + 0.05) >= 3


@pytest.mark.parametrize(
    "names",
    [
        ["input", "target", "output", "least-squares FIR"],
        ["doing nothing", "target", "network", "FIR"],
        ["low shelf", "peaking", "highpass", "lowpass"],
        ["network", "compressor", "side chain", "another"],
        ["one", "two", "target", "network"],
    ],
)
def test_no_two_curves_share_a_color_or_a_line_style(names):
    for a, b in combinations(style.styles(names), 2):
        assert a["color"] != b["color"]
        assert a["linestyle"] != b["linestyle"]


def test_names_decide_and_a_role_is_given_once():
    looks = style.styles(["Doing nothing", "network, 1 min", "network, 2 min", "first"])
    assert looks[0] == style.ROLES["nothing"]
    assert looks[1] == style.ROLES["network"] == style.ROLES["output"]
    assert [look["color"] for look in looks[2:]] == [look["color"] for look in style.OTHERS[:2]]
    assert looks[3]["linestyle"] == style.DASH_DOT  # the network has the dashes
    assert len(style.styles("abcdefg")) == 7
    assert style.styles("abcd") == list(style.OTHERS)


def test_of_two_roles_in_a_name_the_first_decides():
    looks = style.styles(["target, input +30 dB", "network, input +30 dB", "dry"])
    assert looks == [style.ROLES[role] for role in ("target", "network", "input")]


# --- sounds and responses


def test_responses_are_those_of_the_eq():
    eqs = {"shelf": SHELF, "notch": EQ.notch(cutoff_hz=1_000, q=2)}
    fig = plots.responses(eqs, low_hz=50, high_hz=5_000, phase=True)
    gain, phase = fig.axes
    for number, (name, eq) in enumerate(eqs.items()):
        f, gain_db = curve(gain, name)
        expected = signal.sosfreqz(eq.sos, worN=f, fs=RATE)[1]
        assert (f[0], f[-1]) == pytest.approx((50, 5_000))
        np.testing.assert_allclose(gain_db, 20 * np.log10(np.abs(expected)), atol=1e-6)
        degrees = phase.lines[number].get_ydata()
        np.testing.assert_allclose(degrees, np.angle(expected, deg=True), atol=1e-6)
    assert legend_names(fig) == ["shelf", "notch"]
    assert gain.get_ylabel() == "gain (dB)"
    assert phase.get_xlabel() == "frequency (Hz)"
    assert gain.get_xlim() == pytest.approx((50, 5_000))


def test_the_phase_leaves_a_gap_where_it_turns_over():
    delay = EQ.flat().fir(taps=65)  # 32 samples: the phase turns over every 500 Hz
    fig = plots.responses({"delay": delay}, low_hz=1_000, high_hz=2_000, phase=True)
    degrees = fig.axes[1].lines[0].get_ydata()
    assert np.isnan(degrees).sum() == 2
    assert np.nanmax(np.abs(degrees)) <= 180


def test_a_zero_of_the_response_does_not_press_the_curves_flat():
    fig = plots.responses({"lowpass": EQ.lowpass(cutoff_hz=500)})  # nothing passes at 8 kHz
    assert fig.axes[0].get_ylim()[0] >= -45


def test_waveforms_are_the_excerpt_and_its_error():
    fig = plots.waveforms(SIGNALS, sample_rate=RATE, start_s=0.5, duration_s=0.01)
    top, error = fig.axes
    for name, audio in SIGNALS.items():
        ms, values = curve(top, name)
        np.testing.assert_array_equal(values, audio[8_000:8_160])
        np.testing.assert_allclose(ms, 500 + np.arange(160) / 16)
    np.testing.assert_allclose(error.lines[0].get_ydata(), -1e-3, atol=1e-7)
    assert legend_names(fig) == list(SIGNALS)
    assert error.get_ylabel() == "target − output"


def test_waveforms_draw_no_error_without_target_and_output():
    fig = plots.waveforms({"a": torch.from_numpy(NOTE), "b": NOTE[:999]}, sample_rate=RATE)
    assert len(fig.axes) == 1


def test_spectra_show_where_a_sine_is_and_how_loud():
    sine = np.hanning(RATE) * np.sin(2 * np.pi * 1_000 * np.arange(RATE) / RATE)
    fig = plots.spectra({"loud": sine, "soft": sine / 10}, sample_rate=RATE)
    f, loud_db = curve(fig.axes[0], "loud")
    _, soft_db = curve(fig.axes[0], "soft")
    assert loud_db.max() == 0
    assert abs(np.log2(f[loud_db.argmax()] / 1_000)) < 1 / 24
    audible = loud_db > -60
    np.testing.assert_allclose((loud_db - soft_db)[audible], 20, atol=1e-3)
    assert not audible[np.abs(np.log2(f / 1_000)) > 1 / 4].any()


def test_an_impulse_has_a_flat_spectrum():
    fig = plots.spectra({"impulse": np.eye(1, RATE)[0]}, sample_rate=RATE)
    f, level_db = curve(fig.axes[0], "impulse")
    np.testing.assert_allclose(level_db, 0, atol=1e-9)
    assert 25 < f[0] <= 30
    assert 7_000 < f[-1] < 8_000


def test_the_distance_of_spectra_is_the_response():
    fig = plots.spectra({"input": NOISE, "target": SHELF(NOISE)}, sample_rate=RATE)
    f, input_db = curve(fig.axes[0], "input")
    _, target_db = curve(fig.axes[0], "target")
    expected = 20 * np.log10(np.abs(signal.sosfreqz(SHELF.sos, worN=f, fs=RATE)[1]))
    np.testing.assert_allclose(target_db - input_db, expected, atol=0.2)


def test_spectrograms_share_one_scale():
    time_s = np.arange(2 * RATE) / RATE
    sine = np.sin(2 * np.pi * 1_000 * time_s)
    later = np.where(time_s > 1, sine, 0) / 10
    fig = plots.spectrograms({"sine": sine, "later": later}, sample_rate=RATE)
    first, second, bar = fig.axes
    assert first.collections[0].norm.vmax == second.collections[0].norm.vmax == 0
    assert first.collections[0].norm.vmin == second.collections[0].norm.vmin == -80
    assert image(first).max() == 0
    assert image(second).max() == pytest.approx(-20, abs=0.1)
    rows_hz = first.collections[0].get_coordinates()[:, 0, 1]
    row = image(first).max(1).argmax()
    assert rows_hz[row] < 1_000 < rows_hz[row + 1] * 1.05
    silent = image(second).shape[1] // 2 - 4
    assert image(second)[:, :silent].max() < -80
    assert (first.get_title(), bar.get_ylabel()) == ("sine", "level (dB)")


def test_a_sound_shorter_than_the_window_has_a_spectrogram():
    assert plots.spectrograms({"click": NOISE[:300]}, sample_rate=RATE).axes


def welch(x, y):
    """Averaged cross-spectra, frame by frame."""
    window = np.hanning(2049)[:-1]
    power, cross = 0, 0
    for start in range(0, len(x) - 2047, 1024):
        X, Y = (np.fft.rfft(window * a[start : start + 2048].astype(float)) for a in (x, y))
        power, cross = power + np.abs(X) ** 2, cross + X.conj() * Y
    return power, cross / power


def test_measured_response_is_welchs():
    f, response, heard = metrics.measured_response(NOTE, WET, sample_rate=RATE)
    power, expected = welch(NOTE, WET)
    np.testing.assert_array_equal(f, np.arange(1025) * RATE / 2048)
    np.testing.assert_allclose(response[heard], expected[heard], rtol=1e-9)
    np.testing.assert_array_equal(heard, power > power.max() * 1e-6)


def test_measured_responses_follow_the_eq_where_there_is_sound():
    wet = SHELF(NOISE)
    fig = plots.measured_responses(NOISE, {"network": wet}, sample_rate=RATE, eq=SHELF)
    f, gain_db = curve(fig.axes[0], "network")
    expected = 20 * np.log10(np.abs(signal.sosfreqz(SHELF.sos, worN=f, fs=RATE)[1]))
    np.testing.assert_allclose(gain_db[2:], expected[2:], atol=0.3)
    exact_hz, exact_db = curve(fig.axes[0], "target, exact")
    np.testing.assert_allclose(exact_db, np.interp(exact_hz, f, expected), atol=0.05)

    dull = signal.sosfilt(signal.ellip(8, 0.1, 90, 2_000, output="sos", fs=RATE), NOISE)
    fig = plots.measured_responses(dull, {"network": SHELF(dull)}, sample_rate=RATE)
    f, gain_db = curve(fig.axes[0], "network")
    assert np.isnan(gain_db[f > 3_000]).all()
    assert np.isfinite(gain_db[(f > 100) & (f < 1_900)]).all()
    assert legend_names(fig) == ["network"]


def test_an_output_may_be_named_like_the_input():
    fig = plots.measured_responses(NOISE, {"input": NOISE / 2}, sample_rate=RATE)
    np.testing.assert_allclose(curve(fig.axes[0], "input")[1], 20 * np.log10(0.5), atol=1e-4)


def test_scores_show_every_clip_and_the_mean():
    table = {"doing nothing": [1.0, 2.0, 6.0], "network": torch.tensor([40.0, 50.0])}
    (ax,) = plots.scores(table).axes
    dots = [line.get_xdata() for line in ax.lines[::2]]
    bars = [line.get_xdata() for line in ax.lines[1::2]]
    np.testing.assert_array_equal(np.concatenate(dots), [1, 2, 6, 40, 50])
    np.testing.assert_array_equal(bars, [[3, 3], [45, 45]])
    assert [text.get_text() for text in ax.texts] == ["3.0 dB", "45.0 dB"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == list(table)
    assert ax.yaxis_inverted()


# --- networks


def test_training_shows_both_scores_and_the_best():
    fig = plots.training(HISTORY)
    for ax, values in zip(
        fig.axes, (HISTORY.validation_mae, HISTORY.validation_snr_db), strict=True
    ):
        seconds, drawn = curve(ax, "train")
        assert (list(seconds), list(drawn)) == (HISTORY.seconds, values)
        assert list(ax.lines[1].get_xydata()[0]) == [2.0, values[1]]
    assert fig.axes[0].get_yscale() == "log"
    assert fig.axes[1].get_xlabel() == "training time (s)"


@pytest.mark.parametrize(
    ("histories", "names"),
    [
        ([History("pretrain", [1], [1.0], [], [0.1], [9.0]), HISTORY], ["pretrain", "train"]),
        ([HISTORY, HISTORY], ["1, train", "2, train"]),
        ({"short": HISTORY, "long": HISTORY}, ["short", "long"]),
    ],
)
def test_histories_are_told_apart(histories, names):
    assert legend_names(plots.training(histories)) == [*names, "weights kept"]


@pytest.fixture
def net():
    """A network whose filters are bands in a known, unsorted order."""
    net = EQNet(SMALL)
    n = np.arange(SMALL.kernel)
    bands = [np.hanning(16) * np.cos(2 * np.pi * hz / RATE * n) for hz in CENTERS_HZ]
    with torch.no_grad():
        net.conv.weight.copy_(torch.tensor(np.array(bands)))
    return net


CENTERS_HZ = np.array([5_000, 2_000, 7_000, 4_000, 1_500, 3_000, 6_000, 2_500])
ORDER = np.argsort(CENTERS_HZ)


def test_filter_bank_shows_the_responses_sorted_by_center(net):
    fig = plots.filter_bank(net)
    bank = fig.axes[0]
    weight = net.conv.weight.detach().double().numpy()[ORDER]
    frequencies_hz = np.geomspace(62.5, RATE / 2, 150)
    gain = np.array([np.abs(signal.freqz(w, worN=frequencies_hz, fs=RATE)[1]) for w in weight])
    np.testing.assert_allclose(image(bank), np.maximum(20 * np.log10(gain), -120), atol=1e-6)
    edges = bank.collections[0].norm.boundaries
    assert 0 <= edges[-1] - 20 * np.log10(gain.max()) < 5 and np.all(edges % 5 == 2.5)
    in_time = [ax for ax in fig.axes if ax.lines]
    assert [ax.get_title() for ax in in_time] == ["filter 0", "filter 4", "filter 7"]
    for ax, row in zip(in_time, (0, 4, 7), strict=True):
        np.testing.assert_array_equal(ax.lines[0].get_ydata(), weight[row])


@pytest.mark.parametrize("form", ["numpy", "batch", "float64"])
def test_intermediates_are_the_networks_for_the_windowed_frame(net, form):
    frame = NOTE[4_000:4_256]
    given = {
        "numpy": frame,
        "batch": torch.from_numpy(frame).reshape(1, 1, -1),
        "float64": frame.astype(np.float64),
    }
    fig = plots.intermediates(net, given[form])
    window = frames.window("hann", 256).numpy()
    parts = net.intermediates(torch.tensor(frame * window, dtype=torch.float32)[None, None])
    panels = {ax.get_title(): image(ax) for ax in fig.axes if ax.get_title()}
    np.testing.assert_allclose(panels["Z"], parts.Z[0].numpy()[ORDER], rtol=1e-6)
    faders = parts.Z_hat[0].numpy()[ORDER]
    moves_db = [20 * np.log10(fader / np.median(fader)) for fader in faders]
    np.testing.assert_allclose(panels["Ẑ by its median (dB)"], moves_db, atol=1e-4)
    for name, shown in {"X1": "X1", "X1_hat": "X̂1"}.items():
        expected = getattr(parts, name)[0].abs().reshape(8, 16, 16).amax(-1).numpy()[ORDER]
        level_db = 20 * np.log10(np.maximum(expected / expected.max(), 1e-6))
        np.testing.assert_allclose(panels[f"{shown}, level in dB"], level_db, atol=1e-4)


# --- mistakes


def signal_errors(draw):
    return [
        (lambda: draw({}), "empty"),
        (lambda: draw(NOTE), "a ndarray"),
        (lambda: draw({"input": np.stack([NOTE, NOTE])}), "input has shape"),
        (lambda: draw({"input": NOTE * np.nan}), "input holds .* NaN"),
        (lambda: draw({"input": np.zeros(9_000, np.int16)}), "input holds int16"),
        (lambda: draw({"input": NOTE * 0}), "input is silent"),
        (lambda: draw({"input": NOTE}, sample_rate=16e3), "sample_rate is 16000.0"),
    ]


ERRORS = [
    *signal_errors(lambda s, sample_rate=RATE: plots.waveforms(s, sample_rate=sample_rate)),
    *signal_errors(lambda s, sample_rate=RATE: plots.spectra(s, sample_rate=sample_rate)),
    *signal_errors(lambda s, sample_rate=RATE: plots.spectrograms(s, sample_rate=sample_rate)),
    *signal_errors(lambda s, sample_rate=RATE: plots.portrait(s, sample_rate=sample_rate)),
    *signal_errors(
        lambda s, sample_rate=RATE: plots.measured_responses(NOTE, s, sample_rate=sample_rate)
    ),
    (lambda: plots.waveforms(SIGNALS, sample_rate=RATE, start_s=1.99), "does not fit"),
    (lambda: plots.waveforms(SIGNALS, sample_rate=RATE, start_s=-0.1), "does not fit"),
    (lambda: plots.waveforms(SIGNALS, sample_rate=RATE, duration_s=0), "duration_s is 0"),
    (lambda: plots.waveforms(SIGNALS, sample_rate=RATE, start_s="now"), "start_s is 'now'"),
    (lambda: plots.responses({}), "eqs is empty"),
    (lambda: plots.responses(SHELF), "eqs is a EQ"),
    (lambda: plots.responses({"shelf": 10}), "'shelf'. is 10"),
    (lambda: plots.responses({"shelf": SHELF}, low_hz=0), "low_hz is 0"),
    (lambda: plots.responses({"shelf": SHELF}, low_hz=900, high_hz=800), "low_hz is 900"),
    (lambda: plots.responses({"shelf": SHELF}, high_hz=8_001), "high_hz is 8001"),
    (
        lambda: plots.measured_responses(NOTE, {"FIR": NOTE[:-1]}, sample_rate=RATE),
        "input has shape",
    ),
    (lambda: plots.measured_responses(NOTE[:99], {"a": NOTE[:99]}, sample_rate=RATE), "2048"),
    (
        lambda: plots.measured_responses(
            NOTE, {"a": WET}, sample_rate=RATE, eq=EQ.flat(sample_rate=48_000)
        ),
        "the equalizer has a sample rate of 48000",
    ),
    (lambda: plots.intermediates(EQNet(SMALL), NOTE[:255]), "frame has shape"),
    (lambda: plots.intermediates(EQNet(SMALL), NOTE[:512].reshape(2, 256)), "frame has shape"),
    (lambda: plots.intermediates(EQNet(SMALL), NOTE[:256] * np.inf), "NaN or infinite"),
    (lambda: plots.training([]), "histories is empty"),
    (lambda: plots.training(3), "histories is 3"),
    (lambda: plots.training([HISTORY, 3]), r"histories\[1\] is 3; expected a History"),
    (lambda: plots.training(History("train")), "train has no validation"),
    (lambda: plots.scores({}), "table is empty"),
    (lambda: plots.scores([1.0]), "table is a list"),
    (lambda: plots.scores({"network": []}), "network has no score"),
    (lambda: plots.scores({"network": [1.0, np.inf]}), "score of network is .*inf"),
]


@pytest.mark.parametrize(("draw", "message"), ERRORS)
@pytest.mark.filterwarnings("ignore:invalid value encountered in multiply")  # 0 times infinity
def test_mistakes_are_named(draw, message):
    with pytest.raises(EqlibError, match=message):
        draw()
    assert plt.get_fignums() == []


def test_a_figure_of_ones_own_keeps_its_colors():
    """`savefig` writes what is drawn: only a page's pictures are reduced."""
    file = io.BytesIO()
    plots.filter_bank(EQNet()).savefig(file, dpi=100)
    colors = np.unique((plt.imread(io.BytesIO(file.getvalue()))[..., :3] * 255).round())
    assert np.any(colors % 17 != 0)


def names_of(fig):
    return [text.get_text() for legend in fig.legends for text in legend.get_texts()]


NAMED = {
    "responses": lambda name: plots.responses({name: SHELF, "flat": EQ.flat()}, phase=True),
    "waveforms": lambda name: plots.waveforms({name: NOTE, "b": WET}, sample_rate=RATE),
    "spectra": lambda name: plots.spectra({name: NOTE, "b": WET}, sample_rate=RATE),
    "portrait": lambda name: plots.portrait({name: NOTE, "b": WET}, sample_rate=RATE),
    "measured": lambda name: plots.measured_responses(
        NOTE, {name: WET, "b": WET}, sample_rate=RATE, eq=SHELF
    ),
    "rates": lambda name: plots.rates({name: Recipe(), "b": Recipe(batch=4)}, steps=50),
    "curves": lambda name: plots.curves([0, 1], {name: [1, 2]}, xlabel="x", ylabel="y"),
}


@pytest.mark.parametrize("name", ["_mine", "__x__", "_", "_1"])
@pytest.mark.parametrize("draw", NAMED.values(), ids=NAMED)
def test_a_name_that_begins_with_an_underscore_stands_in_the_legend(draw, name):
    shown = names_of(draw(name))
    assert name in shown
    # As many as with another name: matplotlib's own, of curves without one, stay out.
    assert len(shown) == len(names_of(draw("mine")))
