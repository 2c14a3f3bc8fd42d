"""The answer to Prometheus."""

from __future__ import annotations

import gzip
import re
from collections.abc import Collection
from http import HTTPStatus

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder

from ._response import Response, respond

_GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", re.IGNORECASE)
"""In ``Accept-Encoding``, unless its weight says that it is not wanted."""

_EFFORT = 1
"""Of gzip: repetitive as it is, the text becomes little smaller with more."""


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
    chosen = REGISTRY if registry is None else registry
    try:
        encode, content_type = choose_encoder(accept)
    except TypeError:
        # A version that is no number, which prometheus_client does not expect.
        encode, content_type = choose_encoder("")
    body = encode(chosen.restricted_registry(names) if names else chosen)
    if not _GZIP.search(accept_encoding):
        return respond(HTTPStatus.OK, content_type, body)
    packed = gzip.compress(body, _EFFORT)
    return respond(HTTPStatus.OK, content_type, packed, **{"Content-Encoding": "gzip"})
