"""Which fault comes when: a function of the seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .groups import INTERVAL, TIMEOUT

SERVER_KINDS = ("kill", "stop")
PROXY_KINDS = ("refuse", "silent", "drip", "reset", "close", "garbage")
PROCESS = "process"
"""The line of what happens to the service itself, or to its name server."""
EXCLUSIVE = "descriptors"
"""Without descriptors everything is touched: nothing else happens meanwhile."""
BY_NAME = "dns"
PROCESS_KINDS = (EXCLUSIVE, "executor", "clock", "log", "hung", BY_NAME)

_SHORTEST = INTERVAL + TIMEOUT + 0.6
_LONGEST = _SHORTEST + 2.0
_LONGER = {EXCLUSIVE: 3 * INTERVAL, BY_NAME: 3.0}
"""Seconds for which a lack of descriptors goes unseen; until a resolver asks again."""
_STAGGER = 0.8


@dataclass(frozen=True)
class Fault:
    """One event of the schedule.

    Args:
        round: The number of its round.
        line: Which server, or `PROCESS`.
        kind: What happens.
        offset: Seconds from the begin of the round.
        hold: Seconds for which it lasts, without those for which the loop is late.
    """

    round: int
    line: str
    kind: str
    offset: float
    hold: float

    def __str__(self) -> str:
        return f"round {self.round}, {self.line}: {self.kind} for {self.hold:.1f} s"


class _Deck:
    """Gives all kinds in a random order, then all again in another one."""

    def __init__(self, rng: random.Random, kinds: Sequence[str]) -> None:
        self._rng = rng
        self._kinds = kinds
        self._left: list[str] = []

    def draw(self, avoid: Sequence[str] = ()) -> str | None:
        """The next one that is not to be avoided; None if there is no other left."""
        if not self._left:
            self._left = self._rng.sample(self._kinds, len(self._kinds))
        for kind in self._left:
            if kind not in avoid:
                self._left.remove(kind)
                return kind
        return None


def rounds(seed: int, lines: Sequence[str], without: Sequence[str] = ()) -> Iterator[list[Fault]]:
    """The faults of one round after the other, without end.

    In a round each endpoint is touched by one fault at most.

    Args:
        lines: The servers.
        without: Kinds that cannot be had here.
    """
    rng = random.Random(seed)
    own = _Deck(rng, [kind for kind in PROCESS_KINDS if kind not in without])
    decks = {line: _Deck(rng, (*SERVER_KINDS, *PROXY_KINDS)) for line in lines}
    number = 0
    while True:
        number += 1
        kinds = {PROCESS: own.draw()}
        if kinds[PROCESS] != EXCLUSIVE:
            # Who is checked by name would be touched by its server as well.
            avoid = SERVER_KINDS if kinds[PROCESS] == BY_NAME else ()
            kinds |= {line: deck.draw(avoid) for line, deck in decks.items()}
        faults = []
        for line, kind in kinds.items():
            offset, hold = rng.uniform(0, _STAGGER), rng.uniform(_SHORTEST, _LONGEST)
            if kind is not None:
                faults.append(Fault(number, line, kind, offset, hold + _LONGER.get(kind, 0.0)))
        yield faults
