"""The rows: what is asked, and what the usual answer is."""

from __future__ import annotations

from dataclasses import dataclass

from dephealth_testing import Close, Cut, Drip, Garbage, Refuse, Reset, Silent

from . import full_pools, scenes, unwell
from .asking import Cell, MakeScene, of_scene
from .faults import End, InHandshake, LdapResult
from .isolation import NO_NETWORK, NO_ROUTE
from .scenes import as_it_is, behind, login, plain, saying, secure, strict
from .target import Login, Tls


@dataclass(frozen=True)
class Question:
    """One row.

    Args:
        key: Its short name.
        section: Under which it stands.
        title: What is the matter.
        usual: The detail that is found unless `answers` says another.
        cell: Asks it; None where `lives` asks it of all at once.
        isolated: Whether it is asked in a network of its own.
        types: Of which types it is asked; empty for all.
    """

    key: str
    section: str
    title: str
    usual: str
    cell: Cell | None = None
    isolated: bool = False
    types: tuple[str, ...] = ()


def _host(host: str) -> Cell:
    return of_scene(as_it_is(plain, host=host))


def _in_handshake(end: End, *data: bytes) -> MakeScene:
    return behind(InHandshake(end, *data), secure, met_in_use=False)


_TLS = "TLS"
_NETWORK = "the network"
_LOGIN = "the login"
_POOL = "the application's pool"
_STATE = "the server answers, and is not well"
_LIFE = "the server comes back"
_SELF = "this process"

PAUSED = Question(
    "paused", _LIFE, "it is stopped (SIGSTOP), longer than the timeout, and goes on", "timeout"
)
KILLED = Question("killed", _LIFE, "it is killed, and started again", "connection_refused")
SHORT = Question("short", _SELF, "it can open no more descriptors; after three intervals", "error")

