"""AMQP against a real RabbitMQ."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from dephealth import Endpoint, SingleCheck, check_once
from dephealth.api import DependencyHealth, amqp_check
from dephealth_amqp import AMQPChecker
from private_servers import Certificates, RabbitMQServer
from waiting import detail_becomes, first_results


@pytest.fixture
def login(rabbitmq_server: RabbitMQServer) -> dict[str, Any]:
    """Who may open both virtual hosts."""
    return {"username": rabbitmq_server.user, "password": rabbitmq_server.password}


async def _check(server: RabbitMQServer, checker: AMQPChecker, *, tls: bool = False) -> SingleCheck:
    port = server.tls_port if tls else server.port
    return await check_once(checker, Endpoint(server.host, str(port)), 5.0)


async def test_both_virtual_hosts_open(
    rabbitmq_server: RabbitMQServer, login: dict[str, Any]
) -> None:
    """Who may open a virtual host finds it well, over IPv4 as over IPv6."""
    for host in rabbitmq_server.hosts:
        for vhost in ("/", rabbitmq_server.other_vhost):
            checker = AMQPChecker(vhost=vhost, **login)
            found = await check_once(checker, Endpoint(host, str(rabbitmq_server.port)))
            assert found.outcome is not None
            assert found.outcome.detail == "ok", found


@pytest.mark.parametrize("case", ["wrong password", "no password", "no such vhost", "no right"])
async def test_who_may_not_is_an_auth_error(
    rabbitmq_server: RabbitMQServer, login: dict[str, Any], case: str
) -> None:
    """Credentials that are wrong, missing or without the right are an auth error."""
    checker = {
        "wrong password": AMQPChecker(username=rabbitmq_server.user, password="wrong"),
        "no password": AMQPChecker(),
        "no such vhost": AMQPChecker(vhost="nowhere", **login),
        "no right": AMQPChecker(
            username=rabbitmq_server.outsider, password=rabbitmq_server.password
        ),
    }[case]
    found = await _check(rabbitmq_server, checker)

    assert found.outcome is not None
    assert found.outcome.detail == "auth_error"
    assert found.expected


async def test_tls(
    rabbitmq_server: RabbitMQServer, login: dict[str, Any], certificates: Certificates
) -> None:
    """TLS is verified against the given authority, unless that is skipped."""
    trusting = AMQPChecker(tls_ca_file=str(certificates.ca_file), **login)
    skipping = AMQPChecker(tls_skip_verify=True, **login)
    strict = AMQPChecker(tls=True, **login)
    found = [await _check(rabbitmq_server, each, tls=True) for each in (trusting, skipping, strict)]
    found.append(await _check(rabbitmq_server, trusting))

    details = [each.outcome.detail for each in found if each.outcome]
    assert details == ["ok", "ok", "tls_error", "tls_error"]


async def test_client_certificate_is_demanded(certificates: Certificates) -> None:
    """A broker that demands a certificate lets in who shows one, and nobody else."""
    with RabbitMQServer(certificates=certificates, require_client_certificate=True) as server:
        login: dict[str, Any] = {"username": server.user, "password": server.password}
        ca = str(certificates.ca_file)
        without = AMQPChecker(tls_ca_file=ca, **login)
        shown = AMQPChecker(
            tls_ca_file=ca,
            tls_cert_file=str(certificates.client_certificate),
            tls_key_file=str(certificates.client_key),
            **login,
        )
        found = [await _check(server, each, tls=True) for each in (without, shown)]

    assert [each.outcome.detail for each in found if each.outcome] == ["tls_error", "ok"]


async def test_stopped_server_and_back(
    rabbitmq_server: RabbitMQServer, login: dict[str, Any]
) -> None:
    """A broker that is stopped is a timeout, and well again within an interval of going on."""
    server = rabbitmq_server
    user = f"{quote(login['username'], safe='')}:{quote(login['password'], safe='')}"
    url = f"amqp://{user}@{server.host}:{server.port}"
    dh = DependencyHealth(
        "a", "b", amqp_check("mq", url=url, critical=True, interval=1, timeout=0.5), exporters=[]
    )
    key = f"mq:{server.host}:{server.port}"
    await dh.start()
    try:
        await first_results(dh)
        server.pause()
        try:
            await detail_becomes(dh, key, "timeout")
        finally:
            await asyncio.to_thread(server.resume)
        await detail_becomes(dh, key, "ok")
    finally:
        await dh.stop()
