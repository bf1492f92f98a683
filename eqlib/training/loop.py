"""The two steps of training, and the one loop that both run.

`pretrain` is the paper's unsupervised step: front-end and back-end learn to return the audio they
hear, dry or equalized. `train` is the supervised one: the whole network learns the equalizer.
Both minimize the mean absolute error of the waveform, frame by frame.

In a program that `torchrun` starts, and that calls torch.distributed.init_process_group(), the
processes share each batch and average their gradients (`eqlib.training.parallel`).

Source: Martínez Ramírez and Reiss, DAFx-18. Chapters: the tour (book/tour.ipynb), "Stage one,
unsupervised", "Stage two, supervised".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from os import PathLike
from typing import Any

import numpy as np
import torch
from torch import Tensor

from eqlib import fast, metrics
from eqlib.data.clips import Clips
from eqlib.data.pairs import Pairs
from eqlib.model import EQNet
from eqlib.training import parallel
from eqlib.training.history import History, Watcher
from eqlib.training.recipe import Budget, Recipe
from eqlib.training.run import Run
from eqlib.training.stop import StopRequest

QUIET = 1e-4
"""RMS value (-80 dBFS) below which the normalized loss takes a target frame for no softer."""


def pretrain(
    net: EQNet,
    pairs: Pairs,
    validation: Pairs,
    *,
    seconds: float | None = None,
    steps: int | None = None,
    epochs: float | None = None,
    recipe: Recipe | None = None,
    seed: int = 0,
    folder: str | PathLike[str] | None = None,
    resume: bool = False,
    progress: bool = True,
    watch: Watcher | None = None,
) -> History:
    """Step one, unsupervised: front-end and back-end learn to return what they hear.

    Half of the frames are dry, half equalized. Each maximum that pooling finds goes back to its
    place; the latent-space DNN takes no part.

    Args:
        net: the network; it is changed in place, and ends with the best weights.
        pairs: recordings to learn from.
        validation: recordings of the same effect to choose the best weights by (here, by how well
            the dry ones are returned); no clip should be in both.
        seconds: budget as time, by default 60. At most one of seconds, steps and epochs.
        steps: budget as optimizer steps.
        epochs: budget as multiples of the frames, a hop apart, that the recordings hold.
        recipe: learning rate and so on, by default `eqlib.Recipe` as it comes.
        seed: of the frames that are drawn.
        folder: where checkpoints go, best and last; nothing is written without it.
        resume: continue the run whose last checkpoint is in `folder`, if there is one, as if it
            had never stopped.
        progress: show a progress bar, unless the run is watched.
        watch: what follows the run and may end it: an `eqlib.widgets.monitor.TrainingMonitor`.

    Returns:
        The history of the run. A Ctrl-C or a kernel's interrupt ends the run early and keeps the
        best weights so far; a script can tell by ``history.interrupted``. Where there is a GPU,
        the network trains on it, and returns to where it was.

    Raises:
        EqlibError: for a loss that is not a number (with the cause), audio at another sample rate
            than the network's, validation pairs of another effect, more than one budget, a folder
            that already holds a run or cannot be written, resume without a folder, or a resumed
            run whose settings have changed.
    """
    budget = Budget.choose(60, seconds=seconds, steps=steps, epochs=epochs)
    run = Run("pretrain", net, pairs, validation, recipe, seed, budget, folder, resume, watch)

    def draw() -> tuple[Tensor, Tensor]:
        dry, wet = run.sampler.draw(run.recipe.batch, run.generator)
        first = run.step % 2  # in turns, so that a batch of one hears both kinds as well
        either = torch.cat((dry[first::2], wet[1 - first :: 2]))
        return either, either

    def check() -> tuple[float, float]:
        return _scores(validation.dry, validation.dry, net.reconstruct)

    return _fit(run, net.autoencode, draw, check, progress)


def train(
    net: EQNet,
    pairs: Pairs,
    validation: Pairs,
    *,
    seconds: float | None = None,
    steps: int | None = None,
    epochs: float | None = None,
    recipe: Recipe | None = None,
    seed: int = 0,
    folder: str | PathLike[str] | None = None,
    resume: bool = False,
    progress: bool = True,
    watch: Watcher | None = None,
) -> History:
    """Step two, supervised: the whole network learns to turn dry frames into equalized ones.

    Arguments, result and errors are those of `pretrain`; the budget is 120 seconds by default.
    Afterwards ``net.info`` says what the network was trained on.
    """
    budget = Budget.choose(120, seconds=seconds, steps=steps, epochs=epochs)
    run = Run("train", net, pairs, validation, recipe, seed, budget, folder, resume, watch)

    def draw() -> tuple[Tensor, Tensor]:
        return run.sampler.draw(run.recipe.batch, run.generator)

    def check() -> tuple[float, float]:
        return _scores(validation.dry, validation.wet, net.process)

    return _fit(run, net.forward, draw, check, progress)


def _fit(
    run: Run,
    network: Callable[[Tensor], Tensor],
    draw: Callable[[], tuple[Tensor, Tensor]],
    check: Callable[[], tuple[float, float]],
    progress: bool,
) -> History:
    """The training loop."""
    recipe, history = run.recipe, run.history
    try:
        with fast.kept(), StopRequest() as stop, run.progress_bar(progress) as bar:
            while (used := parallel.highest(run.used())) < 1 and run.rounds < 2:
                if parallel.highest(stop.requested):
                    break
                for group in run.optimizer.param_groups:
                    group["lr"] = recipe.rate(run.step, used) / 4**run.rounds
                x, y = parallel.share(*draw())
                error = (network(x) - y).abs().mean((1, 2))
                loss = _loss(error, y, recipe.loss)
                run.optimizer.zero_grad()
                loss.backward()
                parallel.average_gradients(run.net)
                mae = parallel.mean(error.mean().item())
                run.check_finite(mae)
                run.clip_gradients()
                run.optimizer.step()
                run.step += 1
                run.losses.append(mae)
                if run.step % recipe.validate_every == 0:
                    run.validate(*check())
                stop.requested |= run.show(bar, mae)

            run.save_last()
            history.interrupted = used < 1 and run.rounds < 2
            if not history.steps or history.steps[-1] < run.step:
                run.validate(*check(), save=False)
            run.show(bar)
    except BaseException:
        history.interrupted = True
        raise
    finally:
        # After an error or an impatient Ctrl-C too, the network has the best weights so far.
        run.restore_best()
    run.finish()
    return history


def _loss(error: Tensor, target: Tensor, which: str) -> Tensor:
    """The loss from the mean absolute error of each frame, (batch,), and the target frames."""
    if which == "normalized_mae":
        error = error / target.square().mean((1, 2)).sqrt().clamp_min(QUIET)
    return error.mean()


def _scores(inputs: Clips, targets: Clips, process: Callable[[Any], Any]) -> tuple[float, float]:
    """Mean over clips of mae and of SNR in dB, on whole signals."""
    outputs = [process(clip) for clip in inputs]
    if not all(np.isfinite(output).all() for output in outputs):
        return math.nan, math.nan
    mae = [metrics.mae(*both) for both in zip(targets, outputs, strict=True)]
    snr_db = [metrics.snr_db(*both) for both in zip(targets, outputs, strict=True)]
    return sum(mae).item() / len(mae), sum(snr_db).item() / len(snr_db)
