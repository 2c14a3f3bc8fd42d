"""The metadata of a cluster, asked of one broker by a client that lives for that alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, Producer

from dephealth import require_descriptors

_PATIENCE = 0.02
"""Seconds after which a wait looks whether it is to end."""

_SURE = 10
"""Statistics in a row that show an answer which names no brokers.

One does not do: an answer is counted a moment before what it says is known.
"""

_NUMBERED = re.compile(r'"nodeid":\s*\d')
_UP = '"UP"'

_NEVER = 300_000
"""Milliseconds: the most that librdkafka takes. The deadline is the core's."""

_SETTINGS: Mapping[str, Any] = {
    "client.id": "dephealth",
    "log_level": 0,
    "enable.metrics.push": False,
    # Nothing tells when an answer has come but the statistics.
    "statistics.interval.ms": 2,
    # Room to name 500 brokers; librdkafka starts a thread for each that is named.
    "receive.message.max.bytes": 64 * 1024,
    "api.version.request.timeout.ms": _NEVER,
    "socket.connection.setup.timeout.ms": _NEVER,
    "socket.timeout.ms": _NEVER,
}


class MetadataRequest:
    """One request for metadata, to one broker.

    A client that has connected asks its broker by itself for the cluster's
    other brokers: the least that can be asked, of nobody else, with no topic
    named. (`list_topics` asks once more, and some versions send that to
    another broker.) So nothing has to be called but `poll`, which comes back as
    soon as there is something to know.

    Args:
        settings: Address and security, in librdkafka's terms.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._ended = False
        self._nameless = 0
        self.answered = False
        """Whether the broker has named brokers."""
        self.errors: list[KafkaError] = []
        """What went wrong instead, the first reason first."""

    @property
    def nameless(self) -> bool:
        """Whether the broker has answered without naming any."""
        return self._nameless >= _SURE

    def run(self) -> None:
        """Ask, and return once there is an answer or an error, or after `end`; blocks.

        Raises:
            KafkaException: The settings are of no use.
            OSError: This process can open nothing more.
        """
        require_descriptors()  # of some librdkafka does not say that it cannot open them
        client = Producer(
            {
                **_SETTINGS,
                **self._settings,
                "error_cb": self.errors.append,
                "stats_cb": self._on_statistics,
            }
        )
        try:
            while not (self.answered or self.nameless or self.errors or self._ended):
                client.poll(_PATIENCE)
        finally:
            # Its threads end here, and not where the traceback of an exception is dropped.
            del client

    def end(self) -> None:
        """Have `run` return soon; may be called from any thread."""
        self._ended = True

    def _on_statistics(self, text: str) -> None:
        """Look for brokers that have a number: only an answer tells it (STATISTICS.md).

        With the parser for few texts only: a broker that hangs makes hundreds a second.
        """
        if _NUMBERED.search(text):
            self.answered = True
        elif _UP in text and any(map(_has_answered, json.loads(text)["brokers"].values())):
            self._nameless += 1
        else:
            self._nameless = 0


def _has_answered(broker: Mapping[str, Any]) -> bool:
    pending = broker["outbuf_cnt"] + broker["waitresp_cnt"]
    return broker["state"] == "UP" and broker["req"].get("Metadata", 0) > 0 and not pending
