"""`dephealth validate`."""

from __future__ import annotations

import click

from ._config import load
from ._config_document import BadFileError
from ._output import emit


@click.command(epilog="Exit code: 0 the file is good, 1 it is not.")
@click.argument("file", metavar="FILE")
def command(file: str) -> int:
    """List every mistake in a configuration file.

    Nothing is checked; but variables that it refers to must be set, and the
    files of secrets and certificates be there.
    """
    try:
        found = load(file)
    except BadFileError as exc:
        emit(str(exc))
        return 1
    endpoints = sum(len(dependency.endpoints) for dependency in found.dependencies)
    emit(f"{file}: {len(found.dependencies)} dependencies with {endpoints} endpoints")
    return 0
