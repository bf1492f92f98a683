"""The file of results: read, looked up, and added to by several processes.

Chapter: "Results".
"""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path

import torch
from filelock import FileLock

from eqlib.data.files import kind_at, replacing, writing_in
from eqlib.errors import EqlibError, checked
from eqlib.experiments.entries import Entry, Results
from eqlib.experiments.plan import experiments

RESULTS = Path(__file__).resolve().parent / "results.json"


@checked
def read_results(path: Path = RESULTS) -> Results:
    """The results file as a dict, whose "networks" are the entries by experiment.

    Raises:
        EqlibError: if it is damaged.
    """
    if kind_at(path) == "nothing":
        return {"networks": {}}
    try:
        found: Results = json.loads(path.read_text(encoding="utf-8"))
        for name, entry in found["networks"].items():
            if not isinstance(entry, dict):
                raise TypeError(f"the entry of {name!r} is {entry!r}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise EqlibError(
            f"{path} cannot be read ({error!r})",
            "the results that `python -m eqlib reproduce` wrote",
            "Get the file again from version control, or move it away to start anew.",
        ) from error
    return found


@checked
def file_hash(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def machine() -> dict[str, str | int | None]:
    """What it runs on: processor, cores, system, GPU if there is one."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        processor = lines[0].split(":")[1].strip() if lines else processor
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    system = f"{platform.system()} {platform.machine()}"
    return {"processor": processor, "cores": os.cpu_count(), "system": system, "gpu": gpu}


@checked
def rounded(history: Mapping[str, object]) -> dict[str, object]:
    """A history with its numbers to five significant digits."""
    return {
        name: [float(f"{v:.5g}") for v in values] if isinstance(values, list) else values
        for name, values in history.items()
    }


@checked
def add(results: Path, name: str, entry: Entry) -> None:
    """Adds an entry to the results file, whoever else may be adding one."""
    lock = results.parent / f".{results.name}.lock"
    with writing_in(results.parent), FileLock(lock):
        found = read_results(results)
        found["networks"][name] = entry
        order = list(experiments())
        known = [each for each in order if each in found["networks"]]
        others = [each for each in found["networks"] if each not in order]
        found["networks"] = {each: found["networks"][each] for each in known + others}
        text = json.dumps(found, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
        with replacing(results) as temporary:
            temporary.write_text(text, encoding="utf-8")


@checked
def entry(name: str, *, results: Path = RESULTS) -> Entry:
    """The entry of an experiment in the results file.

    Raises:
        EqlibError: for a name that is not there.
    """
    networks = _networks(results)
    if name not in networks:
        raise EqlibError(
            f"there is no result for {name!r}",
            f"one of {', '.join(networks) or 'none, for the file is empty'}",
            "Choose one of these, or train it: python -m eqlib reproduce --only NAME.",
        )
    return copy.deepcopy(networks[name])


@checked
def is_there(name: str, *, results: Path = RESULTS) -> bool:
    """Whether the results file has an entry of an experiment."""
    return name in _networks(results)


def _networks(path: Path) -> dict[str, Entry]:
    """Read once while the file stays the same: a table asks for hundreds of its entries."""
    version: tuple[int, ...] = ()
    if kind_at(path) != "nothing":
        status = path.stat()
        version = (status.st_ino, status.st_mtime_ns, status.st_size)
    return _read_once(path, version)["networks"]


@functools.lru_cache(maxsize=1)
def _read_once(path: Path, version: tuple[int, ...]) -> Results:
    return read_results(path)
