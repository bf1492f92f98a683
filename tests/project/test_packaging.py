"""The installation: its name, its dependencies and extras, and what goes without the extras."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
import textwrap
import zipfile

import pytest
import tomllib
import yaml
from packaging.requirements import Requirement

import eqlib
import setup_cell
from eqlib import errors
from support import MODULES, ROOT, imports

# Which extra a wing or a module needs; all others do with the plain installation.
EXTRA_OF = {"plots": "notebook", "widgets": "notebook"}
EXTRA_OF |= dict.fromkeys(("networks.onnx_export", "networks.onnx_whole"), "onnx")
EXTRA_OF |= {"networks.step_onnx": "onnx"}
EXTRA_OF |= {"perceptual": "perceptual"}

# An extra that a part without a wheel belongs to: neither the book nor its tests may need it.
NOT_PINNED = {"perceptual"}


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def declared(*extras):
    """What the plain installation brings, and these extras."""
    lines = list(project()["dependencies"])
    for extra in extras:
        lines += project()["optional-dependencies"][extra]
    return [Requirement(line) for line in lines]


def pins():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def third_party(paths):
    """The distributions that files import."""
    ours = {"eqlib", *(p.stem for f in ("book/_ext", "tests") for p in (ROOT / f).glob("*.py"))}
    names = {name.split(".")[0] for path in paths for name in imports(path)}
    names -= ours | sys.stdlib_module_names
    bringing = {"yaml": "pyyaml", "PIL": "pillow", "IPython": "ipywidgets"}
    bringing |= {"visqol": "visqol-python"}
    return {bringing.get(name, name.replace("_", "-")) for name in names}


# --- dependencies


def test_pins_are_exact_and_within_the_bounds():
    exact = {pin.name: re.fullmatch(r"==([\w.]+)", str(pin.specifier)) for pin in pins()}
    assert all(exact.values())
    assert len(exact) == len(pins())
    extras = set(project()["optional-dependencies"])
    for dependency in declared(*extras):
        operators = {bound.operator for bound in dependency.specifier}
        assert operators == {">="}, "would replace what is installed"
    for dependency in declared(*(extras - NOT_PINNED)):
        pin = exact[dependency.name][1]
        assert dependency.specifier.contains(pin, prereleases=True), dependency


@pytest.mark.parametrize("extra", [None, "notebook", "onnx", "perceptual"])
def test_whatever_is_imported_is_declared(extra):
    paths = [
        path
        for name, path in MODULES.items()
        if EXTRA_OF.get(name, EXTRA_OF.get(name.split(".")[0])) == extra
    ]
    brought = {dependency.name for dependency in declared(*filter(None, [extra]))}
    colab = {"google"} if extra == "notebook" else set()
    assert paths
    assert third_party(paths) - brought - colab == set()


def test_whatever_scripts_and_tests_import_is_pinned():
    scripts = [*(ROOT / "book/_ext").glob("*.py"), *(ROOT / "tests").rglob("*.py")]
    assert third_party(scripts) - {pin.name for pin in pins()} == set()


def test_imports_are_found_by_the_names_of_their_distributions(tmp_path):
    (tmp_path / "module.py").write_text("import os, numpy, PIL.Image\nimport lazy_loader, eqlib\n")
    assert third_party([tmp_path / "module.py"]) == {"numpy", "pillow", "lazy-loader"}


# --- without extras

# Absent, as far as an import can tell. librosa brings lazy_loader, so that it is always there.
ABSENT = "matplotlib anywidget traitlets ipywidgets ipykernel IPython PIL onnx onnxscript".split()


def run_without_extras(folder, code):
    """Runs code in a process of its own, in a folder."""
    absent = f"import sys\nsys.modules.update(dict.fromkeys({ABSENT}))\n"
    command = [sys.executable, "-c", absent + textwrap.dedent(code)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_a_program_that_equalizes_needs_no_extra(tmp_path):
    plain = [name for name in MODULES if not {name, name.split(".")[0]} & EXTRA_OF.keys()]
    run = run_without_extras(
        tmp_path,
        f"""
        import importlib
        for name in {sorted(set(plain) - {"__main__"})}:
            importlib.import_module("eqlib" if name == "__init__" else f"eqlib.{{name}}")

        import eqlib, numpy as np, soundfile as sf
        noise = np.random.default_rng(0).uniform(-0.5, 0.5, 30_000)
        sf.write("noise.wav", noise, 22_050)
        clips = eqlib.data.from_folder(".", resample=True)
        pairs = eqlib.pair(clips, eqlib.EQ.low_shelf(cutoff_hz=500, gain_db=6))

        net = eqlib.EQNet(eqlib.EQNetConfig(filters=8))
        eqlib.pretrain(net, pairs, pairs, steps=3)
        eqlib.train(net, pairs, pairs, steps=3)
        eqlib.save(net, "net.safetensors")
        again = eqlib.load("net.safetensors")
        assert np.array_equal(net.process(noise), again.process(noise))
        eqlib.baselines.least_squares_fir(pairs, taps=63)(noise)
        print(np.shape(eqlib.pretrained("low-shelf").process(noise)))
        """,
    )
    assert (run.returncode, run.stdout) == (0, "(30000,)\n"), run.stderr


def test_the_doors_of_the_wings_tell_the_missing_extra(tmp_path):
    run = run_without_extras(
        tmp_path,
        """
        import importlib, eqlib
        for wing in ("plots", "widgets"):
            try:
                importlib.import_module(f"eqlib.{wing}")
            except eqlib.EqlibError as error:
                print(error)
        """,
    )
    plots, widgets = run.stdout.splitlines()
    assert plots.startswith("matplotlib cannot be imported; expected what the extra 'notebook' ")
    assert "pip install matplotlib. " in plots
    assert "pip install anywidget traitlets pillow. " in widgets
    assert 'pip install ".[notebook]" in the folder of a checkout' in widgets


def test_an_extra_that_is_there_passes_and_a_missing_one_is_told():
    errors.check_extra("notebook", "matplotlib", "lazy_loader", "PIL")
    with pytest.raises(errors.EqlibError, match="^gone_a and gone_b cannot be imported") as caught:
        errors.check_extra("onnx", "numpy", "gone_a", "gone_b")
    assert "pip install gone_a gone_b. " in caught.value.cure
    assert 'pip install ".[onnx]"' in caught.value.cure


def test_the_extras_that_errors_name_exist():
    sources = "".join(path.read_text(encoding="utf-8") for path in MODULES.values())
    named = set(re.findall(r'check_extra\("(\w+)"', sources))
    assert "notebook" in named
    assert named <= set(project()["optional-dependencies"])


# --- the name: eqlib is another project's in the Python package index, and ours is not in it

NAMES = "(eqlib|end-to-end-equalization)"
ADVICE = re.compile(
    rf"pip install ([\w.-]+ )*[\"'`]?{NAMES}\b|\b{NAMES}\[[a-z]|\beqlib *[=>~]=",
)


def test_no_text_advises_to_install_what_is_not_this_project():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    found = {}
    for name in filter(None, listed.stdout.decode().split("\0")):
        content = (ROOT / name).read_bytes() if (ROOT / name).is_file() else b"\0"
        if b"\0" not in content and (hit := ADVICE.search(content.decode("utf-8"))):
            found[name] = hit[0]
    assert found == {}


def test_advice_to_install_what_is_not_this_project_is_seen():
    for advice in ("pip install {}", 'pip install "{}[onnx]"', "{}[onnx]", "needs {}>=0.1"):
        assert ADVICE.search(advice.format("eqlib"))
    assert ADVICE.search("pip install {}".format("end-to-end-equalization"))
    assert not ADVICE.search('pip install ".[onnx]", then import eqlib')


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("", "eqlib/__init__.py is another project's eqlib"),
        ("import gone_a", "No module named 'gone_a'"),
        (None, "No module named 'eqlib'"),
    ],
)
def test_the_setup_of_a_chapter_tells_another_eqlib(tmp_path, other, said):
    if other is not None:
        (tmp_path / "eqlib").mkdir()
        (tmp_path / "eqlib/__init__.py").write_text(other)
    command = [sys.executable, "-S", "-c", setup_cell.SETUP]  # -S: ours is out of sight
    run = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)
    message = run.stderr.splitlines()[-1]
    assert message.startswith("ImportError: ")
    assert message.endswith(
        f"{said}; expected the package of this book, {project()['name']}. In its folder: "
        'pip uninstall eqlib; pip install ".[notebook]"; restart the kernel.'
    )


def test_the_setup_of_a_chapter_is_silent_short_and_fit_for_an_old_python(capfd):
    exec(setup_cell.SETUP, {})
    assert capfd.readouterr() == ("", "")
    assert sum(bool(line.strip()) for line in setup_cell.SETUP.splitlines()) <= 8
    ast.parse(setup_cell.SETUP, feature_version=(3, 8))


# --- versions and the wheel


def test_a_cdn_would_give_the_versions_of_package_json():
    pinned = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    for name, path in {
        "mathjax": "book/_ext/vendored.py",
        "onnxruntime-web": "eqlib/widgets/page/runtime.js",
    }.items():
        assert f'"{name}@{pinned[name]}"' in (ROOT / path).read_text(encoding="utf-8")


def test_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert str(citation["version"]) == eqlib.__version__ == project()["version"]


def test_the_installed_package_is_whole(tmp_path):
    """Recordings, weights, results and the page's modules: a chapter has no other files."""
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "eqlib", tmp_path / "eqlib")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", tmp_path, tmp_path], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("end_to_end_equalization-*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("eqlib/")}
    listed = subprocess.run(
        ["git", "ls-files", "eqlib"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert set(listed.stdout.split()) - held == set()
    assert "eqlib/py.typed" in held
