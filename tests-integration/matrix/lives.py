"""Servers that are stopped or killed while they are watched, and come back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dephealth_testing import assert_nothing_left
from private_servers import PrivateServer, RedisSentinel

from .answer import Answer
from .asking import PUNCTUAL, TIMEOUT
from .pools import LdapClient
from .scenes import plain
from .servers import Servers
from .subjects import Subject
from .watching import INTERVAL, Sight, Watched, name_of, watching

SENTINEL_S = 3.0
"""Seconds that a Sentinel takes to find out that a server is back."""


@dataclass(frozen=True)
class Story:
    """What was found while the server was away, and how long after its return it was well."""

    away: Sequence[Sight]
    return_seconds: float
    patience: float
    """Seconds within which it had to be."""

    def verify(self, answer: Answer) -> None:
        """Assert that it was as *answer* says, on time, and well again within an interval."""
        # The check that was under way when it happened may have met anything.
        first = self.away[0].detail
        details = {sight.detail for sight in self.away[0 if first in answer.details else 1 :]}
        assert details, self.away
        assert details <= {*answer.details}, self.away
        for sight in self.away:
            assert sight.latency <= TIMEOUT + PUNCTUAL, sight
            if sight.detail == "timeout":
                assert sight.latency >= TIMEOUT - PUNCTUAL, sight
        assert self.return_seconds <= self.patience, self.return_seconds


Stories = Mapping[Subject, Story]


async def live(servers: Servers, subjects: Sequence[Subject]) -> tuple[Stories, Stories]:
    """Stop and continue all servers, then kill and start them; the stories of both."""
    places = {subject: plain(servers, subject) for subject in subjects}
    owned = {subject: _real(places[subject].server) for subject in subjects}
    async with assert_nothing_left(within=5.0), watching(places) as watched:
        paused = await _paused(watched, owned)
        killed = await _killed(watched, owned)
    return paused, killed


def _real(server: PrivateServer) -> PrivateServer:
    return server.master if isinstance(server, RedisSentinel) else server


async def _paused(watched: Watched, owned: Mapping[Subject, PrivateServer]) -> Stories:
    """All servers hang until each check has met that."""
    for server in set(owned.values()):
        server.pause()
    begun = time.monotonic()
    try:
        away = {subject: await _away(watched, subject, begun) for subject in owned}
    finally:
        for server in set(owned.values()):
            server.resume()
    moment = time.monotonic()
    return {
        subject: await _story(watched, subject, away[subject], begun, moment) for subject in owned
    }


async def _killed(watched: Watched, owned: Mapping[Subject, PrivateServer]) -> Stories:
    """All servers are dead until each check has met that."""
    for server in set(owned.values()):
        server.kill()
    begun = time.monotonic()
    away = {subject: await _away(watched, subject, begun) for subject in owned}
    returns: dict[PrivateServer, asyncio.Task[float]] = {}
    async with asyncio.TaskGroup() as group:
        for server in set(owned.values()):
            returns[server] = group.create_task(asyncio.to_thread(_started, server))
        stories = {
            subject: group.create_task(
                _after(watched, subject, away[subject], begun, returns[server])
            )
            for subject, server in owned.items()
        }
    return {subject: task.result() for subject, task in stories.items()}


def _started(server: PrivateServer) -> float:
    server.start()
    return time.monotonic()


async def _away(watched: Watched, subject: Subject, begun: float) -> float:
    """Until the subject has met what happened; a check that was under way does not count."""
    sight = await watched.until(name_of(subject), begun + TIMEOUT + PUNCTUAL, lambda _: True)
    return sight.at


async def _after(
    watched: Watched, subject: Subject, away: float, begun: float, started: asyncio.Task[float]
) -> Story:
    moment = await started
    if isinstance(subject, LdapClient):
        client = watched.dependencies[name_of(subject)].checker.given  # type: ignore[attr-defined]
        await asyncio.to_thread(_reopened, client)
        moment = time.monotonic()
    return await _story(watched, subject, away, begun, moment)


async def _story(
    watched: Watched, subject: Subject, away: float, begun: float, moment: float
) -> Story:
    name = name_of(subject)
    well = await watched.until(name, moment, lambda sight: sight.detail == "ok")
    seen = [sight for sight in watched.since(name, begun) if sight.at <= away]
    sentinel = SENTINEL_S if subject.server == "redis sentinel" else 0.0
    return Story(seen, well.at - moment, INTERVAL + TIMEOUT + sentinel)


def _reopened(client: object) -> None:
    """What an application does whose connection is closed."""
    client.unbind()  # type: ignore[attr-defined]
    client.bind()  # type: ignore[attr-defined]
