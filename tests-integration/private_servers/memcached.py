"""A private memcached server."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ._server import PrivateServer

if TYPE_CHECKING:
    from ._certificates import Certificates


class MemcachedServer(PrivateServer):
    """memcached, on TCP alone; it keeps nothing over a stop.

    Attributes:
        user: Logs in with `password`, where there is one.
    """

    program: ClassVar[str] = "memcached"
    user: ClassVar[str] = "app"

    _package_user = "memcache"
    _ready_line = "server listening"

    def __init__(
        self, *, certificates: Certificates | None = None, password: str | None = None
    ) -> None:
        """Say how clients come in.

        Args:
            certificates: See `PrivateServer`; it speaks no TLS.
            password: Of `user`, None to let everybody in.
        """
        super().__init__(certificates=certificates)
        self.password = password

    def _configure(self) -> None:
        if self.password is not None:
            self._write("accounts", f"{self.user}:{self.password}\n")

    def _command(self) -> list[str]:
        hosts = ",".join(self.hosts)
        options = ["-p", str(self.port), "-U", "0", "-l", hosts, "-m", "16", "-vv"]
        if self.password is not None:
            options += ["-Y", str(self.folder / "accounts")]
        return [self._executable("memcached"), *options]

    def _is_ready(self, log: str) -> bool:
        return log.count(self._ready_line) >= len(self.hosts)
