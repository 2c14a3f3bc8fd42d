"""All that is told meanwhile is searched for canaries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import reliability

from .canary import Canary
from .watch import Heard, everything_heard


@contextmanager
def nothing_seen(what: str, canaries: Sequence[Canary], but: Sequence[str] = ()) -> Iterator[Heard]:
    """Fail if any of *canaries* is told; how much was searched is a row of the page.

    Args:
        what: What happens meanwhile.
        canaries: What may not be seen.
        but: Parts of the names of places that are not searched.
    """
    with everything_heard() as heard:
        yield heard
    searched = [
        (where, text) for where, text in heard.texts if not any(one in where for one in but)
    ]
    assert_unseen(canaries, searched)
    characters = sum(len(text) for _, text in searched)
    reliability.SECRETS.add(what, len(canaries), f"{len(searched):,}", f"{characters:,}")


def assert_unseen(canaries: Sequence[Canary], texts: Sequence[tuple[str, str]]) -> None:
    """Fail with what shows a canary, and where; without showing it more than that."""
    traces = {trace for canary in canaries for trace in canary.traces}
    together = "\n".join(text for _, text in texts)
    if not any(trace in together for trace in traces):
        return
    seen = [
        f"{canary.place} in {where}: {text[max(0, at - 80) : at]}…"
        for where, text in texts
        if any(trace in text for trace in traces)
        for canary in canaries
        if (at := canary.seen_in(text)) is not None
    ]
    assert not seen, "\n".join(dict.fromkeys(seen))
