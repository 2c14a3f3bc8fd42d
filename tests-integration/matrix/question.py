"""One row, and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass

from .asking import Cell


@dataclass(frozen=True)
class Question:
    """One row.

    Args:
        key: Its short name.
        title: What is the matter.
        usual: The detail that is found unless `answers` says another.
        cell: Asks it; None where it is asked of all at once.
        isolated: Whether it is asked in a network of its own.
        types: Of which types it is asked; empty for all.
    """

    key: str
    title: str
    usual: str
    cell: Cell | None = None
    isolated: bool = False
    types: tuple[str, ...] = ()
