"""A private MariaDB server."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ._server import PASSWORD, PrivateServer

if TYPE_CHECKING:
    from pathlib import Path

    from ._certificates import Certificates

# The first lines take away what mariadb-install-db gives: an administrator without a password, over
# TCP too. The one on the unix socket stays, which the folder protects.
_ACCOUNTS = """\
delete from mysql.global_priv where user = 'root' and host <> 'localhost';
flush privileges;
create database {database};
create user {user}@'%' identified by '{password}';
create user {tls_user}@'%' identified by '{password}' require ssl;
create user {certificate_user}@'%' identified by '{password}' require x509;
create user {outsider}@'%' identified by '{password}';
grant all on {database}.* to {user}@'%', {tls_user}@'%', {certificate_user}@'%';
"""
_NO_AIO = "--innodb-use-native-aio=0"  # Linux has few places for it, for all servers together


class MariaDBServer(PrivateServer):
    """MariaDB, with and without TLS on one port, and on a unix socket.

    Attributes:
        user: Owns `database`, and logs in with `password` like the others.
        tls_user: Is let in with TLS only.
        certificate_user: Is let in with a client certificate only.
        outsider: May log in, but has no right to `database`.
        max_connections: For all of them, at least 10; `execute` has one more.
    """

    program: ClassVar[str] = "mariadb"
    user: ClassVar[str] = "app"
    password: ClassVar[str] = PASSWORD
    database: ClassVar[str] = "app"
    tls_user: ClassVar[str] = "app_tls"
    certificate_user: ClassVar[str] = "app_certificate"
    outsider: ClassVar[str] = "outsider"

    _package_user = "mysql"
    _ready_line = "ready for connections"

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
    def socket_path(self) -> Path:
        """The unix socket."""
        return self.folder / "socket"

    def execute(self, sql: str, *, database: str = "mysql") -> str:
        """Run statements as superuser and return the rows, columns parted by tabs."""
        mariadb = [self._executable("mariadb"), "--no-defaults", "--batch", "--skip-column-names"]
        address = [f"--socket={self.socket_path}", "--user=root", f"--database={database}"]
        return self._ask([*mariadb, *address], text=sql)

    def _prepare(self) -> None:
        self._run(
            [
                self._executable("mariadb-install-db"),
                "--no-defaults",
                f"--datadir={self.folder / 'data'}",
                "--auth-root-authentication-method=normal",  # no password
                "--skip-test-db",
                _NO_AIO,
            ]
        )

    def _command(self) -> list[str]:
        settings = {
            "datadir": self.folder / "data",
            "bind-address": ",".join(self.hosts),
            "port": self.port,
            "socket": self.socket_path,
            "pid-file": self.folder / "pid",
            "max-connections": self.max_connections,
            "innodb-buffer-pool-size": "16M",
            "innodb-flush-log-at-trx-commit": 2,  # outlives a kill, without fsync
        }
        if self._tls:
            settings |= {
                "ssl-ca": self.folder / "ca.pem",
                "ssl-cert": self.folder / "server.pem",
                "ssl-key": self.folder / "server.key",
            }
        options = [f"--{name}={value}" for name, value in settings.items()]
        mariadbd = [self._executable("mariadbd"), "--no-defaults"]
        return [*mariadbd, *options, _NO_AIO, "--skip-name-resolve", "--skip-log-bin"]

    def _seed(self) -> None:
        self.execute(
            _ACCOUNTS.format(
                user=self.user,
                password=self.password,
                database=self.database,
                tls_user=self.tls_user,
                certificate_user=self.certificate_user,
                outsider=self.outsider,
            )
        )
