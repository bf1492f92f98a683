"""Arguments that are taken: one for each parameter of each public function, for `test_doors.py`."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable

import numpy as np
import soundfile as sf
import torch

import eqlib
from eqlib import EQ, Clips, EQNet, EQNetConfig, History, Recipe, checkpoints
from eqlib.analysis.channels import FrozenEQNet
from eqlib.analysis.systems import SweepResponse
from eqlib.apply import Equalizer
from eqlib.baselines.habit import Match, Ridge
from eqlib.effects.compressor import Compressor
from eqlib.effects.dynamic_shelf import DynamicShelf
from eqlib.effects.engineer import Engineer
from eqlib.effects.modulation import AutoWah, Tremolo
from eqlib.effects.phaser import Phaser
from eqlib.effects.room import Room
from eqlib.effects.waveshaping import Waveshaper
from eqlib.equalizers.biquad import Biquad
from eqlib.equalizers.coefficients import Section, Taps
from eqlib.equalizers.fir import FIR, Curve
from eqlib.exercises.record import Work
from eqlib.experiments import plan
from eqlib.experiments.table import Table
from eqlib.networks.causal import CausalStream
from eqlib.networks.conditioned import ConditionedConfig, ConditionedEQNet
from eqlib.networks.dilated import DilatedConfig, DilatedNet
from eqlib.networks.plain import PlainEQNet
from eqlib.networks.recurrent import RecurrentConfig, RecurrentNet
from eqlib.streaming import Stream
from eqlib.training.recipe import Budget
from eqlib.widgets.desk import EQDesk
from eqlib.widgets.monitor import TrainingMonitor
from eqlib.widgets.network import NetworkDesk
from eqlib.widgets.workbench import Workbench

LEFT_OUT = {
    "eqlib.experiments.ablations.Ablation": "a record, which holds what it is given",
    "eqlib.experiments.results.rounded": "takes what `reproduce` has made",
    "eqlib.baselines.refine": "takes what `fit_biquads` has checked",
    "eqlib.perceptual": "needs what no test has to have; test_perceptual.py gives it wrong values",
    "eqlib.experiments.ears": "takes names of its own, which test_ears.py looks at",
    "eqlib.experiments.effects": "takes names of its own, which test_effects.py looks at",
    "eqlib.experiments.effect_methods": "behind `effects`; test_effects.py looks at it",
    "eqlib.experiments.generalize": "takes names of its own, which test_generalize.py looks at",
    "eqlib.experiments.every_type": "trains; test_every_type.py looks at it",
    "eqlib.experiments.type_steps": "ways to train; test_type_steps.py looks at them",
    "eqlib.experiments.type_limits": "behind `every_type`; test_type_limits.py looks at it",
    "eqlib.experiments.knobs": "trains; test_knobs.py looks at it",
    "eqlib.experiments.parts": "behind `generalize`, `every_type`; their tests look at it",
    "eqlib.experiments.recomputed": "takes names, which test_claims.py looks at",
    "eqlib.experiments.sealed": "takes names of its own, which test_sealed.py looks at",
    "eqlib.experiments.rivals": "behind `sealed` and `ears`; their tests look at it",
    "eqlib.experiments.outside": "takes names of its own, which test_generalize.py looks at",
    "eqlib.networks.knobs.peak_numbers": "behind `peak_setting`, which checks; a training step",
    "eqlib.networks.conditioned.ConditionedEQNet.factors": "a part of a training step",
    "eqlib.networks.onnx_export.plain_form": "a part of `export_onnx`, which checks the network",
    "eqlib.networks.conditioned.ConditionedEQNet.forward": "a training step",
    "eqlib.networks.conditioned.ConditionedEQNet.autoencode": "a training step",
    "eqlib.networks.conditioned.ConditionedEQNet.history": "a part of a training step",
    "eqlib.networks.controllers.levels": "a part of a training step",
    "eqlib.experiments.habits": "trains; test_style.py looks at it",
    "eqlib.experiments.style": "takes names of its own, which test_style.py looks at",
    "eqlib.networks.dilated.DilatedNet.forward": "a training step",
    "eqlib.networks.recurrent.RecurrentNet.forward": "a training step",
    "eqlib.networks.causal.CausalNet": "what networks of samples are derived from",
    "eqlib.networks.dilated.DilatedNet.silence": "a part of `process`",
    "eqlib.networks.dilated.DilatedNet.block": "a part of `process`, which checks",
    "eqlib.networks.recurrent.RecurrentNet.silence": "a part of `process`",
    "eqlib.networks.recurrent.RecurrentNet.block": "a part of `process`, which checks",
    "eqlib.experiments.dynamic": "takes names of its own, which test_dynamic.py looks at",
    "eqlib.experiments.originals": "reads what `make originals` fetched; test_rates.py looks at it",
    "eqlib.experiments.wideband": "trains; test_rates.py looks at it",
    "eqlib.experiments.rates": "trains, and takes names of its own; test_rates.py looks at it",
    "eqlib.effects.rows.compiled": "takes the effects' own loops",
    "eqlib.networks.flat": "a training step of the page, in the form that is exported",
    "eqlib.networks.page_layers": "a part of the page's training step",
    "eqlib.networks.page_training": "what `make site` writes, without a user's argument",
    "eqlib.networks.step_onnx.Step": "a training step of the page, in the form that is exported",
    "eqlib.widgets.bench_run": "takes the page's messages, from the workbench",
    "eqlib.widgets.drawing.eq_of": "takes the page's state, which the equalizer checks",
    "eqlib.widgets.drawing.DrawsAnEqualizer": "what desk and workbench are derived from",
    "eqlib.cli": "a command's arguments are text, and argparse checks them",
    "eqlib.data.containers": "reads an open file, for `read`",
    "eqlib.data.sound_files.format_of": "a part of `write`, which checks what it is given",
    "eqlib.data.sound_files.files_in": "a part of `from_folder`",
    "eqlib.audio.warn_if_integers": "warns of audio that has been checked",
    "eqlib.fast": "the arithmetic of a training step, which only the layers call",
    "eqlib.stream_state": "what a `Stream` makes of its own, which test_streaming.py looks at",
    "eqlib.layers.Conv1D.forward": "a part of a training step",
    "eqlib.layers.Conv1DLocal.forward": "a part of a training step",
    "eqlib.layers.LocallyConnectedDense.forward": "a part of a training step",
    "eqlib.layers.DeConv1D.forward": "a part of a training step",
    "eqlib.layers.max_pool": "a part of a training step",
    "eqlib.model.EQNet.forward": "a training step",
    "eqlib.model.EQNet.autoencode": "a training step",
    "eqlib.model.EQNet.front_end": "a part of a training step",
    "eqlib.model.EQNet.rectify": "a part of a training step",
    "eqlib.model.EQNet.latent": "a part of a training step",
    "eqlib.model.EQNet.back_end": "a part of a training step",
    "eqlib.analysis.channels.FrozenEQNet.latent": "a part of a training step",
    "eqlib.networks.plain.PlainEQNet": "the oracle of the tests, in torch's own layers",
    "eqlib.training.clipping": "a part of a training step",
    "eqlib.training.loop.fit": "takes a run that has been checked",
    "eqlib.training.parallel": "the processes' talk within a training step",
    "eqlib.training.progress": "a part of a training step",
    "eqlib.training.run": "what `pretrain` and `train` make of arguments that they have checked",
    "eqlib.training.sampler": "a part of a training step",
    "eqlib.training.snapshot": "takes a run that has been checked",
    "eqlib.training.stages": "a part of a training step",
    "eqlib.training.stop": "no arguments",
    "eqlib.training.lock": "takes the folder of a run that has been checked",
    "eqlib.training.losses": "a part of a training step",
    "eqlib.training.schema": "takes what a snapshot has read; test_fuzz.py tries it",
    "eqlib.networks.onnx_whole": "takes the file that `export_onnx` has written",
    "eqlib.starting": "no arguments",
    "eqlib.training.history.History": "a record, which holds what it is given",
    "eqlib.widgets.monitor.TrainingMonitor.stepped": "called by the loop, after every step",
    "eqlib.widgets.monitor.TrainingMonitor.validated": "called by the loop",
    "eqlib.widgets.monitor.TrainingMonitor.ended": "called by the loop",
    "eqlib.widgets.component": "what components are derived from; traitlets checks its traits",
    "eqlib.widgets.linking": "reads the package's own JavaScript when a module is imported",
    "eqlib.widgets.player.Track": "a record, which holds what it is given",
    "eqlib.widgets.player.Player": "made by `player`",
    "eqlib.widgets.source.Source": "a record, which holds what it is given",
    "eqlib.data.alignment.Alignment": "a record, which holds what it is given",
    "eqlib.metrics.MeasuredResponse": "a record, which holds what it is given",
    "eqlib.metrics.BandErrors": "a record, which holds what it is given",
    "eqlib.model.Intermediates": "a record, which holds what it is given",
    "eqlib.analysis.systems.SweepResponse": "a record, which holds what it is given",
    "eqlib.experiments.authors.Published": "a record, which holds what it is given",
    "eqlib.experiments.authors.Row": "a record, which holds what it is given",
    "eqlib.experiments.table.Table": "a record, which holds what it is given",
    "eqlib.experiments.table.decimals": "takes numbers that were computed",
    "eqlib.experiments.intervals.Interval.text": "takes numbers that were computed",
    "eqlib.experiments.claimed.Claim": "a record, which holds what it is given",
    "eqlib.experiments.authors.compare": "reads nine files of the authors'",
    "eqlib.audio.returned": "the last line of a function that has checked its audio",
    "eqlib.training.recipe.Budget": "made by the trainers, and asked in every step",
    "eqlib.training.recipe.Recipe.rate": "called in every step",
    "eqlib.exercises.chapters": "behind `check`, which takes any answer",
    "eqlib.exercises.curves": "behind `check`, which takes any answer",
    "eqlib.exercises.forms": "behind `check`, which takes any answer",
    "eqlib.exercises.looking": "behind `check`, which takes any answer",
    "eqlib.exercises.showing": "behind `check`, which takes any answer",
    "eqlib.exercises.judges": "behind `check`, which takes any answer",
    "eqlib.exercises.material": "behind `check`, which takes any answer",
    "eqlib.exercises.record.Prediction": "a record, which holds what it is given",
    "eqlib.exercises.record.Record": "a record, which holds what it is given",
    "eqlib.exercises.record.Work": "a record, which holds what it is given",
    "eqlib.exercises.registry.Finding": "a record, which holds what it is given",
    "eqlib.exercises.sounds": "behind `check`, which takes any answer",
    "eqlib.experiments.reproduce": "trains for hours; its command checks what it is given",
    "eqlib.experiments.scores": "takes what `reproduce` has made",
    "eqlib.plots.style": "what figures are made with",
    "eqlib.plots.vector": "takes what matplotlib made",
    "eqlib.plots.equalizers.gain_axis": "what figures are made with",
    "eqlib.hints": "behind these checks",
    "eqlib.errors": "the checks themselves, which test_errors.py looks at",
}
"""What is not tried with wrong arguments, and why. A name stands for all that is in it."""

SLOW = {
    "eqlib.analysis.timing.profiled_ms",
    "eqlib.baselines.biquads.fit_biquads",
    "eqlib.experiments.sets.heard",
    "eqlib.experiments.sets.to_judge_on",
    "eqlib.networks.onnx_export.export_onnx",
    "eqlib.networks.step_onnx.export_forward",
    "eqlib.networks.step_onnx.export_step",
    "eqlib.networks.step_onnx.export_steps",
    "eqlib.training.loop.pretrain",
    "eqlib.training.loop.train",
}
"""What takes seconds where all arguments are right: only other types are tried."""

CONFIG = EQNetConfig(frame=64, hop=32, filters=4, kernel=8, local_kernel=8, pool=4)
SIDE_CHAIN = ConditionedConfig(**vars(CONFIG))
KNOBS = ConditionedConfig(**vars(CONFIG), controller="setting", settings=11, change=True)
DILATED = DilatedConfig(channels=2, kernel=2, layers=2, samples=64)
RECURRENT = RecurrentConfig(units=2, samples=64, context=32)
SHELF = EQ.low_shelf(cutoff_hz=500, gain_db=10)
NOISE = np.random.default_rng(0).standard_normal((2, 4096)) / 10
AUDIO = NOISE[0]
BIQUAD = SHELF.stages[0]
FREQUENCIES_HZ = np.geomspace(50, 5_000, 8)
BANK = np.random.default_rng(1).standard_normal((4, 8))


@functools.cache
def net():
    return EQNet(CONFIG)


@functools.cache
def clips():
    made = list(NOISE)
    info = [{"family": "strings", "midi": None, "instrument": "noise"}] * len(made)
    return Clips.from_arrays(made, sample_rate=16_000, info=info)


@functools.cache
def pairs():
    return eqlib.pair(clips(), SHELF)


def history():
    made = History("train")
    for step in (1, 2):
        made.add(steps=step, seconds=step, train_mae=1, validation_mae=1, validation_snr_db=3)
    return made


def sweep():
    return SweepResponse(FREQUENCIES_HZ, SHELF.response(FREQUENCIES_HZ))


def flat(audio):
    return audio


BY_NAME = {
    "advance_samples": lambda: 0,
    "audio": lambda: AUDIO,
    "block": lambda: AUDIO,
    "centers_hz": lambda: FREQUENCIES_HZ[:4],
    "channel": lambda: 1,
    "chosen": lambda: [],
    "clips": clips,
    "config": lambda: CONFIG,
    "cure": lambda: "Mend it.",
    "cutoff_hz": lambda: 500.0,
    "device": lambda: "cpu",
    "dry": clips,
    "effect": lambda: SHELF,
    "eq": lambda: SHELF,
    "eqs": lambda: {"shelf": SHELF},
    "expected": lambda: "another",
    "filters": lambda: 4,
    "first": lambda: NOISE[0],
    "frame": lambda: 64,
    "frequencies_hz": lambda: FREQUENCIES_HZ,
    "function": lambda: flat,
    "gain_db": lambda: 3.0,
    "gains_db": lambda: np.linspace(-6, 6, 8),
    "header": lambda: {"config": {**vars(CONFIG)}, "network": "EQNet"},
    "high_hz": lambda: 4_000.0,
    "hop": lambda: 32,
    "input": lambda: AUDIO,
    "kernel": lambda: 8,
    "kind": lambda: Mine,
    "labels": lambda: ["a"],
    "low_hz": lambda: 100.0,
    "name": lambda: "low-shelf",
    "net": net,
    "nets": lambda: {"mine": net()},
    "networks": lambda: {"mine": net()},
    "note": lambda: AUDIO,
    "output": lambda: AUDIO * 0.9,
    "outputs": lambda: {"output": AUDIO * 0.9},
    "pairs": pairs,
    "pool": lambda: 4,
    "process": lambda: SHELF,
    "rows_hz": lambda: FREQUENCIES_HZ,
    "sample_rate": lambda: 16_000,
    "samples": lambda: 64,
    "seed": lambda: 0,
    "second": lambda: NOISE[1],
    "signal": lambda: AUDIO,
    "signals": lambda: {"input": AUDIO},
    "sos": lambda: SHELF.sos,
    "sounds": lambda: {"noise": AUDIO},
    "step": lambda: 1,
    "steps": lambda: 2,
    "taps": lambda: 9,
    "target": lambda: AUDIO,
    "tensors": lambda: {**net().state_dict()},
    "units": lambda: 4,
    "validation": pairs,
    "weight": lambda: BANK,
    "wet": lambda: pairs().wet,
    "xlabel": lambda: "x",
    "ylabel": lambda: "y",
}
"""By the parameter's name, where it means the same everywhere."""


