"""The latencies of the last checks as a small drawing."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from dephealth import RecentCheck

from ._html import HTML, element
from ._wording import latency

_WIDTH = 120
_HEIGHT = 22
_MARK = 7
_STEP = 2
"""From one check to the next: sixty of them fill the width."""


def sparkline(recent: Sequence[RecentCheck]) -> HTML:
    """A line through the checks that passed, and a mark for each that failed.

    The latest is at the right edge. A usual latency is at half of the height,
    so that a flat line stays calm and an outlier stands out.
    """
    passed = [check.latency for check in recent if check.passed]
    top = max(*passed, 2 * median(passed), 1e-9) if passed else 1.0
    first = _WIDTH - 1 - _STEP * (len(recent) - 1)
    line, marks, pen = [], [], "M"
    for number, check in enumerate(recent):
        x = first + _STEP * number
        if check.passed:
            y = _HEIGHT - 2 - check.latency / top * (_HEIGHT - 4)
            # A line of no length, with round ends, is a dot.
            line.append(f"{pen}{x} {y:.1f}" + ("h0" if pen == "M" else ""))
        else:
            marks.append(f"M{x} {_HEIGHT - _MARK}V{_HEIGHT}")
        pen = "L" if check.passed else "M"
    return element(
        "svg",
        element("path", class_="line", d="".join(line)),
        element("path", class_="marks", d="".join(marks)),
        class_="sparkline",
        role="img",
        aria_label=_told(recent, passed),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        width=str(_WIDTH),
        height=str(_HEIGHT),
    )


def _told(recent: Sequence[RecentCheck], passed: Sequence[float]) -> str:
    checks = f"last {len(recent)} checks" if len(recent) > 1 else "last check"
    failed = len(recent) - len(passed)
    texts = [f"{failed} failed" if failed else "all passed"]
    if passed:
        texts.append(f"latency {latency(min(passed))} to {latency(max(passed))}")
    return f"{checks}: {', '.join(texts)}"
