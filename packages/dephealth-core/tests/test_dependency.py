"""What a dependency may be that was made without an ``X_check``."""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Any

import pytest

from dephealth import ConfigurationError, Dependency, DependencyType, Endpoint


class Own:
    """A checker of the user's own."""

    async def check(self, endpoint: Endpoint) -> None:
        raise AssertionError


class Name(str, enum.Enum):  # noqa: UP042  # what users have from before StrEnum
    ORDERS = "orders"


GOOD: dict[str, Any] = {
    "name": "orders",
    "type": "queue",
    "checker": Own(),
    "critical": True,
    "endpoints": [Endpoint("h", "1")],
}


def test_checker_of_the_users_own_is_enough() -> None:
    """Any object with ``async check(endpoint)`` can be declared, of any type."""
    dependency = Dependency(**GOOD)
    assert (dependency.type, dependency.endpoints) == ("queue", (Endpoint("h", "1"),))


def test_types_are_the_nine() -> None:
    """`DependencyType` has the nine types, each equal to its text."""
    nine = {"http", "grpc", "tcp", "postgres", "mysql", "redis", "amqp", "kafka", "ldap"}
    assert set(DependencyType) == nine
    assert Dependency(**{**GOOD, "type": DependencyType.HTTP}).type == "http"


def test_member_of_an_enum_is_its_value() -> None:
    """A name that is an enum's member is the text that it stands for."""
    assert f"{Dependency(**{**GOOD, 'name': Name.ORDERS}).name}" == "orders"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"type": "My Type"}, "type 'My Type' does not match"),
        ({"critical": None}, "critical must be True or False, not NoneType"),
        ({"critical": "yes"}, "critical must be True or False, not str"),
        (
            {"checker": object()},
            "checker must be an object with `async check(endpoint)`, not object",
        ),
        ({"checker": None}, "checker must be an object with `async check(endpoint)`, not NoneType"),
        (
            {"checker": Own},
            "checker must be an object with `async check(endpoint)`, not the class Own",
        ),
        ({"endpoints": []}, "an address is missing"),
        ({"endpoints": Endpoint("h", "1")}, "endpoints must be a list of Endpoint"),
        ({"endpoints": ["h:1"]}, "endpoints must be a list of Endpoint"),
        ({"endpoints": "h:1"}, "endpoints must be a list of Endpoint"),
        (
            {"endpoints": [Endpoint("h", "1"), Endpoint("h", "1", {"a": "b"})]},
            "endpoint h:1 is given twice",
        ),
        (
            {"endpoints": [Endpoint("::1", "1"), Endpoint("[::1]", "01")]},
            "endpoint ::1:1 is given twice",
        ),
        ({"labels": {"le": "x"}}, "label 'le' is reserved"),
        ({"policy": {"intervall": 5}}, "no parameter is named 'intervall'"),
        ({"policy": {"interval": 0}}, "interval 0.0 s is out of range"),
        ({"policy": {"interval": "5"}}, "interval must be seconds or a timedelta"),
        ({"policy": {"interval": 5, "timeout": 5}}, "timeout 5.0 s must be less than"),
    ],
)
def test_impossible_dependency_is_refused(changed: dict[str, Any], message: str) -> None:
    """A dependency that cannot be checked is refused with its name and what is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        Dependency(**{**GOOD, **changed})
    assert str(caught.value).startswith(f"dependency 'orders': {message}")


def test_policy_takes_what_the_functions_take() -> None:
    """The parameters may be seconds or timedeltas, and those that are None are not set."""
    policy = {"interval": timedelta(minutes=1), "timeout": None, "failure_threshold": 2}
    assert Dependency(**{**GOOD, "policy": policy}).policy == {
        "interval": 60.0,
        "failure_threshold": 2,
    }


def test_dependency_does_not_follow_its_arguments() -> None:
    """Changing what was given changes nothing in the dependency."""
    endpoints, policy = [Endpoint("h", "1")], {"interval": 30.0}
    dependency = Dependency(**{**GOOD, "endpoints": endpoints, "policy": policy})
    endpoints.clear()
    policy.clear()
    assert (len(dependency.endpoints), dependency.policy) == (1, {"interval": 30.0})


def test_several_endpoints_of_one_dependency() -> None:
    """A primary and a replica with labels of their own are one dependency."""
    endpoints = [Endpoint("a", "1", {"role": "primary"}), Endpoint("a", "2", {"role": "replica"})]
    assert len(Dependency(**{**GOOD, "endpoints": endpoints}).endpoints) == 2


def test_dependency_can_be_a_key() -> None:
    """A dependency has a hash, whatever its labels and parameters are."""
    dependency = Dependency(**{**GOOD, "labels": {"a": "b"}, "policy": {"interval": 30}})
    assert {dependency: 1}[dependency] == 1
