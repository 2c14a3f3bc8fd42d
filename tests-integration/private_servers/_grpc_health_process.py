"""The process of a `GRPCHealthServer`, which runs this file as a script.

It takes one argument: JSON with the addresses to listen on, the ports, the folder and the token.
"""

from __future__ import annotations

import json
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

_NOT_SHARED = [("grpc.so_reuseport", 0)]


class Servicer(health.HealthServicer):  # type: ignore[misc]  # grpc_health has no types
    """gRPC's own, with the states that a file has; asked for ``=CODE``, it ends with CODE."""

    def __init__(self, states: Path) -> None:
        super().__init__()
        self._states = states

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802  # gRPC's
        if request.service.startswith("="):
            context.abort(grpc.StatusCode[request.service[1:]], "as you asked")
        for service, state in json.loads(self._states.read_text()).items():
            self.set(service, health_pb2.HealthCheckResponse.ServingStatus.Value(state))
        return super().Check(request, context)


class Doorkeeper(grpc.ServerInterceptor):
    """Lets those in who show the token: others are strangers, or known but not wanted."""

    def __init__(self, authorization: str) -> None:
        self._authorization = authorization

    def intercept_service(self, continuation: Any, details: grpc.HandlerCallDetails) -> Any:
        shown = [value for key, value in details.invocation_metadata if key == "authorization"]
        if shown == [self._authorization]:
            return continuation(details)
        code = grpc.StatusCode.PERMISSION_DENIED if shown else grpc.StatusCode.UNAUTHENTICATED
        return grpc.unary_unary_rpc_method_handler(
            lambda _, context: context.abort(code, f"not with {shown}")
        )


def main() -> None:
    """Serve until SIGTERM."""
    settings = json.loads(sys.argv[1])
    folder = Path(settings["folder"])
    ca, certificate, key = (
        (folder / name).read_bytes() for name in ("ca.pem", "server.pem", "server.key")
    )
    tls = grpc.ssl_server_credentials([(key, certificate)])
    mtls = grpc.ssl_server_credentials([(key, certificate)], ca, require_client_auth=True)
    servicer = Servicer(folder / "states.json")
    ports = settings["ports"]
    with ThreadPoolExecutor(8) as pool:
        open_server = grpc.server(pool, options=_NOT_SHARED)
        doorkeeper = Doorkeeper(settings["authorization"])
        guarded = grpc.server(pool, interceptors=[doorkeeper], options=_NOT_SHARED)
        for host in settings["hosts"]:
            address = f"[{host}]" if ":" in host else host
            open_server.add_insecure_port(f"{address}:{ports['port']}")
            open_server.add_secure_port(f"{address}:{ports['tls_port']}", tls)
            open_server.add_secure_port(f"{address}:{ports['mtls_port']}", mtls)
            guarded.add_insecure_port(f"{address}:{ports['guarded_port']}")
        for server in (open_server, guarded):
            health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
            server.start()
        print("serving", flush=True)
        signal.sigwait({signal.SIGTERM})
        for server in (open_server, guarded):
            server.stop(grace=1).wait()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    main()
