"""Descriptors, without which gRPC's core ends the process that it runs in."""

from __future__ import annotations

import os

_MOST_TAKEN = 16
"""More than grpcio opens for its first channel, and some for others who open meanwhile."""


def require_descriptors() -> None:
    """Return if a channel can be made.

    gRPC's core takes it for a bug that it cannot open what it waits with, and aborts.

    Raises:
        OSError: This process can open no more (``EMFILE``).
    """
    taken = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while len(taken) < _MOST_TAKEN:
            taken.append(os.dup(taken[0]))
    finally:
        for descriptor in taken:
            os.close(descriptor)
