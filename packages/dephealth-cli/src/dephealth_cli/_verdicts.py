"""How verdicts are shown: as a table or as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from ._checks import Verdict
from ._output import Rows, columns, emit, on_terminal

HEADINGS = ("DEPENDENCY", "TYPE", "ADDRESS", "HEALTH", "STATUS", "DETAIL", "LATENCY", "REASON")


def show(verdicts: Sequence[Verdict], *, as_json: bool = False) -> None:
    """Print *verdicts*: for programs, for a person at a terminal, or for a log."""
    if as_json:
        emit(_json(verdicts))
    elif on_terminal():
        from ._screen import print_table

        print_table(verdict_table(verdicts))
    else:
        emit(columns([HEADINGS, *map(cells, verdicts)]))


def verdict_table(verdicts: Sequence[Verdict]) -> Rows:
    """*verdicts* for a terminal."""
    return Rows(HEADINGS, [(cells(each), bool(each.status.healthy)) for each in verdicts])


def cells(verdict: Verdict) -> Sequence[str]:
    """What a table shows of *verdict*."""
    status = verdict.status
    host = f"[{status.host}]" if ":" in status.host else status.host
    return (
        status.name,
        status.type,
        f"{host}:{status.port}",
        "up" if status.healthy else "DOWN",
        status.status,
        status.detail,
        f"{status.latency_millis():.1f} ms",
        verdict.reason,
    )


def _json(verdicts: Sequence[Verdict]) -> str:
    import json

    return json.dumps(
        {
            "healthy": all(verdict.status.healthy for verdict in verdicts),
            "endpoints": [
                {**verdict.status.to_dict(), "reason": verdict.reason} for verdict in verdicts
            ],
        },
        indent=2,
    )
