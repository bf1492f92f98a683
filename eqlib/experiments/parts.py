"""A file of results that is made part by part: what is finished stays, what is old does not count.

Chapter: "Does it generalize?".
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import numpy as np
from filelock import FileLock

from eqlib.data.files import replacing
from eqlib.errors import EqlibError
from eqlib.experiments.intervals import Interval, cluster_of, mean_interval, of_difference
from eqlib.experiments.results import machine

HIGHEST_DB = 150.0
"""What an SNR counts at most: single precision stores no more."""

log = logging.getLogger(__name__)


class Part(TypedDict):
    """Of a method under a condition: the SNR in dB by what was heard, and what it cost."""

    values: dict[str, list[float]]
    seconds: float


Measure = Callable[[Path], dict[str, list[float]]]
"""Makes the values of a part; the path is that of the file, beside which weights may be kept."""


@dataclass(frozen=True)
class Parts:
    """A file of such parts.

    Attributes:
        command: what writes it, for messages.
        settings: all that decides the results, as JSON.
        measures: everything that is measured, by its name: "kind | method | condition".
        decided_by: of a part's name and settings as in the file, what of them decides this part,
            which is current while that is the same; by default all of them.
    """

    command: str
    settings: Callable[[], dict[str, object]]
    measures: Callable[[], Mapping[str, Measure]]
    decided_by: Callable[[str, dict[str, object]], object] = lambda _, settings: settings

    def read(self, path: Path) -> dict[str, Part]:
        """The results that are current, by part.

        Raises:
            EqlibError: if the file is damaged.
        """
        if not path.exists():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            measured: dict[str, Part] = found["parts"]
            then, now = found["settings"], json.loads(json.dumps(self.settings()))
            current = {
                name: part
                for name, part in measured.items()
                if self.decided_by(name, then) == self.decided_by(name, now)
            }
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise EqlibError(
                f"{path} cannot be read ({error!r})",
                f"the results that `{self.command}` wrote",
                "Get the file again from version control, or move it away to start anew.",
            ) from error
        return current

    def run(self, kinds: Iterable[str], path: Path) -> None:
        """Measures what the file does not hold, and adds each part as it is done.

        Args:
            kinds: beginnings of names; all for none.
            path: of the file.

        Raises:
            EqlibError: for a kind that there is not, or a damaged file.
        """
        everything, wanted = self.measures(), list(kinds)
        for kind in wanted:
            if not any(name.startswith(kind) for name in everything):
                known = ", ".join(dict.fromkeys(name.split(" | ")[0] for name in everything))
                raise EqlibError(f"nothing is called {kind!r}", f"one of {known}", "Choose one.")
        for name, measure in everything.items():
            if wanted and not any(name.startswith(kind) for kind in wanted):
                continue
            if name in self.read(path):
                continue
            began = time.perf_counter()
            values = {k: [min(v, HIGHEST_DB) for v in of] for k, of in measure(path).items()}
            part = Part(values=values, seconds=round(time.perf_counter() - began, 1))
            log.info("%s, in %.1f s", name, part["seconds"])
            self._add(path, name, part)

    def _add(self, path: Path, name: str, part: Part) -> None:
        with FileLock(path.parent / f".{path.name}.lock"):
            measured = self.read(path) | {name: part}
            ordered = {each: measured[each] for each in self.measures() if each in measured}
            content = {"machine": machine(), "settings": self.settings(), "parts": ordered}
            with replacing(path) as temporary:
                text = json.dumps(content, ensure_ascii=False, indent=None)
                temporary.write_text(text.replace('}, "', '},\n "') + "\n", encoding="utf-8")

    def interval(self, path: Path, *names: str) -> Interval:
        """The mean of a part, or of the same from several seeds, and its interval.

        Recordings are drawn by cluster (`eqlib.experiments.intervals`).

        Raises:
            EqlibError: for a part that the results do not hold.
        """
        rows = self.means(path, names)
        return mean_interval(
            np.array([list(row.values()) for row in rows]), [cluster_of(each) for each in rows[0]]
        )

    def difference(self, path: Path, ours: Sequence[str], theirs: Sequence[str]) -> Interval:
        """By how much parts are ahead of others, seed by seed, recording by recording.

        Args:
            path: of the file.
            ours: the parts of each seed.
            theirs: those of as many seeds, or a single one, which each is compared with.

        Raises:
            EqlibError: for a part that the results do not hold, or other numbers of seeds.
        """
        others = self.means(path, theirs)
        others = others * len(ours) if len(others) == 1 else others
        return of_difference(self.means(path, ours), others)

    def means(self, path: Path, names: Sequence[str]) -> list[dict[str, float]]:
        """For each part the mean of each recording.

        Raises:
            EqlibError: for a part that the results do not hold.
        """
        found = self.read(path)
        for name in names:
            if name not in found:
                cure = f"Measure it: {self.command}."
                raise EqlibError(f"there is no result for {name!r}", "one of its parts", cure)
        heard = list(found[names[0]]["values"])
        return [
            {each: float(np.mean(found[name]["values"][each])) for each in heard} for name in names
        ]