class Mine(EQNet):
    """A network of a user's own."""


STREAMED = {
    "network": flat,
    "window": torch.hann_window(64, dtype=torch.float64),
    "like": torch.ones(1),
}
HOURS = {"train_steps": 1, "pretrain_steps": 1}
BY_FUNCTION = {
    "eqlib.analysis.bank.by_hand": {"weight": BANK, "config": CONFIG, "changes": {}},
    "eqlib.analysis.channels.best_faders": {"paths": BANK, "target": BANK[0]},
    "eqlib.analysis.channels.frozen": {"gains": np.ones((4, 16))},
    "eqlib.analysis.squares.fit_squares": {
        "target": np.eye(17)[8],
        "kernel": 8,
        "orientation": "adjoint",
    },
    "eqlib.analysis.squares.real_axis": {"taps": np.array([1.0, 0.5, 1.0]), "points": 9},
    "eqlib.analysis.squares.two_squares": {"taps": np.array([1.0, 0.5, 1.0])},
    "eqlib.analysis.systems.sine_sweep": {"duration_s": 0.2},
    "eqlib.analysis.systems.sweep_response": {"points": 8},
    "eqlib.analysis.systems.tone_snr_db": {"target": FREQUENCIES_HZ, "output": FREQUENCIES_HZ},
    "eqlib.analysis.aliasing.envelope_wobble": {"frequency_hz": 500},
    "eqlib.analysis.systems.invariance_db": {"shifts": np.array([0, 8])},
    "eqlib.analysis.systems.homogeneity_db": {"gains_db": np.array([-6.0, 0.0])},
    "eqlib.analysis.timing.profiled_ms": {"function": lambda: torch.ones(3).sum()},
    "eqlib.audio.check_axis": {"shape": (2, 100)},
    "eqlib.audio.check_same_shape": {
        "a_name": "a",
        "b_name": "b",
        "a": AUDIO,
        "b": AUDIO,
    },
    "eqlib.audio.returned": {"output": torch.from_numpy(AUDIO), "audio": AUDIO},
    "eqlib.audio.check_shape": {"array": AUDIO, "sizes": ("samples",)},
    "eqlib.audio.db": {"ratio": AUDIO},
    "eqlib.baselines.biquads.fit_biquads": {"sections": 1},
    "eqlib.baselines.habit.curve_db": {"dry": AUDIO, "wet": AUDIO},
    "eqlib.baselines.habit.filter_of": {"gains_db": np.zeros(25)},
    "eqlib.baselines.habit.Match": {"average_db": np.zeros(25), "share": 0.5},
    "eqlib.baselines.habit.Ridge": {
        "heard": np.zeros((2, 21)),
        "weights": np.zeros((2, 25)),
        "mean_db": np.zeros(25),
        "center": np.zeros(21),
        "scale": np.ones(21),
        "width": None,
    },
    "eqlib.baselines.habit.Match.fitted": {"share": 0.5},
    "eqlib.baselines.habit.Ridge.fitted": {"penalty": 1.0, "width": 3.0},
    "eqlib.data.bands.band_energies": {"centers_hz": (100.0, 1_000.0)},
    "eqlib.effects.rows.check_positive": {"value": 3.0, "unit": "Hz"},
    "eqlib.effects.rows.smoothing": {"time_ms": 3.0},
    "eqlib.networks.conditioned.ConditionedConfig": vars(CONFIG),
    "eqlib.networks.conditioned.ConditionedEQNet": {"config": SIDE_CHAIN},
    "eqlib.networks.controllers.Controller": {"inputs": 2, "first": 3, "second": 3, "outputs": 2},
    "eqlib.networks.controllers.band_levels": {"audio": torch.from_numpy(AUDIO)},
    "eqlib.networks.knobs.peak_setting": {"cutoff_hz": 500.0, "gain_db": 3.0, "q": 1.0},
    "eqlib.networks.dilated.DilatedConfig": vars(DILATED),
    "eqlib.networks.dilated.DilatedNet": {"config": DILATED},
    "eqlib.networks.recurrent.RecurrentConfig": vars(RECURRENT),
    "eqlib.networks.recurrent.RecurrentNet": {"config": RECURRENT},
    "eqlib.networks.causal.CausalStream": {"net": DilatedNet(DILATED)},
    "eqlib.networks.causal.CausalStream.process": {"block": AUDIO},
    "eqlib.checkpoints.check_same_config": {"name": "it", "given": CONFIG, "expected": CONFIG},
    "eqlib.config.EQNetConfig": vars(CONFIG),
    "eqlib.data.clips.Clips": {
        "samples": NOISE.astype(np.float32).ravel(),
        "lengths": np.array([4096, 4096]),
        "names": ("a", "b"),
        "info": ({}, {}),
    },
    "eqlib.data.clips.Clips.__getitem__": {"key": 0},
    "eqlib.data.clips.Clips.from_arrays": {"arrays": list(NOISE)},
    "eqlib.data.clips.Clips.split": {"validation": 0.5},
    "eqlib.data.clips.as_clips": {"what": "sounds"},
    "eqlib.data.pairs.Pairs": {"target": None},
    "eqlib.data.recordings.load": {"instrument": "xylophone", "split": "test"},
    "eqlib.data.tensors.damaged": {"why": "cut off"},
    "eqlib.equalizers.biquad.Biquad": {"kind": "peaking", "gain_db": 3.0, "q": 1.0},
    "eqlib.equalizers.coefficients.Taps": {"taps": (1.0, 0.5)},
    "eqlib.equalizers.coefficients.given_taps": {"taps": [1.0, 0.5]},
    "eqlib.equalizers.coefficients.Section": {"b0": 1.0, "b1": 0.0, "b2": 0.0, "a1": 0, "a2": 0},
    "eqlib.equalizers.eq.EQ": {"stages": SHELF.stages},
    "eqlib.equalizers.eq.EQ.__add__": {"other": SHELF},
    "eqlib.equalizers.eq.EQ.from_dict": {"settings": SHELF.to_dict()},
    "eqlib.equalizers.eq.EQ.from_taps": {"taps": [1.0, 0.5]},
    "eqlib.equalizers.settings.as_written_today": {"settings": SHELF.to_dict()},
    "eqlib.equalizers.fir.Curve": {"gains_db": (1.0, 2.0), "frequencies_hz": (100.0, 200.0)},
    "eqlib.equalizers.fir.FIR": {"target": (BIQUAD,)},
    "eqlib.equalizers.fir.check_stages": {
        "stages": (BIQUAD,),
        "allowed": (Biquad,),
    },
    "eqlib.equalizers.settings.from_dict": {"settings": SHELF.to_dict()["stages"][0]},
    "eqlib.equalizers.settings.read": {"settings": SHELF.to_dict()},
    "eqlib.equalizers.settings.to_dict": {"part": BIQUAD},
    "eqlib.equalizers.settings.written": {"stages": (BIQUAD,)},
    "eqlib.spectral_metrics.gain_error_db": {"dry": AUDIO, "target": AUDIO, "output": AUDIO},
    "eqlib.equalizers.stage.filtered": {"stages": (BIQUAD,), "dry": AUDIO},
    "eqlib.equalizers.stage.frequency_response": {"b": np.ones(3), "a": np.array([1.0, 0, 0])},
    "eqlib.equalizers.stage.real_array": {"values": AUDIO},
    "eqlib.equalizers.stage.response_of": {"stages": (BIQUAD,)},
    "eqlib.equalizers.stage.taps_response": {"taps": np.ones(3), "lags": np.arange(3)},
    "eqlib.exercises.answering.check": {"name": "latent.2", "answer": 3},
    "eqlib.exercises.answering.hint": {"name": "latent.2"},
    "eqlib.exercises.predictions.predict": {"name": "latent.2", "choice": "b"},
    "eqlib.exercises.record.attempted": {"work": Work("a word", "Right.", True, "2026-02-01")},
    "eqlib.exercises.pictures.caption": {"curves": {"answer": [0.0] * 100}},
    "eqlib.exercises.pictures.response_svg": {"curves": {"answer": [0.0] * 100}},
    "eqlib.exercises.record.predicted": {"choice": "b"},
    "eqlib.exercises.record.write_safely": {"text": "a"},
    "eqlib.exercises.registry.Exercise": {
        "title": "A shelf",
        "level": "easy",
        "prompt": "Make one.",
        "takes": "an EQ",
        "hints": ("one", "two"),
        "judge": flat,
    },
    "eqlib.exercises.registry.find": {"name": "latent.2"},
    "eqlib.exercises.reply.Reply": {"state": "hint", "words": "a"},
    "eqlib.experiments.authors.as_text": {"rows": []},
    "eqlib.experiments.claims.check": {"name": "aliasing"},
    "eqlib.experiments.claims.in_words": {"number": 1.0, "unit": "dB"},
    "eqlib.experiments.comparisons.control": {"family": "drums"},
    "eqlib.experiments.comparisons.difference": {"name": "peaking", "other": "peaking-long"},
    "eqlib.experiments.comparisons.lead": {"target": "peaking", "method": "causal FIR"},
    "eqlib.experiments.comparisons.piano_db": {
        "clips": {"piano/sal_Fs4_v10": 1.0},
        "low_midi": 60,
        "high_midi": 70,
    },
    "eqlib.experiments.comparisons.seeds_of": {"which": "notes"},
    "eqlib.experiments.paired.differences": {"pairs": {"taps": ("peaking-long", "peaking")}},
    "eqlib.experiments.paired.leads": {"names": ["peaking"], "method": "causal FIR"},
    "eqlib.experiments.comparisons.worth": {"target": "peaking", "name": "square"},
    "eqlib.experiments.report.in_sample": {"names": ["low-shelf"]},
    "eqlib.experiments.intervals.Interval": {"mean": 1.0, "low": 0.5, "high": 1.5},
    "eqlib.experiments.intervals.mean_interval": {
        "values": np.ones(2),
        "clusters": ["a", "b"],
        "resamples": 9,
    },
    "eqlib.experiments.intervals.of_clips": {"clips": {"a": 1.0}},
    "eqlib.experiments.intervals.of_seeds": {"seeds": [{"a": 1.0}]},
    "eqlib.experiments.intervals.of_difference": {"ours": [{"a": 1.0}], "theirs": [{"a": 0.5}]},
    "eqlib.experiments.plan.seed_name": {"seed": 1},
    "eqlib.experiments.plan.Experiment": {"name": "a", "target": "peaking", "kind": "target"}
    | HOURS,
    "eqlib.experiments.plan.chosen": {"only": ["low-shelf"]},
    "eqlib.experiments.report.networks": {"names": ["low-shelf"]},
    "eqlib.experiments.report.scores": {"names": ["low-shelf"]},
    "eqlib.experiments.report.seeds": {"names": ["low-shelf"]},
    "eqlib.experiments.report.unseen": {"names": ["low-shelf"]},
    "eqlib.experiments.results.add": {"entry": {}},
    "eqlib.experiments.results.rounded": {"history": {"mae": [0.5]}},
    "eqlib.experiments.sets.heard": {"split": "test", "left_out": ("strings",)},
    "eqlib.experiments.sets.met_before": {"name": "piano/sal_Fs4_v10", "left_out": ()},
    "eqlib.experiments.sets.to_judge_on": {"left_out": ("strings",)},
    "eqlib.experiments.settings.full": {"settings": {}},
    "eqlib.experiments.settings.sparse": {"settings": {}},
    "eqlib.frames.Segment": {"window": "hann"},
    "eqlib.frames.cut": {"signal": torch.from_numpy(AUDIO)},
    "eqlib.frames.overlap_add": {"frames": torch.ones(3, 64), "samples": 64},
    "eqlib.frames.overlap_add_gain": {"product": torch.hann_window(64, dtype=torch.float64)},
    "eqlib.frames.summed": {"frames": torch.ones(3, 64)},
    "eqlib.frames.window": {"name": "hann"},
    "eqlib.frames.window_sum": {"window": np.hanning(64)},
    "eqlib.layers.DeConv1D": {"orientation": "adjoint"},
    "eqlib.layers.LocallyConnectedDense": {"channels": 4},
    "eqlib.layers.glorot_uniform_": {"weight": torch.ones(2, 2), "fan_in": 2, "fan_out": 2},
    "eqlib.layers.lecun_uniform_": {"weight": torch.ones(2, 2), "fan_in": 2},
    "eqlib.model.EQNet.intermediates": {"x": torch.ones(2, 1, 64)},
    "eqlib.plots.bank.filters_forming": {"networks": {"a": EQNet(CONFIG), "b": EQNet(CONFIG)}},
    "eqlib.plots.bank.paths": {"sets": {"a": BANK[:1]}},
    "eqlib.plots.bank.taps": {"filters": {"a": BANK[0]}},
    "eqlib.plots.equalizers.same_gain": {"target": SHELF, "others": {"FIR": SHELF.fir()}},
    "eqlib.plots.frames.along_frame": {"curves": {"a": np.ones(64)}},
    "eqlib.plots.frames.by_frame_length": {"lengths": [64, 128], "curves": {"a": [1.0, 2.0]}},
    "eqlib.plots.frames.cut_and_added": {"signal": AUDIO[:160]},
    "eqlib.plots.frames.window_sums": {"cases": {"a": (np.hanning(64), 32)}},
    "eqlib.plots.latent.fader_responses": {"settings": {"a": np.ones(4)}},
    "eqlib.plots.latent.faders": {"gains": {"a": np.ones(4)}},
    "eqlib.plots.latent.faders_in_frame": {"faders": {"a": np.ones(16)}},
    "eqlib.plots.learning.curves": {"x": [1, 2], "values": {"a": [1.0, 2.0]}},
    "eqlib.plots.learning.gradient_norms": {"norms": [1.0, 2.0, 3.0]},
    "eqlib.plots.learning.rates": {"recipes": {"a": Recipe()}},
    "eqlib.plots.learning.training": {"histories": history()},
    "eqlib.plots.network.intermediates": {"frame": AUDIO[:64]},
    "eqlib.plots.network.unpoolings": {
        "P": np.ones(64),
        "Z_hat": np.ones(16),
        "places": np.arange(0, 64, 4),
    },
    "eqlib.plots.signals.fine_spectra": {"signals": {"input": AUDIO}},
    "eqlib.plots.signals.portrait": {"duration_s": 0.01, "start_s": 0.0},
    "eqlib.plots.speed.diagonals": {"kernel": 3},
    "eqlib.plots.speed.times": {"milliseconds": {"a": {"b": 1.0}}},
    "eqlib.plots.systems.linearity": {"gains_db": [0.0, 1.0], "curves": {"a": [1.0, 2.0]}},
    "eqlib.plots.systems.scores": {"table": {"a": [1.0, 2.0]}},
    "eqlib.plots.systems.sweep_responses": {"measured": {"a": sweep()}},
    "eqlib.streaming.Stream": STREAMED,
    "eqlib.streaming.Stream.load_state_dict": {"state": {}},
    "eqlib.streaming.process": STREAMED,
    "eqlib.apply.Equalizer": {"channels": 1},
    "eqlib.apply.Equalizer.process": {"block": AUDIO[None]},
    "eqlib.apply.check_strength": {"strength": 0.5},
    "eqlib.audio.check_rate": {"sample_rate": 16_000},
    "eqlib.audio.resampled": {"from_hz": 16_000, "to_hz": 22_050},
    "eqlib.training.checks.check_resume": {"folder": "run", "resume": False},
    "eqlib.training.checks.check_network": {"methods": ("process",)},
    "eqlib.training.checks.check_recipe": {"recipe": Recipe()},
    "eqlib.training.checks.check_watcher": {"watch": None},
    "eqlib.training.checks.choose_device": {"home": torch.device("cpu")},
    "eqlib.networks.step_onnx.export_step": {"stage": "train"},
    "eqlib.networks.step_onnx.export_steps": {"stage": "train"},
    "eqlib.networks.step_onnx.export_forward": {"stage": "train"},
    "eqlib.training.loop.pretrain": {"steps": 1, "progress": False},
    "eqlib.training.loop.train": {"steps": 1, "progress": False},
    "eqlib.training.recipe.Budget": {"unit": "steps", "amount": 3},
    "eqlib.training.recipe.Budget.choose": {"default_seconds": 3.0, "given": {}},
    "eqlib.training.recipe.Budget.used": {"seconds": 1.0, "steps_per_epoch": 3},
    "eqlib.training.recipe.Recipe.rate": {"used": 0.5},
    "eqlib.widgets.desk.EQDesk.eq": {"eq": SHELF},
    "eqlib.widgets.faders.Faders": {"net": net()},
    "eqlib.widgets.faders.addresses": {"net": net()},
    "eqlib.widgets.knobs.Knobs": {"net": ConditionedEQNet(KNOBS)},
    "eqlib.widgets.inside.Inside": {"net": net()},
    "eqlib.widgets.network.NetworkDesk": {"networks": {"mine": (net(), SHELF)}},
    "eqlib.widgets.network.NetworkDesk.process": {"name": "mine"},
    "eqlib.widgets.monitor.TrainingMonitor": {"target": SHELF, "net": net()},
    "eqlib.widgets.challenge.Challenge": {"kind": "match"},
    "eqlib.widgets.challenge.mean_deviation_db": {"eq": SHELF, "other": SHELF},
    "eqlib.widgets.encoding.encode_lossless": {"error_rms": 1e-4},
    "eqlib.widgets.player.closest": {"signals": list(NOISE)},
    "eqlib.widgets.workbench.Workbench.target": {"target": SHELF},
    "eqlib.widgets.source.source": {"thing": EQ},
}
"""By the function, where a name means something of its own there."""

