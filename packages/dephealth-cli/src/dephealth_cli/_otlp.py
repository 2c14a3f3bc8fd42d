"""Export by OTLP beside Prometheus, where dephealth-otel is installed."""

from __future__ import annotations

import logging
import os
from importlib import import_module

_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")

logger = logging.getLogger("dephealth")


def push_if_wanted() -> None:
    """Export by OTLP too, if the environment says where to.

    Raises:
        ConfigurationError: It cannot be as the environment says.
    """
    wanted = next((name for name in _VARIABLES if os.environ.get(name)), None)
    if wanted is None:
        return
    try:
        import_module("dephealth_otel").setup()
    except ImportError as exc:
        logger.warning(
            "%s is set, but of no use: %s: pip install 'dephealth-otel[sdk]'", wanted, exc
        )
