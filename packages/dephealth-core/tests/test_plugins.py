"""What is installed, and what happens if it is broken."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import EntryPoint
from typing import Any

import pytest

import dephealth
from dephealth import (
    CheckerRegistry,
    CheckerSpec,
    ConfigurationError,
    PluginError,
    Status,
    UnknownTypeError,
    hookimpl,
)

from ._distributions import Distributions
from ._kiosk import SPEC, KioskChecker


def refused(registry: CheckerRegistry, type: str) -> str:
    with pytest.raises(PluginError) as caught:
        registry.get(type)
    return str(caught.value)


def test_types_are_listed_without_importing(distributions: Distributions) -> None:
    """The installed types are told by the entry points' names; nothing is imported."""
    modules = [distributions.plugin("dephealth-b", "b"), distributions.plugin("dephealth-a", "a")]
    assert distributions.registry().types() == ["a", "b"]
    assert not sys.modules.keys() & set(modules)


def test_type_loads_its_plugin_alone(distributions: Distributions) -> None:
    """Asking for a type imports the plugin of that name, and no other one."""
    a, b = distributions.plugin("dephealth-a", "a"), distributions.plugin("dephealth-b", "b")
    assert distributions.registry().get("a").type == "a"
    assert a in sys.modules
    assert b not in sys.modules


def test_type_under_another_name_is_found(distributions: Distributions) -> None:
    """A type that no entry point is named after is looked for in all plugins."""
    distributions.plugin("dephealth-a", "a")
    distributions.plugin("dephealth-b", "b", name="other")
    registry = distributions.registry()
    assert registry.get("b").type == "b"
    assert registry.types() == ["a", "b", "other"]


def test_scheme_is_found_in_any_plugin(distributions: Distributions) -> None:
    """The type that has a URL scheme is looked for in all plugins."""
    distributions.plugin("dephealth-a", "a", ["a", "as"])
    distributions.plugin("dephealth-b", "b", ["b", "bs"])
    assert distributions.registry().by_scheme("bs").type == "b"


@pytest.mark.parametrize("scheme", ["a", "as"])
def test_scheme_loads_the_plugin_of_that_name_alone(
    distributions: Distributions, scheme: str
) -> None:
    """A scheme that begins with the name of a plugin which has it loads no other one."""
    a = distributions.plugin("dephealth-a", "a", ["a", "as"])
    b = distributions.plugin("dephealth-b", "b")
    assert distributions.registry().by_scheme(scheme).type == "a"
    assert a in sys.modules
    assert b not in sys.modules


def test_scheme_of_another_name_than_its_plugins(distributions: Distributions) -> None:
    """A scheme that the plugin of that name does not have is looked for in the others."""
    distributions.plugin("dephealth-a", "a", ["x"])
    distributions.plugin("dephealth-b", "b", ["a"])
    assert distributions.registry().by_scheme("a").type == "b"


def test_scheme_of_a_broken_plugin(distributions: Distributions) -> None:
    """A scheme whose plugin is broken is refused with what is wrong with that plugin."""
    distributions.write("broken", "1 / 0")
    distributions.add("acme-broken", broken="broken")
    distributions.plugin("dephealth-a", "a")
    with pytest.raises(PluginError, match=r"^plugin acme-broken does not import: ZeroDivision"):
        distributions.registry().by_scheme("broken")


def test_specs_are_of_every_plugin(distributions: Distributions) -> None:
    """All types are told with the distributions that bring them, whatever else is broken."""
    distributions.write("broken", "1 / 0")
    distributions.add("acme-broken", broken="broken")
    distributions.plugin("dephealth-b", "b")
    distributions.plugin("acme-a", "a")
    registry = distributions.registry()
    assert [(spec.type, owner) for spec, owner in registry.specs()] == [
        ("a", "acme-a"),
        ("b", "dephealth-b"),
    ]
    assert list(registry.failures()) == ["acme-broken"]


