"""The servers that other tests rely on: how they start, fail, come back and leave nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from private_servers import (
    MariaDBServer,
    MemcachedServer,
    OpenLDAPServer,
    PostgresServer,
    PrivateServer,
    RabbitMQServer,
    RedisServer,
    ServerError,
    require,
    wait_until,
)
from private_servers._ports import Port
from private_servers._warden import _processes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from private_servers import Certificates

# A request of each protocol, and how the answer begins.
EXCHANGES: dict[type[PrivateServer], tuple[bytes, bytes]] = {
    PostgresServer: (b"\0\0\0\x08\x04\xd2\x16\x2f", b"S"),  # SSLRequest
    MariaDBServer: (b"", b""),  # the server speaks first, the length of what it says varies
    RedisServer: (b"PING\r\n", b"-NOAUTH"),
    OpenLDAPServer: (b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0", b"\x30\x0c\x02\x01"),
    MemcachedServer: (b"version\r\n", b"VERSION "),
    RabbitMQServer: (b"AMQP\0\0\x09\x01", b"\x01"),  # Connection.Start
}
OWNER = """\
import json, os, sys
import private_servers
server = getattr(private_servers, sys.argv[1])().start()
child = 0
if "pause" in sys.argv:
    server.pause()
if "fork" in sys.argv:
    child = os.fork()
    if not child:
        os.execv("/bin/sleep", ["sleep", "60"]) if "exec" in sys.argv else sys.stdin.read()
        os._exit(0)
print(json.dumps([str(server.folder), server.pids, child]), flush=True)
sys.stdin.read()
"""


def exchange(server: PrivateServer, host: str | None = None, timeout: float = 5) -> bool:
    """Ask something over a new connection, and tell whether the answer is right."""
    request, expected = EXCHANGES[type(server)]
    with socket.create_connection((host or server.host, server.port), timeout) as connection:
        connection.sendall(request)
        answer = connection.recv(100)
    return bool(answer) and answer.startswith(expected)


def is_running(pid: int) -> bool:
    """Tell whether a process is there, and no zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def shared_memory_of(pids: list[int]) -> set[str]:
    """The System V shared memory that processes have made, dead ones too."""
    segments = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    return {identifier for _, identifier, _, _, creator, *_ in segments if int(creator) in pids}


@dataclass(frozen=True)
class Owner:
    """Another process that has started a server."""

    process: subprocess.Popen[str]
    folder: Path
    pids: list[int]
    child: int

    def is_forgotten(self) -> bool:
        return not self.folder.exists() and not any(map(is_running, self.pids))


@contextmanager
def owner_of(server_class: type[PrivateServer], *options: str) -> Iterator[Owner]:
    """Start a server in a process of its own, and kill what of it is left at the end."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, server_class.__name__, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    ) as process:
        assert process.stdout is not None
        folder, pids, child = json.loads(process.stdout.readline())
        try:
            yield Owner(process, Path(folder), pids, child)
        finally:
            process.kill()
            if child:
                os.kill(child, signal.SIGKILL)


@pytest.fixture(scope="module", params=EXCHANGES, ids=lambda server_class: server_class.program)
def server_class(request: pytest.FixtureRequest) -> type[PrivateServer]:
    """Each kind of server in turn."""
    server_class: type[PrivateServer] = request.param
    require(server_class.program)
    return server_class


@pytest.fixture(scope="module")
def module_server(
    server_class: type[PrivateServer], certificates: Certificates
) -> Iterator[PrivateServer]:
    """A server of that kind, only for the tests of this file."""
    with server_class(certificates=certificates) as server:
        yield server


@pytest.fixture
def server(module_server: PrivateServer) -> PrivateServer:
    """The same, running whatever the test before has done to it."""
    if not module_server.running:
        module_server.start()
    return module_server


def test_server_answers_on_every_address(server: PrivateServer) -> None:
    """A client reaches the server at each of its addresses."""
    assert [exchange(server, host) for host in server.hosts] == [True] * len(server.hosts)


def test_server_listens_on_loopback_only(server: PrivateServer) -> None:
    """No address of a listening socket can be reached from another machine."""
    addresses = listening_addresses(sockets_of(server.pids))
    assert addresses == {_kernel_hex(host) for host in server.hosts}


def sockets_of(pids: list[int]) -> set[str]:
    """The inodes of the sockets that processes have open."""
    found = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
            with suppress(FileNotFoundError):  # closed meanwhile
                found.update(re.findall(r"^socket:\[(\d+)\]$", str(descriptor.readlink())))
    return found


def listening_addresses(sockets: set[str]) -> set[str]:
    """The local addresses of those of `sockets` that listen for TCP, as proc(5) writes them."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, _, _, _, _, _, inode = line.split()[:10]
            if state == "0A" and inode in sockets:
                found.add(local.partition(":")[0])
    return found


