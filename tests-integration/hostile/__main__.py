"""All hostile servers in one process: `python -m hostile CERTIFICATE KEY`.

Writes the port of each as JSON, in one line, and ends when its input does.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from pathlib import Path

from OpenSSL import SSL

from .catalogue import scripts
from .wire import Script


def main() -> None:
    """Serve until told to end."""
    certificate, key = map(Path, sys.argv[1:])
    ports = {name: _listening(script) for name, script in scripts(certificate, key).items()}
    print(json.dumps(ports), flush=True)
    sys.stdin.read()


def _listening(script: Script) -> int:
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_accept, args=(listener, script), daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


def _accept(listener: socket.socket, script: Script) -> None:
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_serve, args=(client, script), daemon=True).start()


def _serve(client: socket.socket, script: Script) -> None:
    with client, contextlib.suppress(OSError, SSL.Error):
        script(client)


main()
