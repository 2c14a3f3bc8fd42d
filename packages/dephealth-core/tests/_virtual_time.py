"""What a test asks of the virtual loop that it runs on."""

from __future__ import annotations

import asyncio

from dephealth_testing import VirtualLoop


def now() -> float:
    """The running loop's time."""
    return asyncio.get_running_loop().time()


def block(seconds: float) -> None:
    """Block the running `VirtualLoop`."""
    this_loop().block(seconds)


def this_loop() -> VirtualLoop:
    """The running loop."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        raise TypeError("this is not running in virtual time")
    return loop
