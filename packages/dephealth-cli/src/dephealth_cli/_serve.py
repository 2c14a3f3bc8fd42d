"""`dephealth serve`."""

from __future__ import annotations

import logging
import signal

import click

from dephealth import ConfigurationError

from ._daemon import Daemon
from ._running import run


@click.command(epilog="Exit code: 0 after SIGTERM or Ctrl-C, 2 it cannot be started.")
@click.option(
    "-c",
    "--config",
    default="dephealth.toml",
    show_default=True,
    metavar="FILE",
    help="What to check, and where to serve.",
)
@click.option(
    "--reload", is_flag=True, help="Use the file again when it changes, not by SIGHUP only."
)
def command(config: str, reload: bool) -> int:
    """Check in the background, and serve what is found.

    /metrics, /health/live, /health/ready, /health/dependencies, and a page for
    people at /. SIGHUP reads the file again: what it does not change goes on
    undisturbed, and if it has mistakes, everything does.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to read anew
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    logging.getLogger("dephealth").setLevel(logging.INFO)
    try:
        run(Daemon(config, follow=reload).run())
    except ConfigurationError as exc:
        raise click.ClickException(str(exc)) from exc
    return 0
