"""What users import, and what that imports in turn."""

from __future__ import annotations

import json

import pytest

import dephealth
from dephealth import api

from ._process import run

LOADED = """
import json, sys
{code}
names = {{name.partition(".")[0] for name in sys.modules}}
print(json.dumps(sorted(names - set(sys.stdlib_module_names) - {{"__main__"}})))
"""


def loaded_by(code: str) -> set[str]:
    """The top-level modules beside the standard library's that *code* imports."""
    startup = set(json.loads(run(LOADED.format(code=""))))
    return set(json.loads(run(LOADED.format(code=code)))) - startup


def test_api_loads_no_plugin() -> None:
    """Importing `dephealth.api` imports pluggy and no plugin."""
    assert loaded_by("import dephealth.api") == {"dephealth", "pluggy"}


def test_name_loads_its_plugin_alone() -> None:
    """Importing one function loads its plugin, and no other package."""
    code = "from dephealth.api import DependencyHealth, tcp_check"
    assert loaded_by(code) == {"dephealth", "dephealth_tcp", "pluggy"}


def test_declaring_loads_nothing_more() -> None:
    """Declaring a dependency and making the object needs no other package."""
    code = """
from dephealth.api import DependencyHealth, tcp_check
DependencyHealth("n", "g", tcp_check("x", url="tcp://h:1", critical=True), exporters=[])
"""
    assert loaded_by(code) == {"dephealth", "dephealth_tcp", "pluggy"}


def test_listing_names_loads_nothing() -> None:
    """Listing what there is to import imports none of it."""
    assert loaded_by("import dephealth.api; dir(dephealth.api)") == {"dephealth", "pluggy"}


def test_installed_functions_are_listed() -> None:
    """The functions of the installed plugins are among the names of `dephealth.api`."""
    assert {"DependencyHealth", "Endpoint", "EndpointStatus", "tcp_check"} <= set(dir(api))


def test_name_is_looked_up_once() -> None:
    """A function stays the same object."""
    assert api.tcp_check is api.tcp_check
    assert "tcp_check" in vars(api)


def test_class_of_a_plugin_can_be_imported() -> None:
    """The checkers' classes can be imported beside the functions."""
    from dephealth_tcp import TCPChecker

    assert api.TCPChecker is TCPChecker


def test_unknown_name_is_an_import_error() -> None:
    """A name that nothing has cannot be imported, and nothing is advised."""
    told = run(
        """
        try:
            from dephealth.api import gopher_check
        except ImportError as exc:
            print(exc)
        import dephealth.api
        print(hasattr(dephealth.api, "gopher_check"))
        """
    )
    first, second = told.splitlines()
    assert "cannot import name 'gopher_check' from 'dephealth.api'" in first
    assert "pip install" not in first
    assert second == "False"


def test_disabled_plugin_cannot_be_imported() -> None:
    """One of the nine whose plugin is not there is an ImportError that names it."""
    told = run(
        """
        try:
            from dephealth.api import tcp_check
        except ImportError as exc:
            print(exc)
        """,
        DEPHEALTH_DISABLE_PLUGINS="tcp",
    )
    assert told.startswith("tcp_check needs the plugin dephealth-tcp: ")


@pytest.mark.parametrize("name", ["", ".http", ".redis.something"])
def test_older_modules_say_what_to_use_instead(name: str) -> None:
    """Importing `dephealth.checks.*` tells of the package that took its place."""
    with pytest.raises(ImportError, match=r"dephealth.checks.http is dephealth_http.*migration"):
        __import__(f"dephealth.checks{name}")


def test_public_names_are_there() -> None:
    """Every name in ``__all__`` is one of the package, each once."""
    for module in (dephealth, api):
        assert len(set(module.__all__)) == len(module.__all__)
        assert all(hasattr(module, name) for name in module.__all__)


EXISTING = """
    DependencyType Endpoint EndpointStatus EndpointNotFoundError HealthChecker CheckError
    CheckTimeoutError CheckConnectionRefusedError CheckDnsError CheckAuthError CheckTlsError
    UnhealthyError
"""


@pytest.mark.parametrize("name", EXISTING.split())
def test_name_that_existing_users_import_is_public(name: str) -> None:
    """What existing code imports from `dephealth` is in its ``__all__``."""
    assert name in dephealth.__all__
