"""Every checker is asked the same questions, in each of its modes, of real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from matrix.answer import Answer
from matrix.answers import answer
from matrix.columns import SUBJECTS
from matrix.isolation import run_isolated
from matrix.questions import QUESTIONS, Question
from matrix.servers import Servers
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
