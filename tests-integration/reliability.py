"""docs/reliability.md: its sections are written by the tests that prove what they say.

`pytest --write-reliability` renews the sections of the tests that it runs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"
_MARKS = "<!-- {} -->", "<!-- end of {} -->"


class Table:
    """One table of the page, between two comments of its name.

    Args:
        name: What the comments say.
        columns: The heads.
    """

    def __init__(self, name: str, *columns: str) -> None:
        self.name = name
        self.columns = columns
        self.rows: list[Sequence[str]] = []

    def add(self, *cells: object) -> None:
        """A row that was found."""
        self.rows.append([str(cell).replace("|", "\\|") for cell in cells])

    def written_into(self, page: str) -> str:
        """*page* with the rows of now."""
        begin, end = (mark.format(self.name) for mark in _MARKS)
        lines = [self.columns, ["---"] * len(self.columns), *self.rows]
        text = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        pattern = f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})"
        return re.sub(pattern, lambda _: text + "\n", page, flags=re.DOTALL)

    def first_cells(self, page: str) -> list[str]:
        """The first cell of each row as *page* has them."""
        begin, end = (mark.format(self.name) for mark in _MARKS)
        rows = page.partition(f"{begin}\n")[2].partition(end)[0].splitlines()[2:]
        return [row.split(" | ")[0].removeprefix("| ") for row in rows]


SERVERS = Table("hostile servers", "server", "the check comes to", "after", "memory")
GROWTH = Table("growth", "what is read", "10 kB", "100 kB", "1 MB")
SECRETS = Table("secrets", "what goes wrong", "secrets", "texts searched", "characters")
FUZZING = Table("fuzzing", "what is read", "texts tried", "time", "errors found")
TABLES = (SERVERS, GROWTH, FUZZING, SECRETS)


def write() -> None:
    """Renew what was found in this run."""
    page = PAGE.read_text()
    for table in TABLES:
        if table.rows:
            page = table.written_into(page)
    PAGE.write_text(page)
