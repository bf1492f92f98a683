"""`eqlib reproduce`: trains what is not current, and writes the results file."""

from __future__ import annotations

import argparse
import os

import torch
import torch.distributed as dist

from eqlib.data.files import as_path
from eqlib.errors import EqlibError
from eqlib.experiments.plan import chosen
from eqlib.experiments.reproduce import reproduce
from eqlib.experiments.results import RESULTS
from eqlib.networks.shipped import WEIGHTS_FOLDER
from eqlib.training import parallel


def run(options: argparse.Namespace) -> None:
    """Runs the command with what stood on its line."""
    if options.device == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""  # the trainers take a GPU wherever they see one
    elif options.device == "cuda" and not torch.cuda.is_available():
        raise EqlibError("device is cuda", "a GPU that torch can use", "Leave --device out.")
    work = as_path(options.work, name="--work")
    quick, rank = work / "quick", parallel.told("RANK", usually=0)
    parallel.told("WORLD_SIZE", usually=1)
    if options.data_parallel:
        if "RANK" not in os.environ:
            raise EqlibError(
                "--data-parallel in a single process",
                "several, started by torchrun",
                "torchrun --nproc-per-node 2 -m eqlib reproduce --data-parallel",
            )
        dist.init_process_group("gloo")
    try:
        reproduce(
            chosen(options.only),
            results=quick / "results.json" if options.quick else RESULTS,
            weights=quick / "weights" if options.quick else WEIGHTS_FOLDER,
            work=work,
            quick=options.quick,
            progress=rank == 0,
        )
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
