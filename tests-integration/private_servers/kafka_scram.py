"""The server's side of Kafka's SASL mechanisms."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator, Mapping
from functools import partial

_ITERATIONS = 4096

Dialogue = Generator[bytes, bytes, bytes]
"""Is sent what the client says, yields what to answer, returns the last answer."""


class RefusedError(Exception):
    """The client is not who it says, or breaks the rules."""


def plain(users: Mapping[str, str]) -> Dialogue:
    """RFC 4616."""
    _, user, password = (yield b"").decode().split("\0")
    if users.get(user) != password:
        raise RefusedError
    return b""


def scram(algorithm: str, users: Mapping[str, str]) -> Dialogue:
    """RFC 5802, without channel binding."""
    mac = partial(hmac.digest, digest=algorithm)
    gs2, bare = _split((yield b""), b",,")
    asked = _attributes(bare)
    user = asked["n"].replace("=2C", ",").replace("=3D", "=")
    salt = secrets.token_bytes(16)
    nonce = asked["r"] + secrets.token_hex(8)
    first = f"r={nonce},s={b64encode(salt).decode()},i={_ITERATIONS}".encode()

    final, proof = _split((yield first), b",p=")
    given = _attributes(final)
    # As Kafka's own brokers look at it: older versions of librdkafka put more before it.
    if user not in users or not given["r"].endswith(nonce) or b64decode(given["c"]) != gs2 + b",,":
        raise RefusedError
    salted = hashlib.pbkdf2_hmac(algorithm, users[user].encode(), salt, _ITERATIONS)
    exchanged = b",".join((bare, first, final))
    key = mac(salted, b"Client Key")
    signature = mac(hashlib.new(algorithm, key).digest(), exchanged)
    if b64decode(proof) != bytes(a ^ b for a, b in zip(key, signature, strict=True)):
        raise RefusedError
    return b"v=" + b64encode(mac(mac(salted, b"Server Key"), exchanged))


MECHANISMS: Mapping[str, Callable[[Mapping[str, str]], Dialogue]] = {
    "PLAIN": plain,
    "SCRAM-SHA-256": partial(scram, "sha256"),
    "SCRAM-SHA-512": partial(scram, "sha512"),
}


def _split(message: bytes, separator: bytes) -> tuple[bytes, bytes]:
    before, found, after = message.partition(separator)
    if not found:
        raise RefusedError
    return before, after


def _attributes(message: bytes) -> Mapping[str, str]:
    """``n=user,r=nonce`` as a mapping."""
    pairs = (item.split("=", 1) for item in message.decode().split(","))
    return dict(pairs)