TAKES = {
    "eqlib.equalizers.coefficients.Taps": {"taps": Iterable[float]},
    "eqlib.equalizers.fir.Curve": {
        "frequencies_hz": Iterable[float],
        "gains_db": Iterable[float],
    },
}
"""What is taken where an annotation says what it becomes."""

IN_FILES = {
    "eqlib.checkpoints.load": ("path", "checkpoint"),
    "eqlib.checkpoints.save": ("path", "new.safetensors"),
    "eqlib.data.files.check_file": ("path", "note.wav"),
    "eqlib.data.files.content_of": ("path", "note.wav"),
    "eqlib.data.sound_files.write": ("path", "new.wav"),
    "eqlib.data.sound_files.from_folder": ("folder", "notes"),
    "eqlib.data.sound_files.read": ("path", "note.wav"),
    "eqlib.data.nsynth.from_nsynth": ("folder", "nsynth"),
    "eqlib.data.tensors.read": ("path", "checkpoint"),
    "eqlib.experiments.authors.compare": ("folder", "authors"),
    "eqlib.experiments.results.add": ("results", "results.json"),
    "eqlib.experiments.results.file_hash": ("path", "note.wav"),
}
"""The name of the path, and the file or folder of `write_files` that it is."""

RECEIVERS = {
    EQ: lambda: SHELF,
    Biquad: lambda: BIQUAD,
    Section: lambda: EQ.from_sos(SHELF.sos).stages[0],
    Taps: lambda: Taps((1.0, 0.5)),
    Curve: lambda: Curve((100.0, 200.0), (1.0, 2.0)),
    FIR: lambda: FIR((BIQUAD,)),
    Clips: clips,
    eqlib.Pairs: pairs,
    EQNet: net,
    EQNetConfig: lambda: CONFIG,
    FrozenEQNet: lambda: FrozenEQNet(CONFIG),
    ConditionedEQNet: lambda: ConditionedEQNet(SIDE_CHAIN),
    DilatedNet: lambda: DilatedNet(DILATED),
    RecurrentNet: lambda: RecurrentNet(RECURRENT),
    CausalStream: lambda: DilatedNet(DILATED).stream(),
    DynamicShelf: DynamicShelf,
    Waveshaper: Waveshaper,
    Compressor: Compressor,
    Engineer: Engineer,
    Match: lambda: Match(np.zeros(25), 0.5, 16_000),
    Ridge: lambda: Ridge.fitted(pairs(), penalty=1.0),
    Tremolo: Tremolo,
    AutoWah: AutoWah,
    Phaser: Phaser,
    Room: Room,
    PlainEQNet: lambda: PlainEQNet(CONFIG),
    Recipe: Recipe,
    Budget: lambda: Budget("steps", 3),
    Equalizer: lambda: Equalizer(net(), sample_rate=16_000, channels=1),
    Stream: lambda: net().stream(),
    Table: lambda: Table("", ("a",), ()),
    EQDesk: EQDesk,
    TrainingMonitor: TrainingMonitor,
    Workbench: Workbench,
    NetworkDesk: lambda: NetworkDesk({"mine": (net(), SHELF)}, sounds={"noise": AUDIO}),
    plan.Experiment: lambda: plan.experiments()["low-shelf"],
}


def receiver(kind, _here):
    """An object of a class, for its methods."""
    return RECEIVERS[kind]()


def examples(dotted, required, here):
    """An argument for each parameter that needs one, and for those where the example matters."""
    given = dict(BY_FUNCTION.get(dotted, {}))
    if dotted in IN_FILES:
        name, file = IN_FILES[dotted]
        given[name] = write_files(here) / file
    for name in required:
        if name not in given:
            given[name] = here / "new" if name in ("path", "folder") else BY_NAME[name]()
    return given


def write_files(here):
    """A folder of small files to read."""
    if (here / "note.wav").exists():
        return here
    (here / "notes").mkdir()
    (here / "nsynth" / "audio").mkdir(parents=True)
    for file in ("note.wav", "notes/a.wav", "nsynth/audio/a.wav"):
        sf.write(here / file, AUDIO, 16_000)
    facts = {"a": {"pitch": 60, "instrument_family_str": "bass"}}
    (here / "nsynth" / "examples.json").write_text(json.dumps(facts))
    checkpoints.save(net(), here / "checkpoint")
    return here
