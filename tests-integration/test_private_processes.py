"""What the private servers stand on: the warden of their processes, their ports, `require`."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from private_servers import require, wait_until
from private_servers._ports import Port, _claim
from private_servers._processes import Processes
from provision import Program

if TYPE_CHECKING:
    from collections.abc import Iterator

ABSENT = Program("absent", ("absent-server",), ("no-such-executable",))
PRESENT = Program("present", ("dash",), ("sh",))

MAPS_FILE = """\
import mmap, sys, time
with open(sys.argv[1], "w+b") as file:
    file.truncate(4096)
    memory = mmap.mmap(file.fileno(), 4096)
print("mapped", flush=True)
time.sleep(60)
"""


@pytest.fixture
def processes() -> Iterator[Processes]:
    """A warden with nothing to keep yet."""
    processes = Processes()
    yield processes
    processes.close()


def spawn(processes: Processes, *argv: str) -> int:
    """Run a program as this user."""
    return processes.spawn(list(argv), env={}, log=processes.folder / "log", user=None)


def wait_for_end(processes: Processes, pid: int) -> int | None:
    """Return its return code."""
    wait_until(lambda: processes.poll(pid) is not None, seconds=5, what="end")
    return processes.poll(pid)


def test_return_code_is_told(processes: Processes) -> None:
    """A program's return code is what it gave to exit."""
    assert wait_for_end(processes, spawn(processes, "/bin/sh", "-c", "exit 3")) == 3


def test_output_is_in_the_log(processes: Processes) -> None:
    """Both outputs of a program go to its log."""
    wait_for_end(processes, spawn(processes, "/bin/sh", "-c", "echo one; echo two >&2"))
    assert (processes.folder / "log").read_text() == "one\ntwo\n"


def test_program_that_does_not_exist_is_an_error(processes: Processes) -> None:
    """The warden goes on after a program that it could not run."""
    with pytest.raises(OSError, match="No such file"):
        spawn(processes, "/no/such/program")
    assert processes.pids() == []


def test_user_that_does_not_exist_is_an_error(processes: Processes) -> None:
    """The warden goes on after a user that it could not become."""
    with pytest.raises(OSError, match="no-such-user"):
        processes.spawn(["/bin/true"], env={}, log=processes.folder / "log", user="no-such-user")
    assert processes.pids() == []


def test_end_reaches_what_has_left_its_parent(processes: Processes) -> None:
    """A daemon, whose parent is gone and whose session is its own, is ended as well."""
    parent = spawn(processes, "/bin/sh", "-c", "/usr/bin/setsid --fork /bin/sleep 60")
    assert wait_for_end(processes, parent) == 0
    assert len(processes.pids()) == 1
    processes.end()
    assert processes.pids() == []


def test_end_reaches_children_of_children(processes: Processes) -> None:
    """A program that its parent waits for is ended with the parent."""
    spawn(processes, "/bin/sh", "-c", "/bin/sh -c '/bin/sleep 60; true'; true")
    wait_until(lambda: len(processes.pids()) == 3, seconds=5, what="child of a child")
    processes.end()
    assert processes.pids() == []


def test_end_removes_shared_memory(processes: Processes) -> None:
    """What a killed process had mapped of /dev/shm is gone with it."""
    path, log = Path("/dev/shm", processes.folder.name), processes.folder / "log"
    spawn(processes, sys.executable, "-c", MAPS_FILE, str(path))
    wait_until(lambda: bool(log.read_text()), seconds=5, what="shared memory")
    processes.end()
    assert not path.exists()


def test_answer_to_an_abandoned_request_is_passed_over(processes: Processes) -> None:
    """After a request whose answer nobody waited for, the next gets its own answer."""
    assert processes._warden.stdin is not None
    abandoned = {"number": -1, "operation": "poll", "pid": 0}
    processes._warden.stdin.write(json.dumps(abandoned).encode() + b"\n")
    assert processes.pids() == []


def test_warden_that_does_not_answer_is_an_error(processes: Processes) -> None:
    """The wait for an answer has a bound."""
    usual, processes.answer_seconds = processes.answer_seconds, 0.1
    os.kill(processes.warden_pid, signal.SIGSTOP)
    try:
        with pytest.raises(TimeoutError, match="no answer"):
            processes.pids()
    finally:
        os.kill(processes.warden_pid, signal.SIGCONT)
        processes.answer_seconds = usual


def test_terminated_warden_removes_everything() -> None:
    """A warden that is told to end takes its processes and its folder along."""
    processes = Processes()
    spawn(processes, "/bin/sleep", "60")
    os.kill(processes.warden_pid, signal.SIGTERM)
    wait_until(lambda: not processes.folder.exists(), seconds=5, what="end of the warden")
    with pytest.raises(RuntimeError, match="ended with 1"):
        processes.close()


def test_port_is_claimed_once() -> None:
    """A port that was chosen is left alone by all others until it is released."""
    port = Port()
    assert _claim(port.number) is None
    port.release()
    claim = _claim(port.number)
    assert claim is not None
    claim.close()


def test_program_that_is_there_is_no_reason_to_skip() -> None:
    """A test goes on if its server is installed."""
    require("present", [PRESENT, ABSENT])


def test_missing_program_skips(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason for a skip is the command that installs the program."""
    monkeypatch.delenv("DEPHEALTH_REQUIRE_SERVERS", raising=False)
    with pytest.raises(pytest.skip.Exception, match=r"apt-get install .* absent-server"):
        require("absent", [PRESENT, ABSENT])


def test_missing_program_fails_where_servers_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason for a failure is the same."""
    monkeypatch.setenv("DEPHEALTH_REQUIRE_SERVERS", "1")
    with pytest.raises(pytest.fail.Exception, match=r"apt-get install .* absent-server"):
        require("absent", [PRESENT, ABSENT])


def test_unknown_program_is_an_error() -> None:
    """A name that no program has is a mistake in a test, which hears of it."""
    with pytest.raises(KeyError):
        require("no-such-program")
