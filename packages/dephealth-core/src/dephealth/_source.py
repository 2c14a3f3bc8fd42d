"""Where a dependency's address comes from (docs/configuration.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ._checker import Checker
from ._endpoint import Endpoint
from ._environment import DependencyEnvironment
from ._hosts import Host
from ._pooled import PooledChecker
from .errors import ConfigurationError
from .hookspecs import CheckerSpec

if TYPE_CHECKING:
    from ._address import Address


class Source:
    """The one source that the address and the credentials in it are taken from."""

    def __init__(
        self,
        spec: CheckerSpec,
        checker: type[Checker],
        given: Mapping[str, Any],
        env: DependencyEnvironment,
    ) -> None:
        self.hosts: Sequence[Host] = ()
        self.options: Mapping[str, Any] = {}
        pooled = issubclass(checker, PooledChecker) and checker.source_option in given
        if "port" in given and "host" not in given and "url" not in given:
            raise ConfigurationError("port= is given without host=")
        if "url" in given:
            self._take(_parsed(given["url"], "url=", spec), checker)
        elif "host" in given:
            self.hosts = [_pair(given["host"], given.get("port"), spec, bool(given.get("tls")))]
        elif pooled:
            return
        elif (url := env.text("URL")) is not None:
            self._take(_parsed(url, env.variable("URL"), spec), checker)
        elif (host := env.text("HOST")) is not None:
            port = env.text("PORT")
            names = [env.variable("HOST")] + ([env.variable("PORT")] if port else [])
            with _read_from(", ".join(names)):
                self.hosts = [_pair(host, port, spec, bool(given.get("tls")))]
        elif env.text("PORT") is not None:
            raise ConfigurationError(
                f"{env.variable('PORT')} is set without {env.variable('HOST')}"
            )

    def _take(self, address: Address, checker: type[Checker]) -> None:
        self.hosts = address.hosts
        self.options = checker.from_address(address)


def _parsed(url: object, source: str, spec: CheckerSpec) -> Address:
    if not isinstance(url, str):
        raise ConfigurationError(f"{source} must be a text, not {type(url).__name__}")
    from ._address import parse_address

    with _read_from(source):
        return parse_address(url, spec.schemes, spec.tls_schemes, spec.socket_port)


@contextmanager
def _read_from(source: str) -> Iterator[None]:
    try:
        yield
    except ConfigurationError as exc:
        raise ConfigurationError(f"{source}: {exc}") from exc


def _pair(host: Any, port: Any, spec: CheckerSpec, tls: bool) -> Host:
    if port is None:
        usual = next(iter(spec.schemes.items()), ("", None))
        secure = [item for item in spec.schemes.items() if item[0] in spec.tls_schemes]
        port = (secure[0] if tls and secure else usual)[1]
        if isinstance(host, str) and host.startswith("/"):
            port = spec.socket_port
        if port is None:
            raise ConfigurationError(
                f"port is missing: a {spec.type} dependency has no default port"
            )
    endpoint = Endpoint(host, port)
    return endpoint.host, endpoint.port
