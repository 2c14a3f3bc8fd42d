"""The five parameters: defaults, ranges, and which value gives way."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dephealth import CheckPolicy, ConfigurationError
from dephealth._policy import RANGES, policy_values, resolve_policy


def test_defaults_are_those_of_the_contract() -> None:
    """Unless told otherwise: every 15 s, 5 s to answer, no delay, thresholds of 1."""
    assert CheckPolicy() == CheckPolicy(15.0, 5.0, 0.0, 1, 1)


def test_ranges_are_those_of_the_contract() -> None:
    """The ranges are 1 s to 10 min, 100 ms to 60 s, 0 to 5 min, and 1 to 10."""
    assert dict(RANGES) == {
        "interval": (1.0, 600.0),
        "timeout": (0.1, 60.0),
        "initial_delay": (0.0, 300.0),
        "failure_threshold": (1, 10),
        "success_threshold": (1, 10),
    }


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("end", [0, 1])
def test_ends_of_a_range_are_accepted(name: str, end: int) -> None:
    """The lowest and the highest value of each parameter are accepted."""
    value = RANGES[name][end]
    policy, _ = resolve_policy(policy_values(**{name: int(value) if value > 1 else value}), {})
    assert getattr(policy, name) == value


BEYOND = [
    ("interval", 0.999, "0.999 s", "1 to 600 s"),
    ("interval", 600.0001, "600.0001 s", "1 to 600 s"),
    ("interval", -1, "-1.0 s", "1 to 600 s"),
    ("interval", math.nan, "nan s", "1 to 600 s"),
    ("interval", math.inf, "inf s", "1 to 600 s"),
    ("interval", 10**400, "inf s", "1 to 600 s"),
    ("interval", timedelta.max, "86400000000000.0 s", "1 to 600 s"),
    ("timeout", 0.0999, "0.0999 s", "0.1 to 60 s"),
    ("timeout", 60.5, "60.5 s", "0.1 to 60 s"),
    ("timeout", math.nan, "nan s", "0.1 to 60 s"),
    ("timeout", 0, "0.0 s", "0.1 to 60 s"),
    ("initial_delay", -0.1, "-0.1 s", "0 to 300 s"),
    ("initial_delay", timedelta(minutes=5, microseconds=1), "300.000001 s", "0 to 300 s"),
    ("failure_threshold", 0, "0", "1 to 10"),
    ("failure_threshold", 11, "11", "1 to 10"),
    ("success_threshold", -1, "-1", "1 to 10"),
    ("success_threshold", 10**400, "of type int", "1 to 10"),
]


@pytest.mark.parametrize(("name", "value", "shown", "range_"), BEYOND)
def test_value_out_of_range_is_refused(name: str, value: object, shown: str, range_: str) -> None:
    """A value out of its range is refused with name, value and range."""
    with pytest.raises(ConfigurationError) as caught:
        resolve_policy(policy_values(**{name: value}), {})
    text = str(caught.value)
    assert text.startswith(f"{name} {shown}")
    assert text.endswith(f"is out of range: {range_}")


@pytest.mark.parametrize(
    "value", ["5", "5s", True, b"5", [5], 5j, {"seconds": 5}, object()], ids=repr
)
@pytest.mark.parametrize("name", ["interval", "timeout", "initial_delay"])
def test_duration_is_seconds_or_a_timedelta(name: str, value: object) -> None:
    """A duration of another type is refused with the type's name."""
    with pytest.raises(ConfigurationError, match=rf"^{name} must be seconds or a timedelta, not "):
        policy_values(**{name: value})


@pytest.mark.parametrize("value", ["5", 5.0, True, timedelta(5), [5]], ids=repr)
@pytest.mark.parametrize("name", ["failure_threshold", "success_threshold"])
def test_threshold_is_a_whole_number(name: str, value: object) -> None:
    """A threshold of another type, a bool too, is refused with the type's name."""
    with pytest.raises(ConfigurationError, match=rf"^{name} must be a whole number, not "):
        policy_values(**{name: value})


@pytest.mark.parametrize("value", [1.5, timedelta(milliseconds=1500)])
def test_fractions_of_seconds_count(value: object) -> None:
    """A duration keeps its fraction, given as a number or a timedelta."""
    assert policy_values(timeout=value) == {"timeout": 1.5}


