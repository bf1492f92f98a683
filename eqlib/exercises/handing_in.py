"""A page to hand in: what was predicted and answered, how it looks and sounds, when it passed.

Chapters: all that have exercises.
"""

from __future__ import annotations

import html
from pathlib import Path

from eqlib.errors import EqlibError, checked
from eqlib.exercises import pictures, record
from eqlib.exercises.predictions import QUESTIONS
from eqlib.exercises.registry import exercises

_OWN = '<meta name="generator" content="eqlib.exercises">'
_STYLE = (
    ":root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;"
    "margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #8886}"
    "td.number{text-align:right}audio{display:block;width:100%;max-width:24rem}"
    "figure{margin:.5rem 0}section{margin:2rem 0}"
) + pictures.STYLE

LARGEST_BYTES = 3_000_000
"""Of the file. A sound that would make it larger is left out, and the page says so."""


@checked
def report(path: str | Path = "eqlib_report.html", *, by: str = "") -> Path:
    """Writes what was predicted, answered and passed, and when, as one HTML file of at most 3 MB.

    Of each exercise it shows the last answer that was right, or else the last one: what `check`
    said to it and, if it is an equalizer, a network or a sound, its response and three seconds of
    it. The file holds what this session knows: call `eqlib.exercises.keep` first to have what was
    earlier in it. Of predictions these are the ones that were told to `predict`; those that were
    clicked on in the book's pages stand in the browser, which writes a file of its own.

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
        f"{_answers(LARGEST_BYTES - 100_000)}"
        "<p>Written on the learner's own machine, and not signed.</p></body></html>\n"
    )


def _answers(most_bytes: int) -> str:
    """A section for each exercise that was answered; with their sounds up to so many bytes."""
    made = {name: work for name, work in record.works().items() if name in exercises()}
    parts = {name: _answer(name, made[name], sounds=False) for name in exercises() if name in made}
    left = most_bytes - sum(map(_bytes, parts.values()))
    for name, silent in parts.items():
        whole = _answer(name, made[name])
        if _bytes(whole) - _bytes(silent) <= left:
            parts[name], left = whole, left - _bytes(whole) + _bytes(silent)
    told = (
        "<p>Responses of networks and functions are measured with a sweep at −20 dBFS. No sound is "
        "louder than the chapters' dry note; it was turned down where that is said.</p>\n"
        if any(work.curves or work.sounds for work in made.values())
        else ""
    )
    return f"<h2>Answers</h2>\n{told}{''.join(parts.values())}" if parts else ""


def _bytes(text: str) -> int:
    return len(text.encode())


def _answer(name: str, work: record.Work, *, sounds: bool = True) -> str:
    title, picture = html.escape(exercises()[name].title), pictures.response_svg(work.curves)
    said = "✓ Right." if work.right else "Not yet."
    parts = [
        f"<section><h3>{name} {title}</h3>\n<p><code>{html.escape(work.answer)}</code>: "
        f"{said} {html.escape(work.words)}</p>\n"
    ]
    if picture:
        told = pictures.caption(work.curves)
        parts.append(f"<figure>{picture}<figcaption>{told}</figcaption></figure>\n")
    if work.sounds and not sounds:
        parts.append("<p>Its sound is left out: with it, this file would exceed 3 MB.</p>\n")
    for called, address in work.sounds.items() if sounds else ():
        label, of = html.escape(called), html.escape(f"{name}, {called}")
        audio = f'<audio controls preload="metadata" src="{address}" aria-label="{of}"></audio>'
        parts.append(f"<figure><figcaption>{label}</figcaption>{audio}</figure>\n")
    return "".join([*parts, "</section>\n"])


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
