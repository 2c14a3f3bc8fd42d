"""A name server that hangs."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock


@contextmanager
def silent_resolver(*names: str) -> Iterator[None]:
    """Nobody in this process gets an answer about *names* while the block runs.

    Whoever asked is told at its end that they do not exist. Other names are
    looked up as ever.
    """
    real = socket.getaddrinfo
    over = threading.Event()

    def answer(host: Any, *args: Any, **options: Any) -> Any:
        if host not in names:
            return real(host, *args, **options)
        over.wait()
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with mock.patch.object(socket, "getaddrinfo", answer):
        try:
            yield
        finally:
            over.set()
