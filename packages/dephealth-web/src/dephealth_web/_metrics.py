"""The answer to Prometheus."""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection
from http import HTTPStatus

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder

from dephealth_prometheus import pieces

from ._response import Response, respond
from ._turns import Steps, at_once, in_turns

_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
"""In ``Accept-Encoding``, unless its weight says that it is not wanted."""

_EFFORT = 1
"""Of gzip: repetitive as it is, the text becomes little smaller with more."""

_GZIP_FORMAT = zlib.MAX_WBITS | 16


def metrics(
    registry: CollectorRegistry | None = None,
    accept: str = "",
    accept_encoding: str = "",
    names: Collection[str] = (),
) -> Response:
    """Everything that is in *registry*, as OpenMetrics and compressed if asked for.

    Args:
        registry: The default one if not given.
        accept: The request's header of that name.
        accept_encoding: The request's header of that name.
        names: The query's ``name[]``: the samples to give instead of all.
    """
    return at_once(metrics_steps(registry, accept, accept_encoding, names))


async def metrics_in_turns(
    registry: CollectorRegistry | None = None,
    accept: str = "",
    accept_encoding: str = "",
    names: Collection[str] = (),
) -> Response:
    """`metrics`, while the running event loop goes on: thousands of endpoints take their time."""
    return await in_turns(metrics_steps(registry, accept, accept_encoding, names))


def metrics_steps(
    registry: CollectorRegistry | None, accept: str, accept_encoding: str, names: Collection[str]
) -> Steps:
    """`metrics` in steps."""
    chosen = REGISTRY if registry is None else registry
    try:
        encode, content_type = choose_encoder(accept)
    except TypeError:
        # A version that is no number, which prometheus_client does not expect.
        encode, content_type = choose_encoder("")
    # The restriction knows the registry's own way alone.
    text = [encode(chosen.restricted_registry(names))] if names else pieces(chosen, encode)
    headers = {}
    packed: list[bytes] = []
    if _GZIP.search(accept_encoding):
        headers["Content-Encoding"] = "gzip"
        pack = zlib.compressobj(_EFFORT, wbits=_GZIP_FORMAT)
        for piece in text:
            packed.append(pack.compress(piece))
            yield
        packed.append(pack.flush())
    else:
        for piece in text:
            packed.append(piece)
            yield
    return respond(HTTPStatus.OK, content_type, b"".join(packed), **headers)
