"""The name server that hangs."""

from __future__ import annotations

import asyncio
import socket

import pytest

from dephealth_testing import assert_nothing_left, silent_resolver


async def test_nobody_is_answered_until_the_end() -> None:
    """Who asks for the name waits until the block ends, and is told that it does not exist."""
    async with assert_nothing_left():
        with silent_resolver("hung.invalid"):
            asking = asyncio.create_task(asyncio.to_thread(socket.getaddrinfo, "hung.invalid", 1))
            done, _ = await asyncio.wait([asking], timeout=0.2)
            assert not done
        with pytest.raises(socket.gaierror):
            await asyncio.wait_for(asking, 10)


def test_other_names_are_looked_up() -> None:
    """A name that was not listed is found as ever."""
    with silent_resolver("hung.invalid"):
        assert socket.getaddrinfo("127.0.0.1", 1)
