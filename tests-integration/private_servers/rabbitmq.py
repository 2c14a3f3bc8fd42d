"""A private RabbitMQ server."""

from __future__ import annotations

import base64
import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from ._server import PASSWORD, PrivateServer

if TYPE_CHECKING:
    from ._certificates import Certificates

_CONF = """\
ssl_options.cacertfile = {folder}/ca.pem
ssl_options.certfile = {folder}/server.pem
ssl_options.keyfile = {folder}/server.key
ssl_options.verify = {verify}
ssl_options.fail_if_no_peer_cert = {require}
loopback_users = none
load_definitions = {folder}/definitions.json
log.console = true
log.console.level = info
log.file = false
"""
_NODE = "rabbit@localhost"  # one node per epmd, so that all may have the same name
_LOOPBACK_ONLY = "-kernel inet_dist_use_interface {127,0,0,1}"
# One scheduler, and none that waits in a busy loop: the processors are for the tests.
_FEW_CYCLES = "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none"


class RabbitMQServer(PrivateServer):
    """RabbitMQ, without TLS on `port` and with TLS on `tls_port`.

    Attributes:
        user: Has all rights in `vhost` and in `other_vhost`.
        outsider: May log in with the same `password`, but has no right in any vhost.
    """

    program: ClassVar[str] = "rabbitmq"
    user: ClassVar[str] = "app"
    password: ClassVar[str] = PASSWORD
    vhost: ClassVar[str] = "/"
    other_vhost: ClassVar[str] = "other"
    outsider: ClassVar[str] = "outsider"

    _package_user = "rabbitmq"
    _port_names = ("port", "tls_port", "node_port", "epmd_port")
    _ready_line = "Server startup complete"

    def __init__(
        self,
        *,
        certificates: Certificates | None = None,
        require_client_certificate: bool = False,
    ) -> None:
        super().__init__(certificates=certificates)
        self._require_client_certificate = require_client_certificate

    @property
    def tls_port(self) -> int:
        """The port with TLS."""
        return self._port("tls_port")

    def rabbitmqctl(self, *arguments: str) -> str:
        """Run rabbitmqctl and return what it writes. It takes a second or two."""
        return self._ask([self._executable("rabbitmqctl"), "--quiet", *arguments])

    def _prepare(self) -> None:
        self._write("enabled_plugins", "[].\n")
        self._write("definitions.json", json.dumps(self._definitions()))

    def _configure(self) -> None:
        conf = _CONF.format(
            folder=self.folder,
            verify="verify_peer" if self._require_client_certificate else "verify_none",
            require=str(self._require_client_certificate).lower(),
        )
        for number, host in enumerate(self.hosts, start=1):
            conf += f"listeners.tcp.{number} = {host}:{self.port}\n"
            conf += f"listeners.ssl.{number} = {host}:{self.tls_port}\n"
        self._write("rabbitmq.conf", conf)
        # With -d it says that its port is taken, instead of leaving the server to somebody else's.
        self._spawn([self._executable("epmd"), "-d"])

    def _command(self) -> list[str]:
        return [self._executable("rabbitmq-server")]

    @property
    def _environment(self) -> dict[str, str]:
        return super()._environment | {
            "ERL_EPMD_ADDRESS": self.host,
            "ERL_EPMD_PORT": str(self._port("epmd_port")),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CTL_ERL_ARGS": _LOOPBACK_ONLY,
            "RABBITMQ_DIST_PORT": str(self._port("node_port")),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_LOG_BASE": str(self.folder / "logs"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
            "RABBITMQ_NODENAME": _NODE,
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{_FEW_CYCLES} {_LOOPBACK_ONLY}",
            # The script becomes the server by this, instead of a parent that waits for it.
            "RUNNING_UNDER_SYSTEMD": "true",
        }

    def _definitions(self) -> dict[str, list[dict[str, object]]]:
        """What `rabbitmqctl import_definitions` takes, here read at each start."""
        everything = {"configure": ".*", "write": ".*", "read": ".*"}
        vhosts = (self.vhost, self.other_vhost)
        return {
            "users": [
                {"name": name, "password_hash": _digest(self.password), "tags": []}
                for name in (self.user, self.outsider)
            ],
            "vhosts": [{"name": name} for name in vhosts],
            "permissions": [{"user": self.user, "vhost": name, **everything} for name in vhosts],
        }


def _digest(password: str) -> str:
    """Return the hash of a password as RabbitMQ stores it (rabbitmq.com/docs/passwords)."""
    salt = os.urandom(4)
    return base64.b64encode(salt + sha256(salt + password.encode()).digest()).decode()
