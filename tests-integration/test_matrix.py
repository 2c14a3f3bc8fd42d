"""Every checker is asked the same questions, in each of its modes, of real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from matrix.answer import Answer
from matrix.answers import answer
from matrix.columns import SUBJECTS
from matrix.isolation import run_isolated
from matrix.lives import Stories, live
from matrix.questions import KILLED, PAUSED, QUESTIONS, SHORT, Question
from matrix.servers import Servers
from matrix.shortage import Want, run_short
from matrix.subjects import Subject

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
    return asyncio.run(live(servers, [one for one in SUBJECTS if servers.has(one.server_name)]))


@pytest.fixture(scope="module")
def wants(servers: Servers) -> Mapping[Subject, Want]:
    """What was found while this process could open nothing more."""
    return asyncio.run(
        run_short(servers, [one for one in SUBJECTS if servers.has(one.server_name)])
    )


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
