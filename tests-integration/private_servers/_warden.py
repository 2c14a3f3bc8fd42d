"""A process that keeps the folder and the processes of one server, and outlives its owner briefly.

`_processes` runs this file as a script. It answers one JSON line for each that it reads. When its
owner closes the pipe or dies, of SIGKILL too, it ends all its descendants and removes the folder.
"""

from __future__ import annotations

import ctypes
import json
import os
import pwd
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_IPC_RMID = 0  # shmctl(2)

_libc = ctypes.CDLL(None, use_errno=True)


class Warden:
    """What the owner may ask for. A method is an operation, its arguments and result are JSON."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._programs: dict[int, subprocess.Popen[bytes]] = {}

    def spawn(self, argv: list[str], env: dict[str, str], log: str, user: str | None) -> int:
        """Run a program as `user`, its output at the end of the file `log`; give its pid."""
        account = pwd.getpwnam(user) if user else None
        with Path(log).open("ab") as output:
            program = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=env,
                cwd=self._folder,  # where a program that crashes leaves its dump
                start_new_session=True,
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=(
                    os.getgrouplist(account.pw_name, account.pw_gid) if account else None
                ),
            )
        self._programs[program.pid] = program
        return program.pid

    def poll(self, pid: int) -> int | None:
        """Give the return code of a program that was spawned, null while it runs."""
        return self._programs[pid].poll()

    def send(self, pid: int, signum: int) -> None:
        """Send a signal to a program that was spawned, unless it has ended."""
        self._programs[pid].send_signal(signum)

    def send_all(self, signum: int) -> None:
        """Send a signal to every descendant, parents first, also to those forked meanwhile."""
        told: set[int] = set()
        while new := [pid for pid in self.pids() if pid not in told]:
            for pid in new:
                try:
                    os.kill(pid, signum)
                except ProcessLookupError:  # a grandchild that its parent has reaped by now
                    continue
            told.update(new)

    def pids(self) -> list[int]:
        """Give the pids of all living descendants, parents first."""
        children, zombies = _processes()
        found = [os.getpid()]
        for pid in found:  # grows while it is read
            found += children[pid]
        return [pid for pid in found[1:] if pid not in zombies]

    def end(self) -> None:
        """Kill all descendants, wait for their end and remove their shared memory."""
        self.send_all(signal.SIGSTOP)  # from here on they make nothing new
        shared = _shared_files(self.pids())
        ended = set(self._programs)
        # Only children are killed: their pid cannot pass to a stranger before we reap them. Theirs
        # become ours by that, the next round's, because we are a subreaper.
        while children := _processes()[0][os.getpid()]:
            for pid in children:
                os.kill(pid, signal.SIGKILL)
            for pid in children:
                if pid in self._programs:
                    self._programs[pid].wait()
                else:
                    os.waitpid(pid, 0)
            ended.update(children)
        for path in shared:
            path.unlink(missing_ok=True)
        _remove_segments(ended)


def _processes() -> tuple[defaultdict[int, list[int]], set[int]]:
    """Return the machine's processes: the children of each pid, and which pids are zombies."""
    children: defaultdict[int, list[int]] = defaultdict(list)
    zombies: set[int] = set()
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            stat = (process / "stat").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
        state, parent = stat.rpartition(")")[2].split()[:2]
        children[int(parent)].append(int(process.name))
        if state == "Z":
            zombies.add(int(process.name))
    return children, zombies


def _shared_files(pids: list[int]) -> set[Path]:
    """Return the POSIX shared memory of processes: only their own end would remove it."""
    found: set[Path] = set()
    for pid in pids:
        try:
            maps = Path("/proc", str(pid), "maps").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
        found.update(map(Path, re.findall(r" (/dev/shm/\S+)$", maps, re.MULTILINE)))
    return found


def _remove_segments(creators: set[int]) -> None:
    """Remove the System V shared memory of dead processes: no end of a process does (shmget(2))."""
    for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]:
        _key, identifier, _mode, _size, creator, _last, attached = line.split()[:7]
        if int(creator) in creators and attached == "0":
            _libc.shmctl(int(identifier), _IPC_RMID, None)


def _serve(owner: int, folder: str) -> None:
    warden = Warden(folder)
    # The pipe alone does not do: a process that the owner forked holds its other end as well.
    poll = select.poll()
    poll.register(owner, select.POLLIN)
    poll.register(0, select.POLLIN)
    try:
        with open(0, "rb", buffering=0, closefd=False) as requests:
            while owner not in dict(poll.poll()):
                line = requests.readline()
                if not line.endswith(b"\n"):
                    break
                request = json.loads(line)
                _answer({"number": request.pop("number")} | _result(warden, request))
    finally:
        warden.end()


def _result(warden: Warden, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": getattr(warden, request.pop("operation"))(**request)}
    except (OSError, KeyError) as error:  # no such program, no such user
        return {"error": str(error)}


def _answer(answer: dict[str, Any]) -> None:
    os.write(1, json.dumps(answer).encode() + b"\n")


def _terminated(_signum: int, _frame: FrameType | None) -> None:
    sys.exit(1)


def main(parent: str) -> None:
    """Serve the process that started this one, with a new folder in `parent`."""
    owner = os.pidfd_open(os.getppid())
    signal.signal(signal.SIGTERM, _terminated)
    if _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "cannot become a subreaper")
    folder = tempfile.mkdtemp(prefix="dephealth-", dir=parent)
    try:
        _answer({"number": 0, "result": folder})
        _serve(owner, folder)
    except BrokenPipeError:  # the owner died while it was answered
        return
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1])
