"""Which exporters an object reports to, and what it warns of."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from dephealth import ConfigurationError
from dephealth._exporters import chosen_exporters, warn_of_older_distribution
from dephealth._plugins import EXPORTER_GROUP, installed
from dephealth.api import DependencyHealth

from ._fakes import Lines, Recorder

Install = Callable[..., None]

PLUGIN = """
from dephealth import ExporterSpec, hookimpl

class Exporter:
    def __init__(self, **options):
        self.options = options
    def on_added(self, target): pass
    def on_result(self, target, state): pass
    def on_removed(self, target): pass

@hookimpl
def dephealth_exporters():
    return [ExporterSpec(name="fake", exporter=Exporter, options=frozenset({options}))]
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install distributions that exist for one test; what is really there is turned off."""
    names = [point.name for point in entry_points(group=EXPORTER_GROUP)]
    monkeypatch.setenv("DEPHEALTH_DISABLE_PLUGINS", ",".join(names))

    def write(distribution: str, *options: str, module: str = "") -> None:
        info = tmp_path / f"{distribution}-0.7.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.7\n"
        )
        if module:
            (info / "entry_points.txt").write_text(f"[{EXPORTER_GROUP}]\n{module} = {module}\n")
            (tmp_path / f"{module}.py").write_text(PLUGIN.replace("{options}", f"({set(options)})"))
        monkeypatch.syspath_prepend(tmp_path)

    installed.cache_clear()
    yield write
    installed.cache_clear()


def test_installed_exporters_attach_by_themselves(install: Install) -> None:
    """Without `exporters=` every installed exporter is told."""
    install("fake-exporter", module="fake_exporter_1")
    (exporter,) = chosen_exporters(None, {"registry": None})

    assert type(exporter).__name__ == "Exporter"


def test_options_go_to_the_exporter_that_takes_them(install: Install) -> None:
    """An option that the core does not know is passed on as it is."""
    install("fake-exporter", "registry", module="fake_exporter_2")
    registry = object()
    (exporter,) = chosen_exporters(None, {"registry": registry})

    assert vars(exporter) == {"options": {"registry": registry}}


def test_registry_without_an_exporter_that_takes_it(install: Install) -> None:
    """`registry=` needs the exporter that it is for."""
    install("fake-exporter", module="fake_exporter_3")
    with pytest.raises(ConfigurationError, match="pip install dephealth-prometheus"):
        chosen_exporters(None, {"registry": object()})


def test_explicit_exporters() -> None:
    """A list of exporters takes the place of what is installed."""
    exporter = Recorder()

    assert chosen_exporters([exporter], {"registry": None}) == [exporter]


def test_explicit_exporters_with_an_option() -> None:
    """An option for an installed exporter makes no sense beside a list."""
    with pytest.raises(ConfigurationError, match="registry= is for the installed exporters"):
        chosen_exporters([], {"registry": object()})


async def test_no_exporter_installed(install: Install) -> None:
    """If nobody is told, that is one warning at the start."""
    lines = Lines()
    health = DependencyHealth("shop", "web", log=lines.log)
    before = lines.at(logging.WARNING)
    await health.start()
    await health.stop()

    assert before == []
    assert ["no exporter is installed" in line for line in lines.at(logging.WARNING)] == [True]


async def test_no_exporter_wanted() -> None:
    """An empty list of exporters is meant as it is."""
    lines = Lines()
    health = DependencyHealth("shop", "web", log=lines.log, exporters=[])
    await health.start()
    await health.stop()

    assert lines.records == []


def test_older_distribution(install: Install) -> None:
    """The older distribution of the same import name beside ours is told once."""
    install("dephealth")
    lines = Lines()
    for _ in range(3):
        DependencyHealth("shop", "web", log=lines.log, exporters=[])

    assert lines.at(logging.WARNING) == [
        (
            "the distribution dephealth 0.7 is installed beside dephealth-core "
            "and has the same import name: uninstall one of them"
        )
    ]


def test_no_older_distribution() -> None:
    """Without it there is nothing to say."""
    lines = Lines()
    warn_of_older_distribution(lines.log)

    assert lines.records == []
