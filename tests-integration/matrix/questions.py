"""The rows, in the order of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .on_network import LOGIN, NETWORK
from .on_state import POOL, STATE
from .on_tls import TLS
from .question import Question

PAUSED = Question(
    "paused", "it is stopped (SIGSTOP), longer than the timeout, and goes on", "timeout"
)
KILLED = Question("killed", "it is killed, and started again", "connection_refused")
SHORT = Question("short", "it can open no more descriptors; after three intervals", "error")

SECTIONS: Mapping[str, Sequence[Question]] = {
    "the network": NETWORK,
    "the login": LOGIN,
    "TLS": TLS,
    "the application's pool": POOL,
    "the server answers, and is not well": STATE,
    "the server comes back": [PAUSED, KILLED],
    "this process": [SHORT],
}
QUESTIONS: Sequence[Question] = [one for rows in SECTIONS.values() for one in rows]
