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
    from ._recording import Recorded, RecordingExporter
    from ._relay import Cut, Delay, Drip, Forward
    from ._resolver import silent_resolver
    from ._server_contract import ServerContract
    from ._stream import Stream
    from ._subject import registry_of
    from ._threaded import ThreadedFaultProxy
    from ._tls_faults import HandshakeCut, Tls
    from ._virtual_time import VirtualLoop, virtual_time
    from .new import new_plugin
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
    "Recorded": "_recording",
    "RecordingExporter": "_recording",
    "Refuse": "_fault",
    "Reset": "_fault",
    "ServerContract": "_server_contract",
    "Silent": "_fault",
    "Stream": "_stream",
    "ThreadedFaultProxy": "_threaded",
    "Tls": "_tls_faults",
    "VirtualLoop": "_virtual_time",
    "assert_nothing_left": "_leaks",
    "new_plugin": "new",
    "registry_of": "_subject",
    "silent_resolver": "_resolver",
    "virtual_time": "_virtual_time",
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
    "Recorded",
    "RecordingExporter",
    "Refuse",
    "Reset",
    "ServerContract",
    "Silent",
    "Stream",
    "ThreadedFaultProxy",
    "Tls",
    "VirtualLoop",
    "assert_nothing_left",
    "new_plugin",
    "registry_of",
    "silent_resolver",
    "virtual_time",
]


def __getattr__(name: str) -> object:
    # pytest imports this package at every start: nothing heavy before it is asked for
    if name in _MODULES:
        return getattr(import_module(f".{_MODULES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
