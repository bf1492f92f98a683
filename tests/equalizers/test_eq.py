"""The EQ targets against analog prototypes, scipy, and plain sums."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib.equalizers.eq import EQ, Biquad
from eqlib.equalizers.fir import FIR
from eqlib.equalizers.targets import REFERENCE
from eqlib.errors import EqlibError

FS = 16_000
GRID_HZ = np.linspace(0, FS / 2, 1_001)
SHELF = EQ.low_shelf(cutoff_hz=500, gain_db=10, slope=0.7071)
CASCADE = SHELF + EQ.peaking(cutoff_hz=2_000, gain_db=-12, q=3) + EQ.notch(cutoff_hz=50, q=0.6)
POINTS = {"frequencies_hz": [100, 500, 2_000, 6_000], "gains_db": [0, 8, -6, 3]}

GAINS_DB = (-18.0, 0.0, 7.5)
QS = (0.3, math.sqrt(0.5), 4.0)
WITH_GAIN = ("low_shelf", "high_shelf", "peaking")
KINDS = (*WITH_GAIN, "lowpass", "highpass", "bandpass", "notch")
SETTINGS = [(kind, {"gain_db": g, "q": q}) for kind in WITH_GAIN for g in GAINS_DB for q in QS]
SETTINGS += [(kind, {"q": q}) for kind in KINDS[3:] for q in QS]
SETTINGS += [
    (kind, {"gain_db": g, "slope": s})
    for kind in KINDS[:2]
    for g in GAINS_DB
    for s in (0.4, 1, 1.2)
]


def noise(*shape: int, dtype: type = np.float64) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape).astype(dtype)


def db(h: np.ndarray) -> np.ndarray:
    return 20 * np.log10(np.abs(h))


def analog(kind: str, s: np.ndarray, gain_db: float = 0.0, q: float = 0.0, slope: float = 0.0):
    """The cookbook's analog prototypes, normalized to a cutoff of 1 rad/s."""
    A = 10 ** (gain_db / 40)
    w = 1 / q if q else math.sqrt((A + 1 / A) * (1 / slope - 1) + 2)  # 1/Q
    root = math.sqrt(A) * w
    return {
        "lowpass": 1 / (s**2 + s * w + 1),
        "highpass": s**2 / (s**2 + s * w + 1),
        "bandpass": s * w / (s**2 + s * w + 1),
        "notch": (s**2 + 1) / (s**2 + s * w + 1),
        "peaking": (s**2 + s * A * w + 1) / (s**2 + s * w / A + 1),
        "low_shelf": A * (s**2 + root * s + A) / (A * s**2 + root * s + 1),
        "high_shelf": A * (A * s**2 + root * s + 1) / (s**2 + root * s + A),
    }[kind]


@pytest.mark.parametrize("sample_rate", [16_000, 44_100])
@pytest.mark.parametrize("cutoff_hz", [150, 500, 3_000, 7_500])
@pytest.mark.parametrize(("kind", "setting"), SETTINGS)
def test_biquads_are_the_bilinear_transform_of_the_analog_prototypes(
    kind: str, setting: dict, cutoff_hz: float, sample_rate: int
) -> None:
    eq = getattr(EQ, kind)(cutoff_hz=cutoff_hz, sample_rate=sample_rate, **setting)
    f = np.geomspace(20, 0.499 * sample_rate, 300)
    s = 1j * np.tan(np.pi * f / sample_rate) / np.tan(np.pi * cutoff_hz / sample_rate)
    assert np.abs(eq.response(f) - analog(kind, s, **setting)).max() < 1e-10
    b, a = eq.sos[0, :3], eq.sos[0, 3:]
    assert a[0] == 1 and np.abs(np.roots(a)).max() < 1 and np.abs(np.roots(b)).max() < 1 + 1e-6


