"""What the environment says of a declared dependency."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dephealth import ConfigurationError, Dependency
from dephealth._environment import DependencyEnvironment, global_text
from dephealth._options import flag, options_of, text_list

from ._kiosk import SECRET, KioskChecker, Till, checker_of, kiosk_check

PREFIX = "DEPHEALTH_ORDERS_DB_"
HERE = {"URL": "kiosk://h"}


def declared(variables: dict[str, str], **given_: object) -> Dependency:
    environ = {PREFIX + key: value for key, value in variables.items()}
    return kiosk_check("orders-db", environ, **given_)


def refused(variables: dict[str, str], **given_: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        declared(variables, **given_)
    assert SECRET not in str(caught.value)
    assert str(caught.value).startswith("dependency 'orders-db': ")
    return str(caught.value).removeprefix("dependency 'orders-db': ")


@pytest.mark.parametrize("name", ["orders-db", "Orders_DB", "orders_db", "ORDERS-db"])
def test_variable_is_named_after_the_dependency(name: str) -> None:
    """A dependency's variables begin with its name in capitals, ``-`` as ``_``."""
    assert DependencyEnvironment(name, {}).variable("URL") == "DEPHEALTH_ORDERS_DB_URL"


@pytest.mark.parametrize(
    ("variables", "where"),
    [
        ({"URL": "kiosk://a,b:1"}, [("a", "4711"), ("b", "1")]),
        ({"URL": "Host=h;Port=1"}, [("h", "1")]),
        ({"HOST": "h", "PORT": "1"}, [("h", "1")]),
        ({"HOST": "::1"}, [("::1", "4711")]),
        ({"URL": "kiosk://a", "HOST": "b", "PORT": "1"}, [("a", "4711")]),
        ({"URL": "", "HOST": "b", "PORT": ""}, [("b", "4711")]),
    ],
)
def test_address_comes_from_the_environment(
    variables: dict[str, str], where: list[tuple[str, str]]
) -> None:
    """The address is read from ``URL``, else from ``HOST`` and ``PORT``."""
    endpoints = declared(variables).endpoints
    assert [(endpoint.host, endpoint.port) for endpoint in endpoints] == where


def test_credentials_come_from_the_url_in_the_environment() -> None:
    """The user, password and database of a URL in the environment are used."""
    checker = checker_of(declared({"URL": "kiosks://app:pw@h/db"}))
    assert (checker.username, checker.database, checker.tls) == ("app", "db", True)
    assert [secret.reveal() for secret in checker.secrets()] == ["pw"]


@pytest.mark.parametrize(
    ("variables", "name", "message"),
    [
        ({"URL": f"redis://u:{SECRET}@h"}, "URL", "scheme 'redis' is none of: kiosk, kiosks"),
        ({"URL": f"kiosk://u:{SECRET}@h:x"}, "URL", "host or port is not valid"),
        ({"URL": SECRET}, "URL", "the address is neither a URL"),
        ({"HOST": f"u:{SECRET}@h"}, "HOST", "host has a colon"),
        ({"HOST": "a b"}, "HOST", "host has a character that no host name has"),
        (
            {"HOST": "h", "PORT": "http"},
            "HOST, DEPHEALTH_ORDERS_DB_PORT",
            "port 'http' is no number",
        ),
        ({"HOST": "h", "PORT": "0"}, "HOST, DEPHEALTH_ORDERS_DB_PORT", "port '0' is no number"),
    ],
)
def test_bad_address_in_the_environment_names_the_variable(
    variables: dict[str, str], name: str, message: str
) -> None:
    """An address that does not parse is refused with the variable it is in."""
    assert refused(variables).startswith(f"{PREFIX}{name}: {message}")


def test_port_alone_is_refused() -> None:
    """A port in the environment without a host is refused with both variables."""
    assert refused({"PORT": "1"}) == f"{PREFIX}PORT is set without {PREFIX}HOST"


@pytest.mark.parametrize(
    ("text", "critical"),
    [("yes", True), ("no", False), ("true", True), ("FALSE", False), (" Yes ", True)],
)
def test_criticality_comes_from_the_environment(text: str, critical: bool) -> None:
    """``CRITICAL`` is read as yes or no, true or false, in any case."""
    assert declared({**HERE, "CRITICAL": text}, critical=None).critical is critical


@pytest.mark.parametrize("text", ["1", "0", "on", "y", "critical", "ja"])
def test_other_criticality_is_refused(text: str) -> None:
    """Another value of ``CRITICAL`` is refused with the variable and what is right."""
    message = refused({**HERE, "CRITICAL": text}, critical=None)
    assert message == f"{PREFIX}CRITICAL: {text!r} is no yes or no"


POLICY = {
    "CHECK_INTERVAL": "60.5",
    "TIMEOUT": "1.5",
    "INITIAL_DELAY": "0.25",
    "FAILURE_THRESHOLD": "3",
    "SUCCESS_THRESHOLD": "2",
}


