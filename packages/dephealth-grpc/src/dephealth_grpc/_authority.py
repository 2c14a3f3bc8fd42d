"""What a server is called: in ``:authority``, in SNI, and in its certificate."""

from __future__ import annotations

from dephealth import ConfigurationError, Endpoint


def authority_of(endpoint: Endpoint) -> str:
    """What other gRPC clients send to *endpoint* as ``:authority``: host and port, in ASCII."""
    host = server_name(endpoint.host)
    if not host.isascii():
        host = host.encode("idna").decode()
    return f"[{host}]:{endpoint.port}" if ":" in host else f"{host}:{endpoint.port}"


def host_of(authority: str) -> str:
    """The host in *authority*, without its port.

    Raises:
        ConfigurationError: It is none.
    """
    bare, colon, port = authority.rpartition(":")
    if not colon or port.endswith("]"):
        bare, port = authority, "1"
    try:
        if not bare.isascii() or "/" in bare or (":" in bare and not bare.startswith("[")):
            raise ConfigurationError("it is no host name in ASCII")
        return Endpoint(bare, port).host
    except ConfigurationError as exc:
        raise ConfigurationError(f"authority must be a host or host:port: {exc}") from exc


def server_name(host: str) -> str:
    """*host* without the zone of a link-local address, which means nothing elsewhere."""
    return host.partition("%")[0]
