"""A private PostgreSQL server."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, ClassVar

from ._server import PASSWORD, PrivateServer
from ._waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from ._certificates import Certificates

_HBA = """\
local   all  postgres                   trust
local   all  all                        scram-sha-256
hostssl all  {certificate_user}    all  cert map=anyone
host    all  {certificate_user}    all  reject
hostssl all  {tls_user}            all  scram-sha-256
host    all  {tls_user}            all  reject
host    all  all                   all  scram-sha-256
"""
_ROLES = """\
create role {user} login password '{password}';
create role {tls_user} login password '{password}';
create role {certificate_user} login;
create role {outsider} login password '{password}';
create database {database} owner {user};
revoke connect on database {database} from public;
grant connect on database {database} to {tls_user}, {certificate_user};
"""


class PostgresServer(PrivateServer):
    """PostgreSQL, with and without TLS on one port, and on a unix socket.

    Attributes:
        user: Owns `database`, and logs in with `password` like the others.
        tls_user: Is let in with TLS only.
        certificate_user: Is let in with a client certificate only, and needs no password.
        outsider: May log in, but not connect to `database`.
        max_connections: For all of them, one less while `execute` runs.
    """

    program: ClassVar[str] = "postgresql"
    user: ClassVar[str] = "app"
    password: ClassVar[str] = PASSWORD
    database: ClassVar[str] = "app"
    tls_user: ClassVar[str] = "app_tls"
    certificate_user: ClassVar[str] = "app_certificate"
    outsider: ClassVar[str] = "outsider"

    _package_user = "postgres"
    _ready_line = "database system is ready to accept connections"
    _stop_signal = signal.SIGINT  # "fast": the default, SIGTERM, waits until all clients have left

    def __init__(
        self,
        *,
        certificates: Certificates | None = None,
        max_connections: int = 20,
        tls: bool = True,
    ) -> None:
        super().__init__(certificates=certificates)
        self.max_connections = max_connections
        self._tls = tls

    @property
    def socket_folder(self) -> Path:
        """The folder of the unix socket, which drivers take for a host."""
        return self.folder / "run"

    @property
    def socket_path(self) -> Path:
        """The unix socket."""
        return self.socket_folder / f".s.PGSQL.{self.port}"

    def shut_down(self) -> None:
        """Take no more clients, and end once the last has left; returns when the first holds."""
        before = len(self.log())
        self._started.send(self.pid, signal.SIGTERM)
        wait_until(
            lambda: "smart shutdown" in self.log()[before:],
            seconds=self._admin_seconds,
            what="begin of the shutdown",
        )

    def execute(self, sql: str, *, database: str = "postgres") -> str:
        """Run statements as superuser and return the rows, columns parted by `|`."""
        psql = [self._executable("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-U", "postgres"]
        address = ["-h", str(self.socket_folder), "-p", str(self.port), "-d", database]
        return self._ask([*psql, *address], text=sql)

    def _prepare(self) -> None:
        self._make_folder("run")
        self._run(
            [
                self._executable("initdb"),
                f"--pgdata={self._data}",
                "--username=postgres",
                "--auth=trust",  # until the file below replaces it
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
            ]
        )
        self._write(
            "data/pg_hba.conf",
            _HBA.format(tls_user=self.tls_user, certificate_user=self.certificate_user),
        )
        self._write("data/pg_ident.conf", f"anyone /^.*$ {self.certificate_user}\n")

    def _configure(self) -> None:
        # After a kill. A stranger may have the pid in it by now, and then the server would not
        # start; that none of ours still runs on the data is sure.
        (self._data / "postmaster.pid").unlink(missing_ok=True)

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": ",".join(self.hosts),
            "port": self.port,
            "unix_socket_directories": self.socket_folder,
            "ssl": "on" if self._tls else "off",
            "ssl_ca_file": self.folder / "ca.pem",
            "ssl_cert_file": self.folder / "server.pem",
            "ssl_key_file": self.folder / "server.key",
            "max_connections": self.max_connections + 1,
            "superuser_reserved_connections": 1,
            "dynamic_shared_memory_type": "mmap",  # files in the folder, not in /dev/shm
            "fsync": "off",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [self._executable("postgres"), "-D", str(self._data), *options]

    def _seed(self) -> None:
        self.execute(
            _ROLES.format(
                user=self.user,
                password=self.password,
                database=self.database,
                tls_user=self.tls_user,
                certificate_user=self.certificate_user,
                outsider=self.outsider,
            )
        )

    @property
    def _data(self) -> Path:
        return self.folder / "data"
