"""Finds the server programs that the integration tests start, and installs those that are missing.

``python provision.py`` needs nothing but the standard library. As root on Debian or Ubuntu it
installs; anywhere else it prints the command that would. The exit code is 0, or 1 when a program is
still missing and DEPHEALTH_REQUIRE_SERVERS=1.
"""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from types import FrameType

POLICY = Path("/usr/sbin/policy-rc.d")
OS_RELEASE = Path("/etc/os-release")

_POLICY_TEXT = """\
#!/bin/sh
# Made by provision.py of dephealth for the time of an installation: no service is started.
exit 101
"""
# The first two hold what Debian keeps off the PATH, and the RabbitMQ scripts that do not insist on
# being root, which those of the same name in /usr/sbin do.
_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/lib/rabbitmq/bin", "/usr/sbin", "/usr/bin")
_LOCK_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Program:
    """What tests start, with what must be found for it and the packages that bring it."""

    name: str
    packages: tuple[str, ...]
    executables: tuple[str, ...]

    @property
    def is_missing(self) -> bool:
        """Whether one of the executables is not found."""
        return not all(map(find, self.executables))


PROGRAMS = (
    Program("postgresql", ("postgresql",), ("postgres", "initdb", "psql")),
    Program("mariadb", ("mariadb-server",), ("mariadbd", "mariadb-install-db", "mariadb")),
    Program("redis", ("redis-server",), ("redis-server", "redis-cli")),
    Program("openldap", ("slapd", "ldap-utils"), ("slapd", "ldapsearch")),
    Program("rabbitmq", ("rabbitmq-server",), ("rabbitmq-server", "rabbitmqctl", "epmd")),
    Program("memcached", ("memcached",), ("memcached",)),
    Program("dnsmasq", ("dnsmasq-base",), ("dnsmasq",)),
    Program(
        "chromium",
        ("chromium", "chromium-driver", "fonts-dejavu-core"),
        ("chromium", "chromedriver"),
    ),
)


def find(executable: str) -> Path | None:
    """Return where `executable` is, the newest version of it first, or None."""
    for pattern in (*_FOLDERS, *os.get_exec_path()):
        root = Path(pattern).anchor or "."
        candidates = Path(root).glob(str((Path(pattern) / executable).relative_to(root)))
        for path in sorted(candidates, key=_version, reverse=True):
            if os.access(path, os.X_OK):
                return path
    return None


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", str(path.parent)))


def missing() -> list[Program]:
    """Return the programs that tests cannot start."""
    return [program for program in PROGRAMS if program.is_missing]


def required() -> bool:
    """Tell whether a missing program is an error: DEPHEALTH_REQUIRE_SERVERS=1."""
    return os.environ.get("DEPHEALTH_REQUIRE_SERVERS") == "1"


def install_command(programs: Iterable[Program]) -> str:
    """Return the command for a shell that installs `programs` on Debian and Ubuntu."""
    packages = " ".join(package for program in programs for package in program.packages)
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get install --no-install-recommends {packages}"


def is_debian(os_release: Path = OS_RELEASE) -> bool:
    """Tell whether `os_release` describes Debian, Ubuntu or a descendant of theirs."""
    if not os_release.exists():
        return False
    lines = os_release.read_text().splitlines()
    named = [line.partition("=")[2] for line in lines if line.startswith(("ID=", "ID_LIKE="))]
    return not {"debian", "ubuntu"}.isdisjoint(" ".join(named).replace('"', "").split())


class InterruptionError(Exception):
    """A signal asked for the end of an installation."""

    def __init__(self, signum: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(signum).name}")
        self.signum = signum


class _Signals:
    """Remembers a signal instead of dying of it, so that nothing is left half done."""

    def __init__(self) -> None:
        self.caught: int | None = None

    def _remember(self, signum: int, _frame: FrameType | None) -> None:
        self.caught = signum

    @contextmanager
    def handled(self) -> Iterator[None]:
        signums = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {signum: signal.signal(signum, self._remember) for signum in signums}
        try:
            yield
        finally:
            for signum, handler in before.items():
                signal.signal(signum, handler)

    def check(self) -> None:
        if self.caught is not None:
            raise InterruptionError(self.caught)


