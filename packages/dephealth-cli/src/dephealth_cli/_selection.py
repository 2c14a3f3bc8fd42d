"""What commands check: URLs, or the dependencies of a file."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import click

from dephealth import CheckerRegistry, ConfigurationError, Dependency, resolve_policy

from ._values import duration

_WORDS = "URL…, or -c FILE"


def as_duration(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """The seconds that an option's text stands for."""
    try:
        return None if value is None else duration(value)
    except ConfigurationError as exc:
        raise click.BadParameter(f"{value!r} {exc}", ctx, param) from exc


def as_timeout(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """The same if that can be the timeout of a check."""
    seconds = as_duration(ctx, param, value)
    try:
        resolve_policy({} if seconds is None else {"timeout": seconds}, {})
    except ConfigurationError as exc:
        raise click.BadParameter(str(exc), ctx, param) from exc
    return seconds


takes_timeout = click.option(
    "--timeout",
    callback=as_timeout,
    metavar="DURATION",
    help="Longest wait for each answer, such as 2s.",
)


def selects_dependencies(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* the arguments that choose its `dependencies`."""

    @click.argument("urls", nargs=-1, metavar="[URL]…")
    @click.option(
        "-o",
        "--option",
        "settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="Option of a checker, for each URL whose type has it; KEY_file reads a secret.",
    )
    @click.option("-c", "--config", metavar="FILE", help="Check the dependencies of this file.")
    @click.option("--critical-only", is_flag=True, help="Leave out what is not critical.")
    @functools.wraps(command)
    def selecting(
        urls: Sequence[str],
        settings: Sequence[str],
        config: str | None,
        critical_only: bool,
        **others: Any,
    ) -> Any:
        return command(dependencies=_selected(urls, settings, config, critical_only), **others)

    return selecting


def _selected(
    urls: Sequence[str], settings: Sequence[str], config: str | None, critical_only: bool
) -> list[Dependency]:
    if bool(urls) is bool(config):
        raise click.UsageError(f"give {_WORDS}" + (", not both" if urls else ""))
    if config and settings:
        raise click.UsageError("-o is for URLs: the options of a file stand in it")
    found = _from_urls(urls, settings) if urls else _from_file(str(config))
    return [dependency for dependency in found if dependency.critical or not critical_only]


def _from_urls(urls: Sequence[str], settings: Sequence[str]) -> list[Dependency]:
    from ._addresses import declared

    try:
        return declared(urls, settings, CheckerRegistry())
    except (ConfigurationError, ImportError) as exc:
        raise click.UsageError(str(exc)) from exc


def _from_file(file: str) -> list[Dependency]:
    from ._config import load
    from ._config_document import BadFileError

    try:
        return list(load(file, named=False).dependencies)
    except BadFileError as exc:
        raise click.ClickException(str(exc)) from exc
