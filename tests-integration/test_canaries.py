"""What looks for secrets finds one that is told, wherever and however."""

from __future__ import annotations

import base64
import json
import logging
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

import pytest

from canaries import trial
from canaries.canary import Canary
from canaries.search import assert_unseen
from canaries.watch import Heard, everything_heard
from dephealth import Checker, CheckError, Dependency, Endpoint, option

WRITINGS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "backwards": lambda text: text[::-1],
    "the first half": lambda text: text[: len(text) // 2],
    "the last half": lambda text: text[len(text) // 2 :],
    "in a URL": lambda text: quote(text, safe=""),
    "in a form": quote_plus,
    "as printed": lambda text: repr({"password": text}),
    "as printed twice": lambda text: repr(repr(text)),
    "bytes as printed": lambda text: repr(text.encode()),
    "UTF-16": lambda text: repr(text.encode("utf-16-le")),
    "JSON": json.dumps,
    "hexadecimal": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 behind a": lambda text: base64.b64encode(f"a{text}".encode()).decode(),
    "base64 behind a user": lambda text: base64.b64encode(f"me:{text}".encode()).decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(f"you:{text}".encode()).decode(),
}
GIVEN = "p@ss:w/rd %21#?&"
"""One that somebody else has made up."""


@pytest.mark.parametrize("written", WRITINGS)
def test_made_one_is_found(written: str) -> None:
    """A canary is found in any writing."""
    canary = Canary("here")
    found = f"so {WRITINGS[written](canary.value)} it was"
    with pytest.raises(AssertionError, match="here in there: so "):
        assert_unseen([Canary("another"), canary], [("elsewhere", "nothing"), ("there", found)])
    assert_unseen([Canary("a third")], [("there", found)])


@pytest.mark.parametrize("written", [key for key in WRITINGS if "half" not in key])
def test_given_one_is_found(written: str) -> None:
    """So is a password of a real server, unless it is cut."""
    with pytest.raises(AssertionError, match="here in there"):
        assert_unseen([Canary("here", GIVEN)], [("there", WRITINGS[written](GIVEN))])


def test_message_is_discreet() -> None:
    """What is found is not shown again."""
    canary = Canary("here")
    with pytest.raises(AssertionError) as caught:
        assert_unseen([canary], [("there", f"so {canary.value} it was")])
    assert canary.seen_in(str(caught.value)) is None


@dataclass(frozen=True, kw_only=True)
class Blabbing(Checker):
    """Tells a secret that nobody told it is one, in every way there is."""

    secret: str = option(default="", help="no secret, as far as anyone knows")

    async def check(self, endpoint: Endpoint) -> None:
        """Never well."""
        logging.getLogger("driver").debug("connecting with %s", self.secret)
        warnings.warn(f"no TLS for {self.secret}", stacklevel=1)
        sys.stdout.write(f"> {self.secret}\n")
        os.write(2, f"< {self.secret}\n".encode())
        raise CheckError(f"{endpoint.host} refused {self.secret}")


TELLING = {
    "a line of logger driver",
    "a record of logger driver",
    "a line of logger dephealth",
    "a record of logger dephealth",
    "a warning",
    "what was printed",
    "the traceback of what a checker raised",
    "the text of CheckError of what a checker raised",
    "the repr of CheckError of what a checker raised",
    "the pickle of CheckError of what a checker raised",
    "a dependency",
    "a checker",
    "the options of a checker",
    "the pickle of a checker",
    "health()",
    "health_details()",
    "history()",
    "to_dict()",
    "the pickle of snapshots",
    "the pickle of a history",
    "/health/dependencies",
    "the status page",
    "/metrics",
    "metrics",
    "rendered metrics",
    "metrics of OpenTelemetry",
    "a span",
    "an event of OpenTelemetry",
}


def test_all_that_tells_is_searched() -> None:
    """A secret that a checker tells, and that is a name and a label, is found wherever it is."""
    canary = Canary("a secret", "a-name-that-is-a-secret")
    blabbing = Dependency(
        name=canary.value,
        type="blabbing",
        checker=Blabbing(secret=canary.value),
        critical=True,
        endpoints=[Endpoint(canary.value, "1")],
        labels={"team": canary.value},
    )
    with everything_heard() as heard:
        trial.run([blabbing], heard, 5.0)
    told = {where for where, text in heard.texts if canary.seen_in(text) is not None}
    assert TELLING - told == set()


def test_nothing_is_missed_of_an_exception() -> None:
    """A secret is found in what an exception carries, came from or has within."""
    for place in ("argument", "attribute", "note", "cause", "context", "group"):
        canary, heard = Canary(place), Heard()
        heard.add_exception("it", _carrying(place, canary.value))
        with pytest.raises(AssertionError, match=place):
            assert_unseen([canary], heard.texts)


def _carrying(place: str, secret: str) -> Exception:
    inner = OSError(secret)
    match place:
        case "argument":
            return ValueError("x", [secret])
        case "note":
            noted = ValueError("x")
            noted.add_note(secret)
            return noted
        case "group":
            return ExceptionGroup("x", [ValueError("y"), inner])
    outer = ValueError("x")
    if place == "attribute":
        outer.__dict__["password"] = secret
    elif place == "cause":
        outer.__cause__ = inner
    else:
        outer.__context__ = inner
    return outer
