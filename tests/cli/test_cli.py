"""The command line as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest
import soundfile as sf

import eqlib
from eqlib import EQ, EqlibError
from eqlib.audio import resampled
from eqlib.cli import train as training
from eqlib.cli.common import equalizer
from eqlib.cli.main import main, parser
from support import ROOT

RATE = 44_100
NOISE = np.random.default_rng(0).uniform(-0.2, 0.2, (RATE, 2))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sf.write("song.wav", NOISE, RATE, subtype="PCM_24")
    return tmp_path


def run(text, capsys):
    """Exit code, output and errors of a line without quotes in it."""
    try:
        code = main(text.split())
    except SystemExit as end:
        code = end.code
    return code, *capsys.readouterr()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


# --- the program


def test_it_is_a_program_of_its_own_and_a_module(here):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "eqlib", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stdout) == (0, f"eqlib {eqlib.__version__}\n"), done.stderr
    assert 'eqlib = "eqlib.cli.main:main"' in (ROOT / "pyproject.toml").read_text()


def commands():
    (of,) = [a for a in parser()._actions if a.dest == "command"]
    return of.choices


@pytest.mark.parametrize("command", commands())
def test_each_command_has_help_with_an_example(command, capsys):
    code, out, _ = run(f"{command} --help", capsys)
    assert code == 0 and "examples:" in out and f"eqlib {command}" in out


@pytest.mark.parametrize(
    "line", ["", "fly", "apply", "apply song.wav", "apply song.wav o.wav --network x --strength a"]
)
def test_what_is_not_understood_is_told_in_one_line(line, capsys):
    code, out, error = run(line, capsys)
    assert code == 2 and not out and error.count("\n") == 1 and "--help" in error


# --- apply


def test_a_stereo_file_at_another_rate_goes_from_file_to_file(here, capsys):
    assert run("apply song.wav out.wav --network low-shelf", capsys) == (0, "", "")
    about = sf.info("out.wav")
    assert (about.samplerate, about.channels, about.frames) == (RATE, 2, len(NOISE))
    assert about.subtype == "PCM_24"
    got, _ = sf.read("out.wav", dtype="float32")
    song, _ = sf.read("song.wav", dtype="float32")
    net = eqlib.pretrained("low-shelf")
    np.testing.assert_allclose(got.T, net.equalize(song.T, sample_rate=RATE), atol=3e-6)
    assert names(here) == ["out.wav", "song.wav"]


def test_strength_zero_keeps_every_sample(capsys):
    run("apply song.wav out.wav --network peaking --strength 0", capsys)
    assert np.array_equal(sf.read("out.wav")[0], sf.read("song.wav")[0])


def test_no_file_is_replaced_unless_it_is_asked_for(here, capsys):
    (here / "out.wav").write_bytes(b"mine")
    code, _, error = run("apply song.wav out.wav --network low-shelf", capsys)
    assert code == 2 and "--force" in error and (here / "out.wav").read_bytes() == b"mine"
    assert run("apply song.wav out.wav --network low-shelf --force", capsys)[0] == 0
    assert sf.info("out.wav").frames == len(NOISE)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("apply gone.wav out.wav --network low-shelf", "no file gone.wav"),
        ("apply song.wav out.wav --network low-shelv", "low-shelf"),
        ("apply song.wav out.doc --network low-shelf", ".wav"),
        ("apply song.wav out.wav --network song.wav", "song.wav"),
        ("apply song.wav out.wav --network low-shelf --strength 2", "strength is 2"),
        ("apply song.wav out.wav --network low-shelf --processes 0", "--processes is 0"),
        ("apply song.wav out.wav --network low-shelf --subtype VORBIS", "PCM_16"),
        ("apply notes.txt out.wav --network low-shelf", "notes.txt cannot be read"),
        ("apply cut.wav out.wav --network low-shelf", "cut.wav is cut off"),
        ("apply empty.wav out.wav --network low-shelf", "empty.wav holds no sound"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(line, words, here, capsys):
    (here / "notes.txt").write_text("not a sound")
    (here / "cut.wav").write_bytes((here / "song.wav").read_bytes()[:99_000])
    sf.write("empty.wav", np.zeros(0), RATE)
    before = names(here)
    code, out, error = run(line, capsys)
    assert code == 2 and words in error and not out
    assert error.count("\n") == 1 and names(here) == before


def test_what_clips_is_counted_and_the_cure_works(capsys):
    sf.write("loud.wav", np.sin(2 * np.pi * 100 / RATE * np.arange(RATE)), RATE)
    code, _, error = run("apply loud.wav out.wav --network low-shelf", capsys)
    assert code == 0 and "went beyond full scale" in error
    gain = error.split("--gain ")[1].split(",")[0]
    again = run(f"apply loud.wav low.wav --network low-shelf --gain {gain}", capsys)
    assert again == (0, "", "") and abs(sf.read("low.wav")[0]).max() < 1
    assert run("apply loud.wav f.wav --network low-shelf --subtype FLOAT", capsys)[2] == ""
    assert abs(sf.read("f.wav")[0]).max() > 2


def test_a_folder_is_done_on_two_processes_and_a_damaged_file_is_told(here, capsys):
    (here / "takes" / "deep").mkdir(parents=True)
    for name in ("a.wav", "deep/b.flac", "c d é.ogg"):
        sf.write(here / "takes" / name, NOISE[:8_000], RATE)
    (here / "takes" / "z.wav").write_bytes(b"RIFF of nothing")
    line = "apply takes out --network low-shelf --processes 2"
    code, _, error = run(line, capsys)
    assert code == 1 and "z.wav" in error and "1 of 4 files could not be done" in error
    found = sorted(p.relative_to(here / "out").as_posix() for p in here.glob("out/**/*.*"))
    assert found == ["a.wav", "c d é.ogg", "deep/b.flac"]
    (here / "takes" / "z.wav").unlink()
    assert run(line, capsys)[0] == 2  # they are there now
    assert run(f"{line} --force", capsys)[0] == 0


def test_tags_go_along(here, capsys):
    with sf.SoundFile("tagged.wav", "w", RATE, 1) as file:
        file.title, file.artist = "A song", "Somebody"
        file.write(NOISE[:, 0])
    run("apply tagged.wav out.wav --network low-shelf", capsys)
    with sf.SoundFile("out.wav") as file:
        assert (file.title, file.artist) == ("A song", "Somebody")


# --- the others


def test_inspect_tells_what_a_network_learned_and_draws_it(here, capsys):
    code, out, _ = run("inspect low-shelf --picture response.png", capsys)
    assert code == 0 and "low shelf 500 Hz, +10.0 dB" in out and "16000 Hz" in out
    assert (here / "response.png").read_bytes().startswith(b"\x89PNG")
    line = next(line for line in out.splitlines() if line.strip().startswith("250 Hz"))
    ours, target = (float(word) for word in line.split()[2::2])
    assert abs(ours - target) < 0.3
    assert run("inspect low-shelf --picture response.png", capsys)[0] == 2


def test_a_signal_to_play_holds_clicks_at_both_ends(capsys):
    code, out, _ = run("make-signal play.wav --minutes 0.6 --sample-rate 16000", capsys)
    assert code == 0 and out.count("clicks") == 2
    audio, rate = sf.read("play.wav")
    assert rate == 16_000 and abs(audio).max() < 1
    for second in (audio[: 2 * rate], audio[-2 * rate :]):
        assert np.flatnonzero(second).tolist() == [8_000, 16_000, 24_000]
    assert run("make-signal play.wav", capsys)[0] == 2


def test_export_writes_a_file_that_says_what_it_is_without_chatter(capfd):
    assert main(["export", "peaking", "p.onnx"]) == 0
    out, error = capfd.readouterr()
    assert out == "p.onnx\n" and error == ""
    facts = onnxruntime.InferenceSession("p.onnx").get_modelmeta().custom_metadata_map
    assert facts["sample_rate"] == "16000" and "500" in facts["target"]
    assert main(["export", "peaking"]) == 2


@pytest.fixture
def takes(here):
    """Noise of two seconds, ten times, and what a gain and a lag of 200 samples make of it."""
    for folder in ("dry", "wet", "late"):
        (here / folder).mkdir()
    generator = np.random.default_rng(3)
    for i in range(10):
        noise = generator.uniform(-0.3, 0.3, 16_000)
        wet = EQ.low_shelf(cutoff_hz=800, gain_db=6)(noise) / 2
        sf.write(f"dry/{i}.wav", noise, 16_000, subtype="FLOAT")
        sf.write(f"wet/{i}.wav", wet, 16_000, subtype="FLOAT")
        sf.write(f"late/{i}.wav", np.roll(wet, 200), 16_000, subtype="FLOAT")
    return here


@pytest.mark.parametrize("what", ["--dry dry --wet wet", "--eq notch_900_Hz --audio dry"])
def test_a_network_is_trained_evaluated_and_applied(what, takes, capsys):
    words = [word.replace("_", " ") for word in f"train {what} --out n.safetensors".split()]
    assert main([*words, "--steps", "6", "--quiet"]) == 0
    assert "SNR on recordings it did not hear" in capsys.readouterr().out
    assert names(takes) == ["dry", "late", "n.safetensors", "song.wav", "wet"]
    assert main([*words, "--steps", "6"]) == 2  # it is there
    capsys.readouterr()
    code, out, _ = run("evaluate n.safetensors --dry dry --wet wet --json", capsys)
    assert code == 0 and set(json.loads(out)) == {"network", "doing nothing"}
    assert run("apply song.wav out.wav --network n.safetensors", capsys)[0] == 0


def test_a_network_is_trained_at_the_rate_of_the_takes(takes, capsys):
    """Noise below 8 kHz, with a sine at 10 kHz that a box takes away and no 16 kHz hears."""
    for folder in ("high", "box"):
        (takes / folder).mkdir()
    generator = np.random.default_rng(3)
    for i in range(8):
        noise = resampled(generator.uniform(-0.3, 0.3, 8_000), from_hz=16_000, to_hz=48_000)
        high = noise + 0.3 * np.sin(2 * np.pi * 10_000 * np.arange(24_000) / 48_000)
        sf.write(f"high/{i}.wav", high, 48_000, subtype="FLOAT")
        sf.write(f"box/{i}.wav", noise, 48_000, subtype="FLOAT")
    line = "train --dry high --wet box --sample-rate 48000 --loss error_to_signal_ratio --quiet"
    assert run(f"{line} --out n.safetensors --steps 3", capsys)[0] == 0
    net = eqlib.load("n.safetensors")
    assert (net.config.sample_rate, net.config.frame) == (48_000, 3_072)
    code, out, _ = run("evaluate n.safetensors --dry high --wet box --json", capsys)
    expected_db = 20 * np.log10(0.3 / np.sqrt(3) / (0.3 / np.sqrt(2)))  # at 16 kHz: no error
    assert json.loads(out)["doing nothing"]["snr_db"] == pytest.approx(expected_db, abs=0.3)
    assert run(f"{line} --out n.safetensors --steps 6 --resume", capsys)[0] == 2  # was not kept


@pytest.mark.parametrize("what", ["--sample-rate 48000", "--sample-rate 10", "--loss loudness"])
def test_a_rate_without_recordings_and_an_unknown_loss_are_one_line(what, here, capsys):
    code, _, error = run(f"train --eq lowpass --out n.safetensors {what}", capsys)
    assert code == 2 and what.split()[1] in error and error.count("\n") == 1
    assert not any(here.glob("n.safetensors*"))


def test_takes_that_are_late_are_brought_into_step_and_strange_ones_refused(takes, capsys, caplog):
    line = "train --dry dry --wet late --out n.safetensors --steps 3"
    assert run(line, capsys)[0] == 0 and "200 samples" in caplog.text
    for i in range(10):
        sf.write(f"late/{i}.wav", np.random.default_rng(99 + i).uniform(-0.3, 0.3, 16_000), 16_000)
    assert run(f"{line} --force", capsys)[0] == 2


def test_a_run_that_was_stopped_goes_on(takes, capsys, monkeypatch):
    line = "train --dry dry --wet wet --out n.safetensors --steps 6 --quiet"
    real = eqlib.train

    def stopped(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(training.loop, "train", stopped)
    code, _, error = run(line, capsys)
    assert code == 130 and "--resume" in error and not (takes / "n.safetensors").exists()
    monkeypatch.setattr(training.loop, "train", real)
    assert run(line, capsys)[0] == 2
    assert run(f"{line} --resume", capsys)[0] == 0
    assert (takes / "n.safetensors").exists() and not (takes / "n.safetensors.run").exists()


def test_a_run_goes_on_with_more_steps_without_pretraining_again(takes, capsys, monkeypatch):
    line = "train --dry dry --wet wet --out n.safetensors --quiet"
    real, steps = eqlib.train, []

    def interrupted_at_its_end(*arguments, **options):
        history = real(*arguments, **options)
        steps.append(history.steps[-1])
        history.interrupted = len(steps) == 1
        return history

    monkeypatch.setattr(training.loop, "train", interrupted_at_its_end)
    assert run(f"{line} --steps 6", capsys)[0] == 130
    monkeypatch.setattr(training.loop, "pretrain", lambda *_, **__: pytest.fail("pretrained again"))
    assert run(f"{line} --steps 12 --resume", capsys)[0] == 0
    assert steps == [4, 8]


def test_a_finished_run_that_was_kept_goes_on_with_more_steps(takes, capsys, monkeypatch):
    line = "train --dry dry --wet wet --quiet --out"
    real, steps = eqlib.train, []

    def noted(*arguments, **options):
        history = real(*arguments, **options)
        steps.append(history.steps)
        return history

    monkeypatch.setattr(training.loop, "train", noted)
    assert run(f"{line} n.safetensors --steps 6 --keep", capsys)[0] == 0
    assert (takes / "n.safetensors.run").exists()
    first = (takes / "n.safetensors").read_bytes()
    assert run(f"{line} n.safetensors --steps 12", capsys)[0] == 2  # neither --resume nor --force
    assert (takes / "n.safetensors").read_bytes() == first
    assert run(f"{line} n.safetensors --steps 12 --resume", capsys)[0] == 0
    assert [each[-1] for each in steps] == [4, 8] and steps[1][: len(steps[0])] == steps[0]
    assert not (takes / "n.safetensors.run").exists()
    code, _, error = run(f"{line} n.safetensors --steps 24 --resume", capsys)
    assert code == 2 and "--keep" in error and error.count("\n") == 1


@pytest.mark.parametrize("wrong", ["--loss loudness", "--sample-rate 10", "--steps 0"])
def test_a_mistake_does_not_cost_the_run_that_was_kept(wrong, takes, capsys):
    line = "train --dry dry --wet wet --out n.safetensors --quiet"
    assert run(f"{line} --steps 3 --keep", capsys)[0] == 0
    kept = names(takes / "n.safetensors.run")
    assert run(f"{line} --force {wrong}", capsys)[0] == 2
    assert names(takes / "n.safetensors.run") == kept and "train-last.safetensors" in kept


@pytest.mark.parametrize(
    "what", ["", "--eq notch", "--eq lowpass --dry dry", "--dry dry", "--eq x --audio gone"]
)
def test_a_training_of_nothing_clear_is_refused(what, takes, capsys):
    code, _, error = run(f"train {what} --out n.safetensors", capsys)
    assert code == 2 and error.count("\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there, a process gets no Ctrl-C from another")
@pytest.mark.parametrize("how", ["-m eqlib --version", "bin/eqlib --version"])
def test_a_ctrl_c_during_the_import_is_one_line(how, here):
    """What takes the time of the import, torch, is one here that is interrupted."""
    interrupt = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n"
    (here / "torch.py").write_text(interrupt)
    (here / "bin").mkdir()
    (here / "bin" / "eqlib").write_text("from eqlib.cli.main import main\nmain()\n")
    paths = os.environ | {"PYTHONPATH": f"{here}:{ROOT}"}
    done = subprocess.run([sys.executable, *how.split()], capture_output=True, text=True, env=paths)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Stopped.\n")


# --- an equalizer in words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("peaking 500 Hz +10 dB q 0.7", EQ.peaking(cutoff_hz=500, gain_db=10, q=0.7)),
        ("Low-Shelf 0.5 kHz, -3.5dB", EQ.low_shelf(cutoff_hz=500, gain_db=-3.5)),
        ("lowpass 2000 Hz", EQ.lowpass(cutoff_hz=2_000)),
        ("high_shelf 4kHz 6 dB slope=0.5", EQ.high_shelf(cutoff_hz=4_000, gain_db=6, slope=0.5)),
        (
            "notch 50 Hz q 8 | highpass 80 Hz",
            EQ.notch(cutoff_hz=50, q=8) + EQ.highpass(cutoff_hz=80),
        ),
        ("air", EQ.high_shelf(cutoff_hz=4_000, gain_db=6)),
    ],
)
def test_an_equalizer_in_words_is_that_equalizer(text, expected):
    assert equalizer(text, sample_rate=16_000) == expected


def test_what_an_equalizer_says_of_itself_is_understood():
    eq = EQ.low_shelf(cutoff_hz=200, gain_db=-3, slope=0.8) + EQ.bandpass(cutoff_hz=900, q=2)
    f = [50, 200, 900, 5_000]
    again = equalizer(eq.describe(), sample_rate=16_000)
    np.testing.assert_allclose(again.response(f), eq.response(f), rtol=1e-3)


@pytest.mark.parametrize(
    "text",
    ["", " | ", "wah 500 Hz", "peaking 500 Hz", "peaking +3 dB", "lowpass 500 Hz 3 dB",
     "notch 50 Hz slope 1", "peaking 500 Hz 3 dB loud", "lowpass 9 kHz", "peaking nan Hz 3 dB"],
)  # fmt: skip
def test_words_that_are_no_equalizer_are_refused(text):
    with pytest.raises(EqlibError):
        equalizer(text, sample_rate=16_000)


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's own count")
def test_memory_does_not_grow_with_the_length_of_a_file(here):
    config = eqlib.EQNetConfig(filters=2, kernel=8, local_kernel=8)
    eqlib.save(eqlib.EQNet(config), "small.safetensors")
    for name, seconds in (("short.wav", 20), ("long.wav", 200)):
        with sf.SoundFile(name, "w", RATE, 2, "FLOAT") as file:
            for _ in range(seconds):
                file.write(NOISE)
    code = (
        "import sys; from eqlib.cli.main import main; main(sys.argv[1:]);"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    peaks = []
    for name in ("short", "long"):
        words = ["apply", f"{name}.wav", f"{name}-out.wav", "--network", "small.safetensors"]
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        peaks.append(int(done.stdout.split()[1]) / 1e3)
    assert sf.info("long-out.wav").frames == 200 * RATE
    assert peaks[1] < peaks[0] + 30 and peaks[1] < 700  # the long file alone is 141 MB
