"""Tell which of the things a service depends on is down, since when and why.

Services import from `dephealth.api`; plugins import from here. A name is
imported when first asked for: a service that starts pays for what it uses.
"""

from typing import TYPE_CHECKING, Any

from ._lazy import lazy_exports

if TYPE_CHECKING:
    from ._address import Address, scheme_of
    from ._checker import Checker, HealthChecker, clock, time_left
    from ._classification import ErrorTable, lookup
    from ._declaration import COMMON_OPTIONS, CheckOptions, declare
    from ._dependency import Dependency, DependencyType
    from ._descriptors import require_descriptors
    from ._dial import dial
    from ._endpoint import Endpoint
    from ._history import Change, EndpointHistory, RecentCheck
    from ._observer import EnclosingExporter, Exporter, Observer, Target
    from ._offers import checker_class
    from ._once import SingleCheck, check_once
    from ._options import Option, option, options_of
    from ._outcome import (
        AUTH_ERROR,
        CONNECTION_REFUSED,
        CONNECTION_RESET,
        CORE_DETAILS,
        DNS_ERROR,
        ERROR,
        HOST_UNREACHABLE,
        NETWORK_UNREACHABLE,
        OK,
        POOL_EXHAUSTED,
        QUERY_ERROR,
        TIMEOUT,
        TLS_ERROR,
        UNHEALTHY,
        Outcome,
        Status,
    )
    from ._plugins import CheckerRegistry, UnknownTypeError
    from ._policy import CheckPolicy, resolve_policy
    from ._pooled import PooledChecker, pool_timeout
    from ._resolver import resolve
    from ._secret import Secret, reveal
    from ._snapshot import EndpointStatus
    from ._state import CheckResult, EndpointState
    from ._stream import Stream, TLSStream
    from ._threads import in_thread
    from ._tls import TLSOptions, lacks_certificate
    from .errors import (
        CheckAuthError,
        CheckConnectionRefusedError,
        CheckDnsError,
        CheckError,
        CheckTimeoutError,
        CheckTlsError,
        ConfigurationError,
        EndpointNotFoundError,
        NotYetError,
        PluginError,
        UnhealthyError,
    )
    from .hookspecs import CheckerSpec, ExporterSpec, hookimpl

__version__ = "0.1.0"

__all__ = [
    "AUTH_ERROR",
    "COMMON_OPTIONS",
    "CONNECTION_REFUSED",
    "CONNECTION_RESET",
    "CORE_DETAILS",
    "DNS_ERROR",
    "ERROR",
    "HOST_UNREACHABLE",
    "NETWORK_UNREACHABLE",
    "OK",
    "POOL_EXHAUSTED",
    "QUERY_ERROR",
    "TIMEOUT",
    "TLS_ERROR",
    "UNHEALTHY",
    "Address",
    "Change",
    "CheckAuthError",
    "CheckConnectionRefusedError",
    "CheckDnsError",
    "CheckError",
    "CheckOptions",
    "CheckPolicy",
    "CheckResult",
    "CheckTimeoutError",
    "CheckTlsError",
    "Checker",
    "CheckerRegistry",
    "CheckerSpec",
    "ConfigurationError",
    "Dependency",
    "DependencyType",
    "EnclosingExporter",
    "Endpoint",
    "EndpointHistory",
    "EndpointNotFoundError",
    "EndpointState",
    "EndpointStatus",
    "ErrorTable",
    "Exporter",
    "ExporterSpec",
    "HealthChecker",
    "NotYetError",
    "Observer",
    "Option",
    "Outcome",
    "PluginError",
    "PooledChecker",
    "RecentCheck",
    "Secret",
    "SingleCheck",
    "Status",
    "Stream",
    "TLSOptions",
    "TLSStream",
    "Target",
    "UnhealthyError",
    "UnknownTypeError",
    "check_once",
    "checker_class",
    "clock",
    "declare",
    "dial",
    "hookimpl",
    "in_thread",
    "lacks_certificate",
    "lazy_exports",
    "lookup",
    "option",
    "options_of",
    "pool_timeout",
    "require_descriptors",
    "resolve",
    "resolve_policy",
    "reveal",
    "scheme_of",
    "time_left",
]

_PLACES = {
    "Address": "._address",
    "scheme_of": "._address",
    "Checker": "._checker",
    "HealthChecker": "._checker",
    "clock": "._checker",
    "time_left": "._checker",
    "ErrorTable": "._classification",
    "lookup": "._classification",
    "COMMON_OPTIONS": "._declaration",
    "CheckOptions": "._declaration",
    "declare": "._declaration",
    "Dependency": "._dependency",
    "DependencyType": "._dependency",
    "require_descriptors": "._descriptors",
    "dial": "._dial",
    "Endpoint": "._endpoint",
    "Change": "._history",
    "EndpointHistory": "._history",
    "RecentCheck": "._history",
    "EnclosingExporter": "._observer",
    "Exporter": "._observer",
    "Observer": "._observer",
    "Target": "._observer",
    "checker_class": "._offers",
    "SingleCheck": "._once",
    "check_once": "._once",
    "Option": "._options",
    "option": "._options",
    "options_of": "._options",
    "AUTH_ERROR": "._outcome",
    "CONNECTION_REFUSED": "._outcome",
    "CONNECTION_RESET": "._outcome",
    "CORE_DETAILS": "._outcome",
    "DNS_ERROR": "._outcome",
    "ERROR": "._outcome",
    "HOST_UNREACHABLE": "._outcome",
    "NETWORK_UNREACHABLE": "._outcome",
    "OK": "._outcome",
    "Outcome": "._outcome",
    "POOL_EXHAUSTED": "._outcome",
    "QUERY_ERROR": "._outcome",
    "Status": "._outcome",
    "TIMEOUT": "._outcome",
    "TLS_ERROR": "._outcome",
    "UNHEALTHY": "._outcome",
    "CheckerRegistry": "._plugins",
    "UnknownTypeError": "._plugins",
    "CheckPolicy": "._policy",
    "resolve_policy": "._policy",
    "PooledChecker": "._pooled",
    "pool_timeout": "._pooled",
    "resolve": "._resolver",
    "Secret": "._secret",
    "reveal": "._secret",
    "EndpointStatus": "._snapshot",
    "CheckResult": "._state",
    "EndpointState": "._state",
    "Stream": "._stream",
    "TLSStream": "._stream",
    "in_thread": "._threads",
    "TLSOptions": "._tls",
    "lacks_certificate": "._tls",
    "CheckAuthError": ".errors",
    "CheckConnectionRefusedError": ".errors",
    "CheckDnsError": ".errors",
    "CheckError": ".errors",
    "CheckTimeoutError": ".errors",
    "CheckTlsError": ".errors",
    "ConfigurationError": ".errors",
    "EndpointNotFoundError": ".errors",
    "NotYetError": ".errors",
    "PluginError": ".errors",
    "UnhealthyError": ".errors",
    "CheckerSpec": ".hookspecs",
    "ExporterSpec": ".hookspecs",
    "hookimpl": ".hookspecs",
}


def __getattr__(name: str) -> Any:
    return lazy_exports(__name__, name, _PLACES)
