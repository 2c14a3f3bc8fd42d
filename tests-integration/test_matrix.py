"""Every checker is asked the same questions, in each of its modes, of real servers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from dephealth import CheckerRegistry
from matrix.answer import Answer
from matrix.answers import ANSWERS, answer, keys_of
from matrix.asking import assert_discreet
from matrix.columns import SUBJECTS
from matrix.isolation import run_isolated
from matrix.lives import Stories, live
from matrix.page import PATH, rendered
from matrix.question import Question
from matrix.questions import KILLED, PAUSED, QUESTIONS, SHORT
from matrix.servers import Servers
from matrix.shortage import Want, run_short
from matrix.subjects import Subject
from matrix.target import Login
from matrix.telling import told_of

CELLS = [
    pytest.param(question, subject, promised, id=f"{question.key}-{subject.key}")
    for question in QUESTIONS
    for subject in SUBJECTS
    if question.cell and (promised := answer(question, subject)) and promised.applies
]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """All servers, running."""
    with Servers(tmp_path_factory.mktemp("matrix")) as servers:
        yield servers


def _asked_together(question: Question) -> list[Any]:
    return [
        pytest.param(subject, promised, id=subject.key)
        for subject in SUBJECTS
        if (promised := answer(question, subject)) and promised.applies
    ]


@pytest.fixture(scope="module")
def lives(servers: Servers) -> tuple[Stories, Stories]:
    """What was found while servers were stopped, and killed."""
    return asyncio.run(live(servers, servers.having(SUBJECTS)))


@pytest.fixture(scope="module")
def wants(servers: Servers) -> Mapping[Subject, Want]:
    """What was found while this process could open nothing more."""
    return asyncio.run(run_short(servers, servers.having(SUBJECTS)))


@pytest.mark.parametrize(("subject", "promised"), _asked_together(PAUSED))
def test_paused(
    servers: Servers, lives: tuple[Stories, Stories], subject: Subject, promised: Answer
) -> None:
    """A server that hangs is seen at once, and is well within an interval of its going on."""
    servers.require(subject.server_name)
    lives[0][subject].verify(promised)


@pytest.mark.parametrize(("subject", "promised"), _asked_together(KILLED))
def test_killed(
    servers: Servers, lives: tuple[Stories, Stories], subject: Subject, promised: Answer
) -> None:
    """A server that is killed is seen at once, and is well within an interval of its start."""
    servers.require(subject.server_name)
    lives[1][subject].verify(promised)


@pytest.mark.parametrize(("subject", "promised"), _asked_together(SHORT))
def test_short(
    servers: Servers, wants: Mapping[Subject, Want], subject: Subject, promised: Answer
) -> None:
    """Without descriptors there is no result for three intervals, and then an error."""
    servers.require(subject.server_name)
    wants[subject].verify(promised)


@pytest.mark.filterwarnings("ignore:ssl.match_hostname:DeprecationWarning")  # ldap3's
@pytest.mark.filterwarnings("ignore:Unclosed connection:ResourceWarning")  # aiomysql's
@pytest.mark.parametrize(("question", "subject", "promised"), CELLS)
def test_cell(servers: Servers, question: Question, subject: Subject, promised: Answer) -> None:
    """The answer is the one that the page promises, on time, and leaves nothing."""
    assert question.cell is not None
    asked = question.cell(servers, subject, promised)
    if question.isolated:
        run_isolated(asked)
    else:
        asyncio.run(asked)


def test_passwords_show_nowhere(servers: Servers, caplog: pytest.LogCaptureFixture) -> None:
    """No log line, status or label has a password in it, be it right or wrong."""
    caplog.set_level(logging.DEBUG)
    for login in (Login.GOOD, Login.WRONG):
        told = asyncio.run(told_of(servers, servers.having(SUBJECTS), login))
        assert_discreet(caplog.text, *told)
        assert caplog.text


def test_page_is_up_to_date() -> None:
    """The page says what the cells prove; `./dev matrix` writes it."""
    assert PATH.read_text() == rendered()


def test_every_checker_is_asked() -> None:
    """No dependency type that is installed is missing among the columns."""
    assert {subject.type for subject in SUBJECTS} == set(CheckerRegistry().types())


def test_what_does_not_apply_says_why() -> None:
    """A cell that is not asked has a reason, as has one with more than one answer."""
    answers = [answer(question, subject) for question in QUESTIONS for subject in SUBJECTS]
    assert not [one for one in answers if one and len(one.details) != 1 and not one.note]


def test_every_exception_is_one() -> None:
    """Each entry of the table of exceptions is about a row and a column that there are."""
    rows = {question.key: question for question in QUESTIONS}
    for row, columns in ANSWERS.items():
        used = {key for subject in SUBJECTS for key in keys_of(subject)}
        assert row in rows
        assert columns.keys() <= used, row