@pytest.mark.parametrize("cutoff_hz", [80, 500, 5_000])
def test_biquads_match_the_designs_of_scipy(cutoff_hz: float) -> None:
    for kind, btype in (("lowpass", "low"), ("highpass", "high")):
        ours = getattr(EQ, kind)(cutoff_hz=cutoff_hz, q=math.sqrt(0.5)).sos
        assert np.abs(ours - signal.butter(2, cutoff_hz, btype, fs=FS, output="sos")).max() < 1e-10
    for kind, design in (("notch", signal.iirnotch), ("bandpass", signal.iirpeak)):
        # scipy's Q is the digital bandwidth's, the cookbook's the analog prototype's.
        w0, q = 2 * math.pi * cutoff_hz / FS, 2.5
        ours = getattr(EQ, kind)(cutoff_hz=cutoff_hz, q=math.sin(w0) / 2 / math.tan(w0 / 2 / q)).sos
        assert np.abs(ours - np.concatenate(design(cutoff_hz, q, fs=FS))).max() < 1e-10


@pytest.mark.parametrize("cutoff_hz", [100, 1_000, 6_000])
def test_gains_at_dc_at_the_cutoff_and_at_nyquist(cutoff_hz: float) -> None:
    gain = 10 ** (9 / 20)
    expected = {
        "low_shelf": (gain, math.sqrt(gain), 1),
        "high_shelf": (1, math.sqrt(gain), gain),
        "peaking": (1, gain, 1),
        "lowpass": (1, 0.8, 0),
        "highpass": (0, 0.8, 1),
        "bandpass": (0, 1, 0),
        "notch": (1, 0, 1),
    }
    for kind in KINDS:
        setting = {"gain_db": 9} if kind in WITH_GAIN else {}
        eq = getattr(EQ, kind)(cutoff_hz=cutoff_hz, q=0.8, **setting)
        gains = np.abs(eq.response([0, cutoff_hz, FS / 2]))
        np.testing.assert_allclose(gains, expected[kind], rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("kind", ["low_shelf", "high_shelf"])
def test_slope_is_proportional_to_db_per_octave(kind: str) -> None:
    def steepness(**width: float) -> float:
        eq = getattr(EQ, kind)(cutoff_hz=500, gain_db=10, **width)
        low, high = db(eq.response([500 * 2**-1e-4, 500 * 2**1e-4]))
        return float(high - low)

    for slope in (0.25, 0.7071, 1.2):
        assert steepness(slope=slope) / steepness(slope=1) == pytest.approx(slope, rel=1e-6)
    assert steepness() == pytest.approx(steepness(slope=1), rel=1e-12)


def test_reference_targets_are_the_papers() -> None:
    f = np.geomspace(20, 7_900, 200)
    s = 1j * np.tan(np.pi * f / FS) / np.tan(np.pi * 500 / FS)
    for name, setting in {
        "low-shelf": {"gain_db": 10, "slope": 0.7071},
        "peaking": {"gain_db": 10, "q": 0.7071},
        "highpass": {"q": 0.7071},
        "lowpass": {"q": 0.7071},
    }.items():
        expected = analog(name.replace("-", "_"), s, **setting)
        assert np.abs(REFERENCE[name].response(f) - expected).max() < 1e-10
    assert list(REFERENCE) == ["low-shelf", "peaking", "highpass", "lowpass"]


def test_filtering_matches_sosfilt_and_response_matches_freqz() -> None:
    x = noise(2, 4_000)
    assert np.abs(CASCADE(x) - signal.sosfilt(CASCADE.sos, x)).max() < 1e-10
    h = np.prod([signal.freqz(s[:3], s[3:], GRID_HZ, fs=FS)[1] for s in CASCADE.sos], axis=0)
    assert np.abs(CASCADE.response(GRID_HZ) - h).max() < 1e-10
    assert CASCADE.response(500).shape == ()
    assert CASCADE.response(GRID_HZ.reshape(7, -1)).shape == (7, 143)


@pytest.mark.parametrize(
    "eq",
    [CASCADE, CASCADE.fir(), CASCADE.fir(phase="minimum") + SHELF, EQ.drawn(**POINTS), EQ.flat()],
    ids=str,
)
def test_response_is_the_fourier_transform_of_the_impulse_response(eq: EQ) -> None:
    h = eq.impulse_response(2**14)
    f = np.fft.rfftfreq(h.size, 1 / FS)
    assert h.dtype == np.float64
    assert np.abs(eq.response(f) - np.fft.rfft(h)).max() < 1e-10


def test_a_cascade_is_the_product_and_flat_is_one() -> None:
    parts = [EQ((stage,)) for stage in CASCADE.stages] + [SHELF.fir(compensate_delay=True)]
    product = np.prod([part.response(GRID_HZ) for part in parts], axis=0)
    assert np.abs(sum(parts, EQ.flat()).response(GRID_HZ) - product).max() < 1e-10
    assert CASCADE + EQ.flat() == CASCADE == EQ.flat() + CASCADE
    x = noise(3, 50)
    np.testing.assert_array_equal(EQ.flat()(x), x)
    assert EQ.flat().sos.shape == (0, 6) and CASCADE.sos.shape == (3, 6)


@pytest.mark.parametrize(
    "eq",
    [CASCADE, CASCADE.fir(), CASCADE.fir(compensate_delay=True)],
    ids=["IIR", "FIR", "aligned"],
)
def test_any_batch_and_torch_give_what_a_loop_over_clips_gives(eq: EQ) -> None:
    x = noise(2, 3, 700)
    batched = eq(x)
    for i, j in np.ndindex(2, 3):
        np.testing.assert_array_equal(batched[i, j], eq(x[i, j]))
    assert batched.shape == x.shape and batched.dtype == x.dtype
    for dtype in (torch.float64, torch.float32, torch.bfloat16):
        clip = torch.from_numpy(x).to(dtype)
        wet = eq(clip)
        expected = torch.from_numpy(eq(clip.double().numpy())).to(dtype)
        assert wet.dtype == dtype and torch.equal(wet, expected)
    single = eq(x.astype(np.float32))
    assert single.dtype == np.float32
    assert np.abs(single - batched).max() < 1e-5


def test_a_sample_rate_that_fits_changes_nothing_and_stereo_is_two_clips() -> None:
    x = noise(2, 4_000)
    np.testing.assert_array_equal(SHELF(x, sample_rate=FS), np.stack([SHELF(row) for row in x]))
    other = EQ.lowpass(cutoff_hz=500, sample_rate=44_100)
    np.testing.assert_array_equal(other(x, sample_rate=np.int64(44_100)), other(x))


def test_frequencies_may_be_tensors() -> None:
    f = torch.tensor([100.0, 1_000.0], dtype=torch.bfloat16)
    np.testing.assert_array_equal(SHELF.response(f), SHELF.response(f.tolist()))
    weights = torch.tensor([100.0], requires_grad=True)
    np.testing.assert_array_equal(SHELF.response(weights), SHELF.response([100]))


@pytest.mark.parametrize("name", REFERENCE)
def test_fir_versions_have_the_magnitude_of_the_reference_targets(name: str) -> None:
    f = np.geomspace(20, 7_900, 400)
    target = REFERENCE[name].response(f)
    audible = db(target) > -30
    for phase, tolerance_db, rest_db in (("linear", 0.05, -40), ("minimum", 0.001, -75)):
        h = REFERENCE[name].fir(taps=129, phase=phase).response(f)
        assert np.abs(db(h) - db(target))[audible].max() < tolerance_db
        assert db(np.abs(h) - np.abs(target)).max() < rest_db  # as a share of full scale
    # Odd and even lengths, from the shortest to the longest.
    for taps in (3, 4, 16_384):
        assert np.all(np.isfinite(REFERENCE[name].fir(taps=taps, phase="minimum").response(f)))


@pytest.mark.parametrize("eq", [CASCADE, EQ.drawn(**POINTS)], ids=str)
def test_linear_phase_is_symmetric_delayed_and_compensated_when_asked(eq: EQ) -> None:
    plain, aligned = eq.fir(taps=65), eq.fir(taps=65, compensate_delay=True)
    h = plain.impulse_response(65)
    assert np.abs(h - h[::-1]).max() < 1e-12
    assert (plain.delay_samples, aligned.delay_samples, plain.impulse_response(66)[65]) == (
        32,
        0,
        0,
    )
    np.testing.assert_allclose(aligned.impulse_response(33), h[32:], atol=1e-15)
    assert np.abs(aligned.response(GRID_HZ).imag).max() < 1e-10  # zero phase
    x = noise(300)
    assert np.abs(plain(x) - np.convolve(x, h)[:300]).max() < 1e-10
    assert np.abs(aligned(x) - np.convolve(x, h, mode="same")).max() < 1e-10


def test_a_compensated_stage_keeps_its_pre_ringing_for_the_next_one() -> None:
    fir, x = CASCADE.fir(taps=65, compensate_delay=True), noise(300)
    h = CASCADE.fir(taps=65).impulse_response(65)
    expected = signal.sosfilt(SHELF.sos, np.convolve(x, h))[32:332]
    assert np.abs((fir + SHELF)(x) - expected).max() < 1e-10
    assert np.abs((SHELF + fir)(x) - expected).max() < 1e-10


@pytest.mark.parametrize(
    ("eq", "outermost"),
    # A zero on the unit circle (highpass, lowpass) moves a little when the response is cut.
    [(REFERENCE[n], r) for n, r in zip(REFERENCE, (0.95, 0.95, 1.002, 1.002), strict=True)]
    + [(EQ.drawn(**POINTS), 0.98)],
    ids=str,
)
def test_minimum_phase_has_its_zeros_inside_the_circle_and_its_energy_first(
    eq: EQ, outermost: float
) -> None:
    minimum, linear = eq.fir(phase="minimum"), eq.fir(phase="linear")
    h = minimum.impulse_response(129)
    assert np.abs(np.roots(h)).max() < outermost
    early = np.cumsum(h**2) - np.cumsum(linear.impulse_response(129) ** 2)
    assert early[:-1].min() > -1e-6 and early[:64].max() > 0.1 * np.sum(h**2)
    assert minimum.delay_samples == 0
    aligned = eq.fir(phase="minimum", compensate_delay=True)
    np.testing.assert_array_equal(aligned.impulse_response(129), h)


@pytest.mark.parametrize(
    ("eq", "tolerance"),
    [
        (SHELF, 1e-12),
        (REFERENCE["peaking"], 1e-12),
        (CASCADE, 2e-4),  # from here on zeros on the circle, whose cepstrum decays slowly
        (REFERENCE["highpass"], 1e-4),
        (sum([REFERENCE["lowpass"]] * 4, EQ.flat()), 1e-5),
    ],
    ids=str,
)
def test_minimum_phase_of_biquads_is_their_impulse_response(eq: EQ, tolerance: float) -> None:
    for taps in (64, 4_000):
        h = eq.fir(taps=taps, phase="minimum").impulse_response(taps)
        true = eq.impulse_response(taps)
        assert np.linalg.norm(h - true) < tolerance * np.linalg.norm(true)


def curve(f: np.ndarray) -> np.ndarray:
    f, points = np.log(np.maximum(f, 1)), np.log(POINTS["frequencies_hz"])
    return 10 ** (np.interp(f, points, POINTS["gains_db"]) / 20)


@pytest.mark.parametrize(
    ("eq", "magnitude"),
    [(SHELF.fir(), lambda f: np.abs(SHELF.response(f))), (EQ.drawn(**POINTS), curve)],
    ids=["shelf", "drawn"],
)
def test_fir_designs_match_those_of_scipy(eq: EQ, magnitude) -> None:
    f = np.linspace(0, FS / 2, 2**15 + 1)

    def firwin2(taps: int) -> np.ndarray:
        return signal.firwin2(taps, f, magnitude(f), nfreqs=f.size, window=None, fs=FS)

    assert np.abs(eq.impulse_response(129) - firwin2(129)).max() < 1e-8
    minimum = EQ((replace(eq.stages[0], phase="minimum"),)).impulse_response(129)
    homomorphic = signal.minimum_phase(firwin2(2**14 - 1), n_fft=2**17, half=False)[:129]
    assert np.abs(minimum - homomorphic).max() < 1e-6


@pytest.mark.parametrize("phase", ["linear", "minimum"])
def test_a_drawn_curve_passes_its_points(phase: str) -> None:
    eq = EQ.drawn(**POINTS, taps=1_025, phase=phase)
    gains = db(eq.response(POINTS["frequencies_hz"]))
    np.testing.assert_allclose(gains, POINTS["gains_db"], atol=0.2)  # corners are rounded most
    # Halfway in octaves is halfway in dB; beyond the ends the gain stays.
    halfway = db(eq.response([math.sqrt(100 * 500), 1_000, math.sqrt(2_000 * 6_000)]))
    np.testing.assert_allclose(halfway, [4, 1, -1.5], atol=0.02)
    np.testing.assert_allclose(db(eq.response([0, 20, 8_000])), [0, 0, 3], atol=0.1)
    (stage,) = eq.stages
    assert stage.target[0].gains_db == (0, 8, -6, 3)
    assert EQ((replace(stage, taps=129),)) == EQ.drawn(**POINTS, phase=phase)


EXAMPLES = [
    EQ.flat(sample_rate=44_100),
    CASCADE,
    CASCADE.fir(taps=64, phase="minimum") + EQ.drawn(**POINTS, compensate_delay=True),
    (EQ.drawn(**POINTS) + SHELF).fir(),
    EQ.high_shelf(cutoff_hz=1 / 3, gain_db=0.1),
]


@pytest.mark.parametrize("eq", EXAMPLES, ids=str)
def test_an_eq_is_a_value_and_survives_json_and_pickle(eq: EQ) -> None:
    back = EQ.from_dict(json.loads(json.dumps(eq.to_dict())))
    for twin in (back, EQ.from_dict(eq.to_dict()), pickle.loads(pickle.dumps(eq))):
        assert twin == eq and hash(twin) == hash(eq)
        np.testing.assert_array_equal(twin.impulse_response(200), eq.impulse_response(200))
    assert [other == eq for other in EXAMPLES].count(True) == 1
    assert EQ.lowpass(cutoff_hz=np.float64(500), q=0.7071) == REFERENCE["lowpass"]


def test_descriptions() -> None:
    peak = EQ.peaking(cutoff_hz=2_000, gain_db=-6, q=2)
    shelf = "low shelf 500 Hz, +10.0 dB, slope 0.7071"
    assert str(SHELF + peak) == f"{shelf} | peaking 2000 Hz, -6.0 dB, Q 2"
    assert SHELF.fir().describe() == f"FIR 129 taps, linear phase, delay 64 samples, of {shelf}"
    assert str((SHELF + peak).fir(taps=31, compensate_delay=True)) == (
        f"FIR 31 taps, linear phase, delay 0 samples (compensated), of ({SHELF + peak})"
    )
    assert str(EQ.drawn(frequencies_hz=[50, 90], gains_db=[-3, 6], taps=9)) == (
        "FIR 9 taps, linear phase, delay 4 samples, of curve through 50 Hz -3.0 dB, 90 Hz +6.0 dB"
    )
    assert str(EQ.flat()) == "flat"
    assert (SHELF.fir() + SHELF.fir(taps=31)).delay_samples == 64 + 15


def low(**changes: object) -> EQ:
    return EQ.low_shelf(**{"cutoff_hz": 500, "gain_db": 10, **changes})


def drawn(frequencies_hz: object, gains_db: object, **more: object) -> EQ:
    return EQ.drawn(frequencies_hz=frequencies_hz, gains_db=gains_db, **more)


def settings(**changes: object) -> dict:
    return {**SHELF.to_dict(), **changes}


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        (lambda: low(cutoff_hz=8_000), "cutoff_hz is 8000.0"),
        (lambda: low(cutoff_hz=9_000, sample_rate=16_000), "below 8000"),
        (lambda: low(cutoff_hz=0), "cutoff_hz is 0"),
        (lambda: low(cutoff_hz=-5), "cutoff_hz is -5"),
        (lambda: low(cutoff_hz=math.nan), "cutoff_hz is nan"),
        (lambda: low(cutoff_hz="500"[:0]), "cutoff_hz is ''"),
        (lambda: low(gain_db=math.inf), "gain_db is inf"),
        (lambda: low(gain_db=None), "gain_db is None"),
        (lambda: low(gain_db=5_000), "gain_db is 5000"),
        (lambda: low(q=0), "q is 0"),
        (lambda: EQ.notch(cutoff_hz=500, q=-1), "q is -1"),
        (lambda: low(slope=0), "slope is 0"),
        (lambda: low(slope=6.88), "slope is 6.88"),
        (lambda: low(slope=1, q=1), "slope is 1"),
        (lambda: Biquad("lowpass", 500, gain_db=3, q=1), "gain_db is 3"),
        (lambda: Biquad("lowpass", 500, slope=1), "q is None"),
        (lambda: Biquad("tilt", 500, q=1), "'tilt'"),
        (lambda: low(sample_rate=0), "sample_rate is 0"),
        (lambda: low(sample_rate=16e3), "sample_rate is 16000.0"),
        (lambda: low(sample_rate=True), "sample_rate is True"),
        (lambda: SHELF + EQ.flat(sample_rate=44_100), "44100 Hz"),
        (lambda: SHELF + 3, "added to 3"),
        (lambda: EQ(SHELF.stages[0]), "Biquad(kind='low_shelf'"),
        (lambda: EQ((SHELF,)), "stages=("),
        (lambda: EQ((FIR(("x",)),)), "'x'"),
        (lambda: SHELF.fir(taps=128), "taps is 128"),
        (lambda: SHELF.fir(taps=1), "taps is 1"),
        (lambda: SHELF.fir(taps=12.5), "taps is 12.5"),
        (lambda: SHELF.fir(taps=100_001), "taps is 100001"),
        (lambda: SHELF.fir(phase="mixed"), "'mixed'"),
        (lambda: SHELF.fir(compensate_delay=64), "compensate_delay is 64"),
        (lambda: (SHELF + SHELF.fir()).sos, "FIR 129 taps"),
        (lambda: drawn([100], [1]), "1 frequencies"),
        (lambda: drawn([100, 200], [1, 2, 3]), "3 gains"),
        (lambda: drawn([200, 100], [1, 2]), "200 Hz before 100 Hz"),
        (lambda: drawn([200, 200], [1, 2]), "200 Hz before 200 Hz"),
        (lambda: drawn([0, 200], [1, 2]), "frequencies_hz[0] is 0"),
        (lambda: drawn([100, 8_001], [1, 2]), "8001 Hz"),
        (lambda: drawn([100, 200], [1, math.nan]), "gains_db[1] is nan"),
        (lambda: drawn(100, [1]), "frequencies_hz is 100"),
        (lambda: drawn([100, 200], [1, 2], taps=64), "taps is 64"),
        (lambda: SHELF.response([100, math.nan]), "nan"),
        (lambda: SHELF.response("low"), "'low'"),
        (lambda: SHELF.impulse_response(0), "samples is 0"),
        (lambda: SHELF(np.zeros((2, 0))), "(2, 0)"),
        (lambda: SHELF(np.array(1.0)), "shape ()"),
        (lambda: SHELF(np.array([0.0, np.nan])), "1 samples that are NaN"),
        (lambda: SHELF(np.arange(9, dtype=np.int16)), "int16"),
        (lambda: SHELF(torch.arange(9)), "int64"),
        (lambda: SHELF([0.0, 1.0]), "list"),
        (lambda: SHELF(torch.ones(9, requires_grad=True)), "requires a gradient"),
        (lambda: EQ.from_dict(settings(colour="blue")), "colour"),
        (lambda: EQ.from_dict({"stages": ()}), "keys stages;"),
        (lambda: EQ.from_dict(settings(stages=[{"kind": "lowpass"}])), "keys kind;"),
        (lambda: EQ.from_dict(settings(stages=[{**POINTS}])), "Curve("),
        (lambda: EQ.from_dict(settings(stages=3)), "3"),
        (lambda: EQ.from_dict(settings()["stages"][0]), "keys type, kind"),
        (lambda: EQ.from_dict("low shelf"), "'low shelf'"),
        (lambda: low(cutoff_hz=np.complex128(500)), "cutoff_hz is np.complex128(500"),
        (lambda: low(cutoff_hz=np.array(500 + 1j)), "cutoff_hz is array(500"),
        (lambda: low(cutoff_hz=torch.tensor(500 + 1j)), "cutoff_hz is tensor(500"),
        (lambda: low(cutoff_hz=torch.tensor(True)), "cutoff_hz is tensor(True)"),
        (lambda: low(cutoff_hz=np.array(True)), "cutoff_hz is array(True)"),
        (lambda: low(cutoff_hz=True), "cutoff_hz is True"),
        (lambda: low(cutoff_hz=b"500"), "cutoff_hz is b'500'"),
        (lambda: low(cutoff_hz=bytearray(b"500")), "cutoff_hz is bytearray(b'500')"),
        (lambda: low(cutoff_hz=np.array("500")), "cutoff_hz is array('500'"),
        (lambda: low(cutoff_hz=[500]), "cutoff_hz is [500]"),
        (lambda: low(cutoff_hz=torch.tensor([500.0])), "cutoff_hz is tensor([500.])"),
        (lambda: Biquad(["lowpass"], 500, q=1), "kind is ['lowpass']"),
        (lambda: Biquad(np.array(["lowpass", "notch"]), 500, q=1), "kind is array("),
        (lambda: SHELF.fir(phase=["linear"]), "phase is ['linear']"),
        (lambda: SHELF.fir(phase=np.array(["linear", "minimum"])), "phase is array("),
        (lambda: FIR([SHELF.stages[0]]), "target is [Biquad"),
        (lambda: SHELF.response(["500"]), "frequencies_hz is ['500']"),
        (lambda: SHELF.response(np.array([500 + 1j])), "frequencies_hz is array([500"),
        (lambda: SHELF.response([True]), "frequencies_hz is [True]"),
        (lambda: SHELF.response(torch.tensor([1j])), "frequencies_hz is tensor([0"),
        (lambda: SHELF(noise(64), sample_rate=44_100), "44100 Hz; expected 16000 Hz"),
        (lambda: SHELF(noise(64), sample_rate="16000"), "sample_rate is '16000'"),
        (lambda: SHELF(noise(64), sample_rate=16e3), "sample_rate is 16000.0"),
        (lambda: SHELF(noise(4_000, 2)), "time along the last axis"),
        (lambda: CASCADE.fir()(torch.from_numpy(noise(4_000, 2))), "audio.T"),
        (lambda: EQ.from_sos(CASCADE.sos)(noise(4_000, 2)), "audio.T"),
        (lambda: sum([SHELF, SHELF]), "added to 0"),
    ],
)
def test_each_mistake_is_named(mistake, named: str) -> None:
    with pytest.raises(EqlibError) as error:
        mistake()
    assert named in str(error.value)


def test_the_steepest_slope_is_where_alpha_ends() -> None:
    A = 10 ** (10 / 40)
    steepest = (A**2 + 1) / (A - 1) ** 2  # (A + 1/A) (1/S - 1) + 2 = 0
    assert np.abs(np.roots(low(slope=0.9999 * steepest).sos[0, 3:])).max() < 1
    with pytest.raises(EqlibError, match="slope is"):
        low(slope=1.0001 * steepest)
    assert low(gain_db=0, slope=50).sos.shape == (1, 6)  # at 0 dB any slope will do
