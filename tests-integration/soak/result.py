"""What came out of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .faults import Event
from .groups import TIMEOUT
from .judge import Verdict
from .many import Counted
from .slopes import FEWEST, Slope, slope, verdict

BOUNDS = {"descriptors": 0.05, "threads": 0.05, "tasks": 0.05, "memory": 16 * 1024}
"""By how much each may grow in 1,000 checks."""
STOP_BOUND = TIMEOUT + 0.5
EXIT_BOUND = 1.0
LOOKUP_BOUND = 0.5
"""Seconds for the application's own lookups; a resolver that hangs would take 5."""
_WARM_UP = 2
"""Rounds after which everything has been used."""
_REMEMBERED = 25
"""Rounds after which as many changes are kept of an endpoint as ever will be: 50."""
BUSY = 0.25
"""Share of the time for which the loop was late: above it nothing can be told about times."""
MOST_BUSY = 1 / 3
"""Share of the rounds that may be like that."""


@dataclass(frozen=True)
class Worst:
    """The longest time of its kind, and where it was."""

    seconds: float
    where: str


@dataclass
class Result:
    """Filled while the run goes on."""

    seed: int
    minutes: float
    endpoints: int = 0
    rounds: int = 0
    busy: list[int] = field(default_factory=list)
    """Rounds in which the machine was too busy to judge."""
    seconds: float = 0.0
    events: Counter[str] = field(default_factory=Counter)
    checks: int = 0
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By kind of fault, and status with detail."""
    detection: dict[str, Worst] = field(default_factory=dict)
    recovery: dict[str, Worst] = field(default_factory=dict)
    counted: list[Counted] = field(default_factory=list)
    quiet: list[dict[str, float]] = field(default_factory=list)
    """What the service held at the end of each round."""
    late: float = 0.0
    """Seconds for which the loop was late, in total."""
    lookup: float = 0.0
    stop_seconds: float = 0.0
    clean_seconds: float = 0.0
    """From the return of `stop()` until nothing was left of it."""
    exit_seconds: float = 0.0
    """From there to the end of the process."""
    not_run: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def judged(self, member: str, event: Event, verdict: Verdict) -> None:
        """Take in what came out for one endpoint and one fault."""
        kind = event.fault.kind
        for problem in verdict.problems:
            self.failures.append(f"{event.fault}: {member}: {problem}")
        for seconds, worst in (
            (verdict.detection, self.detection),
            (verdict.recovery if verdict.detection is not None else None, self.recovery),
        ):
            if seconds is not None and (kind not in worst or seconds > worst[kind].seconds):
                worst[kind] = Worst(seconds, f"{member}, round {event.fault.round}")

    def slopes(self) -> dict[str, tuple[Slope, str]]:
        """How much what the service holds grows in 1,000 checks, if there are enough rounds."""
        found = {}
        for what, bound in BOUNDS.items():
            points = self.quiet[_REMEMBERED if what == "memory" else _WARM_UP :]
            if len(points) >= FEWEST:
                each = slope([(point["checks"] / 1000, point[what]) for point in points])
                found[what] = each, verdict(each, bound)
        return found

    def close(self) -> None:
        """Judge what can be judged at the end only."""
        self.failures += [problem for one in self.counted for problem in one.problems]
        for what, (found, said) in self.slopes().items():
            if said == "grows":
                self.failures.append(f"{what}: {found.middle:+.3g} in 1,000 checks")
        if len(self.busy) > self.rounds * MOST_BUSY:
            self.failures.append(f"the machine was too busy in rounds {self.busy}")
        times = [("a lookup of the application", self.lookup, LOOKUP_BOUND)]
        if self.rounds not in self.busy:
            times += [
                ("stop()", self.stop_seconds, STOP_BOUND),
                ("what was left of stop()", self.clean_seconds, EXIT_BOUND),
                ("the exit of the interpreter", self.exit_seconds, EXIT_BOUND),
            ]
        for what, seconds, bound in times:
            if seconds > bound:
                self.failures.append(f"{what} took {seconds:.2f} s")
