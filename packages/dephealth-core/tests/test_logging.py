"""What is written about checks, and how often."""

from __future__ import annotations

import asyncio
import errno
import logging
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from dephealth import (
    CheckAuthError,
    Checker,
    CheckTimeoutError,
    Endpoint,
    option,
)
from dephealth._classification import Finding, classify
from dephealth._report import EndpointLog, logger
from dephealth_testing import virtual_time

from ._fakes import Bench, Lines, Scripted, dependency

REFUSED = ConnectionRefusedError(111, "Connection refused")
PASSWORD = "tr0ub4dor&3"


def test_logger() -> None:
    """The logger is named like the package."""
    assert logger.name == "dephealth"


@virtual_time
async def test_success_is_silent() -> None:
    """Nothing is written about checks that pass."""
    async with Bench(dependency(Scripted())) as bench:
        await bench.exporter.until(20)

        assert bench.lines.records == []


@virtual_time
async def test_failed_check() -> None:
    """A failed check is a warning with what was found, after how long, and why."""

    async def refuse() -> None:
        await asyncio.sleep(0.25)
        raise REFUSED

    async with Bench(dependency(Scripted(refuse))) as bench:
        await bench.exporter.until(1)

        assert bench.lines.at(logging.WARNING) == [
            (
                "dependency 'db' (tcp at db.svc:1): check failed after 0.250 s: connection_error/"
                "connection_refused: ConnectionRefusedError: [Errno 111] Connection refused"
            )
        ]


@virtual_time
async def test_text_of_several_lines() -> None:
    """A failed check is one line, however many the exception's text has."""

    async def starting() -> None:
        raise ConnectionRefusedError(111, "starting up\nDETAIL:  not yet\r\nERROR not ours")

    async with Bench(dependency(Scripted(starting))) as bench:
        await bench.exporter.until(1)

        [line] = bench.lines.at(logging.WARNING)
        assert line.endswith("starting up DETAIL: not yet ERROR not ours")


@virtual_time
async def test_same_failure_again_and_again() -> None:
    """The same failure is told once a minute, with how often it was not told."""
    async with Bench(dependency(Scripted(REFUSED))) as bench:
        await bench.exporter.until(14)
        lines = bench.lines.at(logging.WARNING)

    assert [line.partition("Connection refused")[2] for line in lines] == [
        "",
        " (5 more since the last line)",
        " (5 more since the last line)",
    ]


@virtual_time
async def test_another_failure_is_told_at_once() -> None:
    """A failure of another kind does not wait for its minute."""
    async with Bench(dependency(Scripted(REFUSED, REFUSED, CheckTimeoutError()))) as bench:
        await bench.exporter.until(4)
        first, second = bench.lines.at(logging.WARNING)

    assert "connection_error/connection_refused" in first
    assert "timeout/timeout" in second


@virtual_time
async def test_each_endpoint_has_its_own_minute() -> None:
    """One endpoint's failure does not hide another's."""
    endpoints = [Endpoint("a", "1"), Endpoint("b", "1")]
    async with Bench(dependency(Scripted(REFUSED), endpoints=endpoints)) as bench:
        await bench.exporter.until(6)

        assert len(bench.lines.at(logging.WARNING)) == 2


@virtual_time
async def test_change_to_unhealthy() -> None:
    """That an endpoint becomes unhealthy is an error, told at the threshold."""
    async with Bench(dependency(Scripted(None, REFUSED), failure_threshold=3)) as bench:
        await bench.exporter.until(3)
        before = bench.lines.at(logging.ERROR)
        await bench.exporter.until(8)

        assert (before, bench.lines.at(logging.ERROR)) == (
            [],
            ["dependency 'db' (tcp at db.svc:1) is unhealthy: connection_error/connection_refused"],
        )


@virtual_time
async def test_unhealthy_from_the_beginning() -> None:
    """A first check that fails is such a change, too."""
    async with Bench(dependency(Scripted(REFUSED))) as bench:
        await bench.exporter.until(2)

        assert len(bench.lines.at(logging.ERROR)) == 1


@virtual_time
async def test_return_to_healthy() -> None:
    """That an endpoint is healthy again is an information."""
    async with Bench(dependency(Scripted(REFUSED, None), success_threshold=2)) as bench:
        await bench.exporter.until(5)

        assert bench.lines.at(logging.INFO) == [
            "dependency 'db' (tcp at db.svc:1) is healthy again"
        ]


@virtual_time
async def test_healthy_from_the_beginning() -> None:
    """A first check that passes is no return."""
    async with Bench(dependency(Scripted())) as bench:
        await bench.exporter.until(2)

        assert bench.lines.at(logging.INFO) == []


def tracebacks(lines: Lines) -> list[str]:
    return [text for text in lines.at(logging.ERROR) if "Traceback" in text]


@virtual_time
async def test_exception_that_nobody_knows() -> None:
    """An exception that is no check error is told with its traceback."""
    async with Bench(dependency(Scripted(ZeroDivisionError("by zero")))) as bench:
        await bench.exporter.until(1)
        (text,) = tracebacks(bench.lines)

    assert text.startswith("dependency 'db' (tcp at db.svc:1): the check raised\nTraceback")
    assert text.rstrip().endswith("ZeroDivisionError: by zero")


