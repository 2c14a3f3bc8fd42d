"""`dephealth serve` as a process, and what it answers."""

from __future__ import annotations

import http.client
import queue
import re
import signal
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from cli_command import BOUND, started


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


class Serving:
    """A running daemon; its log can be waited for."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        self.process = started(["serve", *arguments], **variables)
        self.log: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.port = int(self.wait_for(r"serving at \w+://\S+:(\d+)/")[1])

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first line of the log from now on in which *pattern* is found."""
        while True:
            line = self._lines.get(timeout=BOUND)
            assert line is not None, f"it has ended: {self.log}"
            if found := re.search(pattern, line):
                return found

    def hang_up(self) -> None:
        """Ask for the file to be read again, and wait until that is done."""
        self.process.send_signal(signal.SIGHUP)
        self.wait_for(r" is used: | is not used")

    def ask(self, path: str, context: ssl.SSLContext | None = None, **headers: str) -> Answer:
        """Send a request."""
        connection: http.client.HTTPConnection
        if context is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=BOUND)
        else:
            connection = http.client.HTTPSConnection(
                "localhost", self.port, timeout=BOUND, context=context
            )
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            body = response.read().decode()
            return Answer(response.status, dict(response.getheaders()), body)
        finally:
            connection.close()

    def samples(self, name: str) -> dict[str, float]:
        """The samples of a metric by the name of the dependency."""
        found = re.findall(
            rf'^{name}{{.*?dependency="([^"]+)".*}} (\S+)$', self.ask("/metrics").text, re.MULTILINE
        )
        return {dependency: float(value) for dependency, value in found}

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Ask again and again until something holds."""
        pause = threading.Event()
        for _ in range(int(BOUND / 0.05)):
            if holds():
                return
            pause.wait(0.05)
        raise AssertionError(f"it never holds: {self.log}")

    def wait_until_checked(self, number: int) -> None:
        """Wait until so many dependencies have a result."""
        self.wait_until(lambda: len(self.samples("app_dependency_health")) >= number)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal; gives the exit code."""
        self.process.send_signal(number)
        return self.process.wait(BOUND)

    def close(self) -> None:
        """Have it gone, whatever it does."""
        if self.process.poll() is None:
            self.process.terminate()
            self._thread.join(BOUND)
        self.process.kill()
        self._thread.join(BOUND)
        self.process.communicate()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log.append(line.rstrip())
            self._lines.put(line)
        self._lines.put(None)


@contextmanager
def serving(*arguments: str, **variables: str) -> Iterator[Serving]:
    """A daemon that is gone in the end, and has written no traceback."""
    daemon = Serving(*arguments, **variables)
    try:
        yield daemon
    finally:
        daemon.close()
        assert "Traceback" not in "\n".join(daemon.log), daemon.log