@pytest.mark.parametrize("empty", [None, ""])
def test_none_and_empty_text_mean_not_given(empty: object) -> None:
    """None and an empty text leave the parameter unset."""
    assert policy_values(timeout=empty, failure_threshold=empty, interval=7) == {"interval": 7.0}


def test_zero_is_given() -> None:
    """An initial delay of 0 is one that was given."""
    assert policy_values(initial_delay=0) == {"initial_delay": 0.0}


def test_unknown_parameter_is_refused() -> None:
    """A parameter that does not exist is refused with those that do."""
    with pytest.raises(
        ConfigurationError, match=r"'intervall' \(known: interval, timeout, initial_delay"
    ):
        policy_values(intervall=5)


def test_value_of_the_dependency_wins() -> None:
    """Each value of the dependency beats that of the whole object."""
    common = policy_values(interval=30, timeout=3, failure_threshold=3)
    policy, warning = resolve_policy(policy_values(interval=60, success_threshold=2), common)
    assert policy == CheckPolicy(60.0, 3.0, 0.0, 3, 2)
    assert not warning


@pytest.mark.parametrize("timeout", [10, 10.5, 60])
@pytest.mark.parametrize(("own", "common"), [("ti", ""), ("t", "i"), ("i", "t"), ("", "ti")])
def test_timeout_must_be_less_than_a_given_interval(own: str, common: str, timeout: float) -> None:
    """A timeout that is not less than the interval is refused if both were given, wherever."""
    given_values = {"t": ("timeout", timeout), "i": ("interval", 10)}
    with pytest.raises(
        ConfigurationError, match=r"^timeout .* s must be less than the interval 10.0 s$"
    ):
        resolve_policy(
            policy_values(**dict(given_values[x] for x in own)),
            policy_values(**dict(given_values[x] for x in common)),
        )


@pytest.mark.parametrize("timeout", [15, 15.5, 20, 60])
@pytest.mark.parametrize("own", [True, False])
def test_default_interval_gives_way(timeout: float, own: bool) -> None:
    """A long timeout makes the default interval longer, with a warning that names both."""
    values = policy_values(timeout=timeout)
    policy, warning = resolve_policy(values, {}) if own else resolve_policy({}, values)
    assert policy.timeout == timeout < policy.interval <= 600
    assert warning == (
        f"timeout {timeout:g} s leaves no room in the default interval of 15 s: "
        f"checking every {policy.interval:g} s"
    )


@pytest.mark.parametrize("interval", [1, 1.5, 5])
@pytest.mark.parametrize("own", [True, False])
def test_default_timeout_gives_way(interval: float, own: bool) -> None:
    """A short interval makes the default timeout shorter, with a warning that names both."""
    values = policy_values(interval=interval)
    policy, warning = resolve_policy(values, {}) if own else resolve_policy({}, values)
    assert 0.1 <= policy.timeout < policy.interval == interval
    assert warning == (
        f"interval {interval:g} s leaves no room for the default timeout of 5 s: "
        f"the timeout is {policy.timeout:g} s"
    )


@pytest.mark.parametrize("values", [{}, {"timeout": 14.9}, {"interval": 5.1}, {"interval": 600}])
def test_values_that_go_together_are_kept(values: dict[str, float]) -> None:
    """Where the timeout is less than the interval nothing gives way."""
    policy, warning = resolve_policy(values, {})
    assert not warning
    assert policy == CheckPolicy(**values)  # type: ignore[arg-type]


NUMBERS = st.one_of(st.none(), st.just(""), st.floats(), st.integers(), st.timedeltas(), st.text())


@given(
    st.fixed_dictionaries(dict.fromkeys(RANGES, NUMBERS)),
    st.fixed_dictionaries(dict.fromkeys(RANGES, NUMBERS)),
)
def test_anything_is_a_policy_or_refused(own: dict[str, object], common: dict[str, object]) -> None:
    """Whatever is given, there is a policy within the ranges or a configuration error."""
    try:
        policy, _ = resolve_policy(policy_values(**own), policy_values(**common))
    except ConfigurationError:
        return
    assert all(low <= getattr(policy, name) <= high for name, (low, high) in RANGES.items())
    assert policy.timeout < policy.interval
