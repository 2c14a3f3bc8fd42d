"""AMQP against a real RabbitMQ."""

from __future__ import annotations

from typing import Any

import pytest

from dephealth import Endpoint, check_once
from dephealth_amqp import AMQPChecker
from private_servers import RabbitMQServer


@pytest.fixture
def login(rabbitmq_server: RabbitMQServer) -> dict[str, Any]:
    """Who may open both virtual hosts."""
    return {"username": rabbitmq_server.user, "password": rabbitmq_server.password}


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


async def test_unknown_virtual_host_is_an_auth_error(
    rabbitmq_server: RabbitMQServer, login: dict[str, Any]
) -> None:
    """A virtual host that does not exist is refused like one that may not be opened."""
    at = Endpoint(rabbitmq_server.host, str(rabbitmq_server.port))
    found = await check_once(AMQPChecker(vhost="nowhere", **login), at)

    assert found.outcome is not None
    assert found.outcome.detail == "auth_error"
    assert found.expected
