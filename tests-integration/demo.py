"""The example service before your eyes, while one of its dependencies fails and recovers.

`./dev demo`, or `./dev demo --seconds 20` to end by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.server
import itertools
import logging
import os
import runpy
import signal
import socketserver
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self
from urllib.parse import quote

import httpx
import uvicorn
from rich.console import Console
from rich.logging import RichHandler

import provision
from demo_table import Board
from private_servers import PostgresServer, PrivateServer, RedisServer

SERVICE = Path(__file__).parent.parent / "docs" / "examples" / "service.py"
INTERVAL = 1.0
GOOD_SECONDS = 8
BAD_SECONDS = 8
"""How long the victim works, and how long it is away, in turn."""


class _Payment(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the table is on the screen."""


class _Relay(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.sendall(b"220 relay ready\r\n")


class _PythonServer:
    """A server of the standard library in a thread, on the same port after each stop."""

    def __init__(self, handler: type[socketserver.BaseRequestHandler]) -> None:
        self._handler = handler
        self.port = 0
        self._server: socketserver.ThreadingTCPServer | None = None

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    def start(self) -> None:
        """Listen and serve."""
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), self._handler)
        server.daemon_threads = True
        self.port = server.server_address[1]
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Listen no longer."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


Victim = PrivateServer | _PythonServer


class _Service(uvicorn.Server):
    """The signals are the demonstration's own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _dependencies(stack: ExitStack, console: Console) -> tuple[dict[str, str], str, Victim]:
    """Start what the service depends on: its environment, and who is going to fail."""
    payment, relay = _PythonServer(_Payment), _PythonServer(_Relay)
    for server in (payment, relay):
        stack.enter_context(server)
    environment = {
        "PAYMENT_URL": f"http://127.0.0.1:{payment.port}",
        "RELAY_URL": f"tcp://127.0.0.1:{relay.port}",
        "CHECK_INTERVAL": str(INTERVAL),
        "CHECK_TIMEOUT": str(INTERVAL / 2),
    }
    victim: tuple[str, Victim] = ("payment-api", payment)
    missing = {program.name for program in provision.missing()}
    if "redis" in missing:
        console.print("redis-server is not installed: the demonstration goes without Redis")
    else:
        redis = stack.enter_context(RedisServer())
        environment["REDIS_URL"] = f"redis://:{quote(str(redis.password), safe='')}@{_at(redis)}/0"
        victim = ("cart-cache", redis)
    if "postgresql" in missing:
        console.print("postgresql is not installed: the demonstration goes without PostgreSQL")
    else:
        postgres = stack.enter_context(PostgresServer())
        login = f"{postgres.user}:{quote(postgres.password, safe='')}"
        environment["DATABASE_URL"] = f"postgresql://{login}@{_at(postgres)}/{postgres.database}"
        victim = ("orders-db", postgres)
    return environment, *victim


def _at(server: PrivateServer) -> str:
    return f"{server.host}:{server.port}"


async def _play(seconds: float | None, console: Console) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    if seconds is not None:
        loop.call_later(seconds, ended.set)
    with ExitStack() as stack:
        console.print("starting the dependencies …")
        environment, name, victim = await asyncio.to_thread(_dependencies, stack, console)
        os.environ.update(environment)
        app = runpy.run_path(str(SERVICE))["app"]
        service = _Service(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
        serving = asyncio.create_task(service.serve())
        try:
            async with asyncio.timeout(20):
                while not service.started:
                    await asyncio.wait([serving], timeout=0.05)
            port = service.servers[0].sockets[0].getsockname()[1]
            console.print(
                f"the service checks every {INTERVAL:g} s; look at\n"
                f"  http://127.0.0.1:{port}/metrics\n"
                f"  http://127.0.0.1:{port}/health/dependencies"
            )
            await _perform(f"http://127.0.0.1:{port}", name, victim, ended, console)
        finally:
            service.should_exit = True
            await serving


async def _perform(
    url: str, name: str, victim: Victim, ended: asyncio.Event, console: Console
) -> None:
    board = Board(console)
    turns = ((True, GOOD_SECONDS), (False, BAD_SECONDS))
    async with httpx.AsyncClient() as client:
        with board:
            for works, seconds in itertools.cycle(turns):
                if not works:
                    board.say(f"{name} is being stopped")
                    await asyncio.to_thread(victim.stop)
                elif not victim.running:
                    board.say(f"{name} is being started again")
                    await asyncio.to_thread(victim.start)
                for _ in range(int(seconds / 0.5)):
                    board.show((await client.get(f"{url}/metrics")).text)
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(ended.wait(), 0.5)
                    if ended.is_set():
                        return


def main() -> None:
    """Run until Ctrl-C, or for so many seconds."""
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--seconds", type=float, help="end by itself after so long")
    console = Console()
    # Through the console, which keeps the lines out of the table.
    handler = RichHandler(console=console, show_time=False, show_path=False)
    logging.basicConfig(format="%(message)s", handlers=[handler])
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # its pool has its own view of it
    asyncio.run(_play(parser.parse_args().seconds, console))
    console.print("all of it has ended")


if __name__ == "__main__":
    main()
