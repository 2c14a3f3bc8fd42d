"""What `/metrics` says, as a table for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.live import Live
from rich.table import Table

_PREFIX = "app_dependency_"
_COLUMNS = ("dependency", "type", "address", "health", "status", "detail", "latency")


@dataclass(frozen=True)
class Row:
    """One endpoint; the latency is summed up over its checks."""

    healthy: bool
    status: str
    detail: str
    seconds: float
    checks: float


Address = tuple[str, str, str]


def rows(exposition: str) -> dict[Address, Row]:
    """The endpoints in *exposition* by dependency, type and address."""
    values: dict[Address, dict[str, float]] = {}
    texts: dict[Address, dict[str, str]] = {}
    for family in text_string_to_metric_families(exposition):
        for sample in family.samples:
            if not sample.name.startswith(_PREFIX):
                continue
            labels = sample.labels
            key = labels["dependency"], labels["type"], f"{labels['host']}:{labels['port']}"
            metric = sample.name.removeprefix(_PREFIX)
            if (metric == "status" and sample.value == 1) or metric == "status_detail":
                texts.setdefault(key, {})[metric] = labels[metric.rpartition("_")[2]]
            elif "le" not in labels:
                values.setdefault(key, {})[metric] = sample.value
    return {
        key: Row(
            healthy=value["health"] == 1,
            status=texts[key]["status"],
            detail=texts[key]["status_detail"],
            seconds=value["latency_seconds_sum"],
            checks=value["latency_seconds_count"],
        )
        for key, value in values.items()
    }


class Board:
    """The live table on a terminal; elsewhere a line for each change."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False)
        self._before: dict[Address, Row] = {}
        self._latency: dict[Address, float] = {}

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def say(self, text: str) -> None:
        """Tell what is being done."""
        self._console.print(f">> {text}")

    def show(self, exposition: str) -> None:
        """Show the state that *exposition* tells of."""
        now = rows(exposition)
        for key, row in now.items():
            before = self._before.get(key, Row(False, "", "", 0.0, 0.0))
            if row.checks > before.checks:
                seconds = (row.seconds - before.seconds) / (row.checks - before.checks)
                self._latency[key] = 1000 * seconds
            if not self._console.is_terminal and row.status != before.status:
                self._console.print("  ".join(self._cells(key, row)))
        self._before = now
        if self._console.is_terminal:
            self._live.update(self._table(), refresh=True)

    def _table(self) -> Table:
        table = Table(*_COLUMNS)
        for key, row in self._before.items():
            table.add_row(*self._cells(key, row), style="green" if row.healthy else "bold red")
        return table

    def _cells(self, key: Address, row: Row) -> list[str]:
        health = "up" if row.healthy else "DOWN"
        return [*key, health, row.status, row.detail, f"{self._latency[key]:.1f} ms"]