def _kernel_hex(host: str) -> str:
    packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    words = struct.unpack(f"={len(packed) // 4}I", packed)
    return "".join(f"{word:08X}" for word in words)


def test_killed_server_refuses(server: PrivateServer) -> None:
    """Nobody listens on the port of a killed server."""
    server.kill()
    with pytest.raises(ConnectionRefusedError):
        exchange(server)


def test_server_is_back_on_its_port_after_a_stop(server: PrivateServer) -> None:
    """A stopped server that is started again answers on the same port."""
    port = server.port
    server.stop()
    assert not server.running
    server.start()
    assert server.port == port
    assert exchange(server)


def test_server_that_ended_by_itself_is_back(server: PrivateServer) -> None:
    """What a crash has left running does not stand in the way of the next start."""
    server.pause()  # so that what it leaves does not end by itself
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: not server.running, seconds=5, what="end of the server")
    server.start()
    assert exchange(server)


def test_data_outlives_a_kill(server: PrivateServer) -> None:
    """What was written before a kill is served on the same port after the next start."""
    port = server.port
    written = write(server)
    server.kill()
    server.start()
    assert server.port == port
    assert written in read(server)


def write(server: PrivateServer) -> str:
    """Write something, and return what `read` must find."""
    match server:
        case PostgresServer() | MariaDBServer():
            server.execute("create table kept (word text); insert into kept values ('kept');")
            return "kept"
        case RedisServer():
            server.execute("set", "word", "kept")
            return "kept"
        case RabbitMQServer():
            server.rabbitmqctl("add_vhost", "kept")
            return "kept"
        case OpenLDAPServer():
            return f"dn: {server.suffix}"  # written before its first start
        case MemcachedServer():
            return "version"  # it keeps nothing
    raise TypeError(server)


def read(server: PrivateServer) -> str:
    """Return a text with all that `write` wrote."""
    match server:
        case PostgresServer() | MariaDBServer():
            return server.execute("select word from kept; drop table kept;")
        case RedisServer():
            return server.execute("get", "word")
        case RabbitMQServer():
            return server.rabbitmqctl("list_vhosts")
        case OpenLDAPServer():
            return server.search("-H", f"ldap://{server.host}:{server.port}", "-b", server.suffix)
        case MemcachedServer():
            return "version" if exchange(server) else ""
    raise TypeError(server)


def test_paused_server_lets_in_and_does_not_answer(server: PrivateServer) -> None:
    """A client connects to a paused server, but hears nothing."""
    server.pause()
    try:
        with pytest.raises(TimeoutError, match="timed out"):
            exchange(server, timeout=0.3)
    finally:
        server.resume()


def test_resumed_server_answers(server: PrivateServer) -> None:
    """A server goes on after a pause as if nothing had been."""
    server.pause()
    server.resume()
    assert exchange(server)


def test_paused_server_can_be_stopped(server: PrivateServer) -> None:
    """A pause does not keep a server from ending: only its warden is there after a stop."""
    server.pause()
    server.stop()
    assert len(server.pids) == 1


def test_two_servers_run_at_once(
    server: PrivateServer, server_class: type[PrivateServer], certificates: Certificates
) -> None:
    """A second server of a kind has another port than the first, and both answer."""
    with server_class(certificates=certificates) as other:
        assert other.port != server.port
        assert exchange(other)
        assert exchange(server)


