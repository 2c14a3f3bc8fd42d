"""Which exporters an object reports to."""

from __future__ import annotations

import functools
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from ._distributions import installed_version
from ._observer import Exporter
from ._plugins import installed
from .errors import ConfigurationError


def chosen_exporters(
    explicit: Sequence[Exporter] | None, options: Mapping[str, Any]
) -> list[Exporter]:
    """The exporters given by the user, or those that are installed.

    Args:
        explicit: What the user gave; None if the installed ones are to be used.
        options: Keywords that are meant for an exporter; None is not given.

    Raises:
        ConfigurationError: An option is given that no exporter takes.
    """
    given = {key: value for key, value in options.items() if value is not None}
    if explicit is not None:
        if given:
            raise ConfigurationError(
                f"{', '.join(given)}= is for the installed exporters: with exporters= "
                "it goes to the exporter itself"
            )
        return list(explicit)
    specs = installed().exporters()
    taken = {key for spec in specs for key in spec.options}
    if "registry" in given.keys() - taken:
        raise ConfigurationError(
            "registry= needs dephealth-prometheus: pip install dephealth-prometheus"
        )
    return [
        spec.exporter(**{key: given[key] for key in given.keys() & spec.options}) for spec in specs
    ]


@functools.cache
def warn_of_older_distribution(log: logging.Logger) -> None:
    """Warn, once for each logger, if the older distribution of the same import name is here."""
    found = installed_version("dephealth")
    if found is not None:
        log.warning(
            "the distribution dephealth %s is installed beside dephealth-core and has the same "
            "import name: uninstall one of them",
            found,
        )
