"""All hostile servers by their names, which begin with the type of the check that they are for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from . import brokers, databases, rpc, secure, web
from .wire import Script, endless


def scripts(certificate: Path, key: Path) -> Mapping[str, Script]:
    """Their scripts; some show *certificate*."""
    return {
        "tcp bytes without end": endless(b"", b"b", first=True),
        **web.SCRIPTS,
        **rpc.SCRIPTS,
        **databases.SCRIPTS,
        **brokers.SCRIPTS,
        **secure.scripts(certificate, key),
    }


NAMES = tuple(scripts(Path(), Path()))