QUESTIONS: tuple[Question, ...] = (
    Question("healthy", _NETWORK, "all is well", "ok", of_scene(as_it_is(plain))),
    Question(
        "ipv6 url",
        _NETWORK,
        "the same over `[::1]` in a URL",
        "ok",
        of_scene(scenes.ipv6(by_host=False)),
    ),
    Question(
        "ipv6 host",
        _NETWORK,
        'the same over `host="::1"`',
        "ok",
        of_scene(scenes.ipv6(by_host=True)),
    ),
    Question(
        "several hosts",
        _NETWORK,
        "one host of a URL with several, another one is down",
        "ok",
        scenes.several_hosts,
    ),
    Question("refused", _NETWORK, "nobody listens", "connection_refused", of_scene(scenes.nobody)),
    Question(
        "dns",
        _NETWORK,
        "the name does not resolve",
        "dns_error",
        _host("dephealth.invalid"),
        isolated=True,
    ),
    Question(
        "dns silent",
        _NETWORK,
        "the name server does not answer",
        "dns_error",
        of_scene(scenes.silent_name_server),
        isolated=True,
    ),
    Question(
        "network",
        _NETWORK,
        "no network leads there",
        "network_unreachable",
        _host(NO_NETWORK),
        isolated=True,
    ),
    Question(
        "host",
        _NETWORK,
        "the host cannot be reached",
        "host_unreachable",
        _host(NO_ROUTE),
        isolated=True,
    ),
    Question(
        "silent", _NETWORK, "accepts, and stays silent", "timeout", of_scene(behind(Silent()))
    ),
    Question(
        "drip",
        _NETWORK,
        "sends its answer at one byte a second",
        "timeout",
        of_scene(behind(Drip(1.0))),
    ),
    Question(
        "reset", _NETWORK, "resets what it accepts", "connection_reset", of_scene(behind(Reset()))
    ),
    Question(
        "close", _NETWORK, "closes what it accepts", "connection_reset", of_scene(behind(Close()))
    ),
    Question(
        "cut",
        _NETWORK,
        "closes in the middle of its answer",
        "connection_reset",
        of_scene(behind(Cut(3))),
    ),
    Question(
        "garbage",
        _NETWORK,
        "answers what is not its protocol",
        "error",
        of_scene(behind(Garbage(close=True))),
    ),
    Question(
        "wrong password", _LOGIN, "wrong password", "auth_error", of_scene(login(Login.WRONG))
    ),
    Question(
        "no password",
        _LOGIN,
        "no password where one is needed",
        "auth_error",
        of_scene(login(Login.NONE)),
    ),
    Question(
        "no right",
        _LOGIN,
        "no right to this database, virtual host, entry, path",
        "auth_error",
        of_scene(login(Login.OUTSIDER)),
    ),
    Question(
        "tls", _TLS, "all is well, and the certificate verified", "ok", of_scene(as_it_is(secure))
    ),
    Question(
        "untrusted",
        _TLS,
        "certificate of an authority that is not trusted",
        "tls_error",
        of_scene(as_it_is(secure, tls=Tls.STRANGER)),
    ),
    Question(
        "expired",
        _TLS,
        "expired certificate",
        "tls_error",
        of_scene(as_it_is(strict, tls=Tls.TRUSTING, shows_certificate=True)),
    ),
    Question(
        "wrong name", _TLS, "certificate for another name", "tls_error", of_scene(scenes.wrong_name)
    ),
    Question(
        "any certificate",
        _TLS,
        "all three, with `tls_skip_verify=True`",
        "ok",
        of_scene(scenes.any_certificate),
    ),
    Question(
        "no client certificate",
        _TLS,
        "no client certificate where one is needed",
        "tls_error",
        of_scene(as_it_is(strict, tls=Tls.BLIND)),
    ),
    Question(
        "tls silent",
        _TLS,
        "stays silent in the handshake",
        "timeout",
        of_scene(_in_handshake(End.SILENCE)),
    ),
    Question(
        "tls close",
        _TLS,
        "closes in the handshake",
        "tls_error",
        of_scene(_in_handshake(End.CLOSE)),
    ),
    Question(
        "tls reset",
        _TLS,
        "resets in the handshake",
        "tls_error",
        of_scene(_in_handshake(End.RESET)),
    ),
    Question(
        "tls garbage",
        _TLS,
        "answers the client's hello with what is not TLS",
        "tls_error",
        of_scene(_in_handshake(End.CLOSE, b"no TLS here\r\n\r\n")),
    ),
    Question(
        "tls to plaintext",
        _TLS,
        "TLS to a port that has none",
        "tls_error",
        of_scene(scenes.tls_to_plaintext),
    ),
    Question(
        "plaintext to tls",
        _TLS,
        "no TLS to a port that has nothing else",
        "connection_reset",
        of_scene(scenes.plaintext_to_tls),
    ),
    Question(
        "exhausted",
        _POOL,
        "the application keeps every connection; the server is well",
        "pool_exhausted",
        full_pools.exhausted,
    ),
    Question(
        "exhausted by a hang",
        _POOL,
        "the application keeps every connection; the server hangs",
        "timeout",
        full_pools.exhausted_by_a_hang,
    ),
    Question(
        "pool without server",
        _POOL,
        "the pool is open, and nobody listens any more",
        "connection_refused",
        of_scene(behind(Refuse())),
    ),
    *(
        Question(
            f"http {code}",
            _STATE,
            f"it answers {code}",
            f"http_{code}",
            of_scene(saying(health_path=f"/status/{code}")),
            types=("http",),
        )
        for code in (404, 500, 503)
    ),
    Question(
        "not serving",
        _STATE,
        "it says `NOT_SERVING`",
        "grpc_not_serving",
        of_scene(unwell.grpc_says("NOT_SERVING")),
        types=("grpc",),
    ),
    Question(
        "unknown",
        _STATE,
        "it says `UNKNOWN`",
        "grpc_unknown",
        of_scene(unwell.grpc_says("UNKNOWN")),
        types=("grpc",),
    ),
    Question(
        "unknown service",
        _STATE,
        "it does not know the service",
        "error",
        of_scene(saying(service_name="nothing")),
        types=("grpc",),
    ),
    Question(
        "unimplemented",
        _STATE,
        "it answers `UNIMPLEMENTED`",
        "error",
        of_scene(saying(service_name="=UNIMPLEMENTED")),
        types=("grpc",),
    ),
    Question(
        "unknown database",
        _STATE,
        "there is no such database",
        "error",
        of_scene(unwell.unknown_database),
        types=("postgres", "mysql", "redis"),
    ),
    Question(
        "too many clients",
        _STATE,
        "it takes no more clients",
        "error",
        of_scene(unwell.too_many_clients),
        types=("postgres", "mysql"),
    ),
    Question(
        "query",
        _STATE,
        "it rejects the query",
        "query_error",
        of_scene(saying(query="SELECT * FROM nowhere")),
        types=("postgres", "mysql"),
    ),
    Question(
        "loading",
        _STATE,
        "it is still reading its data (`LOADING`)",
        "unhealthy",
        of_scene(unwell.loading),
        types=("redis",),
    ),
    Question(
        "master down",
        _STATE,
        "it is a replica without its master (`MASTERDOWN`)",
        "unhealthy",
        of_scene(unwell.master_down),
        types=("redis",),
    ),
    Question(
        "no such entry",
        _STATE,
        "there is no such entry",
        "error",
        of_scene(saying(check_method="search", base_dn="dc=nowhere")),
        types=("ldap",),
    ),
    *(
        Question(
            f"ldap {code}",
            _STATE,
            f"it answers {name} ({code})",
            "unhealthy",
            of_scene(behind(LdapResult(code))),
            types=("ldap",),
        )
        for code, name in ((51, "busy"), (52, "unavailable"), (53, "unwillingToPerform"))
    ),
    Question(
        "vhost down",
        _STATE,
        "the virtual host is down (541)",
        "unhealthy",
        of_scene(unwell.vhost_down),
        types=("amqp",),
    ),
    Question(
        "no brokers",
        _STATE,
        "it names no brokers",
        "no_brokers",
        of_scene(unwell.no_brokers),
        types=("kafka",),
    ),
    PAUSED,
    KILLED,
    SHORT,
)
