"""What the commands share: a network by name or file, an equalizer in words, files that stay.

Chapter: "Use it on your own sound".
"""

from __future__ import annotations

import re
from os import PathLike
from pathlib import Path

from eqlib.checkpoints import load
from eqlib.data.files import as_path, kind_at
from eqlib.equalizers.eq import EQ
from eqlib.equalizers.targets import TARGETS
from eqlib.errors import EqlibError
from eqlib.model import EQNet
from eqlib.networks.shipped import WEIGHTS_FOLDER, pretrained

EXAMPLE = "peaking 500 Hz +10 dB q 0.7"
KINDS = ("low_shelf", "high_shelf", "peaking", "lowpass", "highpass", "bandpass", "notch")
_NUMBER = r"([+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?)"


def network(name_or_file: str) -> EQNet:
    """A network that ships, by its name, or one from a file.

    Raises:
        EqlibError: if there is neither, or the file is damaged.
    """
    path = as_path(name_or_file, name="the network")
    known = sorted(file.stem for file in WEIGHTS_FOLDER.glob("*.safetensors"))
    if name_or_file in known and kind_at(path) != "file":
        return pretrained(name_or_file)
    if kind_at(path) == "nothing":
        raise EqlibError(
            f"there is no network called {name_or_file!r}, and no file of that name",
            f"a file that eqlib train wrote, or one of {', '.join(known)}",
            "Check the spelling.",
        )
    return load(path)


def check_new(path: str | PathLike[str], *, force: bool) -> Path:
    """The path of a file to write, which is not there yet, unless it may be replaced.

    Raises:
        EqlibError: if it is there, and `force` is not given.
    """
    path = as_path(path)
    kind = kind_at(path)
    if kind == "file" and not force:
        raise EqlibError(
            f"{path} is there already",
            "the name of a new file",
            "Choose another name, or add --force to replace it.",
        )
    if kind not in ("file", "nothing"):
        raise EqlibError(f"{path} is a {kind}", "the name of a new file", "Choose another name.")
    return path


def equalizer(text: str, *, sample_rate: int) -> EQ:
    """An equalizer in words, such as "low shelf 200 Hz -3 dB | peaking 2 kHz +4 dB q 1.5".

    Stages are joined by "|" or ";". The name of a target of the book, such as "vocal-chain", is
    an equalizer, too, at 16,000 Hz.

    Raises:
        EqlibError: for words that are no equalizer.
    """
    if text.strip() in TARGETS:
        return TARGETS[text.strip()]
    stages = [_stage(part, sample_rate) for part in re.split(r"[|;]", text) if part.strip()]
    if not stages:
        raise _not_understood(text, "nothing")
    return sum(stages, EQ.flat(sample_rate=sample_rate))


def _stage(text: str, sample_rate: int) -> EQ:
    words = text.strip().lower().replace(",", " ")
    kind = next((k for k in KINDS if re.match(k.replace("_", "[ _-]?") + r"\b", words)), None)
    if kind is None:
        raise _not_understood(text, f"no filter of {', '.join(KINDS).replace('_', ' ')}")
    rest = re.sub("^" + kind.replace("_", "[ _-]?"), "", words)
    settings: dict[str, float] = {}
    patterns = {
        "cutoff_khz": rf"{_NUMBER}\s*khz\b",
        "cutoff_hz": rf"{_NUMBER}\s*hz\b",
        "gain_db": rf"{_NUMBER}\s*db\b",
        "q": rf"\bq\s*=?\s*{_NUMBER}",
        "slope": rf"\bslope\s*=?\s*{_NUMBER}",
    }
    for name, pattern in patterns.items():
        if found := re.search(pattern, rest):
            settings[name] = float(found[1])
            rest = rest[: found.start()] + " " + rest[found.end() :]
    if rest.strip():
        raise _not_understood(text, f"{rest.strip()!r}")
    if "cutoff_khz" in settings:
        settings["cutoff_hz"] = 1_000 * settings.pop("cutoff_khz")
    if "cutoff_hz" not in settings:
        raise _not_understood(text, "no frequency")
    with_gain = kind in ("low_shelf", "high_shelf", "peaking")
    if with_gain and "gain_db" not in settings:
        raise _not_understood(text, "no gain")
    allowed = {"cutoff_hz", "q"} | ({"gain_db"} if with_gain else set())
    allowed |= {"slope"} if "shelf" in kind else set()
    if extra := sorted(set(settings) - allowed):
        raise _not_understood(text, f"{extra[0]}, which a {kind.replace('_', ' ')} has not")
    make = getattr(EQ, kind)
    made: EQ = make(**settings, sample_rate=sample_rate)
    return made


def _not_understood(text: str, why: str) -> EqlibError:
    return EqlibError(
        f"the equalizer is {text.strip()!r}: {why}",
        f'a filter with its settings, such as "{EXAMPLE}"',
        'Join several by "|". Shelves and peaks have a gain in dB, all have a frequency in Hz.',
    )