def install(packages: Iterable[str], *, policy: Path = POLICY) -> None:
    """Install `packages` with apt-get, and have no service started by it.

    Raises:
        InterruptionError: a signal came; apt-get has ended and `policy` is as it was.
        OSError: apt-get cannot be run or `policy` cannot be written.
        RuntimeError: apt-get failed; with its output.
    """
    signals = _Signals()
    with signals.handled(), _locked(policy.parent, signals), _no_service_starts(policy):
        update = ("--error-on=any", "update")
        code, output = _apt_get(signals, *update)
        if code:
            code, output = _apt_get(signals, *update)
        if code:  # old lists may do, and a broken third-party source does not concern us
            print(output, file=sys.stderr)
        code, output = _apt_get(signals, "install", "--yes", "--no-install-recommends", *packages)
        if code:
            raise RuntimeError(output)


def install_all(programs: Sequence[Program], *, policy: Path = POLICY) -> None:
    """Install what `programs` need, and if that fails, what each of them needs.

    So one that a distribution does not have (Ubuntu has Chromium elsewhere) keeps no other away.

    Raises:
        InterruptionError: as `install`.
        OSError: as `install`.
    """
    try:
        install([package for program in programs for package in program.packages], policy=policy)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        for program in programs if len(programs) > 1 else ():
            install_all([program], policy=policy)


def _apt_get(signals: _Signals, *arguments: str) -> tuple[int, str]:
    options = (f"DPkg::Lock::Timeout={_LOCK_SECONDS}", "Dpkg::Use-Pty=0", "Acquire::Retries=3")
    with subprocess.Popen(
        ["apt-get", "-qq", *(f"-o{option}" for option in options), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"},
        start_new_session=True,  # the terminal's Ctrl-C reaches it through us only, and once
    ) as process:
        told = False
        while True:
            try:
                output, _ = process.communicate(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                if signals.caught is not None and not told:
                    # What a terminal sends. apt-get finishes a dpkg that runs: it is waited for,
                    # because a dpkg without the policy would start services.
                    process.send_signal(signal.SIGINT)
                    told = True
    signals.check()
    return process.returncode, output


@contextmanager
def _locked(folder: Path, signals: _Signals) -> Iterator[None]:
    """Let one run at a time install: the first to end would take the policy from the others."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        deadline = time.monotonic() + _LOCK_SECONDS
        while not _lock(descriptor):
            signals.check()
            if time.monotonic() > deadline:
                raise RuntimeError(f"{folder} stayed locked by another run for {_LOCK_SECONDS} s")
            time.sleep(0.2)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _no_service_starts(policy: Path) -> Iterator[None]:
    """Forbid packages to start services (invoke-rc.d(8)), unless the machine has its own rule."""
    # A file of ours is the rest of a run that was killed: we hold the lock, so nobody needs it.
    ours = not policy.exists() or policy.read_text(errors="replace") == _POLICY_TEXT
    try:
        if ours:
            policy.write_text(_POLICY_TEXT)
            policy.chmod(0o755)
        yield
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def main() -> int:
    """Install what is missing if that is possible, say what is missing after that."""
    lacking = missing()
    if lacking and os.geteuid() == 0 and is_debian():
        packages = [package for program in lacking for package in program.packages]
        print(f"installing {' '.join(packages)}", flush=True)
        try:
            install_all(lacking)
        except InterruptionError as interruption:
            print(interruption, file=sys.stderr)
            return 128 + interruption.signum
        except OSError as error:
            print(error, file=sys.stderr)
        lacking = missing()
    if not lacking:
        return 0
    print(f"missing: {', '.join(program.name for program in lacking)}")
    print(f"on Debian or Ubuntu: {install_command(lacking)}")
    return 1 if required() else 0


if __name__ == "__main__":
    sys.exit(main())
