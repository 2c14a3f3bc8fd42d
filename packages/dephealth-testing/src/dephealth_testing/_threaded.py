"""The fault proxy for code that is not on the proxy's event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Self

from ._proxy import FaultProxy

if TYPE_CHECKING:
    from types import TracebackType

    from ._connection import Address
    from ._fault import Fault


class ThreadedFaultProxy:
    """A `FaultProxy` on an event loop of its own, in a thread of its own.

    A context manager, for blocking clients and for tests that call
    `asyncio.run` themselves. The arguments are those of `FaultProxy`.
    """

    _loop: asyncio.AbstractEventLoop
    _stop: asyncio.Event

    def __init__(
        self,
        upstream: Address | None = None,
        fault: Fault | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._proxy = FaultProxy(upstream, fault, host=host, port=port)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fault-proxy")
        self._ready: Future[None] = Future()

    @property
    def host(self) -> str:
        """The address listened on."""
        return self._proxy.host

    @property
    def port(self) -> int:
        """The port taken."""
        return self._proxy.port

    @property
    def connections(self) -> int:
        """How many were accepted."""
        return self._proxy.connections

    def __enter__(self) -> Self:
        self._ended = self._thread.submit(lambda: asyncio.run(self._live()))
        wait([self._ready, self._ended], return_when=FIRST_COMPLETED)
        if not self._ready.done():
            self._join()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._join()

    def behave(self, fault: Fault) -> None:
        """Behave so from now on, on open connections too; done on return."""
        asyncio.run_coroutine_threadsafe(self._behave(fault), self._loop).result()

    def _join(self) -> None:
        self._thread.shutdown()
        self._ended.result()

    async def _behave(self, fault: Fault) -> None:
        self._proxy.behave(fault)

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        async with self._proxy:
            self._ready.set_result(None)
            await self._stop.wait()
