"""The repository's address, and what opens the book elsewhere."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
from types import SimpleNamespace

import pytest
import tomllib
import yaml
from packaging.requirements import Requirement

import pack
import pdf
import repository
from support import ROOT

URL = "https://github.com/someone/equalization"


@pytest.fixture
def copy(tmp_path):
    for name in ("pyproject.toml", "CITATION.cff"):
        shutil.copy(ROOT / name, tmp_path)
    project = tmp_path / "pyproject.toml"
    lines = project.read_text(encoding="utf-8").splitlines(keepends=True)
    unset = [x for x in lines if not x.startswith(("Repository = ", "[project.urls]"))]
    project.write_text("".join(unset), encoding="utf-8")
    return tmp_path


def shown(root):
    """The theme's options, and a page with a command."""
    config, source = SimpleNamespace(html_theme_options={}), [f"git+{repository.PLACEHOLDER}"]
    repository.add_buttons(None, config, root)
    repository.fill_in(None, "running", source, root)
    return config.html_theme_options, source[0]


def test_without_an_address_there_is_no_button(copy):
    assert repository.address(copy) == ""
    assert shown(copy) == ({}, f"git+{repository.PLACEHOLDER}")


def test_one_command_sets_the_address_everywhere_and_again(copy):
    for url in (URL, f"{URL}-2/", f"{URL}.git"):
        repository.set_address(url, copy)
    project = tomllib.loads((copy / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["urls"] == {"Repository": URL}
    assert project["project"]["optional-dependencies"]["notebook"]
    cited = yaml.safe_load((copy / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["repository-code"] == URL and cited["license"]
    options, page = shown(copy)
    assert options["repository_url"] == URL and options["launch_buttons"]["binderhub_url"]
    assert page == f"git+{URL}"
    assert sorted(p.name for p in copy.iterdir()) == ["CITATION.cff", "pyproject.toml"]


@pytest.mark.parametrize(
    "url", ["", "mine", "https://github.com/a", "https://x.org/a/b", f"{URL}\n"]
)
def test_what_is_no_address_changes_nothing(copy, url):
    if url.strip() == URL:
        repository.set_address(url, copy)  # a line's end is left out
        assert repository.address(copy) == URL
        return
    before = (copy / "pyproject.toml").read_bytes()
    with pytest.raises(SystemExit, match="Nothing was changed"):
        repository.set_address(url, copy)
    assert (copy / "pyproject.toml").read_bytes() == before


# --- Binder


def binder_lines():
    lines = (ROOT / "binder/requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_binder_has_what_the_chapters_need_in_the_versions_of_the_book():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = project["dependencies"] + project["optional-dependencies"]["notebook"]
    options = [line for line in binder_lines() if line.startswith("-")]
    assert [x for x in binder_lines() if x not in options] == [
        Requirement(each).name for each in needed
    ]
    assert "-c ../requirements.txt" in options and any(o.endswith("/cpu") for o in options)


def test_binder_has_a_python_that_the_pins_resolve_on():
    (version,) = (ROOT / "binder/runtime.txt").read_text(encoding="utf-8").split()
    assert tuple(map(int, version.removeprefix("python-").split("."))) >= (3, 11)


@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_scripts_of_binder_can_be_run(name):
    path = ROOT / "binder" / name
    assert os.access(path, os.X_OK)
    subprocess.run(["bash", "-n", path], check=True)


@pytest.mark.parametrize(
    ("own", "spins"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "PASSIVE"}, "")],
)
def test_binder_lets_waiting_threads_spin_briefly(own, spins):
    theirs = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}
    environment = {k: v for k, v in os.environ.items() if k not in theirs} | own
    command = [ROOT / "binder/start", "sh", "-c", "echo $GOMP_SPINCOUNT"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == spins


# --- the workflow


def workflow():
    return yaml.safe_load((ROOT / ".github/workflows/book.yml").read_text(encoding="utf-8"))


def missing_commands(jobs):
    """What a workflow or the script of all checks runs in this folder, and the folder has not."""
    lines = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    lines += (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    asked = {name for line in lines if line.startswith("make ") for name in line.split()[1:]}
    scripts = [line for line in lines if line.startswith(".") and line.split()[0] != "."]
    return sorted(asked - targets) + [x for x in scripts if not os.access(ROOT / x, os.X_OK)]


def test_the_workflow_runs_the_checks_and_publishes_what_they_built():
    jobs = workflow()["jobs"]
    assert {"run": ".ci/run"} in jobs["check"]["steps"]
    site = [step for step in jobs["check"]["steps"] if "pages-artifact" in step.get("uses", "")]
    assert [step["with"] for step in site] == [{"path": "_build/html"}]
    assert jobs["publish"]["needs"] == "check"
    assert jobs["publish"]["if"] == site[0]["if"]


def test_a_release_gets_what_was_checked_and_only_its_own_job_may_write():
    jobs = workflow()["jobs"]
    build, upload = jobs["check"]["steps"][-2:]
    assert jobs["attach"]["needs"] == "check"
    assert build["if"] == upload["if"] == jobs["attach"]["if"] == "github.event_name == 'release'"
    download, _ = jobs["attach"]["steps"]
    assert download["with"]["name"] == upload["with"]["name"]
    assert workflow()["permissions"] == {"contents": "read"}
    may_write = [n for n, job in jobs.items() if "write" in job.get("permissions", {}).values()]
    assert may_write == ["publish", "attach"]


def test_what_is_attached_is_what_the_commands_write():
    build, upload = workflow()["jobs"]["check"]["steps"][-2:]
    assert build["run"] == "make pdf zip wheel"  # the wheel last: the site empties _build
    patterns = upload["with"]["path"].split()
    made = [pdf.OUT / "whole.pdf", pack.PACKED, pack.WHEEL / "a-0.1-py3-none-any.whl"]
    paths = [path.relative_to(ROOT).as_posix() for path in made]
    assert [fnmatch.fnmatch(*pair) for pair in zip(paths, patterns, strict=True)] == [True] * 3


def test_the_commands_of_the_workflow_exist():
    assert missing_commands(workflow()["jobs"]) == []


def test_a_command_that_is_gone_is_seen():
    steps = [{"run": "make pdf gone"}, {"run": ".ci/gone"}, {"run": "gh release"}, {"uses": "x"}]
    assert missing_commands({"a": {"steps": steps}}) == ["gone", ".ci/gone"]
