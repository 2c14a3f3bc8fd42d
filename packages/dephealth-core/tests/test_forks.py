"""Checks that were started before the process was forked."""

from __future__ import annotations

import textwrap

from ._process import run

_BEFORE = """
    import logging, os, sys
    from concurrent.futures import Future
    from dephealth.api import Dependency, DependencyHealth, Endpoint

    logging.basicConfig(format="%(levelname)s %(message)s")

    class Passes:
        async def check(self, endpoint):
            pass

    class Tells:
        told = Future()
        def on_added(self, target): pass
        def on_removed(self, target): pass
        def on_result(self, target, state): self.told.done() or self.told.set_result(None)

    def made():
        db = Dependency(name="db", type="own", checker=Passes(), endpoints=[Endpoint("h", "1")],
            critical=True)
        return DependencyHealth("shop", "web", db, exporters=[Tells()])

    dh = made()
    dh.start_sync()
    Tells.told.result(10)
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        print("parent", dh.health())
        dh.stop_sync()
        sys.exit(os.waitstatus_to_exitcode(status))
"""


def _in_child(code: str) -> list[str]:
    """The lines that *code* prints in a process forked from one in which `dh` runs."""
    code = textwrap.dedent(_BEFORE) + textwrap.dedent(code)
    # Newer Pythons advise against what is done here: to fork a process that has threads.
    return run(code, PYTHONWARNINGS="ignore::DeprecationWarning").splitlines()


def test_nothing_is_known_in_a_fork() -> None:
    """What the parent has found is unknown in a child, which checks nothing."""
    lines = _in_child("print(dh.health(), dh.health_details()['db:h:1'].status, dh.running)")

    assert "{'db': False} unknown False" in lines


def test_parent_goes_on() -> None:
    """The parent of a fork knows what it knew."""
    assert "parent {'db': True}" in _in_child("dh.health()")


def test_fork_says_once_that_it_checks_nothing() -> None:
    """The first question in a child is an error in the log, others are not."""
    lines = _in_child("dh.health(); dh.health(); dh.history()")

    said = [line for line in lines if line.startswith("ERROR")]
    told = "ERROR 'shop' is not checked here: this process was forked after start()"
    assert said == [f"{told}; start in each process, after the fork"]


def test_fork_that_asks_nothing_is_quiet() -> None:
    """A child that has nothing to do with the checks finds nothing in its log."""
    assert _in_child("print('at work')") == ["at work", "parent {'db': True}"]


def test_stop_in_a_fork() -> None:
    """To stop in a child does nothing, at once and without a complaint."""
    lines = _in_child("dh.stop_sync(); print('stopped')")

    assert lines == ["stopped", "parent {'db': True}"]


def test_new_object_in_a_fork() -> None:
    """A child that makes an object of its own checks."""
    lines = _in_child(
        """
        Tells.told = Future()
        mine = made()
        mine.start_sync()
        Tells.told.result(10)
        print("child", mine.health())
        mine.stop_sync()
        """
    )

    assert lines == ["child {'db': True}", "parent {'db': True}"]


def test_second_start_in_a_fork() -> None:
    """The parent's object cannot be started again in a child, and says what can."""
    lines = _in_child(
        """
        try:
            dh.start_sync()
        except RuntimeError as exc:
            print(exc)
        """
    )

    assert lines[0] == (
        "it was started before this process was forked: make a new DependencyHealth here"
    )


def test_started_after_the_fork() -> None:
    """An object that was made before the fork and is started after it checks."""
    lines = _in_child(
        """
        Tells.told = Future()
        made_before = made()
        if (grandchild := os.fork()):
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]))
        made_before.start_sync()
        Tells.told.result(10)
        print("grandchild", made_before.health())
        made_before.stop_sync()
        """
    )

    assert lines == ["grandchild {'db': True}", "parent {'db': True}"]


_LOOKING_UP = """
import asyncio, os, socket, threading
looking, answered = threading.Event(), threading.Event()
parent, original = os.getpid(), socket.getaddrinfo

def slow(*args, **options):
    if os.getpid() == parent:
        looking.set()
        answered.wait(10)
    return original("127.0.0.1", *args[1:], **options)

socket.getaddrinfo = slow  # as a name server that takes its time
from dephealth import resolve

threading.Thread(target=lambda: asyncio.run(resolve("db.svc"))).start()
looking.wait(10)
if os.fork() == 0:
    try:
        print(asyncio.run(asyncio.wait_for(resolve("db.svc"), 5)), flush=True)
    finally:
        os._exit(0)
os.wait()
answered.set()
"""


def test_lookup_of_the_parent_is_not_waited_for() -> None:
    """A forked process looks names up itself that were being looked up when it was forked."""
    found = run(_LOOKING_UP, PYTHONWARNINGS="ignore::DeprecationWarning")
    assert found == "('127.0.0.1',)\n"