def test_plugin_is_asked_once(distributions: Distributions) -> None:
    """A plugin that was loaded is not loaded again."""
    distributions.plugin("dephealth-a", "a")
    registry = distributions.registry()
    assert registry.get("a") is registry.get("a") is registry.by_scheme("a")


def test_unknown_type_tells_what_is_installed(distributions: Distributions) -> None:
    """A type that no plugin has is refused with those that are installed."""
    distributions.plugin("dephealth-b", "b")
    distributions.plugin("dephealth-a", "a")
    with pytest.raises(UnknownTypeError, match=r"^no plugin checks type 'x' \(installed: a, b\)$"):
        distributions.registry().get("x")


@pytest.mark.parametrize("ask", ["get", "by_scheme"])
def test_unknown_type_of_ours_tells_how_to_install_it(ask: str) -> None:
    """The advice to install is given for the nine types alone."""
    registry = CheckerRegistry([], [])
    with pytest.raises(
        UnknownTypeError, match=r"'redis' \(installed: none\): pip install dephealth-redis$"
    ):
        getattr(registry, ask)("redis")
    with pytest.raises(UnknownTypeError, match=r"'rediz' \(installed: none\)$"):
        getattr(registry, ask)("rediz")


def test_url_in_place_of_a_type_is_not_quoted() -> None:
    """An address that is asked for as a type is not quoted."""
    with pytest.raises(UnknownTypeError) as caught:
        CheckerRegistry([], []).get("redis://u:hunter2@h")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("clash", ["type", "scheme"])
def test_two_plugins_with_one_claim_are_both_named(
    distributions: Distributions, clash: str
) -> None:
    """A type or scheme that two distributions bring is an error that names both."""
    distributions.plugin("dephealth-a", "a", ["shared", "a"])
    other = ("a", ["other"]) if clash == "type" else ("b", ["shared", "b"])
    distributions.plugin("acme-a", *other)
    registry = distributions.registry()
    name = "a" if clash == "type" else "shared"
    with pytest.raises(PluginError) as caught:
        registry.get("a") if clash == "type" else registry.by_scheme("shared")
    assert str(caught.value) == f"{clash} {name!r} is claimed by both acme-a and dephealth-a"


def test_clash_is_told_each_time(distributions: Distributions) -> None:
    """A type that two distributions bring is an error however often it is asked for."""
    distributions.plugin("dephealth-a", "a")
    distributions.plugin("acme-a", "a")
    registry = distributions.registry()
    assert refused(registry, "a") == refused(registry, "a")
    with pytest.raises(PluginError, match="claimed by both"):
        registry.by_scheme("a")


def test_clash_is_a_failure_of_the_second(distributions: Distributions) -> None:
    """Of two plugins that clash, the one that came second is listed as broken."""
    distributions.plugin("dephealth-a", "a")
    distributions.plugin("acme-a", "a")
    registry = distributions.registry()
    refused(registry, "a")
    assert list(registry.failures()) == ["dephealth-a"]


def test_distribution_may_have_two_modules(distributions: Distributions) -> None:
    """A distribution may bring its types in modules of their own."""
    first = distributions.plugin("acme-one", "one")
    distributions.plugin("acme-two", "two")
    distributions.add("acme-one", two="acme_two")
    registry = CheckerRegistry(
        [p for p in distributions.points() if p.dist and p.dist.name == "acme-one"], []
    )
    assert (registry.get("one").type, registry.get("two").type) == ("one", "two")
    assert first in sys.modules


def test_clash_does_not_harm_others(distributions: Distributions) -> None:
    """Two plugins that clash leave a third one's type and scheme alone."""
    distributions.plugin("dephealth-a", "a")
    distributions.plugin("acme-a", "a")
    distributions.plugin("dephealth-b", "b")
    registry = distributions.registry()
    assert registry.by_scheme("b") is registry.get("b")


