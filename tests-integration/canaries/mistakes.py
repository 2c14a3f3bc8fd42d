"""Declarations that cannot be, with secrets in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .places import Place

_HERE = ("127.0.0.1", 1)
Keywords = Mapping[str, Any]


def mistakes(type: str, place: Place) -> Iterator[tuple[Keywords, Mapping[str, str]]]:
    """Keywords and variables that are wrong in one way each."""
    for host, port in (("bad host", 1), ("127.0.0.1", 99999), ("", 1), ("a/b@c", 1)):
        yield place.options((host, port)), place.variables(type, (host, port))
    good, variables = place.options(_HERE), place.variables(type, _HERE)
    for wrong in (
        {"critical": None},
        {"critical": "perhaps"},
        {"timeout": 3600},
        {"labels": {"host": "x"}},
        {"tls_ca_file": "/nowhere.pem"},
        {"passwrd": "x"},
    ):
        yield {**good, **wrong}, variables
    for canary in place.canaries:
        value = canary.value
        for name in (
            "url",
            "password",
            "bearer_token",
            "headers",
            "metadata",
            "params",
        ):
            for unfit in (value.encode(), [value], {"a": [value, 7]}, value + "\n"):
                yield {**good, name: unfit}, variables
        for url in (value, f"nope://u:{value}@h:1", f"://{value}@h", f"http://u:{value}@h:1"):
            yield {**good, "url": url}, variables
        for key, text in variables.items():
            if value not in text and canary.quoted not in text:
                continue
            yield good, {**variables, key: f"{value}\n{value}"}
            prefix = key.rpartition("_")[0]
            yield good, {**variables, f"{prefix}_PORT": "x", f"{prefix}_URL": f"x://{value}@"}
