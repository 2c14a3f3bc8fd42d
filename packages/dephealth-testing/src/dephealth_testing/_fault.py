"""What a fault is, and the ones that need no upstream."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ._connection import Connection

NOISE = b"\xff\xfethis is no protocol\r\n\r\n"


class Fault(ABC):
    """One way in which a server can behave."""

    listens: ClassVar[bool] = True
    """Whether connections are accepted at all."""

    @abstractmethod
    async def serve(self, connection: Connection) -> None:
        """Act on one connection; its return ends it.

        Called for each new connection, and for each that is open when the
        proxy starts to behave so; cancelled when it behaves otherwise. An
        `OSError` resets the connection.
        """


@dataclass(frozen=True)
class Refuse(Fault):
    """No one listens; the port stays taken. Open connections are reset."""

    listens: ClassVar[bool] = False

    async def serve(self, connection: Connection) -> None:
        connection.reset()


@dataclass(frozen=True)
class Silent(Fault):
    """Accept, and never send a byte: a server that was stopped."""

    async def serve(self, connection: Connection) -> None:
        await connection.ended()


@dataclass(frozen=True)
class Reset(Fault):
    """Accept, then reset."""

    async def serve(self, connection: Connection) -> None:
        connection.reset()


@dataclass(frozen=True)
class Close(Fault):
    """Accept, then end in order, without an answer."""

    async def serve(self, connection: Connection) -> None:
        del connection  # its end is all there is to it


@dataclass(frozen=True)
class Garbage(Fault):
    """Send what is no protocol, at once; then stay, or close.

    Args:
        data: What is sent. Where a protocol begins with a length, bytes that
            are wrong for it say more than the default, which may read as the
            begin of something very long.
        close: End after it.
    """

    data: bytes = NOISE
    close: bool = False

    async def serve(self, connection: Connection) -> None:
        client = await connection.client()
        await client.send(self.data)
        if not self.close:
            await connection.ended()
