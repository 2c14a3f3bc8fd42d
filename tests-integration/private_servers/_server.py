"""What all private servers have in common."""

from __future__ import annotations

import os
import pwd
import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING, ClassVar, Self

import provision

from ._certificates import Certificates
from ._ports import Port, loopback_addresses
from ._processes import Processes
from ._waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# With what a URL must quote, and what a configuration file takes for a comment.
PASSWORD = "p@ss:w/rd %21#?&"

_PORT_CHOICES = 5
_LOG_TAIL = 30
# How servers put EADDRINUSE. The last two are RabbitMQ's, of its node's port and its epmd's.
_TAKEN = re.compile(
    "address already in use|eaddrinuse|dist_port_already_used|already a epmd", re.IGNORECASE
)


class ServerError(Exception):
    """A private server or a command for it failed; the message ends with what it wrote."""


class PrivateServer:
    """A server of one test run: its own folder, its own ports on loopback, no trace at the end.

    As root it runs as its package's user, otherwise as this one. It keeps ports and data from
    `start` to `close`, over any `stop` and `kill`. Used in `with`, it is started and closed.
    A killed test process takes the server and its folder with it.

    Attributes:
        host: An address that it listens on; `hosts` has all of them.
        certificates: The server's, and a client's that it trusts; made by `start` if not given.
    """

    program: ClassVar[str]
    host: ClassVar[str] = "127.0.0.1"

    _package_user: ClassVar[str]
    _port_names: ClassVar[tuple[str, ...]] = ("port",)
    _ready_line: ClassVar[str]
    _stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    _stop_seconds: ClassVar[float] = 30
    _admin_seconds: ClassVar[float] = 30

    def __init__(self, *, certificates: Certificates | None = None) -> None:
        self._given_certificates = certificates
        self._certificates: Certificates | None = None
        self._processes: Processes | None = None
        self._ports: dict[str, Port] = {}
        self._choose_port: Callable[[], Port] = Port
        self._pid: int | None = None

    # What a server has to say of itself.

    def _command(self) -> list[str]:
        """Return the command that runs the server in the foreground, on the ports of now."""
        raise NotImplementedError

    def _prepare(self) -> None:
        """Make the data, once, before the first launch."""

    def _configure(self) -> None:
        """Write what has the ports in it, before each launch."""

    def _seed(self) -> None:
        """Make accounts and the like in the running server, once."""

    def _is_ready(self, log: str) -> bool:
        return self._ready_line in log

    # What those who use it see.

    @property
    def hosts(self) -> tuple[str, ...]:
        """All addresses that it listens on: 127.0.0.1, and ::1 where the machine has it."""
        return loopback_addresses()

    @property
    def port(self) -> int:
        """The port, the same until `close`."""
        return self._port("port")

    @property
    def folder(self) -> Path:
        """The folder with all its files, until `close`."""
        return self._started.folder

    @property
    def certificates(self) -> Certificates:
        """The certificates in use, with the paths that the clients need."""
        if self._certificates is None:
            raise RuntimeError(f"{self!r} is not started")
        return self._certificates

    @property
    def pid(self) -> int:
        """The process that `stop` tells to end."""
        if self._pid is None:
            raise RuntimeError(f"{self!r} does not run")
        return self._pid

    @property
    def pids(self) -> list[int]:
        """The processes of the server, with the warden that keeps them first."""
        return [self._started.warden_pid, *self._started.pids()]

    @property
    def running(self) -> bool:
        """Whether its process is there, paused or not."""
        return self._pid is not None and self._started.poll(self._pid) is None

    def start(self, timeout: float = 60) -> Self:
        """Start it, or start it again, and return when it is ready.

        Raises:
            ServerError: it ended, or was not ready within `timeout` seconds. It is closed then.
        """
        if self.running:
            raise RuntimeError(f"{self!r} runs already")
        try:
            self._start(time.monotonic() + timeout)
        except BaseException:
            self.close()
            raise
        return self

    def stop(self) -> None:
        """End it as its manual says, keep its data.

        Raises:
            ServerError: it did not end by that, and was killed.
        """
        if not self.running:
            return
        self.resume()
        self._started.send(self.pid, self._stop_signal)
        try:
            wait_until(
                lambda: not self.running, seconds=self._stop_seconds, what="end of the server"
            )
        except TimeoutError as error:
            raise ServerError(f"{self!r} did not stop:\n{self._log_tail()}") from error
        finally:
            self.kill()  # what it left running

    def kill(self) -> None:
        """End all its processes with SIGKILL, as a crash does; keep its data."""
        if self._processes is not None:
            self._processes.end()
        self._pid = None

    def pause(self) -> None:
        """Stop all its processes with SIGSTOP: connections stay, nothing answers."""
        if not self.running:
            raise RuntimeError(f"{self!r} does not run")
        self._started.send_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let its processes go on after `pause`."""
        self._started.send_all(signal.SIGCONT)

    def close(self) -> None:
        """Stop it if it runs, remove its folder and give its ports back."""
        try:
            self.stop()
        finally:
            processes, self._processes = self._processes, None
            self._pid = None
            self._certificates = None
            self._release_ports()
            if processes is not None:
                processes.close()

    def log(self) -> str:
        """Return all that it has written."""
        return self._log_file.read_text(errors="replace") if self._log_file.exists() else ""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        ports = "".join(f" {name}={port.number}" for name, port in self._ports.items())
        return f"<{type(self).__name__}{ports}>"

    # How it starts.

    def _start(self, deadline: float) -> None:
        if self._processes is not None:
            self.kill()  # what a server that ended by itself left running
            if not self._launch(deadline):
                raise ServerError(f"another program listens on a port of {self!r}")
            return
        self._processes = Processes()
        self._own(self.folder)
        self._install_certificates()
        self._prepare()
        for _ in range(_PORT_CHOICES):
            self._release_ports()
            self._ports = {name: self._choose_port() for name in self._port_names}
            if self._launch(deadline):
                self._seed()
                return
        raise ServerError(f"{_PORT_CHOICES} times another program took a port of {self!r}")

    def _launch(self, deadline: float) -> bool:
        """Run the server until it is ready, or return False: a port was taken."""
        before = len(self.log())
        self._configure()
        self._pid = self._spawn(self._command())
        while True:
            running = self.running  # first: what it wrote before its end is in the log then
            log = self.log()[before:]
            if _TAKEN.search(log):  # maybe of one address of two, so that it runs nevertheless
                self.kill()
                return False
            if running and self._is_ready(log):
                return True
            if not running:
                raise ServerError(f"{self!r} ended at its start:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self!r} was not ready in time:\n{self._log_tail()}")
            time.sleep(0.01)

    def _release_ports(self) -> None:
        for port in self._ports.values():
            port.release()
        self._ports = {}

    def _install_certificates(self) -> None:
        """Copy the certificates into the folder: the server's user may read no others."""
        self._certificates = self._given_certificates
        if self._certificates is None:
            self._certificates = Certificates.write(self._make_folder("made"))
        self._write("ca.pem", self._certificates.ca_file.read_text())
        self._write("server.pem", self._certificates.server_certificate.read_text())
        self._write("server.key", self._certificates.server_key.read_text())

    # Tools for the servers.

    @property
    def _started(self) -> Processes:
        if self._processes is None:
            raise RuntimeError(f"{self!r} is not started")
        return self._processes

    @property
    def _log_file(self) -> Path:
        return self.folder / "log"

    @property
    def _user(self) -> str | None:
        """The user to become, None if that is not possible."""
        return self._package_user if os.geteuid() == 0 else None

    @property
    def _environment(self) -> dict[str, str]:
        """What its programs see. Nothing of ours: PGHOST and the like would lead them astray."""
        return {
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        }

    def _port(self, name: str) -> int:
        if name not in self._ports:
            raise RuntimeError(f"{self!r} is not started")
        return self._ports[name].number

    def _log_tail(self) -> str:
        return "\n".join(self.log().splitlines()[-_LOG_TAIL:])

    def _executable(self, name: str) -> str:
        path = provision.find(name)
        if path is None:
            raise ServerError(f"{name} is not installed")
        return str(path)

    def _own(self, path: Path) -> None:
        if self._user is not None:
            account = pwd.getpwnam(self._user)
            os.chown(path, account.pw_uid, account.pw_gid)

    def _make_folder(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(mode=0o700)
        self._own(path)
        return path

    def _write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        self._own(path)
        return path

    def _spawn(self, argv: list[str]) -> int:
        return self._started.spawn(argv, env=self._environment, log=self._log_file, user=self._user)

    def _run(self, argv: list[str]) -> None:
        """Run a program to its end as the server's user, its output in the log."""
        pid = self._spawn(argv)
        try:
            wait_until(
                lambda: self._started.poll(pid) is not None,
                seconds=self._admin_seconds,
                what=f"end of {argv[0]}",
            )
        except TimeoutError as error:
            raise ServerError(f"{error}:\n{self._log_tail()}") from error
        if code := self._started.poll(pid):
            raise ServerError(f"{argv[0]} returned {code}:\n{self._log_tail()}")

    def _ask(
        self, argv: list[str], *, text: str | None = None, env: dict[str, str] | None = None
    ) -> str:
        """Run a client program as this process's user, and return what it writes."""
        result = subprocess.run(
            argv,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            check=False,
            env=self._environment | (env or {}),
            cwd="/",
            timeout=self._admin_seconds,
        )
        if result.returncode:
            raise ServerError(
                f"{argv[0]} returned {result.returncode}:\n{result.stdout}{result.stderr}"
            )
        return result.stdout
