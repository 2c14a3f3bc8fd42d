"""What a cell comes to."""

from __future__ import annotations

from dataclasses import dataclass

from dephealth import CORE_DETAILS

_OF_PLUGINS = {"http_": "unhealthy", "grpc_": "unhealthy", "no_brokers": "unhealthy"}


@dataclass(frozen=True)
class Answer:
    """The details of which one is found, none if the question does not apply.

    Args:
        details: More than one where the server decides, or a race in the network.
        note: Why it is not as usual, or why it does not apply.
    """

    details: tuple[str, ...]
    note: str = ""

    @property
    def applies(self) -> bool:
        """Whether the question can be asked."""
        return bool(self.details)

    def status(self, detail: str) -> str:
        """The status that *detail* belongs to."""
        own = (status for begin, status in _OF_PLUGINS.items() if detail.startswith(begin))
        return str(CORE_DETAILS.get(detail) or next(own))


def found(*details: str, note: str = "") -> Answer:
    """One of *details*."""
    return Answer(details, note)


def not_asked(reason: str) -> Answer:
    """The question does not apply."""
    return Answer((), reason)
