"""Basic authentication of the small server."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable


def guard_of(login: tuple[str, str] | None) -> Callable[[str], bool]:
    """What tells whether an ``Authorization`` header is that of *login*; of any request if None."""
    if login is None:
        return lambda _: True
    wanted = ":".join(login).encode()

    def is_let_in(header: str) -> bool:
        scheme, _, given = header.partition(" ")
        try:
            found = base64.b64decode(given.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        # Takes as long for a wrong one, however much of it is right.
        return scheme.lower() == "basic" and hmac.compare_digest(found, wanted)

    return is_let_in
