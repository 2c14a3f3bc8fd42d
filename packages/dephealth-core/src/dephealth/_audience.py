"""The exporters of one object: told of everything, and unable to harm the checks."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType

from ._observer import EnclosingExporter, Exporter, Target
from ._state import EndpointState

_NOTHING = nullcontext()


class Audience:
    """Tells exporters of endpoints and results.

    What one raises on a result, a removal or around a check is logged with its
    traceback, once per change of kind.

    Args:
        exporters: Who is told.
        log: Where to write.
    """

    def __init__(self, exporters: Sequence[Exporter], log: logging.Logger) -> None:
        self._exporters = exporters
        self._enclosing = [each for each in exporters if isinstance(each, EnclosingExporter)]
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

    def around(self, target: Target) -> AbstractContextManager[None]:
        """What to enter around one check of *target*."""
        return _Enclosure(self, target, self._enclosing) if self._enclosing else _NOTHING

    def result(self, target: Target, state: EndpointState) -> None:
        """*target* has been checked."""
        for exporter in self._exporters:
            try:
                exporter.on_result(target, state)
            except Exception as exc:  # noqa: BLE001  # an exporter must not harm the checks
                self.failed(exporter, exc)

    def removed(self, target: Target) -> None:
        """*target* is checked no longer."""
        for exporter in self._exporters:
            self._removed(exporter, target)

    def failed(self, exporter: Exporter, exc: Exception) -> None:
        """*exporter* has raised *exc*."""
        if self._failures.get(id(exporter)) is not type(exc):
            self._failures[id(exporter)] = type(exc)
            self._log.error("exporter %s failed", type(exporter).__name__, exc_info=exc)

    def _removed(self, exporter: Exporter, target: Target) -> None:
        try:
            exporter.on_removed(target)
        except Exception as exc:  # noqa: BLE001  # nor a removal
            self.failed(exporter, exc)


class _Enclosure:
    """What the exporters bring around one check, entered and left as one."""

    __slots__ = ("_audience", "_entered", "_exporters", "_target")

    def __init__(
        self, audience: Audience, target: Target, exporters: Iterable[EnclosingExporter]
    ) -> None:
        self._audience = audience
        self._target = target
        self._exporters = exporters
        self._entered: list[tuple[Exporter, AbstractContextManager[object]]] = []

    def __enter__(self) -> None:
        for exporter in self._exporters:
            try:
                manager = exporter.around_check(self._target)
                manager.__enter__()
            except Exception as exc:  # noqa: BLE001  # nor what encloses it
                self._audience.failed(exporter, exc)
            else:
                self._entered.append((exporter, manager))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for exporter, manager in reversed(self._entered):
            try:
                manager.__exit__(kind, value, traceback)
            except Exception as exc:  # noqa: BLE001  # nor its end
                self._audience.failed(exporter, exc)
