"""Which meter provider an exporter reports to; the global one may be set later."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary, WeakSet, ref

from opentelemetry.metrics import Histogram, MeterProvider, get_meter_provider

from ._board import Board
from ._instruments import Gauges, latency_histogram


@dataclass
class _Global:
    """What is exported to the global provider, whichever that is."""

    board: Board = field(default_factory=Board)
    provider: MeterProvider | None = None
    latency: Histogram | None = None


_lock = threading.Lock()
_global = _Global()
_boards: WeakKeyDictionary[MeterProvider, Board] = WeakKeyDictionary()
_observed: WeakSet[MeterProvider] = WeakSet()


def connect(provider: MeterProvider | None) -> tuple[Board, Histogram]:
    """Where to put what the gauges tell, and what to record latencies with.

    Args:
        provider: The global one if None. As long as that is not set, the API
            gives one that passes its instruments on when it is.
    """
    current = get_meter_provider()
    with _lock:
        if provider is None or provider is current:
            return _global.board, _connect_global(current)
        board = _boards.setdefault(provider, Board())
        if provider not in _observed:
            _observed.add(provider)
            # Weakly: the provider holds its callbacks.
            named = ref(provider)
            Gauges(lambda: _boards_of(named()), named).register(provider)
    return board, latency_histogram(provider)


def _connect_global(current: MeterProvider) -> Histogram:
    if current not in _observed:
        _observed.add(current)
        Gauges(lambda: _boards_of(get_meter_provider()), get_meter_provider).register(current)
    if _global.latency is None or _global.provider is not current:
        _global.provider, _global.latency = current, latency_histogram(current)
    return _global.latency


def _boards_of(provider: MeterProvider | None) -> list[Board]:
    """All that *provider* exports: a named one may have become the global one since.

    The same for every callback on it, so it does not matter whose are called.
    """
    boards = [] if provider is None else [_boards.get(provider)]
    if provider is get_meter_provider():
        boards.append(_global.board)
    return [board for board in boards if board is not None]
