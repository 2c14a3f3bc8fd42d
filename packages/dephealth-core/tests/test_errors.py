"""The exceptions that users and plugins raise and catch."""

from __future__ import annotations

import copy
import pickle

import pytest

import dephealth
from dephealth import (
    CheckAuthError,
    CheckConnectionRefusedError,
    CheckDnsError,
    CheckError,
    CheckTimeoutError,
    CheckTlsError,
    ConfigurationError,
    EndpointNotFoundError,
    PluginError,
    Status,
    UnhealthyError,
    UnknownTypeError,
)
from dephealth.errors import concerning

USUAL = {
    CheckError: ("error", "error"),
    CheckTimeoutError: ("timeout", "timeout"),
    CheckConnectionRefusedError: ("connection_error", "connection_refused"),
    CheckDnsError: ("dns_error", "dns_error"),
    CheckAuthError: ("auth_error", "auth_error"),
    CheckTlsError: ("tls_error", "tls_error"),
    UnhealthyError: ("unhealthy", "unhealthy"),
}


@pytest.mark.parametrize(("cls", "meaning"), USUAL.items())
def test_class_says_what_was_found(cls: type[CheckError], meaning: tuple[str, str]) -> None:
    """Each class of check error means its status and detail by itself."""
    error = cls("why")
    assert (error.status_category, error.status_detail) == meaning
    assert str(error) == "why"


def test_every_check_error_is_in_the_table() -> None:
    """The table above names every exported child of `CheckError`."""
    exported = (getattr(dephealth, name) for name in dephealth.__all__)
    errors = {x for x in exported if isinstance(x, type) and issubclass(x, CheckError)}
    assert errors == USUAL.keys()


def test_category_and_detail_can_be_given() -> None:
    """A check error says what its arguments say."""
    error = CheckError(message="slow", status_category="unhealthy", status_detail="lagging")
    assert str(error) == "slow"
    assert (error.status_category, error.status_detail) == (Status.UNHEALTHY, "lagging")


def test_category_alone_has_its_usual_detail() -> None:
    """A category without a detail has its usual one."""
    assert CheckError(status_category="connection_error").status_detail == "connection_refused"


def test_detail_alone_refines_the_class() -> None:
    """A detail without a category belongs to the status of the class."""
    error = CheckError("no connection is free", status_detail="pool_exhausted")
    assert (error.status_category, error.status_detail) == ("error", "pool_exhausted")


def test_unhealthy_error_takes_a_detail() -> None:
    """`UnhealthyError` is refined by its detail."""
    error = UnhealthyError("503", detail="http_503")
    assert (error.status_category, error.status_detail) == ("unhealthy", "http_503")


def test_detail_of_another_status_is_refused() -> None:
    """A detail that belongs to another status than the class is refused."""
    with pytest.raises(ValueError, match="belongs to status 'timeout'"):
        CheckAuthError("x", status_detail="timeout")


def test_detail_that_is_no_text_is_refused() -> None:
    """A detail such as a bare status code is refused."""
    with pytest.raises(ValueError, match="does not match"):
        UnhealthyError("x", detail=503)  # type: ignore[arg-type]


@pytest.mark.parametrize("copied", [copy.copy, lambda e: pickle.loads(pickle.dumps(e))])
def test_check_error_can_be_copied(copied: type) -> None:
    """A copied check error still says what it said."""
    error = copied(UnhealthyError("m", detail="http_500"))
    assert (str(error), error.status_detail) == ("m", "http_500")


def test_endpoint_not_found_tells_which() -> None:
    """`EndpointNotFoundError` carries dependency, host and port, also when pickled."""
    error = pickle.loads(pickle.dumps(EndpointNotFoundError("db", "pg.svc", "5432")))
    assert (error.dep_name, error.host, error.port) == ("db", "pg.svc", "5432")
    assert str(error) == "dependency 'db' has no endpoint pg.svc:5432"


def test_all_configuration_errors_are_one_class() -> None:
    """Plugin and type errors are `ConfigurationError`, and that is a `ValueError`."""
    assert issubclass(PluginError, ConfigurationError)
    assert issubclass(UnknownTypeError, ConfigurationError)
    assert issubclass(ConfigurationError, ValueError)


def test_concerning_names_the_dependency_once() -> None:
    """The dependency's name stands before a message once, however deep it comes from."""
    with pytest.raises(PluginError) as caught, concerning("db"), concerning("db"):
        raise PluginError("it is broken")
    assert str(caught.value) == "dependency 'db': it is broken"


def test_concerning_lets_other_exceptions_pass() -> None:
    """What is no configuration error is left as it is."""
    with pytest.raises(KeyError) as caught, concerning("db"):
        raise KeyError("x")
    assert str(caught.value) == "'x'"
