"""docs/fault-matrix.md: what the cells come to, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .answer import Answer
from .answers import answer
from .columns import SUBJECTS
from .question import Question
from .questions import SECTIONS
from .subjects import Subject

PATH = Path(__file__).parent.parent.parent / "docs" / "fault-matrix.md"
_HEAD = """\
# Fault matrix

What each checker reports when something is wrong, in each of its modes. Every cell is a test
against a real server and a real fault; `./dev matrix` runs them all and writes this page.

A cell is the detail that is found; each detail belongs to one status ([Metrics](metrics.md)). Where
there are two, the note says when. **—** is a question that does not apply; the note says why.

- A `timeout` comes within 100 ms of the timeout. Whatever fails takes no longer than that.
- A check that fails leaves no socket, thread or task behind, and nothing tells a password.
- "standalone" is a new connection for each check. In the other columns the application's object is
  asked, both one that was just made and one that is in use.
- A server that stays silent while TLS is being set up is a `timeout`, as wherever it stays silent.
  All else that ends there is a `tls_error`.
- After a server was killed, or stopped for longer than the timeout, the check passes again within
  one interval of its return.
"""
_NOT_ASKED = "—"


def rendered() -> str:
    """The page."""
    return "\n".join([_HEAD, *(line for type in _types() for line in _section(type))])


def _types() -> Sequence[str]:
    return list(dict.fromkeys(subject.type for subject in SUBJECTS))


def _section(type: str) -> Iterator[str]:
    subjects = [subject for subject in SUBJECTS if subject.type == type]
    notes: dict[str, int] = {}
    yield f"## {type}\n"
    yield f"| | {' | '.join(subject.mode for subject in subjects)} |"
    yield f"| --- |{' --- |' * len(subjects)}"
    for section, questions in SECTIONS.items():
        rows = [(one, answers) for one in questions if (answers := _answers(one, subjects))]
        reasons = {tuple(one.note for one in answers) for _, answers in rows}
        asked = any(one.applies for _, answers in rows for one in answers)
        if rows and not asked and len(reasons) == 1:
            yield _row(f"**{section}**", [_cell(one, notes) for one in rows[0][1]])
        elif rows:
            yield _row(f"**{section}**", [""] * len(subjects))
            for question, answers in rows:
                yield _row(question.title, [_cell(one, notes) for one in answers])
    yield ""
    for note, number in notes.items():
        yield f"{number}. {note}."
    if notes:
        yield ""


def _row(title: str, cells: Sequence[str]) -> str:
    return " ".join(["|", title, "|", *(f"{cell} |" if cell else "|" for cell in cells)])


def _answers(question: Question, subjects: Sequence[Subject]) -> Sequence[Answer]:
    """What stands in the row; nothing if the question is about another type."""
    answers = [answer(question, subject) for subject in subjects]
    return [one for one in answers if one is not None]


def _cell(one: Answer, notes: dict[str, int]) -> str:
    text = " or ".join(f"`{detail}`" for detail in one.details) or _NOT_ASKED
    if not one.note:
        return text
    return f"{text} ({notes.setdefault(one.note, len(notes) + 1)})"
