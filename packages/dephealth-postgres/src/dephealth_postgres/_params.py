"""The options of a connection URL, as asyncpg takes them."""

from __future__ import annotations

from collections.abc import Mapping

from dephealth import ConfigurationError

_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_NPGSQL_SSLMODES = {"verifyca": "verify-ca", "verifyfull": "verify-full"}
_YES = frozenset({"true", "on", "yes", "1"})
_NO = frozenset({"false", "off", "no", "0"})

_OURS = frozenset(
    {
        *("host", "hostaddr", "port", "target_session_attrs", "load_balance_hosts"),
        *("connect_timeout", "command_timeout", "timeout"),
    }
)
"""Whom a check asks is its endpoint's business, how long it may take the core's."""

_FOREIGN = frozenset(
    {
        *("channel_binding", "client_encoding", "fallback_application_name"),
        *("gssdelegation", "gssencmode"),
        *("keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval"),
        *("max_protocol_version", "min_protocol_version", "require_auth", "requirepeer"),
        *("sslcertmode", "sslcompression", "sslcrldir", "sslsni", "tcp_user_timeout"),
        *("async_fallback", "prepared_statement_cache_size", "prepared_statement_name_func"),
        *("max_cacheable_statement_size", "max_cached_statement_lifetime", "statement_cache_size"),
    }
)
"""What libpq and SQLAlchemy keep for the client: asyncpg would send it to the server, which
rejects settings that it does not know."""


def cleaned(params: object) -> dict[str, str]:
    """The *params* that asyncpg is to see: those that route, time out or are not its own are gone.

    Raises:
        ConfigurationError: They are no texts, or sslmode is none that exists.
    """
    if not isinstance(params, Mapping) or not all(
        isinstance(text, str) for item in params.items() for text in item
    ):
        raise ConfigurationError("params must be a mapping of texts to texts")
    kept = {key: value for key, value in params.items() if value and key not in _OURS | _FOREIGN}
    mode = _sslmode(kept.pop("ssl", ""), kept.pop("sslmode", ""))
    return {**kept, "sslmode": mode} if mode else kept


def _sslmode(ssl: str, sslmode: str) -> str:
    """The mode that ``ssl=`` and ``sslmode=`` ask for together; empty if for none.

    libpq reads JDBC's ``ssl=true`` as ``sslmode=require``; SQLAlchemy writes modes to ``ssl=``.
    """
    ssl = ssl.lower()
    given = sslmode.lower() or ("require" if ssl in _YES else "" if ssl in _NO else ssl)
    mode = _NPGSQL_SSLMODES.get(given, given.replace("_", "-"))
    if mode and mode not in _SSLMODES:
        # Not quoted: it may be a part of a password that should have been percent-encoded.
        raise ConfigurationError(f"sslmode is none of: {', '.join(_SSLMODES)}")
    return mode
