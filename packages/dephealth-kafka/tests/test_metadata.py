"""The client that serves one check."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import psutil
import pytest

from dephealth import in_thread
from dephealth_kafka._metadata import MetadataRequest

if TYPE_CHECKING:
    from conftest import FakeBroker

_ME = psutil.Process()


class _Broken(MetadataRequest):
    def _on_statistics(self, text: str) -> None:
        raise LookupError("not the statistics that were expected")


async def test_client_ends_with_the_request_whatever_is_raised(broker: type[FakeBroker]) -> None:
    """An exception that is kept does not keep the client that it passed through."""
    async with broker() as server:
        before = _ME.num_threads()
        request = _Broken({"bootstrap.servers": f"{server.host}:{server.port}"})
        with pytest.raises(LookupError) as kept:
            await in_thread(request.run, request.end)
        async with asyncio.timeout(2.0):
            while _ME.num_threads() > before:
                await asyncio.sleep(0.01)

    assert kept.traceback
