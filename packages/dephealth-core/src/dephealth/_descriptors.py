"""Descriptors, for drivers that do not say so when there are none."""

from __future__ import annotations

import os


def require_descriptors(count: int = 16) -> None:
    """Return if this process can open *count* more files.

    For drivers in C that end the process, or wait without end, where they can
    open nothing: called right before they open. A few more than they need, as
    others open meanwhile.

    Raises:
        OSError: It cannot (``EMFILE``), so that the check has no result.
    """
    taken = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while len(taken) < count:
            taken.append(os.dup(taken[0]))
    finally:
        for descriptor in taken:
            os.close(descriptor)