def test_policy_comes_from_the_environment() -> None:
    """The five parameters are read as seconds with fractions and whole numbers."""
    assert declared({**HERE, **POLICY}).policy == {
        "interval": 60.5,
        "timeout": 1.5,
        "initial_delay": 0.25,
        "failure_threshold": 3,
        "success_threshold": 2,
    }


@pytest.mark.parametrize("key", POLICY)
@pytest.mark.parametrize("text", ["5s", "five", "1,5", "PT5S", "0x5"])
def test_parameter_that_is_no_number_is_refused(key: str, text: str) -> None:
    """A parameter that is no number is refused with the variable."""
    what = "whole number" if key.endswith("THRESHOLD") else "number"
    assert refused({**HERE, key: text}) == f"{PREFIX}{key}: {text!r} is no {what}"


def test_threshold_with_a_fraction_is_refused() -> None:
    """A threshold in the environment is a whole number."""
    message = refused({**HERE, "FAILURE_THRESHOLD": "1.5"})
    assert message == f"{PREFIX}FAILURE_THRESHOLD: '1.5' is no whole number"


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("TIMEOUT", "61", "timeout 61.0 s is out of range: 0.1 to 60 s"),
        ("TIMEOUT", "nan", "timeout nan s is out of range: 0.1 to 60 s"),
        ("CHECK_INTERVAL", "inf", "interval inf s is out of range: 1 to 600 s"),
        ("SUCCESS_THRESHOLD", "11", "success_threshold 11 is out of range: 1 to 10"),
    ],
)
def test_parameter_out_of_range_is_refused(key: str, text: str, message: str) -> None:
    """A parameter in the environment has the range that it has everywhere."""
    assert refused({**HERE, key: text}) == message


def test_options_come_from_the_environment() -> None:
    """Options of every kind are read from the variables that they name."""
    variables = {"PASSWORD": "pw", "BASIC_USERNAME": "u", "BASIC_PASSWORD": "p", "VERBOSE": "yes"}
    variables |= {"HEALTH_PATH": "/up", "DEPTH": "3", "WEIGHT": "0.5", "REGIONS": "eu, us,,"}
    checker = checker_of(declared({**HERE, **variables}))
    assert (checker.path, checker.verbose, checker.depth, checker.weight) == ("/up", True, 3, 0.5)
    assert checker.regions == ["eu", "us"]
    assert [secret.reveal() for secret in checker.secrets()] == ["pw", "u", "p"]


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("VERBOSE", "maybe", "'maybe' is no yes or no"),
        ("DEPTH", "1.5", "'1.5' is no whole number"),
        ("WEIGHT", "heavy", "'heavy' is no number"),
        ("DEPTH", "a=b", "of type str is no whole number"),
    ],
)
def test_option_that_does_not_parse_is_refused(key: str, text: str, message: str) -> None:
    """An option that does not parse is refused with the variable."""
    assert refused({**HERE, key: text}) == f"{PREFIX}{key}: {message}"


@pytest.mark.parametrize(("there", "missing"), [("USERNAME", "PASSWORD"), ("PASSWORD", "USERNAME")])
def test_half_a_pair_is_refused(there: str, missing: str) -> None:
    """One of two variables that belong together is refused with the one that is missing."""
    message = refused({**HERE, f"BASIC_{there}": SECRET})
    assert message == f"{PREFIX}BASIC_{missing} is missing beside {PREFIX}BASIC_{there}"


def test_labels_come_from_the_environment() -> None:
    """Custom labels are read from ``LABEL_<KEY>``, the key in lower case."""
    variables = {"LABEL_ROLE": "primary", "LABEL_Data_Center": "EU", "LABEL_EMPTY": ""}
    assert declared({**HERE, **variables}).labels == {"role": "primary", "data_center": "EU"}


@pytest.mark.parametrize("key", ["LABEL_HOST", "LABEL___X", "LABEL_1", "LABEL_"])
def test_bad_label_in_the_environment_is_refused(key: str) -> None:
    """A reserved or impossible label in the environment is refused, and the variable named."""
    assert refused({**HERE, key: "x"}).startswith(f"DEPHEALTH_ORDERS_DB_{key}: label ")


EVERYTHING = {
    **POLICY,
    "URL": "kiosk://u:p@env",
    "CRITICAL": "no",
    "LABEL_ROLE": "env",
    "PASSWORD": "env",
    "HEALTH_PATH": "/env",
}


def test_argument_beats_the_environment() -> None:
    """What is given as an argument is not taken from the environment."""
    dependency = declared(
        EVERYTHING,
        url="kiosk://arg",
        critical=True,
        interval=20,
        timeout=2,
        initial_delay=0,
        failure_threshold=1,
        success_threshold=1,
        labels={"role": "arg"},
        password="arg",
        path="/arg",
    )
    checker = checker_of(dependency)
    assert (str(dependency.endpoints[0]), dependency.critical) == ("arg:4711", True)
    assert list(dependency.policy.values()) == [20, 2, 0, 1, 1]
    assert dependency.labels == {"role": "arg"}
    assert (checker.path, checker.username) == ("/arg", None)
    assert [secret.reveal() for secret in checker.secrets()] == ["arg"]


