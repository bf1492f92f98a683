"""A page to hand in: what was predicted, which exercises were passed, and when.

Chapters: all that have exercises.
"""

from __future__ import annotations

import html
from pathlib import Path

from eqlib.errors import EqlibError, checked
from eqlib.exercises import record
from eqlib.exercises.predictions import QUESTIONS
from eqlib.exercises.registry import exercises

_OWN = '<meta name="generator" content="eqlib.exercises">'
_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;"
    "margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8886}"
    "td.number{text-align:right}"
)


@checked
def report(path: str | Path = "eqlib_report.html", *, by: str = "") -> Path:
    """Writes what was predicted and passed, and when, as one small HTML file.

    It holds what this session knows: call `eqlib.exercises.keep` first to have what was earlier in
    it. Of predictions these are the ones that were told to `predict`; those that were clicked on in
    the book's pages stand in the browser, which writes a file of its own.

    Args:
        path: the file to write. A report that is there already is replaced, anything else is not.
        by: the learner's name, if it is to stand in the report.

    Returns:
        The file's path.

    Raises:
        EqlibError: if there is a file of this name that is no report, or it cannot be written.
    """
    path = Path(path)
    if _is_foreign(path):
        cure = "Name another file; this one stays as it is."
        raise EqlibError(f"{path} is there already and is no report", "a new file's name", cure)
    record.write_safely(path, _page(by))
    return path


def _is_foreign(path: Path) -> bool:
    try:
        if not path.exists():
            return False
        with path.open(encoding="utf-8") as file:
            return _OWN not in file.read(400)
    except (OSError, ValueError):
        return True


def _page(by: str) -> str:
    known, tried = exercises(), record.records()
    passed = sum(bool(each.passed) for each in tried.values())
    rows = "".join(_row(name, tried[name]) for name in known if name in tried)
    title = f"Exercises of {html.escape(by)}" if by.strip() else "Exercises"
    expected = record.predictions()
    guesses = "".join(_guess(name, expected[name]) for name in QUESTIONS if name in expected)
    empty = "" if rows else "<p>No answer was looked at in this session.</p>"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">{_OWN}'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n"
        f"<p>End-to-End Equalization: {passed} of {len(known)} passed.</p>{empty}\n"
        f"{_table('Exercise Level Passed Tries Hints', rows)}"
        f"<h2>Predictions</h2>\n<p>{len(expected)} of {len(QUESTIONS)} questions.</p>"
        f"{_table('Question Choice When', guesses)}"
        "<p>Written on the learner's own machine, and not signed.</p></body></html>\n"
    )


def _table(columns: str, rows: str) -> str:
    head = "".join(f'<th scope="col">{column}</th>' for column in columns.split())
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table>\n" if rows else ""


def _guess(name: str, noted: record.Prediction) -> str:
    when = html.escape(noted.at.replace("T", " "))
    return f"<tr><td>{name}</td><td>{html.escape(noted.choice)}</td><td>{when}</td></tr>\n"


def _row(name: str, noted: record.Record) -> str:
    exercise = exercises()[name]
    passed = html.escape(noted.passed.replace("T", " ")) or "not yet"
    return (
        f"<tr><td>{name} {html.escape(exercise.title)}</td><td>{exercise.level}</td>"
        f'<td>{passed}</td><td class="number">{noted.attempts}</td>'
        f'<td class="number">{noted.hints}</td></tr>\n'
    )
