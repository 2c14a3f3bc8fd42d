"""What the server says of itself, and what the application does to its pool."""

from __future__ import annotations

from dephealth_testing import Refuse

from . import full_pools, unwell
from .asking import of_scene
from .faults import LdapResult
from .question import Question
from .scenes import behind, saying

POOL: tuple[Question, ...] = (
    Question(
        "exhausted",
        "the application keeps every connection; the server is well",
        "pool_exhausted",
        full_pools.exhausted,
    ),
    Question(
        "exhausted by a hang",
        "the application keeps every connection; the server hangs",
        "timeout",
        full_pools.exhausted_by_a_hang,
    ),
    Question(
        "pool without server",
        "the pool is open, and nobody listens any more",
        "connection_refused",
        of_scene(behind(Refuse())),
    ),
)

STATE: tuple[Question, ...] = (
    *(
        Question(
            f"http {code}",
            f"it answers {code}",
            f"http_{code}",
            of_scene(saying(health_path=f"/status/{code}")),
            types=("http",),
        )
        for code in (404, 500, 503)
    ),
    Question(
        "not serving",
        "it says `NOT_SERVING`",
        "grpc_not_serving",
        of_scene(unwell.grpc_says("NOT_SERVING")),
        types=("grpc",),
    ),
    Question(
        "unknown",
        "it says `UNKNOWN`",
        "grpc_unknown",
        of_scene(unwell.grpc_says("UNKNOWN")),
        types=("grpc",),
    ),
    Question(
        "unknown service",
        "it does not know the service",
        "error",
        of_scene(saying(service_name="nothing")),
        types=("grpc",),
    ),
    Question(
        "unimplemented",
        "it answers `UNIMPLEMENTED`",
        "error",
        of_scene(saying(service_name="=UNIMPLEMENTED")),
        types=("grpc",),
    ),
    Question(
        "unknown database",
        "there is no such database",
        "error",
        of_scene(unwell.unknown_database),
        types=("postgres", "mysql", "redis"),
    ),
    Question(
        "too many clients",
        "it takes no more clients",
        "error",
        of_scene(unwell.too_many_clients),
        types=("postgres", "mysql"),
    ),
    Question(
        "cannot connect now",
        "it shuts down while a client stays (57P03)",
        "error",
        of_scene(unwell.cannot_connect_now),
        types=("postgres",),
    ),
    Question(
        "query",
        "it rejects the query",
        "query_error",
        of_scene(saying(query="SELECT * FROM nowhere")),
        types=("postgres", "mysql"),
    ),
    Question(
        "loading",
        "it is still reading its data (`LOADING`)",
        "unhealthy",
        of_scene(unwell.loading),
        types=("redis",),
    ),
    Question(
        "master down",
        "it is a replica without its master (`MASTERDOWN`)",
        "unhealthy",
        of_scene(unwell.master_down),
        types=("redis",),
    ),
    Question(
        "no such entry",
        "there is no such entry",
        "error",
        of_scene(saying(check_method="search", base_dn="dc=nowhere")),
        types=("ldap",),
    ),
    *(
        Question(
            f"ldap {code}",
            f"it answers {name} ({code})",
            "unhealthy",
            of_scene(behind(LdapResult(code))),
            types=("ldap",),
        )
        for code, name in ((51, "busy"), (52, "unavailable"), (53, "unwillingToPerform"))
    ),
    Question(
        "vhost down",
        "the virtual host is down (541)",
        "unhealthy",
        of_scene(unwell.vhost_down),
        types=("amqp",),
    ),
    Question(
        "no brokers",
        "it names no brokers",
        "no_brokers",
        of_scene(unwell.no_brokers),
        types=("kafka",),
    ),
)
