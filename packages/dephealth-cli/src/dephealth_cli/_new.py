"""``dephealth new``: the package of a new plugin."""

from __future__ import annotations

from pathlib import Path

import click

from dephealth import ConfigurationError


@click.command("new")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to make it in, instead of this one.",
)
@click.option("--port", type=click.IntRange(1, 65535), help="Default port of the type.")
def command(name: str, into: Path | None, port: int | None) -> None:
    """Make the package of a plugin: code, tests, README.

    NAME is the type that it checks. Needs dephealth-testing, as its tests do.
    """
    try:
        from dephealth_testing import new_plugin
    except ModuleNotFoundError as exc:
        raise click.ClickException(
            "new needs dephealth-testing: pip install 'dephealth-cli[new]'"
        ) from exc
    try:
        folder = new_plugin(name, into, port)
    except FileExistsError as exc:
        raise click.ClickException(f"{exc.filename} is there already") from exc
    except ConfigurationError as exc:
        raise click.ClickException(str(exc)) from exc
    except OSError as exc:
        raise click.ClickException(f"{exc.filename}: {exc.strerror}") from exc
    click.echo(f"{folder}: pip install -e '{folder}[test]' && pytest {folder}")