def test_closed_server_leaves_nothing(server: PrivateServer) -> None:
    """No process, folder or shared memory is left of a server that is closed."""
    folder, pids = server.folder, server.pids
    server.close()
    assert not folder.exists()
    assert not [pid for pid in pids if is_running(pid)]
    assert not shared_memory_of(pids)


def test_server_that_ended_by_itself_leaves_nothing(certificates: Certificates) -> None:
    """A crash does not hide from the warden what a server has made."""
    require("postgresql")
    with PostgresServer(certificates=certificates) as server:
        pid = server.pid
        assert shared_memory_of([pid])
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not server.running, seconds=5, what="end of the server")
    assert not shared_memory_of([pid])


def test_killed_owner_leaves_nothing(server_class: type[PrivateServer]) -> None:
    """SIGKILL of the process that started a server takes the server and its folder with it."""
    with owner_of(server_class) as owner:
        assert all(map(is_running, owner.pids[:2]))  # the rest may come and go
        owner.process.kill()
        wait_until(owner.is_forgotten, seconds=10, what="end of the server")
    assert not shared_memory_of(owner.pids)


@pytest.mark.parametrize("options", [["fork"], ["fork", "exec"]])
def test_killed_owner_leaves_nothing_to_its_children(options: list[str]) -> None:
    """A process that the owner has forked does not keep the server alive."""
    require("redis")
    with owner_of(RedisServer, *options) as owner:
        owner.process.kill()
        wait_until(owner.is_forgotten, seconds=10, what="end of the server")
        assert is_running(owner.child)


def test_paused_server_ends_with_its_owner() -> None:
    """A pause does not keep the warden from ending a server."""
    require("postgresql")
    with owner_of(PostgresServer, "pause") as owner:
        owner.process.kill()
        wait_until(owner.is_forgotten, seconds=10, what="end of the server")


def test_owner_killed_while_it_starts_leaves_nothing() -> None:
    """SIGKILL in the midst of a start ends also the programs that make the data."""
    require("postgresql")
    command = [sys.executable, "-c", OWNER, "PostgresServer"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=env) as process:
        family: list[int] = []

        def makes_data() -> bool:
            family[:] = descendants(process.pid)
            return len(family) > 3  # the warden, initdb, its shell and a server

        wait_until(makes_data, seconds=10, what="initdb")
        folder = Path(re.findall(r"--pgdata=(.+)/data", command_lines(family))[0])
        process.kill()
    wait_until(lambda: not any(map(is_running, family)), seconds=10, what="end of initdb")
    assert not folder.exists()
    assert not shared_memory_of(family)


def descendants(pid: int) -> list[int]:
    """The children of a process, theirs, and so on."""
    children, _ = _processes()
    found = [pid]
    for parent in found:  # grows while it is read
        found += children[parent]
    return found[1:]


def command_lines(pids: list[int]) -> str:
    """The commands of processes, a line for each argument."""
    found = ""
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            found += Path(f"/proc/{pid}/cmdline").read_text().replace("\0", "\n")
    return found


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_port_that_was_taken_meanwhile_is_replaced(
    server_class: type[PrivateServer], certificates: Certificates, host: str
) -> None:
    """A server whose port is taken on one of its addresses starts on another port."""
    taken = Port()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = server_class(certificates=certificates)
    if host not in server.hosts:
        pytest.skip(f"no {host} on this machine")
    server._choose_port = chain([taken], iter(Port, None)).__next__
    with socket.create_server((host, taken.number), family=family), server:
        assert server.port != taken.number
        assert exchange(server)


def test_ports_of_rabbitmq_that_only_it_uses_are_replaced(certificates: Certificates) -> None:
    """A server whose node's port is taken, then its epmd's, starts on other ports."""
    require("rabbitmq")
    taken = Port()
    server = RabbitMQServer(certificates=certificates)
    first, second = [Port(), Port(), taken, Port()], [Port(), Port(), Port(), taken]
    server._choose_port = chain(first, second, iter(Port, None)).__next__
    with socket.create_server((server.host, taken.number)), server:
        assert exchange(server)


