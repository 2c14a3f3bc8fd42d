"""Whether a plugin was made for this version of the core."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ._distributions import Distribution

Release = tuple[int, ...]

_REQUIRED = re.compile(r"^Requires-Dist:\s*dephealth[-_.]core\b(.*)$", re.MULTILINE | re.IGNORECASE)
_CLAUSE = re.compile(r"(==|!=|<=|>=|<|>)\s*(\d+(?:\.\d+)*)")
_HOLDS: Mapping[str, Callable[[int], bool]] = {
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
    "<": lambda order: order < 0,
    ">": lambda order: order > 0,
}


def unmet_requirement(distribution: Distribution, version: str) -> str | None:
    """What *distribution* requires of the core that *version* is not, None if it is content.

    What is conditional, or not written with plain comparisons, is not judged.
    """
    head = (distribution.read_text("METADATA") or "").partition("\n\n")[0]
    for required in _REQUIRED.findall(head):
        wanted = required.strip().strip("()")
        if ";" not in wanted and not _is_met(wanted, _release(version)):
            return f"dephealth-core{wanted}"
    return None


def _is_met(wanted: str, installed: Release) -> bool:
    clauses = [_CLAUSE.fullmatch(clause.strip()) for clause in wanted.split(",")]
    return all(
        clause is None or _HOLDS[clause[1]](_order(installed, _release(clause[2])))
        for clause in clauses
    )


def _release(version: str) -> Release:
    """The numbers that a version begins with: ``0.2.0rc1`` is made for what wants 0.2."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def _order(one: Release, other: Release) -> int:
    longest = max(len(one), len(other))
    left, right = (release + (0,) * (longest - len(release)) for release in (one, other))
    return (left > right) - (left < right)
