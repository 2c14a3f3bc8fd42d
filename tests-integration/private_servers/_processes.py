"""The owner's side of the warden: one server's folder and processes."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, cast

_WARDEN = Path(__file__).with_name("_warden.py")


class Processes:
    """A folder, and processes that do not outlive this process. Linux only.

    Attributes:
        folder: Private to this process's user, and removed by `close`.
        warden_pid: Parent of all that is spawned.
        answer_seconds: How long to wait for the warden, which never takes that long.
    """

    def __init__(self) -> None:
        # As root the servers run as other users, who may be kept out of root's own TMPDIR.
        parent = "/tmp" if os.geteuid() == 0 else tempfile.gettempdir()
        self._lock = threading.Lock()
        self._warden = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_WARDEN), parent],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            cwd="/",
            start_new_session=True,  # a Ctrl-C is for the owner
        )
        self._requests = 0
        self.answer_seconds = 30.0
        self.warden_pid = self._warden.pid
        self.folder = Path(self._answer(0))

    def spawn(self, argv: list[str], *, env: dict[str, str], log: Path, user: str | None) -> int:
        """Run a program, as `user` if given, and return its pid."""
        return cast("int", self._ask("spawn", argv=argv, env=env, log=str(log), user=user))

    def poll(self, pid: int) -> int | None:
        """Return the return code of a program that was spawned, None while it runs."""
        return cast("int | None", self._ask("poll", pid=pid))

    def send(self, pid: int, signum: int) -> None:
        """Send a signal to a program that was spawned, unless it has ended."""
        self._ask("send", pid=pid, signum=signum)

    def send_all(self, signum: int) -> None:
        """Send a signal to all processes, whoever of them started them."""
        self._ask("send_all", signum=signum)

    def pids(self) -> list[int]:
        """Return the pids of all processes, the warden's not among them."""
        return cast("list[int]", self._ask("pids"))

    def end(self) -> None:
        """Kill all processes; they are gone when this returns."""
        self._ask("end")

    def close(self) -> None:
        """End all processes and remove the folder."""
        assert self._warden.stdin is not None
        assert self._warden.stdout is not None
        self._warden.stdin.close()
        self._warden.stdout.close()
        if code := self._warden.wait(self.answer_seconds):
            raise RuntimeError(f"the warden of {self.folder} ended with {code}")

    def _ask(self, operation: str, **arguments: object) -> Any:
        with self._lock:
            assert self._warden.stdin is not None
            self._requests += 1
            request = {"number": self._requests, "operation": operation, **arguments}
            self._warden.stdin.write(json.dumps(request).encode() + b"\n")
            return self._answer(self._requests)

    def _answer(self, number: int) -> Any:
        assert self._warden.stdout is not None
        while True:
            if not select.select([self._warden.stdout], [], [], self.answer_seconds)[0]:
                raise TimeoutError(f"no answer from warden {self._warden.pid}")
            line = self._warden.stdout.readline()
            if not line:
                raise RuntimeError(f"warden {self._warden.pid} has ended")
            answer = json.loads(line)
            if answer["number"] != number:
                continue  # of a request whose wait a Ctrl-C has cut short
            if "error" in answer:
                raise OSError(answer["error"])
            return answer["result"]
