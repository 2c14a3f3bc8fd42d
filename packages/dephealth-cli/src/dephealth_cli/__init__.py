"""The command `dephealth`: check, watch and serve the health of dependencies."""

from ._main import main

__all__ = ["main"]
