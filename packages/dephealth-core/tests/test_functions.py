"""The names ``X_check`` and ``XChecker``, made from what plugins tell."""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Callable
from typing import Any

import pytest

from dephealth import CheckerRegistry, Dependency, PluginError
from dephealth._functions import check_function, lookup_name
from dephealth._plugins import OUR_TYPES

from ._distributions import Distributions
from ._kiosk import SPEC, KioskChecker
from .test_plugins import Plugin


@pytest.fixture
def registry() -> CheckerRegistry:
    """A registry with one type whose name has a hyphen, and one without."""
    registry = CheckerRegistry([], [])
    registry.register(Plugin(SPEC), "kiosk")
    other = dataclasses.replace(SPEC, type="news-kiosk", schemes={}, tls_schemes=frozenset())
    registry.register(Plugin(other), "news")
    return registry


def test_function_of_any_type_is_there(registry: CheckerRegistry) -> None:
    """Every type has a function, a third-party one too."""
    check = lookup_name("kiosk_check", registry)
    dependency = check("corner", url="kiosk://u:p@h", critical=True, depth=3)
    assert isinstance(dependency, Dependency)
    assert (dependency.name, dependency.type) == ("corner", "kiosk")
    assert dependency.checker == KioskChecker(username="u", password="p", depth=3)


def test_hyphen_of_a_type_is_an_underscore(registry: CheckerRegistry) -> None:
    """The function of a type with a hyphen has an underscore there."""
    check = lookup_name("news_kiosk_check", registry)
    assert check("x", host="h", port=1, critical=True).type == "news-kiosk"
    assert check.__name__ == check.__qualname__ == "news_kiosk_check"


def test_class_of_any_type_is_there(registry: CheckerRegistry) -> None:
    """Every type has its checker's class, by that class's own name."""
    assert lookup_name("KioskChecker", registry) is KioskChecker


NO_NAMES = """
    newskiosk_check ki_osk_check Kiosk_check kioskChecker KIOSKChecker NewsKioskChecker
    _check Checker HealthChecker unknown_check UnknownChecker kiosk __path__
"""


@pytest.mark.parametrize("name", ["", *NO_NAMES.split()])
def test_any_other_name_is_unknown(registry: CheckerRegistry, name: str) -> None:
    """A name that is not exactly that of a function or a class is an AttributeError."""
    with pytest.raises(AttributeError) as caught:
        lookup_name(name, registry)
    assert str(caught.value) == f"module 'dephealth.api' has no attribute {name!r}"


@pytest.mark.parametrize("name", ["kiosk", "__path__", "_check", "Checker", ""])
def test_name_that_is_none_of_a_type_loads_nothing(distributions: Distributions, name: str) -> None:
    """A name that cannot be a function or a class imports no plugin."""
    module = distributions.plugin("acme-kiosk", "kiosk")
    with pytest.raises(AttributeError):
        lookup_name(name, distributions.registry())
    assert module not in sys.modules


@pytest.mark.parametrize("name", ["stand_check", "StandChecker"])
def test_type_under_another_name_is_found(distributions: Distributions, name: str) -> None:
    """A name whose type no entry point is named after is looked for in all plugins."""
    distributions.write("other", STAND)
    distributions.add("acme-other", other="other")
    assert lookup_name(name, distributions.registry()).__name__ == name


STAND = """
from dephealth import Checker, CheckerSpec, hookimpl

class StandChecker(Checker):
    type = "stand"

    async def check(self, endpoint):
        raise AssertionError

@hookimpl
def dephealth_checkers():
    return [CheckerSpec(type="stand", schemes={}, checker=lambda: StandChecker)]
"""


@pytest.mark.parametrize("type", sorted(OUR_TYPES))
def test_missing_plugin_of_ours_says_what_to_install(type: str) -> None:
    """One of the nine names without its plugin is an ImportError with the command."""
    with pytest.raises(ImportError) as caught:
        lookup_name(f"{type}_check", CheckerRegistry([], []))
    assert str(caught.value) == (
        f"{type}_check needs the plugin dephealth-{type}: pip install dephealth-{type}"
    )


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("HTTPChecker", "http"),
        ("GRPCChecker", "grpc"),
        ("TCPChecker", "tcp"),
        ("PostgresChecker", "postgres"),
        ("MySQLChecker", "mysql"),
        ("RedisChecker", "redis"),
        ("AMQPChecker", "amqp"),
        ("KafkaChecker", "kafka"),
        ("LdapChecker", "ldap"),
    ],
)
def test_missing_class_of_ours_says_what_to_install(name: str, type: str) -> None:
    """A checker's class without its plugin is an ImportError with the command."""
    with pytest.raises(
        ImportError, match=rf"^{name} needs the plugin dephealth-{type}: pip install"
    ):
        lookup_name(name, CheckerRegistry([], []))


