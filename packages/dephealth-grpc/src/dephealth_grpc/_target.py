"""Addresses as gRPC writes them (https://grpc.github.io/grpc/core/md_doc_naming.html)."""

from __future__ import annotations

from collections.abc import Sequence


def target_of(addresses: Sequence[str], port: str) -> str | None:
    """The name of a server that is at the first of *addresses* that accepts.

    None if there is one among them that the name of a server cannot have: a
    path, or an address of a link.
    """
    if any("/" in address or "%" in address for address in addresses):
        return None
    if not any(":" in address for address in addresses):
        return f"ipv4:{','.join(f'{address}:{port}' for address in addresses)}"
    # No name has addresses of both kinds, but those of IPv4 can be written as such of IPv6.
    mapped = (address if ":" in address else f"::ffff:{address}" for address in addresses)
    return f"ipv6:{','.join(f'[{address}]:{port}' for address in mapped)}"
