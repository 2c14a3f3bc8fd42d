"""Tables on a terminal. The only module that imports rich, and slow for that."""

from __future__ import annotations

from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ._output import Rows

_STYLES = {True: "green", False: "bold red", None: "dim"}


def print_table(rows: Rows) -> None:
    """Print a table with a colour for the health of each row."""
    Console().print(_table(rows))


class Board:
    """A table that changes in its place.

    Nothing of it stays behind.

    Args:
        screen: Whether it has the whole screen.
    """

    def __init__(self, *, screen: bool) -> None:
        self._live = Live(console=Console(), auto_refresh=False, transient=True, screen=screen)

    def show(self, rows: Rows, note: str) -> None:
        """Show *rows* now, and a *note* below."""
        self._live.update(Group(_table(rows), Text(note, style="dim")), refresh=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()


def _table(rows: Rows) -> Table:
    """A table whose last column takes what room there is."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in rows.headings[:-1]:
        table.add_column(heading, no_wrap=True)
    table.add_column(rows.headings[-1], overflow="fold")
    for cells, good in rows.rows:
        # As `Text`, since square brackets in it are no markup.
        table.add_row(*(Text(cell) for cell in cells), style=_STYLES[good])
    return table
