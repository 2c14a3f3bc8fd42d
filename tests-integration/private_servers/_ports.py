"""Ports on the loopback interface that no two servers of any test run choose at the same time."""

from __future__ import annotations

import random
import socket
from functools import cache

# Below the range from which Linux takes the ports of outgoing connections (32768 to 60999).
_CANDIDATES = range(10_000, 32_000)
_ATTEMPTS = 100


@cache
def loopback_addresses() -> tuple[str, ...]:
    """Return the addresses a private server listens on: ::1 too, where the machine has it."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return ("127.0.0.1",)
    return ("127.0.0.1", "::1")


class Port:
    """A port that was free when chosen, and that other test runs leave alone until `release`.

    Programs that know nothing of this may still take it: who listens must be ready to choose again.
    """

    def __init__(self) -> None:
        for number in random.sample(_CANDIDATES, _ATTEMPTS):
            claim = _claim(number)
            if claim is None:
                continue
            if _is_free(number):
                self.number = number
                self._claim = claim
                return
            claim.close()
        raise OSError(f"no free port among {_ATTEMPTS} of {_CANDIDATES}")

    def release(self) -> None:
        """Let others choose it."""
        self._claim.close()


def _claim(number: int) -> socket.socket | None:
    # A name in the abstract namespace (unix(7)) is held by one process at a time, is seen by all
    # users, and goes with its process, however that ends.
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0dephealth-port-{number}")
    except OSError:
        claim.close()
        return None
    return claim


def _is_free(number: int) -> bool:
    for address in loopback_addresses():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as probe:
            try:
                probe.bind((address, number))
            except OSError:
                return False
    return True
