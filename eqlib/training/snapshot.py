"""The state of a run in a file, to go on as if it had never stopped.

Chapter: "Stage two, supervised".
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor

from eqlib import checkpoints
from eqlib.data.files import kind_at
from eqlib.data.pairs import Pairs
from eqlib.equalizers.settings import as_written_today
from eqlib.errors import EqlibError
from eqlib.model import EQNet
from eqlib.training import parallel, schema
from eqlib.training.history import History

if TYPE_CHECKING:
    from eqlib.training.run import Run

COUNTERS = ("step", "rounds", "waited", "losses", "norms")


class Snapshot(NamedTuple):
    """What a file of `save` holds: tensors under "net.", "best.", "adam." and "generator"."""

    tensors: dict[str, Tensor]
    header: dict[str, Any]

    def part(self, name: str) -> dict[str, Tensor]:
        """The tensors of one part, without its name."""
        found = (key.partition(".") for key in self.tensors)
        return {rest: self.tensors[f"{part}.{rest}"] for part, _, rest in found if part == name}


def save(path: Path, run: Run) -> None:
    """Writes everything that a resumed run needs.

    Raises:
        EqlibError: if it cannot be written.
    """
    tensors = {f"net.{name}": tensor for name, tensor in run.net.state_dict().items()}
    tensors |= {f"best.{name}": tensor for name, tensor in run.best.items()}
    for index, moments in run.optimizer.state_dict()["state"].items():
        tensors |= {f"adam.{index}.{name}": tensor for name, tensor in moments.items()}
    tensors["generator"] = run.generator.get_state()
    header = checkpoints.description(run.net)
    header |= {name: getattr(run, name) for name in COUNTERS}
    header |= {"history": asdict(run.history), "seconds": run.seconds()}
    checkpoints.write(path, tensors, header | {"settings": run.settings})


def find(
    files: list[Path], net: EQNet, settings: dict[str, object], *, resume: bool
) -> Snapshot | None:
    """The snapshot to go on from, if there is one and that is wanted.

    Args:
        files: where the run keeps its best network and its last state; none without a folder.
        net: the network that would go on.
        settings: of the run.
        resume: whether to go on with a run that is there.

    Raises:
        EqlibError: if a run is there that would be overwritten, or as `read`.
    """
    there = [kind_at(path) != "nothing" for path in files]
    parallel.wait()  # all look before the first one writes
    if not any(there):
        return None
    if resume and there[-1]:
        return read(files[-1], net, settings)
    raise EqlibError(
        f"{files[-1].parent} already holds a run of {settings['stage']}",
        "an empty folder, or resume=True",
        "Pass resume=True to go on with that run, or choose another folder.",
    )


def read(path: Path, net: EQNet, settings: dict[str, object]) -> Snapshot:
    """Reads a snapshot for a run with these settings; nothing is changed yet.

    Raises:
        EqlibError: for a damaged file, or one of another network or of a run with other settings;
            a larger budget is none.
    """
    snapshot = Snapshot(*checkpoints.read(path))
    if "settings" not in snapshot.header:
        raise EqlibError(
            f"{path} is a network by itself",
            "the state of a training run",
            "Move it elsewhere: files of this name are a run's own.",
        )
    checkpoints.check_same(path, snapshot.header, net)
    schema.check(path, *snapshot, net)
    before = dict(snapshot.header["settings"])
    before["target"] = as_written_today(before.get("target"))
    if _is_larger(settings["budget"], than=before.get("budget")):
        before["budget"] = settings["budget"]
    changed = [name for name, value in settings.items() if before.get(name) != value]
    weights = snapshot.part("net")
    if any(weights[name].dtype != now.dtype for name, now in net.state_dict().items()):
        changed.append("dtype")
    if changed:
        raise EqlibError(
            f"{path} is of a run with " + ", ".join(f"another {name}" for name in changed),
            "the settings it was started with; the budget may be larger, in the same unit",
            "Give the same ones to go on with it, or choose another folder to start anew.",
        )
    return snapshot


def _is_larger(budget: object, *, than: object) -> bool:
    """Whether a budget, as settings have it, is another's with a larger amount."""
    if not (isinstance(budget, dict) and isinstance(than, dict)):
        return False
    now, before = budget.get("amount"), than.get("amount")
    if not isinstance(now, int | float) or not isinstance(before, int | float):
        return False
    return budget.get("unit") == than.get("unit") and now > before


def restore(snapshot: Snapshot, run: Run) -> None:
    """Puts a run, and its network, into the state that the snapshot is of."""
    run.net.load_state_dict(snapshot.part("net"))
    run.best = snapshot.part("best")
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in snapshot.part("adam").items():
        index, _, moment = name.partition(".")
        moments.setdefault(int(index), {})[moment] = tensor
    groups = run.optimizer.state_dict()["param_groups"]
    run.optimizer.load_state_dict({"state": moments, "param_groups": groups})
    run.generator.set_state(snapshot.tensors["generator"])
    for name in COUNTERS:
        setattr(run, name, snapshot.header[name])
    run.history = History(**snapshot.header["history"])
    run.net.info = snapshot.header["info"]
    run.began = time.perf_counter() - snapshot.header["seconds"]


def fingerprint(pairs: Pairs) -> str:
    """One hash of the audio of some pairs."""
    digest = hashlib.sha256()
    for side in (pairs.dry, pairs.wet):
        digest.update(repr((side.lengths.tolist(), side.sample_rate)).encode())
        digest.update(side.samples.data)
    return digest.hexdigest()
