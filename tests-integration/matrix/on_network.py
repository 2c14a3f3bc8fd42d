"""What the network does, and the login."""

from __future__ import annotations

from dephealth_testing import Close, Cut, Drip, Garbage, Reset, Silent

from . import scenes
from .asking import Cell, of_scene
from .isolation import NO_NETWORK, NO_ROUTE
from .question import Question
from .scenes import as_it_is, behind, login, plain
from .target import Login


def _host(host: str) -> Cell:
    return of_scene(as_it_is(plain, host=host))


NETWORK: tuple[Question, ...] = (
    Question("healthy", "all is well", "ok", of_scene(as_it_is(plain))),
    Question(
        "ipv6 url",
        "the same over `[::1]` in a URL",
        "ok",
        of_scene(scenes.ipv6(by_host=False)),
    ),
    Question(
        "ipv6 host",
        'the same over `host="::1"`',
        "ok",
        of_scene(scenes.ipv6(by_host=True)),
    ),
    Question(
        "several hosts",
        "one host of a URL with several, another one is down",
        "ok",
        scenes.several_hosts,
    ),
    Question("refused", "nobody listens", "connection_refused", of_scene(scenes.nobody)),
    Question(
        "dns",
        "the name does not resolve",
        "dns_error",
        _host("dephealth.invalid"),
        isolated=True,
    ),
    Question(
        "dns silent",
        "the name server does not answer",
        "dns_error",
        of_scene(scenes.silent_name_server),
        isolated=True,
    ),
    Question(
        "network",
        "no network leads there",
        "network_unreachable",
        _host(NO_NETWORK),
        isolated=True,
    ),
    Question(
        "host",
        "the host cannot be reached",
        "host_unreachable",
        _host(NO_ROUTE),
        isolated=True,
    ),
    Question("silent", "accepts, and stays silent", "timeout", of_scene(behind(Silent()))),
    Question(
        "drip",
        "sends its answer at one byte a second",
        "timeout",
        of_scene(behind(Drip(1.0))),
    ),
    Question("reset", "resets what it accepts", "connection_reset", of_scene(behind(Reset()))),
    Question("close", "closes what it accepts", "connection_reset", of_scene(behind(Close()))),
    Question(
        "cut",
        "closes in the middle of its answer",
        "connection_reset",
        of_scene(behind(Cut(3))),
    ),
    Question(
        "garbage",
        "answers what is not its protocol",
        "error",
        of_scene(behind(Garbage(close=True))),
    ),
)

LOGIN: tuple[Question, ...] = (
    Question("wrong password", "wrong password", "auth_error", of_scene(login(Login.WRONG))),
    Question(
        "no password",
        "no password where one is needed",
        "auth_error",
        of_scene(login(Login.NONE)),
    ),
    Question(
        "no right",
        "no right to this database, virtual host, entry, path",
        "auth_error",
        of_scene(login(Login.OUTSIDER)),
    ),
)
