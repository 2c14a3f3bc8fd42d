"""Make every event loop of a test run uvloop's: ``pytest -p uvloop_everywhere``."""

from __future__ import annotations

import asyncio

import uvloop

asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
