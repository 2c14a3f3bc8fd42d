"""The table of librdkafka's error codes."""

from __future__ import annotations

import errno
import os

import pytest
from confluent_kafka import KafkaError, KafkaException

from dephealth import AUTH_ERROR, DNS_ERROR, ERROR, TIMEOUT, TLS_ERROR, CheckTlsError, Outcome
from dephealth_kafka import KafkaChecker
from dephealth_kafka._errors import OUTCOMES, RAISED_OTHERWISE, failure_of

NOT_MET = {
    *("_APPLICATION", "_CONFLICT", "_DESTROY", "_DESTROY_BROKER", "_FAIL", "_FATAL", "_FS"),
    *("_INCONSISTENT", "_INTR", "_INVALID_DIFFERENT_RECORD", "_INVALID_TYPE"),
    *("_IN_PROGRESS", "_NODE_UPDATE", "_NOENT", "_NOOP", "_NOT_CONFIGURED", "_NOT_IMPLEMENTED"),
    *("_OUTDATED", "_PARTIAL", "_PREV_IN_PROGRESS", "_READ_ONLY", "_RETRY", "_STATE"),
    *("_UNKNOWN_BROKER", "_UNKNOWN_PROTOCOL", "_WAIT_CACHE"),
    # Of messages, topics and partitions:
    *("_BAD_COMPRESSION", "_FENCED", "_GAPLESS_GUARANTEE", "_ISR_INSUFF", "_KEY_DESERIALIZATION"),
    *("_KEY_SERIALIZATION", "_LOG_TRUNCATION", "_MSG_TIMED_OUT", "_PARTITION_EOF"),
    *("_PURGE_INFLIGHT", "_PURGE_QUEUE", "_QUEUE_FULL", "_UNKNOWN_PARTITION", "_UNKNOWN_TOPIC"),
    *("_VALUE_DESERIALIZATION", "_VALUE_SERIALIZATION"),
    # Of consumers and their groups:
    *("_ASSIGNMENT_LOST", "_ASSIGN_PARTITIONS", "_AUTO_OFFSET_RESET", "_EXISTING_SUBSCRIPTION"),
    *("_MAX_POLL_EXCEEDED", "_NO_OFFSET", "_REVOKE_PARTITIONS", "_UNKNOWN_GROUP", "_WAIT_COORD"),
}
"""Codes of librdkafka's own that a client that only asks for metadata is never told."""

CODES = {
    name: code
    for name in dir(KafkaError)
    if name.strip("_").isupper() and isinstance(code := getattr(KafkaError, name), int)
}


def _error(name: str, text: str = "") -> KafkaError:
    return KafkaError(CODES[name], text)


def test_every_code_of_librdkafka_is_decided_on() -> None:
    """There is no local code that nobody has thought about; a new one wants a decision."""
    local = {name for name in CODES if name.startswith("_")}
    assert local - OUTCOMES.keys() - RAISED_OTHERWISE == local & NOT_MET


def test_every_code_about_logins_is_decided_on() -> None:
    """All codes of a broker that have to do with SASL are authentication errors."""
    about_logins = {name for name, code in CODES.items() if code > 0 and "SASL" in name}
    assert {OUTCOMES[name] for name in about_logins} == {AUTH_ERROR}


def test_table_has_no_other_codes() -> None:
    """Each entry is a code of the driver."""
    assert OUTCOMES.keys() | RAISED_OTHERWISE <= CODES.keys()


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("_AUTHENTICATION", AUTH_ERROR),
        ("SASL_AUTHENTICATION_FAILED", AUTH_ERROR),
        ("_SSL", TLS_ERROR),
        ("_RESOLVE", DNS_ERROR),
        ("_TIMED_OUT", TIMEOUT),
        ("_BAD_MSG", ERROR),
        ("_STATE", ERROR),
        ("INVALID_CONFIG", ERROR),
    ],
)
def test_code_decides(name: str, outcome: Outcome) -> None:
    """A code in the table has its outcome, any other is an error."""
    failure = failure_of(_error(name))
    assert isinstance(failure, KafkaException)
    assert KafkaChecker().classify(failure) == outcome


def test_other_exceptions_are_not_ours() -> None:
    """What is not librdkafka's is left to the core."""
    assert KafkaChecker().classify(ValueError()) is None


@pytest.mark.parametrize(
    "number",
    [errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ETIMEDOUT, errno.EMFILE],
)
def test_reason_of_the_system_is_told(number: int) -> None:
    """A connection that the system does not give is told by the system's number."""
    reason = os.strerror(number)
    text = f"b0:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed: {reason} (after 0ms)"
    failure = failure_of(_error("_TRANSPORT", text))
    assert isinstance(failure, OSError)
    assert failure.errno == number


def test_thread_that_cannot_be_started_is_a_shortage() -> None:
    """A client that the system has no thread for says nothing of the broker."""
    failure = failure_of(_error("_CRIT_SYS_RESOURCE", "unable to create thread"))
    assert isinstance(failure, OSError)
    assert failure.errno == errno.ENOMEM


@pytest.mark.parametrize(
    "text",
    [
        "SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener?",
        "Disconnected: connection reset by peer (after 0ms in state SSL_HANDSHAKE)",
        "Receive failed: error:0A00045C:SSL routines::tlsv13 alert certificate required",
        "Connect to ipv4#10.0.0.1:9 failed: Connection reset by peer (after 0ms in state CONNECT)",
    ],
)
def test_loss_in_tls_is_a_tls_error(text: str) -> None:
    """A connection that is lost to TLS is a TLS error."""
    failure = failure_of(_error("_TRANSPORT", f"ssl://b0:9092/bootstrap: {text}"))
    assert isinstance(failure, CheckTlsError)


@pytest.mark.parametrize(
    "error",
    [
        _error("_ALL_BROKERS_DOWN", "1/1 brokers are down"),
        _error(
            "_TRANSPORT",
            "b0:9092/bootstrap: Connect to ipv4#10.0.0.1:9092 failed: Connection reset by peer "
            "(after 0ms in state CONNECT)",
        ),
        _error(
            "_TRANSPORT",
            "ssl://b0:9092/bootstrap: Disconnected: connection reset by peer "
            "(after 3ms in state APIVERSION_QUERY)",
        ),
        _error(
            "_TRANSPORT",
            "b0:9092/bootstrap: Disconnected while requesting ApiVersion: might be caused by "
            "incorrect security.protocol configuration (connecting to a SSL listener?)",
        ),
    ],
    ids=str,
)
def test_any_other_loss_is_a_reset(error: KafkaError) -> None:
    """A connection that is lost for no reason that is told was cut by the broker."""
    assert isinstance(failure_of(error), ConnectionResetError)
