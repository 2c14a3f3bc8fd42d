"""Which cells are not as usual, and why."""

from __future__ import annotations

from collections.abc import Sequence

from .answer import Answer, found, not_asked
from .question import Question
from .questions import SECTIONS
from .subjects import Subject

_ESTABLISHED = found("ok", note="A connection was established, which is all that is asked")
_ONE_ENDPOINT = not_asked("A pool or client is one endpoint")
_ITS_OWN_ADDRESS = not_asked("The application's object has the address")
_NO_LOGIN = not_asked("A TCP connection needs no login")
_NO_TLS = not_asked("There is no TLS in it")
_NO_POOL = not_asked("There is no pool")
_ONE_CONNECTION = not_asked("An `ldap3.Connection` is one connection and no pool")
_BEHIND_SENTINEL = not_asked(
    "The Sentinels know where the server is, so that nothing can be put before it; "
    "the client is that of the column beside it"
)
_CUT_FIRST = found(
    "connection_refused",
    "connection_reset",
    note="`connection_reset` if the check finds that its connection was just cut",
)
_REFUSED_LOGIN = found("auth_error", note="It is asked for at login, where the server says why")
_NO_ALERT = "This server closes without a word; one that sends an alert of TLS is a `tls_error`"
_OVERTAKEN = found(
    "tls_error", "connection_reset", note="The alert of TLS may be overtaken by the reset"
)
_UNTOLD_PHASE = found(
    "connection_reset", note="The pool does not tell in which phase of connecting it was reset"
)
_TLS_USER = found(
    "auth_error", note="One port has both: who has to come with TLS is refused the login without"
)
_ONE_PORT = not_asked("One port has both")

_TLS_ROWS = [one.key for one in SECTIONS["TLS"]]
_SENTINEL = "redis, Sentinel client"

ANSWERS: dict[str, dict[str, Answer]] = {
    "ipv6 host": {"pooled": _ITS_OWN_ADDRESS},
    "several hosts": {"pooled": _ONE_ENDPOINT},
    **{
        key: {"tcp": _ESTABLISHED} for key in ("silent", "drip", "reset", "close", "cut", "garbage")
    },
    **{key: {"tcp": _NO_LOGIN} for key in ("wrong password", "no password", "no right")},
    **{key: {"tcp": _NO_TLS} for key in _TLS_ROWS},
    **{
        key: {"standalone": _NO_POOL, "ldap, client": _ONE_CONNECTION}
        for key in ("exhausted", "exhausted by a hang")
    },
    "pool without server": {
        "standalone": _NO_POOL,
        "postgres pooled": _CUT_FIRST,
        "mysql pooled": _CUT_FIRST,
        "ldap, client": found(
            "connection_reset",
            "connection_refused",
            note="Refused if the connection opens when it is first used, or restarts by itself",
        ),
    },
    "cut": {"tcp": _ESTABLISHED},
    "garbage": {
        "tcp": _ESTABLISHED,
        "postgres, pool": found(
            "error", "tls_error", note="`tls_error` in connections of the pool that have TLS"
        ),
        "ldap, client": found(
            "error", "connection_reset", note="After the first check the connection is closed"
        ),
    },
    "no right": {
        "tcp": _NO_LOGIN,
        "kafka": not_asked("Whoever may log in may ask for the brokers"),
    },
    "no client certificate": {
        "tcp": _NO_TLS,
        "postgres": _REFUSED_LOGIN,
        "mysql": _REFUSED_LOGIN,
        "redis pooled": _OVERTAKEN,
        "ldap, client": found("connection_reset", "tls_error", note=_NO_ALERT),
        "kafka": found("connection_reset", note=_NO_ALERT),
        "kafka, Apache Kafka": found("tls_error"),
    },
    "tls reset": {"tcp": _NO_TLS, "postgres pooled": _UNTOLD_PHASE, "mysql pooled": _UNTOLD_PHASE},
    "tls to plaintext": {
        "tcp": _NO_TLS,
        "mysql pooled": found("ok", note="aiomysql goes on without TLS, as the application does"),
        "redis": found(
            "timeout",
            "tls_error",
            note="Redis waits for the end of a line; a hello may happen to have one in it",
        ),
        "ldap, StartTLS": _ONE_PORT,
    },
    "unknown database": {
        "mysql": found("auth_error", note="MariaDB tells strangers only that they have no right"),
        "redis, Cluster client": not_asked("A cluster has no numbered databases"),
    },
    "master down": {
        _SENTINEL: not_asked("Its Sentinels would look for another master"),
        "redis, Cluster client": not_asked("Its one node is no replica"),
    },
    "paused": {
        "tcp": found("ok", note="The system accepts in the server's stead"),
        _SENTINEL: found(
            "timeout", "error", note="`error` once its Sentinels name no master any more"
        ),
    },
    "killed": {
        "postgres pooled": _CUT_FIRST,
        "mysql pooled": _CUT_FIRST,
        "ldap, client": found(
            "connection_reset", note="Until the application opens its connection again"
        ),
        _SENTINEL: found(
            "connection_refused", "error", note="`error` once its Sentinels name no master any more"
        ),
    },
    "short": {"pooled": found("ok", note="Its connection is open already")},
    "plaintext to tls": {
        "tcp": _NO_TLS,
        "postgres": _TLS_USER,
        "mysql": _TLS_USER,
        "ldap, StartTLS": _ONE_PORT,
        "amqp": found("error", note="RabbitMQ answers with an alert of TLS"),
    },
}
for _key in (
    "silent",
    "drip",
    "reset",
    "close",
    "cut",
    "garbage",
    "exhausted by a hang",
    "pool without server",
    *_TLS_ROWS,
):
    ANSWERS.setdefault(_key, {})[_SENTINEL] = _BEHIND_SENTINEL


def answer(question: Question, subject: Subject) -> Answer | None:
    """What the cell comes to: by column, by mode or by type, or as usual.

    None if the question is about something that only other types have.
    """
    if question.types and subject.type not in question.types:
        return None
    special = ANSWERS.get(question.key, {})
    return next((special[key] for key in keys_of(subject) if key in special), found(question.usual))


def keys_of(subject: Subject) -> Sequence[str]:
    """Under which what is special about a column may stand, the first that is there counts."""
    kind = "pooled" if subject.pooled else "standalone"
    return [subject.key, f"{subject.type} {kind}", subject.type, kind]
