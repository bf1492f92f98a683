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

from os import PathLike

import torch
from torch import Tensor

from eqlib import fast
from eqlib.data.pairs import Pairs
from eqlib.errors import checked_only
from eqlib.model import EQNet
from eqlib.training import checks, parallel
from eqlib.training.clipping import clip_gradients
from eqlib.training.history import History, Watcher
from eqlib.training.progress import Progress
from eqlib.training.recipe import Budget, Loss, Recipe
from eqlib.training.run import Run
from eqlib.training.stages import Stage, Supervised, Unsupervised
from eqlib.training.stop import StopRequest

QUIET = 1e-4
"""RMS value (-80 dBFS) below which the normalized loss takes a target frame for no softer."""


@checked_only("steps", "resume", "progress")
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
    device: str | torch.device | None = None,
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
        device: where to train, such as "cpu" or "cuda"; by default on a GPU if there is one, and
            else where the network is. Afterwards the network is back where it was.

    Returns:
        The history of the run. A Ctrl-C or a kernel's interrupt ends the run early and keeps the
        best weights so far; a script can tell by ``history.interrupted``.

    Raises:
        EqlibError: before anything has changed, for an argument of another kind than the ones
            above, audio at another sample rate than the network's, validation pairs of another
            effect, more than one budget, a device that there is not, weights in half precision,
            torch's inference mode, a folder that already holds a run, resume without a folder, or
            a resumed run whose settings have changed; then, for a folder that cannot be written;
            and later, for a loss that is not a number, with the cause. However a run ends, the
            network has its best weights so far.
    """
    checks.check_network(net, methods=("autoencode", "reconstruct"))
    run = Run(
        Unsupervised.name,
        net,
        pairs,
        validation,
        recipe=recipe,
        seed=seed,
        budget=Budget.choose(60, seconds=seconds, steps=steps, epochs=epochs),
        folder=folder,
        resume=resume,
        watch=watch,
        device=device,
    )
    return fit(run, Unsupervised(), progress=progress)


@checked_only("steps", "resume", "progress")
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
    device: str | torch.device | None = None,
) -> History:
    """Step two, supervised: the whole network learns to turn dry frames into equalized ones.

    Arguments, result and errors are those of `pretrain`; the budget is 120 seconds by default.
    Afterwards ``net.info`` says what the network was trained on.
    """
    checks.check_network(net, methods=("process",))
    run = Run(
        Supervised.name,
        net,
        pairs,
        validation,
        recipe=recipe,
        seed=seed,
        budget=Budget.choose(120, seconds=seconds, steps=steps, epochs=epochs),
        folder=folder,
        resume=resume,
        watch=watch,
        device=device,
    )
    return fit(run, Supervised(), progress=progress)


def fit(run: Run, stage: Stage, *, progress: bool) -> History:
    """The training loop."""
    recipe = run.recipe
    with fast.kept(), run, StopRequest() as stop, Progress(run, progress) as bar:
        while (used := parallel.highest(run.used())) < 1 and run.rounds < 2:
            if parallel.highest(stop.requested):
                break
            for group in run.optimizer.param_groups:
                group["lr"] = recipe.rate(run.step, used) / 4**run.rounds
            x, y = parallel.share(*stage.draw(run))
            error = (stage.forward(run.net, x) - y).abs().mean((1, 2))
            loss = _loss(error, y, recipe.loss)
            run.optimizer.zero_grad()
            loss.backward()
            parallel.average_gradients(run.net)
            mae = parallel.mean(error.mean().item())
            run.check_finite(mae)
            clip_gradients(run.net, run.norms, recipe.clip_quantile)
            run.optimizer.step()
            run.step += 1
            run.losses.append(mae)
            if run.step % recipe.validate_every == 0:
                run.validate(*stage.check(run.net, run.validation))
            stop.requested |= bar.stepped(mae)

        run.save_last()
        run.history.interrupted = used < 1 and run.rounds < 2
        if not run.history.steps or run.history.steps[-1] < run.step:
            run.validate(*stage.check(run.net, run.validation), save=False)
        bar.show()
    # Here, and after an error or an impatient Ctrl-C too, the network has its best weights.
    return run.history


def _loss(error: Tensor, target: Tensor, which: Loss) -> Tensor:
    """The loss from the mean absolute error of each frame, (batch,), and the target frames."""
    if which == "normalized_mae":
        error = error / target.square().mean((1, 2)).sqrt().clamp_min(QUIET)
    return error.mean()
