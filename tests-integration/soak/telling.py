"""How the service tells what happens in it: lines of JSON on its standard output."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any

from dephealth import EndpointState, Target

_STDOUT = 1


class Teller:
    """An exporter of the service, and the way to its owner. From any thread."""

    def __init__(self) -> None:
        self.checks = 0
        self._lock = threading.Lock()
        self._sights: list[tuple[str, float, str, str, float]] = []

    def on_result(self, target: Target, state: EndpointState) -> None:
        """Keep it until the next line is due."""
        assert state.last is not None
        outcome = state.last.outcome
        self.checks += 1
        self._sights.append(
            (
                target.dependency,
                time.monotonic(),
                str(outcome.status),
                outcome.detail,
                state.last.latency,
            )
        )

    def on_added(self, target: Target) -> None:
        """Nothing is kept of that."""

    def on_removed(self, target: Target) -> None:
        """Nothing is kept of that."""

    def flush(self) -> None:
        """Tell what was found since the last time."""
        sights, self._sights = self._sights, []
        if sights:
            self.tell(sights=sights)

    def tell(self, **message: Any) -> None:
        """Write one line."""
        line = json.dumps(message).encode() + b"\n"
        with self._lock:
            while line:
                line = line[os.write(_STDOUT, line) :]
