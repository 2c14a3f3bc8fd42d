"""What the author of a checker needs to test it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._certificates import Certificates, KeyPair
    from ._connection import Connection
    from ._contract import CheckerContract
    from ._fault import Close, Fault, Garbage, Refuse, Reset, Silent
    from ._leaks import assert_nothing_left
    from ._proxy import FaultProxy
    from ._relay import Cut, Delay, Drip, Forward
    from ._stream import Stream
    from ._threaded import ThreadedFaultProxy
    from ._tls_faults import HandshakeCut, Tls
    from .plugin import FaultProxyFactory

_MODULES = {
    "Certificates": "_certificates",
    "CheckerContract": "_contract",
    "Close": "_fault",
    "Connection": "_connection",
    "Cut": "_relay",
    "Delay": "_relay",
    "Drip": "_relay",
    "Fault": "_fault",
    "FaultProxy": "_proxy",
    "FaultProxyFactory": "plugin",
    "Forward": "_relay",
    "Garbage": "_fault",
    "HandshakeCut": "_tls_faults",
    "KeyPair": "_certificates",
    "Refuse": "_fault",
    "Reset": "_fault",
    "Silent": "_fault",
    "Stream": "_stream",
    "ThreadedFaultProxy": "_threaded",
    "Tls": "_tls_faults",
    "assert_nothing_left": "_leaks",
}

__all__ = [
    "Certificates",
    "CheckerContract",
    "Close",
    "Connection",
    "Cut",
    "Delay",
    "Drip",
    "Fault",
    "FaultProxy",
    "FaultProxyFactory",
    "Forward",
    "Garbage",
    "HandshakeCut",
    "KeyPair",
    "Refuse",
    "Reset",
    "Silent",
    "Stream",
    "ThreadedFaultProxy",
    "Tls",
    "assert_nothing_left",
]


def __getattr__(name: str) -> object:
    # pytest imports this package at every start: nothing heavy before it is asked for
    if name in _MODULES:
        return getattr(import_module(f".{_MODULES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
