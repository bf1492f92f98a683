"""Cutting and overlap-add against plain loops, torch.stft and scipy's overlap-add condition."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import signal

from eqlib import EqlibError, frames

FRAME = 64
# Analysis window, synthesis window, hop.
EXACT = [("hann", "hann", FRAME // 4), ("hann", "hann", FRAME // 8)]
EXACT += [("hann", "rectangular", FRAME // 2), ("rectangular", "hann", FRAME // 4)]
EXACT += [("rectangular", "rectangular", FRAME // n) for n in (1, 2, 4, 16, FRAME)]


def noise(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(*shape, dtype=dtype, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("analysis", "synthesis", "hop"), EXACT)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_cut_window_and_overlap_add_return_the_signal(analysis, synthesis, hop, dtype, tolerance):
    a, s = frames.window(analysis, FRAME), frames.window(synthesis, FRAME)
    gain = frames.overlap_add_gain(a * s, hop=hop)
    for samples in sorted({1, 7, max(1, hop - 1), hop, FRAME, FRAME + 1, 5000}):
        for leading in ((), (1,), (2, 3)):
            x = noise(*leading, samples, dtype=dtype).clamp(-1, 1)
            cut = frames.cut(x, frame=FRAME, hop=hop) * a.to(dtype)
            y = frames.overlap_add(cut * (s / gain).to(dtype), hop=hop, samples=samples)
            assert y.shape == x.shape and y.dtype == dtype
            assert (y - x).abs().max() < tolerance


@pytest.mark.parametrize("hop", [1, 4, 8, 16])
@pytest.mark.parametrize("samples", [1, 3, 4, 16, 17, 50])
def test_cut_and_overlap_add_are_those_of_a_plain_loop(hop, samples):
    frame, x = 16, noise(2, samples)
    cut = frames.cut(x, frame=frame, hop=hop)
    count = cut.shape[-2]
    assert cut.shape == (2, count, frame)
    for m in range(count):
        for n in range(frame):
            place = m * hop - (frame - hop) + n
            expected = x[:, place] if 0 <= place < samples else torch.zeros(2)
            assert torch.equal(cut[:, m, n].float(), expected.float())
    # The last frame is the first that ends frame - hop or more after the signal.
    assert 0 <= count * hop - samples - (frame - hop) < hop

    parts = noise(2, count, frame)
    total = torch.zeros(2, frame - hop + count * hop + frame, dtype=torch.float64)
    for m in range(count):
        total[:, m * hop : m * hop + frame] += parts[:, m]
    added = frames.overlap_add(parts, hop=hop, samples=samples)
    expected = total[:, frame - hop : frame - hop + samples]
    assert torch.allclose(added, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("hop", [16, 32, 64])
def test_every_sample_is_in_frame_over_hop_frames(hop):
    x = torch.arange(1, 301)  # each sample has a value of its own, and zeros are outside
    cut = frames.cut(x, frame=64, hop=hop)
    counts = torch.bincount(cut.flatten())[1:]
    assert counts.tolist() == [64 // hop] * 300


@pytest.mark.parametrize("hop", [16, 32])
def test_spectra_of_windowed_frames_are_those_of_torch_stft(hop):
    x, window = noise(3, 1000), frames.window("hann", FRAME)
    spectra = torch.fft.rfft(frames.cut(x, frame=FRAME, hop=hop) * window)
    padded = torch.nn.functional.pad(x, (FRAME - hop, 2 * FRAME))
    expected = torch.stft(
        padded, FRAME, hop, window=window, center=False, return_complex=True
    ).transpose(1, 2)
    assert torch.allclose(spectra, expected[:, : spectra.shape[1]], rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["hann", "rectangular"])
@pytest.mark.parametrize("frame", [1, 4, 1024])
def test_windows_are_those_of_scipy(name, frame):
    expected = signal.get_window({"rectangular": "boxcar"}.get(name, name), frame)
    window = frames.window(name, frame)
    assert window.dtype == torch.float64
    np.testing.assert_allclose(window.numpy(), expected, atol=1e-15)


HANN = signal.get_window("hann", FRAME)
PRODUCTS = {
    "hann": HANN,
    "hann twice": HANN**2,
    "symmetric hann": signal.windows.hann(FRAME, sym=True),
    "hamming": signal.get_window("hamming", FRAME),
    "sine twice": signal.windows.cosine(FRAME) ** 2,
    "rectangular": np.ones(FRAME),
    "bartlett": signal.get_window("bartlett", FRAME),
    "blackman": signal.get_window("blackman", FRAME),
}


@pytest.mark.parametrize("hop", [4, 8, 16, 32, 64])
@pytest.mark.parametrize("name", PRODUCTS)
def test_the_overlap_add_condition_is_that_of_scipy(name, hop):
    product = PRODUCTS[name]
    for dtype in (torch.float64, torch.float32):
        given = torch.from_numpy(product).to(dtype)
        if signal.check_COLA(product, FRAME, FRAME - hop):
            gain = frames.overlap_add_gain(given, hop=hop)
            assert gain == pytest.approx(product.sum() / hop, rel=torch.finfo(dtype).eps * 8)
        else:
            with pytest.raises(EqlibError, match="overlap-add condition"):
                frames.overlap_add_gain(given, hop=hop)


def test_hann_twice_needs_a_hop_of_a_third():
    squared = frames.window("hann", 1024) ** 2
    assert frames.overlap_add_gain(squared, hop=256) == pytest.approx(1.5, rel=1e-12)
    with pytest.raises(EqlibError, match=r"between 0\.5000 and 1\.0000.*twice frame / 4"):
        frames.overlap_add_gain(squared, hop=512)
    third = frames.window("hann", 1023) ** 2
    assert frames.overlap_add_gain(third, hop=341) == pytest.approx(9 / 8, rel=1e-12)


X, W = torch.zeros(100), torch.ones(16)


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: frames.window("hamming", 16), "is 'hamming'.*'hann' or 'rectangular'"),
        (lambda: frames.window("hann", 0), "frame is 0"),
        (lambda: frames.window("hann", 16.0), r"frame is 16\.0"),
        (lambda: frames.overlap_add_gain(W, hop=5), "hop is 5 .*16.*divides.*8.*4"),
        (lambda: frames.overlap_add_gain(W, hop=32), "hop is 32 .*16"),
        (lambda: frames.overlap_add_gain(W, hop=0), "hop is 0"),
        (lambda: frames.overlap_add_gain(W, hop=-4), "hop is -4"),
        (lambda: frames.overlap_add_gain(W, hop=4.0), r"hop is 4\.0"),
        (lambda: frames.overlap_add_gain(0 * W, hop=4), "overlap-add condition"),
        (lambda: frames.overlap_add_gain(-W, hop=4), "overlap-add condition"),
        (lambda: frames.overlap_add_gain(W * torch.nan, hop=4), "overlap-add condition"),
        (lambda: frames.cut(X, frame=16, hop=5), "hop is 5"),
        (lambda: frames.cut(X, frame=16, hop=0), "hop is 0"),
        (lambda: frames.cut(X, frame=16, hop=17), "hop is 17"),
        (lambda: frames.overlap_add(X.reshape(5, 20), hop=6, samples=10), "hop is 6"),
        (lambda: frames.overlap_add(X.reshape(5, 20), hop=5, samples=11), "11 samples.*5 frames"),
        (lambda: frames.overlap_add(X.reshape(5, 20), hop=5, samples=5), "5 samples.*5 frames"),
    ],
)
def test_what_cannot_be_overlapped_is_refused(mistake, message):
    with pytest.raises(EqlibError, match=message):
        mistake()