def test_two_distributions_with_one_module_are_both_named(distributions: Distributions) -> None:
    """Two distributions with equal entry points are told, though the module is one."""
    distributions.plugin("dephealth-a", "a")
    distributions.add("acme-a", a="dephealth_a")
    message = refused(distributions.registry(), "a")
    assert message == "type 'a' is claimed by both acme-a and dephealth-a"


def test_one_distribution_may_name_a_module_twice(distributions: Distributions) -> None:
    """A plugin of two types may have an entry point for each, to one module."""
    module = distributions.write(
        "both",
        """
        from dephealth import CheckerSpec, hookimpl

        @hookimpl
        def dephealth_checkers():
            for type in ("one", "two"):
                yield CheckerSpec(type=type, schemes={type: 1}, checker=lambda: None)
        """,
    )
    distributions.add("acme-both", one="both", two="both")
    registry = distributions.registry()
    assert (registry.get("one").type, registry.get("two").type) == ("one", "two")
    assert module in sys.modules


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "import nonexistent_driver",
            r"does not import: ModuleNotFoundError\(.*nonexistent_driver",
        ),
        ("1 / 0", r"does not import: ZeroDivisionError\("),
        ("def (", "does not import: SyntaxError"),
        ("x = 1", r"does not implement dephealth_checkers\(\)"),
        (
            "from dephealth import hookimpl\n@hookimpl\ndef dephealth_checker(): return []",
            "has a hook that dephealth does not know: .*dephealth_checker",
        ),
        (
            "from dephealth import hookimpl\n@hookimpl\ndef dephealth_checkers(extra): return []",
            "has a hook that dephealth does not know: .*extra",
        ),
        (
            "from dephealth import hookimpl\n@hookimpl\ndef dephealth_checkers(): return None",
            "its hook gives None, not a list",
        ),
        (
            "from dephealth import hookimpl\n@hookimpl\ndef dephealth_checkers(): return 1 / 0",
            "its hook failed: ZeroDivisionError",
        ),
        (
            "from dephealth import hookimpl\n@hookimpl\ndef dephealth_checkers(): return ['a']",
            "its hook gives 'a', not a CheckerSpec",
        ),
        (
            "from dephealth import CheckerSpec\nCheckerSpec(type='A B', schemes={}, checker=None)",
            "does not import: ConfigurationError",
        ),
    ],
)
def test_broken_plugin_is_named(distributions: Distributions, source: str, reason: str) -> None:
    """A plugin that cannot be used is an error with its distribution and the reason."""
    distributions.write("broken", source)
    distributions.add("acme-broken", broken="broken")
    with pytest.raises(PluginError, match=rf"^plugin acme-broken:? {reason}"):
        distributions.registry().get("broken")


@pytest.mark.parametrize(
    "wanted",
    [
        "dephealth-core>=99.1,<99.2",
        "dephealth-core<0.1",
        "dephealth_core (==0.0.9)",
        "Dephealth.Core!=" + dephealth.__version__,
        "dephealth-core >99",
    ],
)
def test_plugin_for_another_core_is_told(distributions: Distributions, wanted: str) -> None:
    """A plugin made for another version of the core is told with what it wants, not imported."""
    module = distributions.plugin("acme-new", "new")
    distributions.add("acme-new", requires=["pluggy", wanted])
    distributions.plugin("dephealth-good", "good")
    registry = distributions.registry()
    message = refused(registry, "new")
    assert message.startswith("plugin acme-new needs dephealth-core")
    assert message.endswith(f", and {dephealth.__version__} is installed")
    assert module not in sys.modules
    assert registry.by_scheme("good").type == "good"


