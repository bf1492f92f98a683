"""One training at a time in a folder, and a lock that no kill leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import eqlib
from eqlib import EqlibError
from eqlib.training.lock import only_one
from small_run import training

# Another process, which holds the lock until it is killed.
HOLD = """
import sys, time
from pathlib import Path
from eqlib.training.lock import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def other(tmp_path):
    """A process that trains in `tmp_path`, as far as the lock can tell."""
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_training_in_a_folder_is_refused_naming_the_first(other, tmp_path):
    for resume in (False, True):
        with pytest.raises(EqlibError, match=f"another training is running.*process {other.pid} "):
            training(tmp_path, resume=resume)
    assert {path.name for path in tmp_path.iterdir()} == {".lock", ".lock.json"}  # nothing written


def test_a_kill_leaves_no_lock(other, tmp_path):
    other.kill()
    other.wait()
    assert json.loads((tmp_path / ".lock.json").read_text())["process"] == other.pid
    training(tmp_path)
    assert not (tmp_path / ".lock.json").exists()


def test_a_training_within_a_training_is_refused_and_the_outer_one_ends_well(tmp_path):
    class Nested:
        refused = False

        def stepped(self, stage, **_):
            if not self.refused:
                with pytest.raises(EqlibError, match=f"process {os.getpid()} "):
                    training(tmp_path, resume=True)
                self.refused = True
            return False

        def validated(self, history, net):
            pass

        def ended(self, history, net):
            pass

    watch = Nested()
    _, history = training(tmp_path, watch=watch)
    assert watch.refused and history.steps == [5, 10]
    training(tmp_path, resume=True)  # the lock has gone with the run


def test_whoever_waited_for_the_lock_sees_what_the_first_one_wrote(tmp_path, monkeypatch):
    """The folder was empty when the second run looked, and the first ended before its lock."""
    real = eqlib.training.run.Run.__enter__

    def late(run):
        monkeypatch.undo()
        training(tmp_path)
        return real(run)

    monkeypatch.setattr(eqlib.training.run.Run, "__enter__", late)
    with pytest.raises(EqlibError, match="already holds a run"):
        training(tmp_path)


def test_a_disk_without_locks_trains_and_says_so(tmp_path, monkeypatch, caplog):
    def missing(*_, **__):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("eqlib.training.lock.FileLock.acquire", missing)
    with only_one(tmp_path):
        pass
    assert "has no locks" in caplog.text


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EqlibError, match="cannot be written"):
        training(tmp_path / "file")
