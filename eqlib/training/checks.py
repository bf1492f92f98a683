"""What the trainers refuse at the door, before anything has changed.

Chapters: "Stage one, unsupervised", "Stage two, supervised".
"""

from __future__ import annotations

import json

import torch
from torch import nn

from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs
from eqlib.equalizers.settings import as_written_today
from eqlib.errors import EqlibError, check_integer, check_sample_rate, checked
from eqlib.frames import Segment
from eqlib.training.recipe import Recipe

DTYPES = (torch.float32, torch.float64)


@checked
def check_network(net: object, *, methods: tuple[str, ...]) -> None:
    """Raises `EqlibError` unless `net` is a network that can be trained here and now.

    Args:
        net: what was given.
        methods: what the step needs it to have.
    """
    if not isinstance(net, nn.Module) or not isinstance(getattr(net, "segment", None), Segment):
        raise EqlibError(
            f"net is {_kind(net)}",
            "a network, such as EQNet()",
            "Give the network first, then the pairs and the validation pairs.",
        )
    missing = [name for name in methods if not callable(getattr(net, name, None))]
    if missing:
        raise EqlibError(
            f"{_kind(net)} cannot {' or '.join(missing)}",
            "a network that this step of training can teach",
            "Leave this step out: eqlib.train alone teaches a network, too.",
        )
    tensors = list(net.parameters())
    kinds = {tensor.dtype for tensor in tensors}
    if len(kinds) != 1 or not kinds <= set(DTYPES):
        raise EqlibError(
            f"the network's weights are {', '.join(sorted(map(str, kinds))) or 'none'}",
            "all float32, or all float64",
            "Convert it: net.float().",
        )
    if torch.is_inference_mode_enabled() or any(tensor.is_inference() for tensor in tensors):
        now = torch.is_inference_mode_enabled()
        raise EqlibError(
            f"{'training was called' if now else 'the network was made'} in torch.inference_mode()",
            "a place where gradients can be computed",
            "Train outside of it." if now else "Make or load the network again, outside of it.",
        )


def check_pairs(pairs: Pairs, validation: Pairs, *, sample_rate: int) -> None:
    """Raises `EqlibError` unless both are pairs of one effect, at the network's sample rate."""
    _check_is_pairs("pairs", pairs)
    _check_is_pairs("validation", validation)
    check_sample_rate("the training audio", pairs.dry.sample_rate, sample_rate)
    check_sample_rate("the validation audio", validation.dry.sample_rate, sample_rate)
    if as_written_today(validation.target) != as_written_today(pairs.target):
        raise EqlibError(
            "the validation pairs are of another effect than the training pairs",
            "the same effect for both",
            "Make both with the same equalizer: eqlib.pair(clips, equalizer).",
        )
    try:
        json.dumps(pairs.target)
    except (TypeError, ValueError) as error:
        raise EqlibError(
            f"the target of the pairs cannot become JSON ({error})",
            "a dict of lists, strings, numbers, booleans and None, as EQ.to_dict() gives it",
            "Let the effect's to_dict() return these, or leave the target out.",
        ) from error


def check_recipe(recipe: object) -> None:
    """Raises `EqlibError` unless `recipe` is a Recipe or None."""
    if recipe is not None and not isinstance(recipe, Recipe):
        cure = "Write recipe=Recipe(learning_rate=1e-3)."
        if isinstance(recipe, dict):
            cure = "Write recipe=Recipe(**settings), with your dict for settings."
        raise EqlibError(f"recipe is {_kind(recipe)}", "an eqlib.Recipe", cure)


def check_watcher(watch: object) -> None:
    """Raises `EqlibError` unless `watch` is None or has what `Watcher` asks for."""
    if watch is None:
        return
    if isinstance(watch, type):
        given, cure = f"the class {watch.__name__}", f"Make one of it: {watch.__name__}(...)."
    else:
        given, cure = _kind(watch), "Give an eqlib.widgets.monitor.TrainingMonitor, or its like."
    names = ("stepped", "validated", "ended")
    if isinstance(watch, type) or not all(callable(getattr(watch, name, None)) for name in names):
        expected = "a watcher with the methods stepped, validated and ended"
        raise EqlibError(f"watch is {given}", expected, cure)


def check_seed(seed: object) -> int:
    """Returns `seed` as an int that a generator takes, or raises `EqlibError`."""
    number = check_integer("seed", seed, at_least=0, cure="Give it as an integer.")
    if number >= 2**63:
        raise EqlibError(f"seed is {number}", "a whole number below 2**63", "Give a smaller one.")
    return number


@checked
def check_resume(resume: bool, folder: object) -> None:
    """Raises `EqlibError` if a run is to go on that was kept nowhere."""
    if resume and folder is None:
        raise EqlibError(
            "resume is True without a folder",
            "the folder that the run's checkpoints are in",
            "Pass folder=... to both the run and its continuation.",
        )


@checked
def choose_device(device: object, home: torch.device) -> torch.device:
    """The device to train on: the one that is asked for, or else a GPU, or else home.

    Raises:
        EqlibError: for a device that there is not, or that holds no numbers ("meta").
    """
    if device is None:
        device = torch.device("cuda") if torch.cuda.is_available() else home
    try:
        if not isinstance(device, (str, torch.device)):
            raise TypeError(f"it is {_kind(device)}")
        chosen = torch.device(device)
        torch.zeros(1, device=chosen).item()
    # Each kind of device that is missing is told in another way, some by AssertionError.
    except (TypeError, RuntimeError, AssertionError) as error:
        reason = str(error).split("\n")[0]
        raise EqlibError(
            f"device is {str(device)!r} ({reason})",
            'a device of this computer, such as "cpu" or "cuda"',
            "Leave device out: a GPU is then used if there is one.",
        ) from error
    return chosen


def _check_is_pairs(name: str, given: object) -> None:
    if not isinstance(given, Pairs):
        clips = name if isinstance(given, Clips) else "clips"
        cure = f"Make them with eqlib.pair({clips}, equalizer)."
        raise EqlibError(f"{name} is {_kind(given)}", "Pairs of dry and wet clips", cure)


def _kind(thing: object) -> str:
    return "None" if thing is None else f"a {type(thing).__name__}"
