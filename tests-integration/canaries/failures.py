"""How a server fails, and how long that may take to be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dephealth_testing import (
    Certificates,
    Close,
    Cut,
    Drip,
    Fault,
    Garbage,
    HandshakeCut,
    Refuse,
    Reset,
    Silent,
    Tls,
)

SHORT, LONG = 0.3, 5.0
"""Seconds where only time ends a check, and where it ends by itself."""
FAULTS: Mapping[str, tuple[Fault, float]] = {
    "refused": (Refuse(), LONG),
    "silent": (Silent(), SHORT),
    "drip": (Drip(), SHORT),
    "reset": (Reset(), LONG),
    "closed": (Close(), LONG),
    "garbage": (Garbage(), SHORT),
    "garbage and closed": (Garbage(close=True), LONG),
    "cut": (Cut(10), SHORT),
}
MakeFault = Callable[[Certificates], Fault]
TLS_FAULTS: Mapping[str, tuple[MakeFault, float]] = {
    "untrusted": (lambda files: Tls(files.server_context(files.untrusted)), LONG),
    "expired": (lambda files: Tls(files.server_context(files.expired)), LONG),
    "wrong name": (lambda files: Tls(files.server_context(files.wrong_name)), LONG),
    "client certificate wanted": (
        lambda files: Tls(files.server_context(files.good, require_client=True)),
        LONG,
    ),
    "handshake cut": (lambda _: HandshakeCut(), LONG),
    "handshake reset": (lambda _: HandshakeCut(reset=True), LONG),
    "no TLS": (lambda _: Garbage(close=True), LONG),
    "silent": (lambda _: Silent(), SHORT),
    "closed in TLS": (lambda files: Tls(files.server_context(files.good), Close()), LONG),
    "garbage in TLS": (lambda files: Tls(files.server_context(files.good), Garbage()), SHORT),
}