def test_choice_of_a_port_has_a_bound() -> None:
    """A server that finds each port taken gives up."""
    require("redis")
    taken = Port()
    server = RedisServer()
    server._choose_port = repeat(taken).__next__
    with (
        socket.create_server((server.host, taken.number)),
        pytest.raises(ServerError, match="5 times another program took a port"),
    ):
        server.start()


def test_port_that_was_taken_after_a_stop_is_an_error(certificates: Certificates) -> None:
    """A server that cannot have its port again says so."""
    require("redis")
    with RedisServer(certificates=certificates) as server:
        server.stop()
        address = (server.host, server.port)
        with (
            socket.create_server(address),
            pytest.raises(ServerError, match="another program listens"),
        ):
            server.start()


class Misconfigured(RedisServer):
    """A server that does not understand its own configuration."""

    def _configure(self) -> None:
        self._write("redis.conf", "no-such-directive yes\n")


def test_failed_start_tells_the_log() -> None:
    """What a server wrote before its end is in the error."""
    require("redis")
    with pytest.raises(ServerError, match="no-such-directive"):
        Misconfigured().start()


class Foreign(OpenLDAPServer):
    """A server whose entries are not below its suffix."""

    reader = "cn=reader,dc=example,dc=com"


def test_failed_preparation_tells_the_log() -> None:
    """What a program wrote that could not make the data is in the error."""
    require("openldap")
    with pytest.raises(ServerError, match=r"(?s)returned 1:.*dc=example,dc=com"):
        Foreign().start()


class Slow(RedisServer):
    """A server whose data takes too long to make."""

    _admin_seconds = 0.1

    def _prepare(self) -> None:
        self._run(["/bin/sh", "-c", "echo still at it; sleep 60"])


def test_preparation_has_a_bound() -> None:
    """A program that does not make the data in time is an error, and what it wrote is in it."""
    require("redis")
    with pytest.raises(ServerError, match=r"(?s)no end of /bin/sh.*still at it"):
        Slow().start()


class Silent(RedisServer):
    """A server that never says that it is ready."""

    _ready_line = "this it does not write"


def test_start_has_a_bound() -> None:
    """A server that is not ready in time is an error, and what it wrote is in it."""
    require("redis")
    with pytest.raises(ServerError, match=r"(?s)not ready in time.*Ready to accept"):
        Silent().start(timeout=0.2)


def test_failed_start_leaves_nothing() -> None:
    """A server that could not be started is closed."""
    require("redis")
    server = Silent()
    with pytest.raises(ServerError):
        server.start(timeout=0.2)
    with pytest.raises(RuntimeError, match="is not started"):
        _ = server.folder


def test_server_that_does_not_run_cannot_be_paused() -> None:
    """A pause of nothing is a mistake in a test, which hears of it."""
    with pytest.raises(RuntimeError, match="does not run"):
        RedisServer().pause()


def test_running_server_cannot_be_started(redis_server: RedisServer) -> None:
    """A second start is a mistake in a test, which hears of it."""
    with pytest.raises(RuntimeError, match="runs already"):
        redis_server.start()


class Stubborn(RedisServer):
    """A server that is told to end in a way that it does not understand."""

    _stop_signal = signal.SIGCONT
    _stop_seconds = 0.2


def test_server_that_does_not_stop_is_an_error() -> None:
    """A server that ignores its signal is killed, which is said."""
    require("redis")
    with Stubborn() as server:
        with pytest.raises(ServerError, match="did not stop"):
            server.stop()
        assert not server.running
        assert len(server.pids) == 1


def test_postgres_starts_over_a_pid_that_is_in_use_again(
    postgres_server: PostgresServer, certificates: Certificates
) -> None:
    """A process that got the pid of a killed server does not keep it from starting."""
    with PostgresServer(certificates=certificates) as server:
        server.kill()
        pid_file = server.folder / "data" / "postmaster.pid"
        _, *lines = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(postgres_server.pid), *lines, ""]))
        assert server.start().execute("select 1") == "1\n"
