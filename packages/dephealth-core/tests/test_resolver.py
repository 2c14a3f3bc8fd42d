"""Names to addresses: in threads of our own, shared, and never stuck."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from dephealth import CheckDnsError, resolve
from dephealth._resolver import Resolver, is_literal

from ._dns import HOST, Dns, Question
from ._fakes import BOUND

RESOLVER_S = 5.0
"""Seconds after which the system's resolver asks once more; after as many again it gives up."""

SLOW_DNS = 40.0
"""Seconds in which a machine without a network gives a name up."""


async def result(task: asyncio.Task[Sequence[str]]) -> Sequence[str]:
    return await asyncio.wait_for(task, BOUND)


async def turns() -> None:
    """Let the tasks of this loop go as far as they can."""
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "fe80::1", "/run/postgresql"])
async def test_literal(host: str) -> None:
    """An address, and the path of a socket, is its own answer."""
    assert await resolve(host) == (host,)


@pytest.mark.parametrize("host", ["localhost", "db1", "10.0.0.300", "db.svc", "1password"])
def test_names_are_no_literals(host: str) -> None:
    """What only looks like an address is a name."""
    assert not is_literal(host)


async def test_localhost() -> None:
    """The system's own names resolve."""
    assert {"127.0.0.1", "::1"} & set(await asyncio.wait_for(resolve("localhost"), BOUND))


async def test_each_address_once() -> None:
    """An address is given once, however often the system lists it."""
    found = await asyncio.wait_for(resolve("localhost"), BOUND)

    assert len(found) == len(set(found))


@pytest.mark.parametrize("host", ["nobody.invalid", "a..b", "x" * 300, "nul\0"])
async def test_name_that_does_not_resolve(host: str) -> None:
    """A name that cannot be resolved, or is none at all, is what Python raises for that."""
    with pytest.raises(socket.gaierror):
        await asyncio.wait_for(resolve(host), SLOW_DNS)


async def test_default_executor_is_left_alone() -> None:
    """A lookup does not wait for the few threads that the application has."""
    release = threading.Event()
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as pool:
        loop.set_default_executor(pool)
        blocking = loop.run_in_executor(None, release.wait, BOUND)

        assert await asyncio.wait_for(resolve("localhost"), BOUND)
        assert not blocking.done()
        release.set()
        await blocking


async def test_lookup_has_a_daemon_thread() -> None:
    """A lookup that never ends does not keep the program from ending."""
    dns = Dns()
    asking = dns.ask()
    question = await dns.question()

    assert question.thread.daemon
    await question.answer(["10.0.0.1"])
    assert await result(asking) == ["10.0.0.1"]


async def test_no_thread_is_left() -> None:
    """With its answer the thread of a lookup ends."""
    dns = Dns()
    asking = dns.ask()
    question = await dns.question()
    await question.answer(["10.0.0.1"])
    await result(asking)

    assert not question.thread.is_alive()


async def test_lookups_of_one_name_are_shared() -> None:
    """Whoever asks at the same time for the same name gets the same answer."""
    dns = Dns()
    asking = [dns.ask() for _ in range(50)]
    question = await dns.question()
    await question.answer(["10.0.0.1"])

    assert [await result(task) for task in asking] == [["10.0.0.1"]] * 50
    assert dns.asked.empty()


async def test_names_do_not_wait_for_each_other() -> None:
    """A name that hangs delays no other name."""
    dns = Dns()
    stuck = dns.ask("stuck.svc")
    hanging = await dns.question()
    asking = dns.ask()
    await (await dns.question()).answer(["10.0.0.1"])

    assert await result(asking) == ["10.0.0.1"]
    await hanging.answer(["10.0.0.2"])
    await result(stuck)


async def test_answers_are_not_kept() -> None:
    """The next check asks again: there is no cache."""
    dns = Dns()
    for address in "10.0.0.1", "10.0.0.2":
        asking = dns.ask()
        await (await dns.question()).answer([address])

        assert await result(asking) == [address]


