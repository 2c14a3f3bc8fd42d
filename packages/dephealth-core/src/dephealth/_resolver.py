"""Names to addresses, without the event loop's default executor.

`loop.getaddrinfo` runs in the executor that the application shares: a DNS
server that hangs would block its few threads, and with them everybody's
lookups. Here a lookup has a daemon thread of its own for as long as it takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import functools
import os
import socket
import threading
import time
from collections.abc import Callable, Sequence

from ._descriptors import require_descriptors
from .errors import CheckDnsError

_FRESH = 0.9
"""Seconds for which a lookup that is under way is joined: less than the shortest interval."""

_MOST = 6
"""Lookups of one name at once; the youngest of so many is joined at any age.

The system's resolver asks again after 5 s, and gives up after as many more
(resolv.conf(5)): so many that begin a second apart have somebody ask each second
until the first of them begins anew, and the return of a name server is seen.
"""

_Answer = Sequence[str] | Exception
_Waiter = tuple[asyncio.AbstractEventLoop, "asyncio.Future[_Answer]"]


async def resolve(host: str) -> Sequence[str]:
    """The addresses of *host*, in the resolver's order; a literal is its own.

    Raises:
        OSError: The name does not resolve (`socket.gaierror`).
    """
    if is_literal(host):
        return (host,)
    return await _system.resolve(host)


class _Lookup:
    """One call of the system's resolver, and who waits for it."""

    __slots__ = ("begun", "waiters")

    def __init__(self, begun: float) -> None:
        self.begun = begun
        self.waiters: list[_Waiter] = []


class Resolver:
    """Looks names up, each time in a thread that ends with the lookup.

    Checks that ask for a name together share a lookup. One that takes long may
    have met a resolver that is down, so whoever asks later begins another, and
    an answer is for all who wait.

    Args:
        addresses: Gives the addresses of a host, or raises; may block.
        clock: Gives seconds.
    """

    def __init__(
        self,
        addresses: Callable[[str], Sequence[str]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._addresses = addresses
        self._clock = clock
        self.start_anew()

    def start_anew(self) -> None:
        """Know of no lookup: after a fork their threads are not there."""
        self._lock = threading.Lock()
        self._underway: dict[str, list[_Lookup]] = {}

    async def resolve(self, host: str) -> Sequence[str]:
        """The addresses that the name *host* has, as `resolve`."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[_Answer] = loop.create_future()
        self._ask(host, (loop, waiter))
        try:
            answer = await waiter
        except asyncio.CancelledError as exc:
            # A deadline that strikes here is the resolver's fault, not the server's.
            raise exc from CheckDnsError(f"no answer yet about {host!r} from the name resolution")
        if isinstance(answer, Exception):
            # An exception of one's own for each check: a raised one grows a traceback.
            raise copy.copy(answer)
        return answer

    def _ask(self, host: str, waiter: _Waiter) -> None:
        now = self._clock()
        with self._lock:
            lookups = self._underway.get(host, [])
            if not lookups or (now - lookups[-1].begun > _FRESH and len(lookups) < _MOST):
                lookup = _Lookup(now)
                threading.Thread(
                    target=self._look_up,
                    args=(host, lookup),
                    name=f"dephealth-dns-{host}",
                    daemon=True,
                ).start()
                lookups.append(lookup)
                self._underway[host] = lookups
            lookups[-1].waiters.append(waiter)

    def _look_up(self, host: str, lookup: _Lookup) -> None:
        answer: _Answer
        try:
            answer = self._addresses(host)
        except Exception as exc:  # noqa: BLE001  # whatever it is, somebody waits for it
            answer = exc
        with self._lock:
            waiters = self._answered(host, lookup, for_all=not isinstance(answer, Exception))
        for loop, waiter in waiters:
            with contextlib.suppress(RuntimeError):  # that loop has ended meanwhile
                loop.call_soon_threadsafe(_deliver, waiter, answer)

    def _answered(self, host: str, lookup: _Lookup, *, for_all: bool) -> list[_Waiter]:
        """Who gets the answer of *lookup*: a failure is not for those who asked later."""
        lookups = self._underway[host]
        position = lookups.index(lookup)
        waiters = []
        for other in lookups if for_all else lookups[: position + 1]:
            waiters += other.waiters
            other.waiters = []
        del lookups[position]
        if not lookups:
            del self._underway[host]
        return waiters


@functools.lru_cache(maxsize=4096)
def is_literal(host: str) -> bool:
    """Whether *host* is an IP address or a path: nothing to resolve."""
    if host.startswith("/"):
        return True
    if not (":" in host or host[-1:].isdigit()):
        return False
    from ipaddress import ip_address

    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _deliver(waiter: asyncio.Future[_Answer], answer: _Answer) -> None:
    if not waiter.done():
        waiter.set_result(answer)


def _addresses(host: str) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except ValueError as exc:
        raise socket.gaierror(socket.EAI_NONAME, f"no host name: {exc}") from exc
    except BlockingIOError:
        # What the C library says, at times, of a process that can open nothing more.
        require_descriptors(1)
        raise
    return tuple(dict.fromkeys(str(item[4][0]) for item in found))


_system = Resolver(_addresses)

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_system.start_anew)
