"""What `dephealth serve` runs until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from contextlib import suppress

import click

from dephealth import CheckerRegistry, ConfigurationError
from dephealth.api import DependencyHealth
from dephealth_web import Server, serve

from ._config import Configuration, load
from ._otlp import push_if_wanted
from ._server_tls import load_certificate, server_context

_LAST_ANSWERS = 1.0
"""Seconds that requests have to be answered in when the process ends."""

_LAST_CHECKS = 3.0
"""Seconds that checks have to end in then, whatever their timeouts."""

_LOOK = 1.0
"""Seconds between two looks at whether the file has changed."""

logger = logging.getLogger("dephealth")


class Daemon:
    """Checks what a file says, and serves what it finds.

    Args:
        file: The file, which is read again when that is asked for.
        follow: Whether it is also read again when it changes.

    Raises:
        BadFileError: The file cannot be used.
        ConfigurationError: OTLP cannot be exported to where the environment says.
    """

    def __init__(self, file: str, *, follow: bool) -> None:
        self._file = file
        self._follow = follow
        self._registry = CheckerRegistry()
        self._seen = _signature(file)
        self._now = load(file, self._registry)
        self._tls = server_context(self._now.serve)
        push_if_wanted()

    async def run(self) -> None:
        """Check and serve until SIGTERM or SIGINT.

        Raises:
            click.ClickException: The address cannot be listened on.
        """
        stop, reload = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, reload.set)
        who = self._now.identity
        health = DependencyHealth(who.name, who.group, *self._now.dependencies)
        server = self._serve(health)
        await health.start()
        changing = asyncio.create_task(self._change(health, reload))
        following = asyncio.create_task(self._look(reload))
        await stop.wait()
        logger.info("stopping")
        changing.cancel()
        following.cancel()
        stopping = asyncio.create_task(health.stop())
        await asyncio.to_thread(server.close, _LAST_ANSWERS)
        await asyncio.wait([stopping], timeout=_LAST_CHECKS)
        logger.info("stopped")

    def _serve(self, health: DependencyHealth) -> Server:
        at = self._now.serve
        login = (at.username, at.password) if at.username and at.password else None
        try:
            server = serve(
                health,
                at.host,
                at.port,
                status_page=True,
                basic_auth=login,
                ssl_context=self._tls,
            )
        except OSError as exc:
            reason = exc.strerror or type(exc).__name__
            raise click.ClickException(
                f"{at.host} port {at.port} cannot be listened on: {reason}"
            ) from exc
        host = f"[{at.host}]" if ":" in at.host else at.host
        scheme = "https" if self._tls else "http"
        logger.info("serving at %s://%s:%s/", scheme, host, server.port)
        return server

    async def _change(self, health: DependencyHealth, reload: asyncio.Event) -> None:
        """Read the file again whenever *reload* is set; if it is broken, all stays as it is."""
        while True:
            await reload.wait()
            reload.clear()
            self._seen = _signature(self._file)
            try:
                # Not on the loop: that would delay the checks.
                found = await asyncio.to_thread(load, self._file, self._registry)
                await health.reconfigure(*found.dependencies)
            except ConfigurationError as exc:
                found, mistakes = None, str(exc)
            if found is None:
                logger.error("%s is not used, the old one goes on:\n%s", self._file, mistakes)
            else:
                self._take(found)

    def _take(self, found: Configuration) -> None:
        if (found.identity, found.serve) != (self._now.identity, self._now.serve):
            logger.warning("name, group and [serve] of %s need a restart to change", self._file)
        if self._tls is not None:
            try:
                load_certificate(self._tls, self._now.serve)
            except ConfigurationError as exc:
                logger.warning("the old certificate goes on: %s", exc)
        logger.info("%s is used: %d dependencies", self._file, len(found.dependencies))

    async def _look(self, reload: asyncio.Event) -> None:
        while self._follow:
            await asyncio.sleep(_LOOK)
            if _signature(self._file) != self._seen:
                reload.set()


def _signature(file: str) -> tuple[int, int, int] | None:
    """What changes when the file does."""
    with suppress(OSError):
        found = os.stat(file)  # noqa: PTH116  # pathlib is slow to import
        return found.st_ino, found.st_mtime_ns, found.st_size
    return None
