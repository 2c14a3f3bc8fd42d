"""Which cells are not as usual, and why."""

from __future__ import annotations

from .answer import Answer, found, not_asked
from .questions import QUESTIONS, Question
from .subjects import Subject

_ESTABLISHED = found("ok", note="a connection was established, which is all that is asked")
_ONE_ENDPOINT = not_asked("a pool or client is one endpoint")
_ITS_OWN_ADDRESS = not_asked("the application's object has the address")
_NO_LOGIN = not_asked("tcp logs in nowhere")
_NO_TLS = not_asked("tcp speaks no TLS")
_NO_POOL = not_asked("there is no pool")
_ONE_CONNECTION = not_asked("an `ldap3.Connection` is one connection and no pool")
_BEHIND_SENTINEL = not_asked(
    "the Sentinels know where the server is, so that nothing can be put before it; "
    "the client is that of the column beside it"
)
_ONE_PORT = not_asked("one port has both: who must come with TLS and does not is refused the login")

_TLS_ROWS = [one.key for one in QUESTIONS if one.section == "TLS"]
_POOL_ROWS = [one.key for one in QUESTIONS if one.section == "the application's pool"]
_SENTINEL = "redis, Sentinel client"

ANSWERS: dict[str, dict[str, Answer]] = {
    "ipv6 host": {"pooled": _ITS_OWN_ADDRESS},
    "several hosts": {"pooled": _ONE_ENDPOINT},
    **{key: {"tcp": _ESTABLISHED} for key in ("silent", "drip", "reset", "close", "cut", "garbage")},
    **{key: {"tcp": _NO_LOGIN} for key in ("wrong password", "no password", "no right")},
    **{key: {"tcp": _NO_TLS} for key in _TLS_ROWS},
    **{
        key: {"standalone": _NO_POOL, "ldap, client": _ONE_CONNECTION}
        for key in ("exhausted", "exhausted by a hang")
    },
    "pool without server": {
        "standalone": _NO_POOL,
        "ldap, client": found("connection_reset", note="what the application would find"),
    },
}
for _key in ("silent", "drip", "reset", "close", "cut", "garbage", "exhausted by a hang", "pool without server", *_TLS_ROWS):
    ANSWERS.setdefault(_key, {})[_SENTINEL] = _BEHIND_SENTINEL
ANSWERS["no right"] |= {
    "kafka": not_asked("whoever may log in may ask for the brokers"),
}
for _type in ("postgres", "mysql", "ldap, StartTLS"):
    ANSWERS["plaintext to tls"][_type] = _ONE_PORT


def answer(question: Question, subject: Subject) -> Answer:
    """What the cell comes to: by column, by mode or by type, or as usual."""
    special = ANSWERS.get(question.key, {})
    kind = "pooled" if subject.pooled else "standalone"
    for key in (subject.key, f"{subject.type} {kind}", subject.type, kind):
        if key in special:
            return special[key]
    return found(question.usual)
