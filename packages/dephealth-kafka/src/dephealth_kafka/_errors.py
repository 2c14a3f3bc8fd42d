"""What librdkafka's errors mean (README.md, "What it reports")."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping

from confluent_kafka import KafkaError, KafkaException

from dephealth import AUTH_ERROR, DNS_ERROR, ERROR, TIMEOUT, TLS_ERROR, CheckTlsError, Outcome

OUTCOMES: Mapping[str, Outcome] = {
    "_AUTHENTICATION": AUTH_ERROR,
    "_BAD_MSG": ERROR,
    "_INVALID_ARG": ERROR,
    "_RESOLVE": DNS_ERROR,
    "_SSL": TLS_ERROR,
    "_TIMED_OUT": TIMEOUT,
    "_TIMED_OUT_QUEUE": TIMEOUT,
    "_UNDERFLOW": ERROR,
    "_UNSUPPORTED_FEATURE": ERROR,
    "CLUSTER_AUTHORIZATION_FAILED": AUTH_ERROR,
    "ILLEGAL_SASL_STATE": AUTH_ERROR,
    "SASL_AUTHENTICATION_FAILED": AUTH_ERROR,
    "UNSUPPORTED_SASL_MECHANISM": AUTH_ERROR,
}
"""Outcomes by the names of the codes that a client may meet; any other is `ERROR`."""

RAISED_OTHERWISE = frozenset({"_ALL_BROKERS_DOWN", "_CRIT_SYS_RESOURCE", "_TRANSPORT"})
"""Codes that `failure_of` makes another exception of than `KafkaException`."""

_NUMBERS = (
    errno.ECONNREFUSED,
    errno.ECONNRESET,
    errno.EPIPE,
    errno.ENETUNREACH,
    errno.ENETDOWN,
    errno.EHOSTUNREACH,
    errno.EHOSTDOWN,
    errno.ETIMEDOUT,
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOBUFS,
    errno.ENOMEM,
)
_IN_TLS = re.compile("SSL.(handshake|routines)", re.IGNORECASE)
_BEFORE_TLS = re.compile("ssl://.*in state CONNECT")
"""What was to be TLS ended before librdkafka knew that it was connected."""


def failure_of(error: KafkaError) -> Exception:
    """The exception that tells of *error*, which a client met with its only broker or at start.

    An `OSError` if there is no connection.
    """
    name, text = error.name(), error.str()
    if name == "_ALL_BROKERS_DOWN":
        # Where nothing came before it, the broker had closed the connection in order.
        return ConnectionResetError(errno.ECONNRESET, "closed by the broker without an answer")
    if name == "_CRIT_SYS_RESOURCE":
        return OSError(errno.ENOMEM, text)
    if name != "_TRANSPORT":
        return KafkaException(error)
    # The code is the same for all of these: only the text tells them apart.
    if _IN_TLS.search(text):
        return CheckTlsError(text)
    number = next((number for number in _NUMBERS if os.strerror(number) in text), None)
    # A reset comes after a connection that was made: the broker was quicker than librdkafka.
    if number == errno.ECONNRESET and _BEFORE_TLS.search(text):
        return CheckTlsError(text)
    return OSError(number or errno.ECONNRESET, text)


def outcome_of(exc: BaseException) -> Outcome | None:
    """What *exc* means if it is librdkafka's."""
    if not isinstance(exc, KafkaException):
        return None
    return OUTCOMES.get(exc.args[0].name(), ERROR)
