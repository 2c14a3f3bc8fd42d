"""A private Redis server, alone, watched by a Sentinel, or as a cluster of one node."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from ._server import PASSWORD, PrivateServer

if TYPE_CHECKING:
    from pathlib import Path

    from ._certificates import Certificates

_CONF = """\
bind {hosts}
port {port}
tls-port {tls_port}
tls-ca-cert-file {folder}/ca.pem
tls-cert-file {folder}/server.pem
tls-key-file {folder}/server.key
tls-auth-clients {auth_clients}
unixsocket {folder}/socket
dir {folder}
save ""
appendonly yes
enable-debug-command yes
user {user} on #{digest} ~* &* +@all
user {limited_user} on #{digest} -@all
"""
_SENTINEL_CONF = """\
bind {hosts}
port {port}
dir {folder}
sentinel monitor {name} {master_host} {master_port} 1
sentinel down-after-milliseconds {name} 1000
"""


def _quoted(value: str) -> str:
    return json.dumps(value)  # redis.conf has the same quotes and escapes


class RedisServer(PrivateServer):
    """Redis 7 or later, without TLS on `port`, with TLS on `tls_port`, and on a unix socket.

    Attributes:
        password: Of the default user, None to ask for none.
        user: Has all rights, and logs in with `user_password`.
        limited_user: Has no right to any command, and logs in with `user_password`.
    """

    program: ClassVar[str] = "redis"
    user: ClassVar[str] = "app"
    limited_user: ClassVar[str] = "limited"
    user_password: ClassVar[str] = f"{PASSWORD}user"

    _package_user = "redis"
    _port_names: ClassVar[tuple[str, ...]] = ("port", "tls_port")
    _ready_line = "Ready to accept connections"

    def __init__(
        self,
        *,
        certificates: Certificates | None = None,
        password: str | None = PASSWORD,
        plain: bool = True,
        require_client_certificate: bool = False,
    ) -> None:
        """Say how clients come in.

        Args:
            certificates: See `PrivateServer`.
            password: Of the default user.
            plain: Whether there is a port without TLS; if not, `port` is `tls_port`.
            require_client_certificate: Whether TLS needs one.
        """
        super().__init__(certificates=certificates)
        self.password = password
        self._plain = plain
        self._require_client_certificate = require_client_certificate

    @property
    def port(self) -> int:
        """The port without TLS, or the only port."""
        return self._port("port" if self._plain else "tls_port")

    @property
    def tls_port(self) -> int:
        """The port with TLS."""
        return self._port("tls_port")

    @property
    def socket_path(self) -> Path:
        """The unix socket."""
        return self.folder / "socket"

    def execute(self, *command: str) -> str:
        """Run a command as the default user, and return what redis-cli writes."""
        cli = [self._executable("redis-cli"), "-e", "-s", str(self.socket_path), *command]
        return self._ask(cli, env={"REDISCLI_AUTH": self.password} if self.password else None)

    def _configure(self) -> None:
        conf = _CONF.format(
            hosts=" ".join(self.hosts),
            port=self.port if self._plain else 0,
            tls_port=self.tls_port,
            folder=self.folder,
            auth_clients="yes" if self._require_client_certificate else "no",
            user=self.user,
            limited_user=self.limited_user,
            digest=sha256(self.user_password.encode()).hexdigest(),
        )
        if self.password is not None:
            conf += f"requirepass {_quoted(self.password)}\n"
        self._write("redis.conf", conf)

    def _command(self) -> list[str]:
        return [self._executable("redis-server"), str(self.folder / "redis.conf")]


class RedisCluster(RedisServer):
    """A Redis cluster of one node, which has all slots. Needs Redis 7."""

    _port_names = ("port", "tls_port", "bus_port")

    def _configure(self) -> None:
        super()._configure()
        with (self.folder / "redis.conf").open("a") as conf:
            conf.write("cluster-enabled yes\n")
            conf.write(f"cluster-announce-ip {self.host}\n")
            conf.write(f"cluster-port {self._port('bus_port')}\n")

    def _is_ready(self, log: str) -> bool:
        if not super()._is_ready(log):
            return False
        info = self.execute("cluster", "info")
        if "cluster_slots_assigned:0" in info:
            self.execute("cluster", "addslotsrange", "0", "16383")
        return "cluster_state:ok" in info


class RedisSentinel(PrivateServer):
    """A Sentinel without a password, of a master that runs and has a port without TLS.

    Attributes:
        name: What it calls the master.
        master: That server.
    """

    program: ClassVar[str] = "redis"
    name: ClassVar[str] = "main"

    _package_user = "redis"
    _ready_line = "+monitor master"

    def __init__(self, master: RedisServer) -> None:
        super().__init__(certificates=master.certificates)
        self.master = master

    def _configure(self) -> None:
        conf = _SENTINEL_CONF.format(
            hosts=" ".join(self.hosts),
            port=self.port,
            folder=self.folder,
            name=self.name,
            master_host=self.master.host,
            master_port=self.master.port,
        )
        if self.master.password is not None:
            conf += f"sentinel auth-pass {self.name} {_quoted(self.master.password)}\n"
        self._write("sentinel.conf", conf)

    def _command(self) -> list[str]:
        return [
            self._executable("redis-server"),
            str(self.folder / "sentinel.conf"),
            "--sentinel",
        ]
