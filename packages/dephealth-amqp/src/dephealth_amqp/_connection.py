"""aiormq's connection, with the reason why a broker closes it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import aiormq.connection
from aiormq.connection import FrameReceiver
from pamqp import commands

from dephealth import CheckAuthError, CheckError, UnhealthyError, time_left

_DENIALS = frozenset({403, 530})
"""ACCESS_REFUSED (login), NOT_ALLOWED (virtual host): AMQP 0-9-1, section 1.1."""

_TROUBLES = frozenset({320, 541})
"""CONNECTION_FORCED (an operator, a shutdown), INTERNAL_ERROR (a virtual host that is down)."""


class Connection(aiormq.connection.Connection):
    """Raises what the broker says when it closes instead of answering.

    aiormq takes that for a frame out of order, and forgets the code in it.
    """

    @staticmethod
    async def _rpc(
        request: Any,
        writer: asyncio.StreamWriter,
        frame_receiver: FrameReceiver,
        wait_response: bool = True,  # noqa: FBT002  # as in aiormq
    ) -> Any:
        told: Any = _Told(frame_receiver)
        return await aiormq.connection.Connection._rpc(  # noqa: SLF001
            request, writer, told, wait_response
        )


class _Told:
    """A receiver of frames for which the broker's `Connection.Close` is an error."""

    def __init__(self, receiver: FrameReceiver) -> None:
        self._receiver = receiver

    async def get_frame(self) -> Any:
        received = await self._receiver.get_frame()
        if isinstance(received[2], commands.Connection.Close):
            raise _closed(received[2])
        return received


def _closed(close: commands.Connection.Close) -> CheckError:
    text = f"{close.reply_code} {close.reply_text}"
    if close.reply_code in _DENIALS:
        return CheckAuthError(text)
    return UnhealthyError(text) if close.reply_code in _TROUBLES else CheckError(text)


class _OutsideOfChecks(logging.Filter):
    """Drops what aiormq logs of a check: the core tells its result, once."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* is about a connection of the application."""
        del record
        try:
            time_left()
        except LookupError:
            return True
        return False


aiormq.connection.log.addFilter(_OutsideOfChecks())
