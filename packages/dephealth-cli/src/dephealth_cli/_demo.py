"""`dephealth demo`."""

from __future__ import annotations

import asyncio
import itertools
import logging
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import click

from dephealth import CheckerRegistry, ConfigurationError, Dependency
from dephealth.api import DependencyHealth
from dephealth_prometheus import PrometheusExporter
from dephealth_web import serve

from ._addresses import declared
from ._demo_servers import Cache, DemoServer, Relay, Web
from ._output import emit, on_terminal
from ._running import run
from ._watching import News, watch

_INTERVAL = 1.0
_TURN = 6.0
"""Seconds for which all is well, and for which one thing is not, in turn."""


class _Part(NamedTuple):
    """One dependency of the demonstration."""

    name: str
    scheme: str
    server: DemoServer
    critical: bool


@click.command()
@click.option("--open", "opens", is_flag=True, help="Open the status page in a browser.")
@click.option("--port", default=0, help="Where to serve; a free port if not given.")
@click.option("--seconds", type=float, help="End by itself after so long.")
def command(opens: bool, port: int, seconds: float | None) -> int:
    """See it work: dependencies that fail and recover.

    They are small servers in this process; nothing is needed beside it.
    """
    logging.getLogger("dephealth").setLevel(logging.CRITICAL)
    run(_shown(port, seconds, opens=opens))
    return 0


async def _shown(port: int, seconds: float | None, *, opens: bool) -> None:
    async with _parts() as parts:
        news = News()
        health = DependencyHealth(
            "demo",
            "dephealth",
            *map(_declared, parts),
            check_interval=_INTERVAL,
            timeout=_INTERVAL / 2,
            exporters=[PrometheusExporter(), news],
        )
        try:
            server = serve(health, port=port, status_page=True)
        except OSError as exc:
            raise click.ClickException(
                f"port {port} cannot be listened on: {exc.strerror}"
            ) from exc
        await health.start()
        url = f"http://127.0.0.1:{server.port}/"
        story = _Story(parts, f"status page: {url}  metrics: {url}metrics")
        story.say("all is well")
        if opens:
            await asyncio.to_thread(webbrowser.open, url)
        playing = asyncio.create_task(story.play())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await watch(health, news, lambda: story.note)
        playing.cancel()
        await health.stop()
        await asyncio.to_thread(server.close)


@asynccontextmanager
async def _parts() -> AsyncIterator[list[_Part]]:
    """The dependencies; they listen until the end."""
    parts = [
        _Part("payment-api", "http", Web(), critical=True),
        _Part("search-api", "http", Web(), critical=False),
        _Part("mail-relay", "tcp", Relay(), critical=False),
    ]
    with suppress(ConfigurationError):
        CheckerRegistry().get("redis")
        parts.append(_Part("cart-cache", "redis", Cache(), critical=True))
    for part in parts:
        await part.server.start()
    try:
        yield parts
    finally:
        for part in parts:
            await part.server.stop()


def _declared(part: _Part) -> Dependency:
    url = f"{part.scheme}://127.0.0.1:{part.server.port}"
    (found,) = declared([url], [], CheckerRegistry())
    return Dependency(
        name=part.name,
        type=found.type,
        checker=found.checker,
        endpoints=found.endpoints,
        critical=part.critical,
    )


class _Story:
    """What happens to the dependencies."""

    def __init__(self, parts: list[_Part], where: str) -> None:
        self._parts = parts
        self._where = where
        self.note = ""

    def say(self, text: str) -> None:
        """Tell what is being done."""
        self.note = f"{self._where}\n{text}"
        if not on_terminal():
            emit(f">> {text}" if text != "all is well" else f">> {self._where}")

    async def play(self) -> None:
        """Let one after the other fail, each in its own way, and recover."""
        for part in itertools.cycle(self._parts):
            await asyncio.sleep(_TURN)
            name = part.name
            match part.server:
                case Web() if part.critical:
                    self.say(f"{name} answers 503")
                    part.server.sick = True
                case Cache():
                    self.say(f"{name} does not answer any more")
                    part.server.sick = True
                case _:
                    self.say(f"{name} is stopped")
                    await part.server.stop()
            await asyncio.sleep(_TURN)
            self.say(f"{name} is well again")
            if part.server.sick:
                part.server.sick = False
            else:
                await part.server.start()
