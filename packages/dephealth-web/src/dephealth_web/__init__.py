"""What every framework serves of dephealth: answers to requests, and applications of them."""

from ._asgi import asgi_app
from ._health import dependencies, live, ready
from ._metrics import metrics, metrics_in_turns
from ._page import status_page
from ._response import Response
from ._routes import HealthSource
from ._server import Server, serve
from ._wsgi import wsgi_app

__all__ = [
    "HealthSource",
    "Response",
    "Server",
    "asgi_app",
    "dependencies",
    "live",
    "metrics",
    "metrics_in_turns",
    "ready",
    "serve",
    "status_page",
    "wsgi_app",
]