async def test_failure_is_everybodys_own() -> None:
    """Each who waits gets an exception of his own, for a traceback of his own."""
    dns = Dns()
    asking = [dns.ask(), dns.ask()]
    question = await dns.question()
    await question.answer(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    first, second = await asyncio.gather(*asking, return_exceptions=True)

    assert isinstance(first, socket.gaierror)
    assert isinstance(second, socket.gaierror)
    assert first.args == second.args == (socket.EAI_NONAME, "Name or service not known")
    assert first is not second


async def test_unexpected_failure_is_an_answer() -> None:
    """Whatever goes wrong in the thread, nobody is left waiting."""
    dns = Dns()
    asking = dns.ask()
    await (await dns.question()).answer(MemoryError())

    with pytest.raises(MemoryError):
        await result(asking)


async def test_deadline_during_a_lookup() -> None:
    """A cancellation that strikes here says so, as the reason."""
    dns = Dns()
    asking = dns.ask()
    question = await dns.question()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await asking
    await question.answer(["10.0.0.1"])

    assert isinstance(caught.value.__cause__, CheckDnsError)


async def test_answer_that_comes_too_late() -> None:
    """An answer for somebody who has gone is for the others alone."""
    errors: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: errors.append(context))
    dns = Dns()
    gone, there = dns.ask(), dns.ask()
    question = await dns.question()
    gone.cancel()
    await question.answer(["10.0.0.1"])

    assert await result(there) == ["10.0.0.1"]
    assert errors == []


async def test_lookup_that_hangs_is_not_joined() -> None:
    """Whoever asks a second later begins a new lookup, and is answered by it."""
    dns = Dns()
    dns.ask().cancel()
    asking = dns.ask()
    old = await dns.question()
    dns.now += 1.1
    later = dns.ask()
    new = await dns.question()
    await new.answer(["10.0.0.1"])

    assert await result(later) == ["10.0.0.1"]
    assert await result(asking) == ["10.0.0.1"]
    await old.answer(["10.0.0.9"])


async def test_newer_failure_answers_older_questions() -> None:
    """That a name is gone is true for those, too, who asked before."""
    dns = Dns()
    asking = dns.ask()
    old = await dns.question()
    dns.now += 1.1
    later = dns.ask()
    new = await dns.question()
    await new.answer(socket.gaierror(socket.EAI_NONAME, "gone"))

    for task in asking, later:
        with pytest.raises(socket.gaierror):
            await result(task)
    await old.answer(["10.0.0.9"])


async def test_older_failure_answers_no_newer_question() -> None:
    """A lookup that gives up says nothing to those who asked after it began."""
    dns = Dns()
    asking = dns.ask()
    old = await dns.question()
    dns.now += 1.1
    later = dns.ask()
    new = await dns.question()
    await old.answer(socket.gaierror(socket.EAI_AGAIN, "no server"))
    with pytest.raises(socket.gaierror):
        await result(asking)
    await new.answer(["10.0.0.1"])

    assert await result(later) == ["10.0.0.1"]


async def test_lookups_of_one_name_are_bounded() -> None:
    """However long the server is away, a name occupies six threads at most."""
    dns = Dns()
    asking = []
    for _ in range(20):
        asking.append(dns.ask())
        await turns()
        dns.now += 1.1
    questions = [await dns.question() for _ in range(6)]

    assert dns.asked.empty()
    for question in questions:
        await question.answer(["10.0.0.1"])
    assert [await result(task) for task in asking] == [["10.0.0.1"]] * 20


@pytest.mark.parametrize("interval", [0.95, 0.99, 1.0, 1.01, 1.1])
async def test_name_server_that_is_away_is_asked_again_and_again(interval: float) -> None:
    """Checks each second have a name server asked about that often, while it says nothing."""
    dns = Dns()
    first = dns.now
    checks, underway, asked = [], deque[tuple[float, Question]](), []
    while dns.now < first + 40:
        if underway and dns.now >= underway[0][0] + 2 * RESOLVER_S:
            await underway.popleft()[1].answer(socket.gaierror(socket.EAI_AGAIN, "no answer"))
        checks.append(dns.ask())
        await turns()
        if len(dns.resolver._underway[HOST]) > len(underway):
            underway.append((dns.now, await dns.question()))
            asked += [dns.now, dns.now + RESOLVER_S]
        dns.now += interval
    for _, question in underway:
        await question.answer(["192.0.2.1"])
    await asyncio.gather(*checks, return_exceptions=True)

    assert max(later - before for before, later in pairwise(sorted(asked))) < 1.5


def test_loop_that_ends_during_a_lookup() -> None:
    """A lookup whose loop is closed meanwhile answers the loops that are there."""
    release = threading.Event()
    begun = threading.Event()

    def slow(_: str) -> Sequence[str]:
        begun.set()
        assert release.wait(BOUND)
        return ["10.0.0.1"]

    resolver = Resolver(slow)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(resolver.resolve(HOST), 0.01)

    async def wait() -> Sequence[str]:
        asking = asyncio.create_task(resolver.resolve(HOST))
        await turns()
        release.set()
        return await asyncio.wait_for(asking, BOUND)

    asyncio.run(give_up())
    assert begun.wait(BOUND)

    assert asyncio.run(wait()) == ["10.0.0.1"]
