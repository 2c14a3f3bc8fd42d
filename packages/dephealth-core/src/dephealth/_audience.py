"""The exporters of one object: told of everything, and unable to harm the checks."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from ._observer import Exporter, Target
from ._state import EndpointState


class Audience:
    """Tells exporters of endpoints and results.

    What one raises on a result or a removal is logged with its traceback, once
    per change of kind.

    Args:
        exporters: Who is told.
        log: Where to write.
    """

    def __init__(self, exporters: Sequence[Exporter], log: logging.Logger) -> None:
        self._exporters = exporters
        self._log = log
        self._failures: dict[int, type[Exception]] = {}

    def added(self, targets: Iterable[Target]) -> None:
        """*targets* are going to be checked.

        Raises:
            ConfigurationError: An exporter refuses one; then no exporter has any.
        """
        told: list[tuple[Exporter, Target]] = []
        try:
            for target in targets:
                for exporter in self._exporters:
                    exporter.on_added(target)
                    told.append((exporter, target))
        except BaseException:
            for exporter, target in told:
                self._removed(exporter, target)
            raise

    def result(self, target: Target, state: EndpointState) -> None:
        """*target* has been checked."""
        for exporter in self._exporters:
            try:
                exporter.on_result(target, state)
            except Exception as exc:  # noqa: BLE001  # an exporter must not harm the checks
                self._failed(exporter, exc)

    def removed(self, target: Target) -> None:
        """*target* is checked no longer."""
        for exporter in self._exporters:
            self._removed(exporter, target)

    def _removed(self, exporter: Exporter, target: Target) -> None:
        try:
            exporter.on_removed(target)
        except Exception as exc:  # noqa: BLE001  # nor a removal
            self._failed(exporter, exc)

    def _failed(self, exporter: Exporter, exc: Exception) -> None:
        if self._failures.get(id(exporter)) is not type(exc):
            self._failures[id(exporter)] = type(exc)
            self._log.error("exporter %s failed", type(exporter).__name__, exc_info=exc)
