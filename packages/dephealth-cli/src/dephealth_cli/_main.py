"""The command, and what every subcommand has in common."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

COMMANDS = ("check", "wait", "watch", "serve", "validate", "plugins", "schema", "new", "demo")
"""In the order of `--help`; each is `command` in the module of its name."""

_INTERRUPTED = 130
_USAGE_ERROR = 2


class _Commands(click.Group):
    """Imports a subcommand when it is called: none pays for another one."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"._{name}", __package__).command
        return command


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)
@click.version_option(package_name="dephealth-cli", prog_name="dephealth")
@click.pass_context
def dephealth(context: click.Context) -> None:
    """Tell which of the things a service depends on is down, since when and why."""
    if context.invoked_subcommand is None:  # click itself ends with another code up to 8.1
        click.echo(context.get_help(), err=True)
        context.exit(_USAGE_ERROR)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with *arguments*, those of the process if not given, and exit."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    _exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        return int(dephealth.main(arguments, prog_name="dephealth", standalone_mode=False) or 0)
    except click.Abort:
        return _INTERRUPTED
    except click.ClickException as exc:
        exc.show()
        return _USAGE_ERROR


def _exit(code: int) -> NoReturn:
    """End the process, also if a plugin's thread does not."""
    others = [thread for thread in threading.enumerate() if thread is not threading.main_thread()]
    if all(thread.daemon for thread in others):
        sys.exit(code)
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)
