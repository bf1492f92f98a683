"""Training on several processes, against one process with the same global batch."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from safetensors.torch import load_file

import eqlib
from eqlib import EQ, EqlibError, EQNet, EQNetConfig, Recipe
from eqlib.data.clips import Clips
from eqlib.training import parallel
from support import ROOT

SMALL = EQNetConfig(frame=256, hop=128, filters=8, kernel=16, local_kernel=32, pool=16)

SCRIPT = """
import sys
import torch.distributed as dist
from tests.training.test_parallel import trained
from eqlib import checkpoints

dist.init_process_group("gloo")
net, history = trained(sys.argv[1], seed=1 + dist.get_rank(), **eval(sys.argv[2]))
checkpoints.save(net, f"{sys.argv[1]}/rank-{dist.get_rank()}.safetensors")
dist.destroy_process_group()
"""


def trained(folder, *, seed=1, batch=8, loss="mae", rate=2e-3, **budget):
    """A small network, and how its training went; the weights of rank 0 count."""
    clips = eqlib.data.load(instrument="piano", split="train")[::24]
    short = Clips.from_arrays([clip[:4000] for clip in clips], sample_rate=16_000)
    pairs = eqlib.pair(short, EQ.low_shelf(cutoff_hz=1_000, gain_db=6))
    recipe = Recipe(batch=batch, learning_rate=rate, validate_every=10, warmup_steps=5, loss=loss)
    net = EQNet(SMALL, seed=seed)
    options = {"recipe": recipe, "progress": False, "folder": folder, "resume": True}
    eqlib.pretrain(net, pairs, pairs, **options, **budget)
    return net, eqlib.train(net, pairs, pairs, **options, **budget)


def on_two_processes(folder, **options):
    """Runs the script above and returns both processes' networks."""
    script = folder / "script.py"
    script.write_text(SCRIPT)
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    root = f"{ROOT}{os.pathsep}{ROOT / 'tests'}"
    run = subprocess.run(
        [sys.executable, "-m", *launcher, str(script), str(folder), repr(options)],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": root, "OMP_NUM_THREADS": "1"},
    )
    if run.returncode:
        raise RuntimeError(run.stderr)
    return [load_file(folder / f"rank-{rank}.safetensors") for rank in (0, 1)]


# Adam divides a gradient by its own size, rounding errors of tiny ones included, so two runs drift
# apart by a share of the learning rate at every step: one step at the usual rate, 30 small ones.
@pytest.mark.parametrize(
    "options",
    [{"steps": 1}, {"steps": 1, "loss": "normalized_mae"}, {"steps": 30, "rate": 2e-5}],
    ids=str,
)
def test_two_processes_equal_one_with_the_same_global_batch(options, tmp_path):
    net, history = trained(tmp_path / "one", **options)
    first, second = on_two_processes(tmp_path, **options)
    moved = net.dense_local.bias.abs().max().item()
    assert moved > 1e-4, "a start at zero: what the gradients did must be far above the tolerance"
    for name, expected in net.state_dict().items():
        torch.testing.assert_close(first[name], expected, rtol=1e-5, atol=1e-5)
        assert torch.equal(first[name], second[name])
    both = eqlib.checkpoints.load(tmp_path / "train-best.safetensors")
    best = history.scores()["validation_mae"]
    assert both.info["train"]["validation_mae"] == pytest.approx(best, rel=1e-3)


def test_a_budget_in_seconds_ends_for_both_at_the_same_step(tmp_path):
    first, second = on_two_processes(tmp_path, seconds=1.5)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path):
    with pytest.raises(RuntimeError, match="batch is 5 for 2 processes"):
        on_two_processes(tmp_path, steps=1, batch=5)


def test_a_single_process_shares_nothing():
    x = torch.arange(6.0)
    assert parallel.share(x, x)[0] is x
    assert (parallel.processes(), parallel.is_first()) == (1, True)
    assert (parallel.highest(3), parallel.mean(4)) == (3, 4)
    with pytest.raises(EqlibError, match="loss is 'mse'; expected mae or normalized_mae or"):
        Recipe(loss="mse")
