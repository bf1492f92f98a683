"""The two steps of training, and the one loop that both run.

`pretrain` is the paper's unsupervised step: front-end and back-end learn to return the audio they
hear, dry or equalized. `train` is the supervised one: the whole network learns the equalizer.
Both minimize the mean absolute error of the waveform, frame by frame, or another of the losses in
`eqlib.training.losses`; which weights are the best is always judged by the mean absolute error.

In a program that `torchrun` starts, and that calls torch.distributed.init_process_group(), the
processes share each batch and average their gradients (`eqlib.training.parallel`).

Source: Martínez Ramírez and Reiss, DAFx-18. Chapters: the tour (book/tour.ipynb), "Stage one,
unsupervised", "Stage two, supervised".
"""

from __future__ import annotations

from os import PathLike

import torch

from eqlib import fast
from eqlib.data.pairs import Pairs
from eqlib.errors import checked_only
from eqlib.model import EQNet
from eqlib.training import checks, parallel
from eqlib.training.clipping import clip_gradients
from eqlib.training.history import History, Watcher
from eqlib.training.losses import loss_of
from eqlib.training.progress import Progress
from eqlib.training.recipe import Budget, Recipe
from eqlib.training.run import Run
from eqlib.training.stages import Stage, Supervised, Unsupervised
from eqlib.training.stop import StopRequest


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
            had never stopped. The budget may be larger than it was, also of a run that has ended:
            the learning rate is from then on what it is at this share of the larger budget.
        progress: show a progress bar, unless the run is watched.
        watch: what follows the run and may end it: an `eqlib.widgets.monitor.TrainingMonitor`.
        device: where to train, such as "cpu" or "cuda"; by default on a GPU if there is one, and
            else where the network is. Afterwards the network is back where it was.

    Returns:
        The history of the run. A Ctrl-C or a kernel's interrupt, at any moment, ends the run with
        the best weights so far; a script can tell by ``history.interrupted``. After a SIGTERM, with
        which batch systems end a program, the state is saved first, for a resumption: it is looked
        at between two steps. Both hold for a run in the main thread, where Python hears signals.

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
    """The training loop, with its door."""
    with StopRequest() as stop:
        _fit(run, stage, stop, progress=progress)
        if stop.requested:  # also while the run ended: a script must not take it for finished
            run.history.interrupted = True
    # Here, and after an error or an impatient Ctrl-C too, the network has its best weights.
    return run.history


def _fit(run: Run, stage: Stage, stop: StopRequest, *, progress: bool) -> None:
    recipe = run.recipe
    with fast.kept(), run, stop.impatient(), Progress(run, progress) as bar:
        while (used := parallel.highest(run.used())) < 1 and run.rounds < 2:
            if parallel.highest(stop.requested):
                break
            for group in run.optimizer.param_groups:
                group["lr"] = recipe.rate(run.step, used) / 4**run.rounds
            x, y = parallel.share(*stage.draw(run))
            output = stage.forward(run.net, x)
            error = (output - y).abs().mean((1, 2))
            loss = loss_of(output, y, error, recipe.loss)
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
            if bar.stepped(mae):  # no |=, which would forget a Ctrl-C that came meanwhile
                stop.requested = True

        run.save_last()
        finished = used >= 1 or run.rounds >= 2
        run.history.interrupted = not finished
        unseen = not run.history.steps or run.history.steps[-1] < run.step
        if unseen and not parallel.highest(stop.terminated):
            run.validate(*stage.check(run.net, run.validation), save=finished)
        if parallel.highest(stop.requested):
            run.history.interrupted = True
        bar.show()