@pytest.mark.parametrize(
    "wanted",
    [
        "dephealth-core",
        "dephealth-core<=99,>=0.0.1",
        f"dephealth-core=={dephealth.__version__}.0",
        f"dephealth-core~={dephealth.__version__}",
        "dephealth-core-extra>=99",
        'dephealth-core>=99; extra == "later"',
    ],
)
def test_plugin_for_this_core_is_taken(distributions: Distributions, wanted: str) -> None:
    """A plugin whose wish is met, or cannot be judged, is loaded."""
    distributions.plugin("acme-new", "new")
    distributions.add("acme-new", requires=[wanted])
    assert distributions.registry().get("new").type == "new"


def test_exporter_for_another_core_is_told(distributions: Distributions) -> None:
    """An exporter made for another version of the core is told too."""
    distributions.write("exporter", EXPORTER)
    distributions.add(
        "acme-exporter", "dephealth.exporters", ["dephealth-core>=99"], acme="exporter"
    )
    with pytest.raises(PluginError, match=r"^plugin acme-exporter needs dephealth-core>=99, and"):
        distributions.registry().exporters()


def test_broken_plugin_keeps_its_cause(distributions: Distributions) -> None:
    """The exception of a plugin that does not import is the cause of the error."""
    distributions.write("broken", "1 / 0")
    distributions.add("acme-broken", broken="broken")
    with pytest.raises(PluginError) as caught:
        distributions.registry().get("broken")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


@pytest.fixture
def half_broken(distributions: Distributions) -> CheckerRegistry:
    """A registry with one plugin that works, and one that does not."""
    distributions.plugin("dephealth-good", "good")
    distributions.write("broken", "1 / 0")
    distributions.add("acme-broken", broken="broken")
    return distributions.registry()


def test_broken_plugin_does_not_harm_others(half_broken: CheckerRegistry) -> None:
    """A broken plugin is told when its type is asked for, not when another one is."""
    assert half_broken.by_scheme("good") is half_broken.get("good")
    assert "ZeroDivisionError" in refused(half_broken, "broken")


@pytest.mark.parametrize(
    "broken",
    [
        "def dephealth_checker(): return []",
        "def dephealth_checkers(extra): return []",
        "def dephealth_checkers(): return None",
        "def dephealth_checkers(): return 1 / 0",
        "def dephealth_checkers(): return ['a']",
        "def another(): return []",
    ],
)
def test_broken_hook_does_not_harm_others(distributions: Distributions, broken: str) -> None:
    """A plugin whose hook is of no use is not in the way of those that come after it."""
    distributions.write("broken", f"from dephealth import hookimpl\n@hookimpl\n{broken}")
    distributions.add("acme-broken", broken="broken")
    distributions.plugin("dephealth-good", "good")
    registry = distributions.registry()
    assert "acme-broken" in refused(registry, "broken")
    assert registry.get("good").type == "good"


def test_broken_plugin_is_told_each_time(half_broken: CheckerRegistry) -> None:
    """The failure of a plugin is remembered, with a traceback that does not grow."""
    assert refused(half_broken, "broken") == refused(half_broken, "broken")
    with pytest.raises(PluginError) as caught:
        half_broken.get("broken")
    assert len(caught.traceback) < 5


def test_broken_plugins_are_listed(half_broken: CheckerRegistry) -> None:
    """What did not load is told beside an unknown type, and by distribution."""
    assert not half_broken.failures()
    with pytest.raises(UnknownTypeError) as caught:
        half_broken.get("mysql")
    assert str(caught.value) == (
        "no plugin checks type 'mysql' (installed: broken, good; broken: acme-broken): "
        "pip install dephealth-mysql"
    )
    assert list(half_broken.failures()) == ["acme-broken"]


def test_disabled_plugin_is_not_loaded(distributions: Distributions) -> None:
    """A plugin whose entry point is disabled is not there, and the error says why."""
    module = distributions.plugin("dephealth-a", "a")
    distributions.plugin("dephealth-b", "b")
    registry = distributions.registry("a")
    with pytest.raises(UnknownTypeError) as caught:
        registry.get("a")
    assert str(caught.value) == (
        "no plugin checks type 'a' (installed: b): 'a' is listed in DEPHEALTH_DISABLE_PLUGINS"
    )
    assert module not in sys.modules


