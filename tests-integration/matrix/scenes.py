"""How the network, the login, TLS and the server itself are made to fail."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from dephealth_testing import Fault, FaultProxy, Forward, Refuse

from .answer import Answer
from .asking import PATIENCE, MakeScene, Scene, check, expect
from .isolation import silent_name_servers
from .servers import Servers
from .standalone import Standalone
from .subjects import Subject, has_ipv6
from .target import Login, Target, Tls

OTHER_LOOPBACK = "127.0.0.2"
"""Leads to this machine too, but is in no certificate."""


def plain(servers: Servers, subject: Subject, **more: Any) -> Target:
    """The subject's server, without TLS."""
    server = subject.well(servers)
    return Target(server=server, port=subject.door(server, "plain"), **more)


def secure(servers: Servers, subject: Subject, tls: Tls = Tls.TRUSTING, **more: Any) -> Target:
    """The subject's server, with TLS."""
    server = subject.well(servers)
    return Target(server=server, port=subject.door(server, "tls"), door="tls", tls=tls, **more)


def strict(servers: Servers, subject: Subject, tls: Tls, **more: Any) -> Target:
    """The subject's server whose certificate has expired and which demands one."""
    server = subject.strict(servers)
    return Target(server=server, port=subject.door(server, "mtls"), door="mtls", tls=tls, **more)


def as_it_is(make: Callable[..., Target], *, in_use: bool = False, **more: Any) -> MakeScene:
    """Ask what *make* gives."""

    @asynccontextmanager
    async def scene(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
        yield Scene(make(servers, subject, **more), in_use=in_use)

    return scene


def behind(
    fault: Fault, make: Callable[..., Target] = plain, *, met_in_use: bool = True
) -> MakeScene:
    """Ask through a proxy, which passes everything on until the fault sets in."""

    @asynccontextmanager
    async def scene(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
        target = make(servers, subject)
        async with FaultProxy((target.host, target.port)) as proxy:
            yield Scene(
                replace(target, host=proxy.host, port=proxy.port),
                lambda: proxy.behave(fault),
                lambda: proxy.behave(Forward()),
                met_in_use,
            )

    return scene


@asynccontextmanager
async def nobody(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """A port at which nobody listens."""
    async with FaultProxy(fault=Refuse()) as proxy:
        yield Scene(replace(plain(servers, subject), port=proxy.port))


@asynccontextmanager
async def wrong_name(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """The server at an address that its certificate is not for."""
    target = secure(servers, subject)
    async with FaultProxy((target.host, target.port), host=OTHER_LOOPBACK) as proxy:
        yield Scene(replace(target, host=proxy.host, port=proxy.port))


@asynccontextmanager
async def any_certificate(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """An expired certificate of an unknown authority for another name, which is not looked at."""
    target = strict(servers, subject, Tls.BLIND, shows_certificate=True)
    async with FaultProxy((target.host, target.port), host=OTHER_LOOPBACK) as proxy:
        yield Scene(replace(target, host=proxy.host, port=proxy.port))


def ipv6(*, by_host: bool) -> MakeScene:
    """The server over IPv6."""

    @asynccontextmanager
    async def scene(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
        if not has_ipv6():
            pytest.skip("this machine has no ::1")
        target = plain(servers, subject)
        if target.server.program != "apache-kafka":
            yield Scene(replace(target, host="::1", by_host=by_host))
            return
        async with FaultProxy((target.host, target.port), host="::1") as proxy:
            yield Scene(replace(target, host=proxy.host, port=proxy.port, by_host=by_host))

    return scene


async def several_hosts(servers: Servers, subject: Subject, answer: Answer) -> None:
    """One host of a URL is well, the other one is not there."""
    assert isinstance(subject, Standalone)
    target = plain(servers, subject)
    async with FaultProxy(fault=Refuse()) as proxy, FaultProxy((target.host, target.port)) as way:
        hosts = f"{proxy.host}:{proxy.port},{way.host}:{way.port}"
        dependency = subject.declare(target, hosts=hosts)
        for number, detail in enumerate(["connection_refused", *answer.details]):
            expect(await check(dependency, PATIENCE, number), Answer((detail,)), PATIENCE)
        assert way.connections == 1
        await dependency.checker.aclose()  # type: ignore[attr-defined]


def at_login(servers: Servers, subject: Subject, who: Login) -> Target:
    """The subject's server where it asks for a login, and who comes."""
    server = subject.well(servers)
    port = subject.door(server, "login")
    return Target(server=server, port=port, door="login", login=who)


def login(who: Login) -> MakeScene:
    """Come as *who*."""

    @asynccontextmanager
    async def scene(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
        yield Scene(at_login(servers, subject, who), in_use=subject.type == "ldap")

    return scene


@asynccontextmanager
async def tls_to_plaintext(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """TLS to a port on which none is spoken."""
    if subject.type in {"postgres", "mysql"}:
        server = servers[f"{subject.type} plain"]
        yield Scene(Target(server=server, port=server.port, tls=Tls.TRUSTING))
    else:
        server = subject.well(servers)
        yield Scene(Target(server=server, port=subject.door(server, "plain"), tls=Tls.TRUSTING))


@asynccontextmanager
async def plaintext_to_tls(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """No TLS to a port on which nothing else is spoken, or by a user who is let in with it only."""
    target = replace(secure(servers, subject), tls=Tls.NONE)
    yield Scene(
        replace(target, door="plain", login=Login.TLS_ONLY)
        if subject.type in {"postgres", "mysql"}
        else target
    )


def saying(**options: Any) -> MakeScene:
    """Ask with these further keywords."""
    return as_it_is(plain, in_use=True, options=options)


@asynccontextmanager
async def silent_name_server(servers: Servers, subject: Subject) -> AsyncIterator[Scene]:
    """The name servers of this machine do not answer (in a network of their own)."""
    with silent_name_servers():
        yield Scene(plain(servers, subject, host="dephealth.invalid"), strikes=True)
