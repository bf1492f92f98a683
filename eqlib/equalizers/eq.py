"""EQ targets: biquads of the Audio EQ Cookbook, FIR filters, and cascades of both as one value.

Source of the biquads: R. Bristow-Johnson, "Audio EQ Cookbook". Chapter: the tour,
book/tour.ipynb.

    eq = EQ.low_shelf(cutoff_hz=500, gain_db=10) + EQ.peaking(cutoff_hz=2_000, gain_db=-6, q=2)
    wet = eq(dry)                                  # numpy or torch, along the last axis
    gain = abs(eq.response([100, 1_000]))          # the complex response, from the coefficients
    wet_fir = eq.fir(taps=129, phase="minimum")(dry)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike

from eqlib.audio import AudioT, returned, to_array
from eqlib.equalizers import settings as stage_settings
from eqlib.equalizers.biquad import Biquad
from eqlib.equalizers.coefficients import Section, Taps, given_sections, given_taps
from eqlib.equalizers.fir import FIR, Curve, Phase, check_stages
from eqlib.equalizers.stage import filtered, real_array, response_of
from eqlib.errors import EqlibError, check_integer, check_sample_rate

RATE_CURE = "Give the audio's sample rate in Hz, such as 16_000."


@dataclass(frozen=True)
class EQ:
    """An equalizer: any number of stages, one after the other, at one sample rate.

    A value: equal settings are equal EQs, and it can be a key of a dict. Made by the
    constructors below and joined by `+`; `sum(eqs, EQ.flat())` joins a list. Apply it by calling
    it. All frequencies are in Hz, all gains in dB, and `sample_rate` is 16,000 Hz by default.

    Args:
        stages: biquads, FIR filters, and filters given by their coefficients, in order. None at
            all is the flat EQ.
        sample_rate: in Hz.

    Raises:
        EqlibError: from every constructor, for a setting out of range (it names the range), a
            frequency not below half the sample rate, or a sample rate that is no positive integer.
    """

    stages: tuple[Biquad | Section | FIR | Taps, ...] = ()
    sample_rate: int = 16_000

    def __post_init__(self) -> None:
        rate = check_integer("sample_rate", self.sample_rate, at_least=1, cure=RATE_CURE)
        object.__setattr__(self, "sample_rate", rate)
        check_stages("stages", self.stages, (Biquad, Section, FIR, Taps))
        for stage in self.stages:
            stage.check(rate)

    @classmethod
    def flat(cls, *, sample_rate: int = 16_000) -> EQ:
        """The EQ without stages, which changes nothing."""
        return cls((), sample_rate)

    @classmethod
    def low_shelf(
        cls,
        *,
        cutoff_hz: float,
        gain_db: float,
        slope: float | None = None,
        q: float | None = None,
        sample_rate: int = 16_000,
    ) -> EQ:
        """`gain_db` below the cutoff, 0 dB above it, and half the dB at the cutoff itself.

        Give `slope` or `q`, not both; neither means q = 1 / sqrt(2), which is slope 1.
        """
        q = math.sqrt(0.5) if q is None and slope is None else q
        return cls((Biquad("low_shelf", cutoff_hz, gain_db, q, slope),), sample_rate)

    @classmethod
    def high_shelf(
        cls,
        *,
        cutoff_hz: float,
        gain_db: float,
        slope: float | None = None,
        q: float | None = None,
        sample_rate: int = 16_000,
    ) -> EQ:
        """`gain_db` above the cutoff, 0 dB below it. `slope` and `q` as in `low_shelf`."""
        q = math.sqrt(0.5) if q is None and slope is None else q
        return cls((Biquad("high_shelf", cutoff_hz, gain_db, q, slope),), sample_rate)

    @classmethod
    def peaking(
        cls, *, cutoff_hz: float, gain_db: float, q: float = 0.7071, sample_rate: int = 16_000
    ) -> EQ:
        """`gain_db` at the center `cutoff_hz`, 0 dB far away; a higher `q` is narrower."""
        return cls((Biquad("peaking", cutoff_hz, gain_db, q),), sample_rate)

    @classmethod
    def lowpass(cls, *, cutoff_hz: float, q: float = 0.7071, sample_rate: int = 16_000) -> EQ:
        """Falls by 12 dB per octave above the cutoff, where its gain is `q` (0.7071: -3 dB)."""
        return cls((Biquad("lowpass", cutoff_hz, q=q),), sample_rate)

    @classmethod
    def highpass(cls, *, cutoff_hz: float, q: float = 0.7071, sample_rate: int = 16_000) -> EQ:
        """Falls by 12 dB per octave below the cutoff, where its gain is `q` (0.7071: -3 dB)."""
        return cls((Biquad("highpass", cutoff_hz, q=q),), sample_rate)

    @classmethod
    def bandpass(cls, *, cutoff_hz: float, q: float = 0.7071, sample_rate: int = 16_000) -> EQ:
        """0 dB at the center `cutoff_hz`, falling on both sides; a higher `q` is narrower."""
        return cls((Biquad("bandpass", cutoff_hz, q=q),), sample_rate)

    @classmethod
    def notch(cls, *, cutoff_hz: float, q: float = 0.7071, sample_rate: int = 16_000) -> EQ:
        """Nothing passes at the center `cutoff_hz`, all far away; a higher `q` is narrower."""
        return cls((Biquad("notch", cutoff_hz, q=q),), sample_rate)

    @classmethod
    def drawn(
        cls,
        *,
        frequencies_hz: Iterable[float],
        gains_db: Iterable[float],
        taps: int = 129,
        phase: Phase = "linear",
        compensate_delay: bool = False,
        sample_rate: int = 16_000,
    ) -> EQ:
        """A magnitude curve through points, as a FIR filter.

        Straight lines in dB over log frequency join the points; the first and last gain hold
        beyond them. `taps`, `phase` and `compensate_delay` as in `fir`.
        """
        curve = Curve(frequencies_hz, gains_db)  # type: ignore[arg-type]  # it makes tuples of them
        return cls((FIR((curve,), taps, phase, compensate_delay),), sample_rate)

    @classmethod
    def from_taps(
        cls, taps: ArrayLike, *, advance_samples: int = 0, sample_rate: int = 16_000
    ) -> EQ:
        """A FIR filter of given taps, such as `eqlib.baselines.least_squares_fir` finds.

        Args:
            taps: (taps,) the impulse response.
            advance_samples: samples by which it begins before time zero.
            sample_rate: in Hz.

        Raises:
            EqlibError: for taps that are not one row of finite numbers, or a number that cannot be.
        """
        return cls((given_taps(taps, advance_samples),), sample_rate)

    @classmethod
    def from_sos(cls, sos: ArrayLike, *, sample_rate: int = 16_000) -> EQ:
        """A cascade of second-order sections, such as `scipy.signal` designs.

        Args:
            sos: (sections, 6), rows b0 b1 b2 1 a1 a2.
            sample_rate: in Hz.

        Raises:
            EqlibError: for an array of another shape, a row whose fourth number is not 1, and a
                section that is not stable.
        """
        return cls(given_sections(sos), sample_rate)

    def fir(
        self, *, taps: int = 129, phase: Phase = "linear", compensate_delay: bool = False
    ) -> EQ:
        """One FIR filter with the magnitude response of this whole EQ.

        Args:
            taps: length in samples, 3 to 16384, odd for linear phase. A sharp or low filter
                needs more: compare the responses.
            phase: "linear" delays all frequencies alike, by (taps - 1) / 2 samples. "minimum"
                has no such delay; from biquads it is their own impulse response, cut to taps.
            compensate_delay: True advances the output by the delay, so that it lines up with the
                input. With minimum phase there is nothing to advance.

        Raises:
            EqlibError: for an even number of taps with linear phase, and other wrong settings.
        """
        return EQ((FIR(self.stages, taps, phase, compensate_delay),), self.sample_rate)

    def __add__(self, other: EQ) -> EQ:
        """The cascade: this EQ, then the other."""
        if not isinstance(other, EQ):
            raise EqlibError(f"an EQ was added to {other!r}", "two EQs", "Make it an EQ first.")
        if other.sample_rate != self.sample_rate:
            raise EqlibError(
                f"an EQ at {other.sample_rate} Hz was added",
                f"the first one's sample rate, {self.sample_rate} Hz",
                "Make both with the same sample_rate.",
            )
        return EQ(self.stages + other.stages, self.sample_rate)

    def __radd__(self, other: object) -> EQ:
        """Never an EQ: what stands before the + is none."""
        cure = "Make it an EQ first. A list is joined by sum(eqs, EQ.flat())."
        raise EqlibError(f"an EQ was added to {other!r}", "two EQs", cure)

    def __call__(self, audio: AudioT, *, sample_rate: int | None = None) -> AudioT:
        """The equalized audio, from silence (zero state) before the first sample.

        Args:
            audio: (..., samples), floating point, numpy or torch on any device. Zeros follow
                its end, where a compensated delay asks for more.
            sample_rate: of the audio, in Hz. Samples do not tell theirs: give it where you have
                it, and it is checked against the EQ's.

        Returns:
            The same kind, dtype, device and shape; computed in float64 by scipy.

        Raises:
            EqlibError: for integer, empty, NaN or infinite audio, (samples, channels) instead of
                (channels, samples), another sample rate, or a tensor that requires a gradient
                (none flows through scipy).
        """
        if sample_rate is not None:
            rate = check_integer("sample_rate", sample_rate, at_least=1, cure=RATE_CURE)
            check_sample_rate("the audio", rate, self.sample_rate)
        if isinstance(audio, torch.Tensor) and audio.requires_grad:
            raise EqlibError(
                "audio is a tensor that requires a gradient",
                "audio without one: an EQ is a target, made by scipy",
                "Give it audio.detach().",
            )
        dry = to_array("audio", audio).astype(np.float64, copy=False)
        wet = filtered(self.stages, dry, sample_rate=self.sample_rate)
        return returned(torch.from_numpy(wet), audio)

    def response(self, frequencies_hz: ArrayLike) -> np.ndarray:
        """The frequency response, from the coefficients, with all delays and advances.

        Args:
            frequencies_hz: one or an array of any shape, in Hz.

        Returns:
            complex128, of the same shape.

        Raises:
            EqlibError: for frequencies that are not finite numbers.
        """
        cure = "Give frequencies in Hz, such as np.geomspace(20, 8_000, 400)."
        f = real_array("frequencies_hz", frequencies_hz, expected="finite numbers", cure=cure)
        return response_of(self.stages, f, sample_rate=self.sample_rate)

    def impulse_response(self, samples: int) -> np.ndarray:
        """The output for a 1 at time zero, (samples,) float64.

        It starts at time zero: of a compensated FIR, the half before it is not seen.

        Raises:
            EqlibError: if samples is no whole number from 1 to 2^28.
        """
        cure = "Ask for what rings: 16_000 are a second."
        samples = check_integer("samples", samples, at_least=1, at_most=2**28, cure=cure)
        return self(np.eye(1, samples)[0])

    @property
    def sos(self) -> np.ndarray:
        """The second-order sections (sections, 6), rows b0 b1 b2 1 a1 a2, as scipy takes them.

        Raises:
            EqlibError: if a stage is a FIR filter, which has none.
        """
        for stage in self.stages:
            if not isinstance(stage, (Biquad, Section)):
                raise EqlibError(
                    f"the EQ contains {stage.describe()}",
                    "biquads only",
                    "Use response or impulse_response, which every EQ has.",
                )
        sections = [np.concatenate(s.coefficients(self.sample_rate)) for s in self.stages]
        return np.reshape(sections, (-1, 6))

    @property
    def parameters(self) -> int:
        """How many coefficients its filters have: five a biquad or section, a FIR's taps."""
        pairs = (stage.coefficients(self.sample_rate) for stage in self.stages)
        return sum(len(b) + len(a) - 1 for b, a in pairs)

    @property
    def delay_samples(self) -> int:
        """The delay of all linear-phase stages that is not compensated, in samples."""
        return sum(stage.delay_samples for stage in self.stages)

    def describe(self) -> str:
        """One line, such as "low shelf 500 Hz, +10.0 dB, slope 0.7071 | lowpass ..."."""
        return " | ".join(stage.describe() for stage in self.stages) or "flat"

    __str__ = describe

    def to_dict(self) -> dict[str, object]:
        """All settings, as a dict that JSON can hold and `from_dict` makes an equal EQ of.

        Each stage names its "type": "biquad", "fir" (whose targets are stages too, or a "curve"),
        "taps" or "section".
        """
        return stage_settings.written(self.stages, self.sample_rate)

    @classmethod
    def from_dict(cls, settings: object) -> EQ:
        """The EQ that `to_dict` wrote, today or before stages named their types.

        Raises:
            EqlibError: for unknown or missing keys, or settings that no EQ can have.
        """
        return cls(*stage_settings.read(settings))