def test_plugins_are_disabled_by_the_environment(
    distributions: Distributions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``DEPHEALTH_DISABLE_PLUGINS`` lists what is left out, spaces do not count."""
    for name in ("a", "b", "c"):
        distributions.plugin(f"dephealth-{name}", name)
    monkeypatch.setenv("DEPHEALTH_DISABLE_PLUGINS", " a ,c,")
    assert CheckerRegistry(distributions.points()).types() == ["b"]


def test_one_of_two_that_clash_can_be_disabled(distributions: Distributions) -> None:
    """Disabling one of two plugins with one scheme ends the clash."""
    distributions.plugin("dephealth-a", "a", ["shared"])
    distributions.plugin("acme-b", "b", ["shared"])
    assert distributions.registry("b").by_scheme("shared").type == "a"


def test_installed_plugins_are_found(distributions: Distributions) -> None:
    """A registry without entry points given takes those of the path."""
    distributions.plugin("dephealth-found", "found-here")
    assert "found-here" in CheckerRegistry().types()


def test_entry_point_without_a_distribution_is_named_by_its_value() -> None:
    """An entry point that was made by hand is named by what it points to."""
    point = EntryPoint("x", "nonexistent_module", "dephealth")
    message = refused(CheckerRegistry([point], []), "x")
    assert message.startswith("plugin nonexistent_module does not import")


class Plugin:
    """A plugin that is an object."""

    def __init__(self, *specs: Any) -> None:
        self.specs = specs
        self.asked = 0

    @hookimpl
    def dephealth_checkers(self) -> object:
        self.asked += 1
        return self.specs


def test_plugin_can_be_registered() -> None:
    """A plugin that is not installed can be registered under a name."""
    registry = CheckerRegistry([], [])
    registry.register(Plugin(SPEC), "kiosk")
    assert registry.types() == ["kiosk"]
    assert registry.get("kiosk") is registry.by_scheme("kiosks") is SPEC


def test_registered_plugin_is_asked_once() -> None:
    """Registering a plugin again under its name changes nothing."""
    registry, plugin = CheckerRegistry([], []), Plugin(SPEC)
    registry.register(plugin, "kiosk")
    registry.register(plugin, "kiosk")
    assert plugin.asked == 1


def test_plugins_of_one_class_are_different() -> None:
    """Two plugins that are objects of one class can both be registered."""
    registry = CheckerRegistry([], [])
    registry.register(Plugin(SPEC), "kiosk")
    registry.register(Plugin(CheckerSpec(type="b", schemes={}, checker=lambda: KioskChecker)), "b")
    assert registry.types() == ["b", "kiosk"]


def test_threads_may_ask_at_once(distributions: Distributions) -> None:
    """Many threads that ask at the same time all get the same."""
    distributions.plugin("dephealth-a", "a")
    distributions.write("exporter", EXPORTER)
    distributions.add("acme-exporter", group="dephealth.exporters", acme="exporter")
    for _ in range(20):
        registry, start = distributions.registry(), threading.Barrier(8)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(_asked_by_one, [registry] * 8, [start] * 8))
        assert len({id(asked) for both in found for asked in both}) == 2


def _asked_by_one(registry: CheckerRegistry, start: threading.Barrier) -> tuple[object, object]:
    start.wait(10)
    return registry.get("a"), registry.exporters()[0]


EXPORTER = """
from dephealth import ExporterSpec, hookimpl

calls = []

@hookimpl
def dephealth_exporters():
    calls.append(1)
    return [ExporterSpec(name="acme", exporter=dict, options=frozenset({"registry"}))]
"""


def test_exporters_are_asked_once(distributions: Distributions) -> None:
    """The exporters of a process are asked for once, however many objects want them."""
    module = distributions.write("exporter", EXPORTER)
    distributions.add("acme-exporter", group="dephealth.exporters", acme="exporter")
    distributions.plugin("dephealth-a", "a")
    registry = distributions.registry()
    assert [spec.name for spec in registry.exporters()] == ["acme"]
    assert registry.exporters() == registry.exporters()
    assert sys.modules[module].calls == [1]


def test_exporters_are_no_types(distributions: Distributions) -> None:
    """An exporter's entry point is no dependency type."""
    distributions.write("exporter", EXPORTER)
    distributions.add("acme-exporter", group="dephealth.exporters", acme="exporter")
    registry = distributions.registry()
    assert registry.types() == []
    with pytest.raises(UnknownTypeError):
        registry.get("acme")


def test_module_may_bring_checkers_and_exporters(distributions: Distributions) -> None:
    """One module may have the hooks of both groups."""
    hook = EXPORTER + "@hookimpl\ndef dephealth_checkers():\n    return []\n"
    distributions.write("both", hook)
    distributions.add("acme-both", both="both")
    distributions.add("acme-both", group="dephealth.exporters", both="both")
    registry = distributions.registry()
    assert len(registry.exporters()) == 1
    with pytest.raises(UnknownTypeError):
        registry.get("both")


@pytest.mark.parametrize(
    ("source", "reason"),
    [("1 / 0", "does not import"), ("x = 1", r"does not implement dephealth_exporters\(\)")],
)
def test_broken_exporter_is_named(distributions: Distributions, source: str, reason: str) -> None:
    """A broken exporter is an error with its distribution."""
    distributions.write("exporter", source)
    distributions.add("acme-exporter", group="dephealth.exporters", acme="exporter")
    with pytest.raises(PluginError, match=rf"^plugin acme-exporter {reason}"):
        distributions.registry().exporters()


def test_disabled_exporter_is_not_there(distributions: Distributions) -> None:
    """An exporter can be disabled by the name of its entry point."""
    distributions.write("exporter", "1 / 0")
    distributions.add("acme-exporter", group="dephealth.exporters", acme="exporter")
    assert distributions.registry("acme").exporters() == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"type": "My Type"}, "type 'My Type' does not match"),
        ({"type": None}, "type of type NoneType does not match"),
        ({"schemes": {"KIOSK": 1}}, "scheme 'KIOSK' does not match"),
        ({"schemes": {"a+b": 1}}, "scheme 'a\\+b' does not match"),
        ({"schemes": {"a": 0}}, "port 0 is no number"),
        ({"schemes": {"a": "x"}}, "port 'x' is no number"),
        ({"tls_schemes": frozenset({"as"})}, "tls_schemes has one that schemes has not"),
        ({"details": {"stale": "sick"}}, "detail 'stale' cannot have the status 'sick'"),
        ({"details": {"timeout": Status.ERROR}}, "detail 'timeout' cannot have the status"),
        ({"details": {".*_error": Status.TLS_ERROR}}, "cannot have the status"),
    ],
)
def test_impossible_spec_is_refused(wrong: dict[str, Any], message: str) -> None:
    """A plugin cannot describe a type that could not work."""
    good: dict[str, Any] = {
        "type": "kiosk",
        "schemes": {"kiosk": 1},
        "checker": lambda: KioskChecker,
    }
    with pytest.raises(
        ConfigurationError, match=rf"^{message}" if "*" not in str(wrong) else message
    ):
        CheckerSpec(**{**good, **wrong})


def test_spec_may_have_details_of_its_own() -> None:
    """A detail of a plugin's own, also a pattern, is accepted with its status."""
    details = {"stale": Status.UNHEALTHY, r"http_[1-5]\d\d": Status.UNHEALTHY}
    details["query_error"] = Status.ERROR  # as the core has it
    spec = CheckerSpec(type="a", schemes={"a": None}, checker=lambda: KioskChecker, details=details)
    assert spec.details == details