@virtual_time
async def test_traceback_once_per_change_of_kind() -> None:
    """The traceback comes again only with another class of exception."""
    steps = [ValueError("a"), ValueError("b"), KeyError("c"), KeyError("d"), ValueError("e")]
    async with Bench(dependency(Scripted(*steps, None, ValueError("f")))) as bench:
        await bench.exporter.until(9)
        found = [text.strip().splitlines()[-1] for text in tracebacks(bench.lines)]

    assert found == ["ValueError: a", "KeyError: 'c'", "ValueError: e"]


@virtual_time
async def test_traceback_after_a_failure_of_another_kind() -> None:
    """A failure that is known lies between two kinds, and is a change."""
    async with Bench(dependency(Scripted(ValueError("a"), REFUSED, ValueError("b")))) as bench:
        await bench.exporter.until(4)

        assert len(tracebacks(bench.lines)) == 2


@virtual_time
async def test_traceback_after_a_known_failure_of_the_same_class() -> None:
    """A class of which some exceptions are known has a traceback for the others."""
    known, unknown = OSError(errno.ENETUNREACH, "no route"), OSError(9999, "no such number")
    async with Bench(dependency(Scripted(known, unknown))) as bench:
        await bench.exporter.until(2)

        assert len(tracebacks(bench.lines)) == 1


@virtual_time
async def test_check_error_has_no_traceback() -> None:
    """What a checker says on purpose needs none."""
    async with Bench(dependency(Scripted(CheckAuthError("wrong password")))) as bench:
        await bench.exporter.until(1)

        assert tracebacks(bench.lines) == []
        assert "auth_error/auth_error" in bench.lines.at(logging.WARNING)[0]


class UnprintableError(Exception):
    """Cannot even be printed."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


@virtual_time
async def test_exception_that_cannot_be_printed() -> None:
    """An exception whose own text fails is told by its class."""
    async with Bench(dependency(Scripted(UnprintableError(), None))) as bench:
        await bench.exporter.until(2)

        assert bench.seconds() == [(0.0, "error"), (10.0, "ok")]
        assert "UnprintableError: <exception str() failed>" in bench.lines.at(logging.WARNING)[0]


@dataclass(frozen=True, kw_only=True)
class LoggingIn(Checker):
    """A checker with a password, whose driver puts it into every exception."""

    type: ClassVar[str] = "logging-in"

    password: Any = option(None, help="its password", secret=True)
    closes: bool = True

    async def check(self, endpoint: Endpoint) -> None:
        dsn = f"db://app:{self.password.reveal()}@db.svc/orders"
        try:
            raise ValueError(f"password {self.password.reveal()!r} is too short")
        except ValueError as exc:
            raise LookupError(f"cannot use {dsn}") from exc

    async def aclose(self) -> None:
        if not self.closes:
            raise ValueError(f"still logged in with {self.password.reveal()}")


@virtual_time
async def test_secrets_in_exceptions() -> None:
    """Neither line nor traceback nor chain shows a secret that an exception carries."""
    async with Bench(dependency(LoggingIn(password=PASSWORD))) as bench:
        await bench.exporter.until(1)
        text = bench.lines.text()

    assert PASSWORD not in text
    assert "password '***' is too short" in text
    assert "cannot use db://***@db.svc/orders" in text


@virtual_time
async def test_secrets_at_the_end() -> None:
    """What a checker raises in its closing is cleaned as well."""
    async with Bench(dependency(LoggingIn(password=PASSWORD, closes=False))) as bench:
        await bench.exporter.until(1)
        bench.lines.records.clear()
        await bench.scheduler.end()

        assert bench.lines.at(logging.ERROR) == [
            (
                "dependency 'db' (tcp at db.svc:1): its checker failed to close: "
                "ValueError: still logged in with ***"
            )
        ]


@virtual_time
async def test_userinfo_of_a_foreign_url() -> None:
    """A URL's user and password are hidden, also if nobody told us that they are secret."""
    error = ConnectionRefusedError("amqp://guest:s3cr3t@mq.svc:5672/ refused")
    async with Bench(dependency(Scripted(error))) as bench:
        await bench.exporter.until(1)

        assert "s3cr3t" not in bench.lines.text()


def endpoint_log() -> tuple[EndpointLog, Lines]:
    lines = Lines()
    return EndpointLog(lines.log, "dependency 'db'", tuple), lines


def failure(exc: Exception) -> Finding:
    return classify(exc, lambda _: None)


@pytest.mark.parametrize(("after", "lines"), [(59.9, 1), (60.0, 2)])
def test_a_minute(after: float, lines: int) -> None:
    """Sixty seconds lie between two lines about the same failure."""
    log, found = endpoint_log()
    log.failed(failure(REFUSED), 0.1, 1000.0)
    log.failed(failure(REFUSED), 0.1, 1000.0 + after)

    assert len(found.at(logging.WARNING)) == lines


def test_quiet_logger() -> None:
    """A logger that drops warnings still gets what is worse."""
    log, lines = endpoint_log()
    lines.log.setLevel(logging.ERROR)
    log.failed(failure(ValueError("x")), 0.1, 1000.0)

    assert [record.levelno for record in lines.records] == [logging.ERROR]