def test_disabled_plugin_is_not_to_be_installed() -> None:
    """One of the nine that was disabled is an ImportError that says so."""
    with pytest.raises(ImportError) as caught:
        lookup_name("mysql_check", CheckerRegistry([], ["mysql"]))
    assert str(caught.value) == (
        "mysql_check needs the plugin dephealth-mysql: "
        "'mysql' is listed in DEPHEALTH_DISABLE_PLUGINS"
    )


def test_broken_plugin_is_told(distributions: Distributions) -> None:
    """A name whose plugin is broken is the plugin's error."""
    distributions.write("broken", "1 / 0")
    distributions.add("dephealth-mysql", mysql="broken")
    with pytest.raises(PluginError, match="plugin dephealth-mysql does not import"):
        lookup_name("mysql_check", distributions.registry())


def test_other_broken_plugin_is_not_told(distributions: Distributions) -> None:
    """A missing plugin is what is told, not that another one is broken."""
    distributions.write("broken", "1 / 0")
    distributions.add("acme-broken", broken="broken")
    with pytest.raises(ImportError, match=r"pip install dephealth-mysql$"):
        lookup_name("mysql_check", distributions.registry())


def raising(exc: Exception) -> Callable[[], Any]:
    def load() -> Any:
        raise exc

    return load


def test_missing_driver_is_an_import_error() -> None:
    """A driver that is missing is told when the function is called, not by a check."""
    checker = raising(ModuleNotFoundError("No module named 'kioskdriver'"))
    check = check_function(dataclasses.replace(SPEC, checker=lambda: KioskChecker))
    assert callable(check)
    with pytest.raises(ImportError, match="kioskdriver"):
        check_function(dataclasses.replace(SPEC, checker=checker))


@pytest.mark.parametrize("what", ["checker", "check"])
def test_what_does_not_import_later_names_the_plugin(what: str) -> None:
    """What a plugin imports when it is first used fails with the plugin's name and the cause."""
    loads: dict[str, Any] = {what: raising(SyntaxError("of another Python"))}
    spec = dataclasses.replace(SPEC, **loads)
    with pytest.raises(PluginError, match=f"^plugin .*, type 'kiosk': its {what} does not") as told:
        check_function(spec)
    assert isinstance(told.value.__cause__, SyntaxError)
    assert not isinstance(told.value, ImportError)


@pytest.mark.parametrize(
    ("what", "nonsense", "message"),
    [
        ("checker", "KioskChecker", "its checker is 'KioskChecker', not a class of Checker"),
        ("checker", int, "its checker is <class 'int'>, not a class of Checker"),
        ("checker", KioskChecker(), "its checker is KioskChecker.*, not a class of Checker"),
        ("check", None, "its check is None, not a function"),
    ],
)
def test_nonsense_that_is_loaded_names_the_plugin(
    what: str, nonsense: object, message: str
) -> None:
    """A plugin that gives no checker, or no function, is told with what it gave."""
    loads: dict[str, Any] = {what: lambda: nonsense}
    spec = dataclasses.replace(SPEC, **loads)
    with pytest.raises(PluginError, match=message):
        check_function(spec)


def test_plugin_of_another_distribution_is_named_by_it(distributions: Distributions) -> None:
    """A plugin that fails late is named by its distribution, not by its module."""
    distributions.write("late", LATE)
    distributions.add("acme-late", late="late")
    with pytest.raises(ImportError, match=r"^plugin acme-late, type 'late': .*nonexistent_driver"):
        lookup_name("late_check", distributions.registry())


LATE = """
from dephealth import CheckerSpec, hookimpl

def checker():
    import nonexistent_driver

@hookimpl
def dephealth_checkers():
    return [CheckerSpec(type="late", schemes={"late": 1}, checker=checker)]
"""


def test_plugins_own_function_is_taken() -> None:
    """A plugin that brings its function has that one."""

    def kiosk_check(name: str) -> Any:
        raise AssertionError(name)

    assert check_function(dataclasses.replace(SPEC, check=lambda: kiosk_check)) is kiosk_check


def test_made_function_tells_its_options() -> None:
    """A function made from the options has their names in its signature."""
    parameters = inspect.signature(check_function(SPEC)).parameters
    assert list(parameters)[:4] == ["name", "url", "host", "port"]
    assert {"critical", "timeout", "labels", "headers", "depth"} <= parameters.keys()
    assert "private" not in parameters
    assert all(x.kind is x.KEYWORD_ONLY for name, x in parameters.items() if name != "name")


def test_made_function_refuses_unknown_options() -> None:
    """A function made from the options does not take others."""
    with pytest.raises(TypeError, match=r"kiosk_check\(\) has no option 'colour'"):
        check_function(SPEC)("x", colour="red")


def test_made_function_takes_only_the_name_by_position() -> None:
    """A function made from the options takes a URL as a keyword only."""
    with pytest.raises(TypeError, match="positional argument"):
        check_function(SPEC)("x", "kiosk://h")