def test_what_an_argument_beats_need_not_parse() -> None:
    """A variable that an argument makes superfluous is not read."""
    broken = {**dict.fromkeys(POLICY, "x"), "URL": "x", "HOST": "!", "CRITICAL": "x", "DEPTH": "x"}
    broken |= {"BASIC_USERNAME": "alone"}
    dependency = declared(
        broken,
        host="h",
        critical=True,
        interval=20,
        timeout=2,
        initial_delay=0,
        failure_threshold=1,
        success_threshold=1,
        depth=2,
        basic_auth=("u", "p"),
    )
    assert checker_of(dependency).depth == 2


@pytest.mark.parametrize("empty", [None, ""])
def test_empty_argument_does_not_beat_the_environment(empty: str | None) -> None:
    """None and ``""`` as an argument leave the environment its say."""
    dependency = declared(
        EVERYTHING,
        url=empty,
        host=empty,
        port=empty,
        critical=empty,
        timeout=empty,
        path=empty,
        labels={"role": empty},
    )
    assert (str(dependency.endpoints[0]), dependency.critical) == ("env:4711", False)
    assert (dependency.policy["timeout"], dependency.labels) == (1.5, {"role": "env"})
    assert checker_of(dependency).path == "/env"


def test_false_and_zero_beat_the_environment() -> None:
    """An argument that is false or 0 is given."""
    variables = {**HERE, "CRITICAL": "yes", "INITIAL_DELAY": "5", "VERBOSE": "yes", "DEPTH": "5"}
    dependency = declared(variables, critical=False, initial_delay=0, verbose=False, depth=0)
    checker = checker_of(dependency)
    assert (dependency.critical, dependency.policy["initial_delay"]) == (False, 0)
    assert (checker.verbose, checker.depth) == (False, 0)


def test_credentials_in_the_environment_do_not_mix_with_a_given_url() -> None:
    """The credentials of the source that is taken beat those of the environment."""
    checker = checker_of(declared({"PASSWORD": "env"}, url="kiosk://u:url@h"))
    assert [secret.reveal() for secret in checker.secrets()] == ["url"]


def test_environment_of_another_dependency_is_not_read() -> None:
    """The variables of another dependency, or without the prefix, say nothing."""
    environ = {
        "DEPHEALTH_ORDERS_URL": "kiosk://h",
        "ORDERS_DB_URL": "kiosk://h",
        "URL": "kiosk://h",
    }
    with pytest.raises(ConfigurationError, match="an address is missing"):
        kiosk_check("orders-db", environ)


def test_client_beats_the_environment() -> None:
    """A client that is given is a source before those of the environment."""
    (endpoint,) = declared({"URL": "kiosk://env"}, client=Till()).endpoints
    assert str(endpoint) == "till.svc:4711"


def test_other_type_in_the_environment_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """A ``TYPE`` that is not that of the program is told, and changes nothing."""
    assert declared({**HERE, "TYPE": "redis"}).type == "kiosk"
    assert caplog.messages == [f"{PREFIX}TYPE says 'redis', but the program declares 'kiosk'"]


def test_same_type_in_the_environment_is_not_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    """A ``TYPE`` that is that of the program, or empty, is fine."""
    declared({**HERE, "TYPE": "kiosk"})
    declared({**HERE, "TYPE": ""})
    assert not caplog.messages


def test_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless told otherwise, the process's own environment is read when asked."""
    monkeypatch.setenv("DEPHEALTH_DB_URL", "kiosk://h")
    monkeypatch.setenv("DEPHEALTH_NAME", "orders")
    assert DependencyEnvironment("db").text("URL") == "kiosk://h"
    assert global_text("NAME") == "orders"
    monkeypatch.setenv("DEPHEALTH_NAME", "")
    assert global_text("NAME") is None


def test_flag_and_list() -> None:
    """A list is separated by commas, spaces around its items do not count."""
    assert text_list(" a, b,,c d ,") == ["a", "b", "c d"]
    with pytest.raises(ValueError, match="maybe"):
        flag("maybe")


KEYS = ["URL", "HOST", "PORT", "TYPE", "CRITICAL", "LABEL_A", "LABEL_HOST", *POLICY]
KEYS += [key for option in options_of(KioskChecker).values() for key in option.env]


@given(st.dictionaries(st.sampled_from(KEYS), st.text()))
def test_any_environment_is_good_or_refused(variables: dict[str, str]) -> None:
    """Whatever is in the environment, there is a dependency or a configuration error."""
    secrets = dict.fromkeys(["PASSWORD", "BASIC_USERNAME", "BASIC_PASSWORD"], SECRET)
    try:
        told = repr(declared({**variables, **secrets}))
    except ConfigurationError as exc:
        told = str(exc)
    assert SECRET not in told
