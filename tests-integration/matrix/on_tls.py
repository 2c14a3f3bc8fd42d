"""What can be wrong with TLS."""

from __future__ import annotations

from . import scenes
from .asking import MakeScene, of_scene
from .faults import End, InHandshake
from .question import Question
from .scenes import as_it_is, behind, secure, strict
from .target import Tls


def _in_handshake(end: End, *data: bytes) -> MakeScene:
    return behind(InHandshake(end, *data), secure, met_in_use=False)


TLS: tuple[Question, ...] = (
    Question("tls", "all is well, and the certificate verified", "ok", of_scene(as_it_is(secure))),
    Question(
        "untrusted",
        "certificate of an authority that is not trusted",
        "tls_error",
        of_scene(as_it_is(secure, tls=Tls.STRANGER)),
    ),
    Question(
        "expired",
        "expired certificate",
        "tls_error",
        of_scene(as_it_is(strict, tls=Tls.TRUSTING, shows_certificate=True)),
    ),
    Question(
        "wrong name", "certificate for another name", "tls_error", of_scene(scenes.wrong_name)
    ),
    Question(
        "any certificate",
        "all three, with `tls_skip_verify=True`",
        "ok",
        of_scene(scenes.any_certificate),
    ),
    Question(
        "no client certificate",
        "no client certificate where one is needed",
        "tls_error",
        of_scene(as_it_is(strict, tls=Tls.BLIND)),
    ),
    Question(
        "tls silent",
        "stays silent in the handshake",
        "timeout",
        of_scene(_in_handshake(End.SILENCE)),
    ),
    Question(
        "tls close",
        "closes in the handshake",
        "tls_error",
        of_scene(_in_handshake(End.CLOSE)),
    ),
    Question(
        "tls reset",
        "resets in the handshake",
        "tls_error",
        of_scene(_in_handshake(End.RESET)),
    ),
    Question(
        "tls garbage",
        "answers the client's hello with what is not TLS",
        "tls_error",
        of_scene(_in_handshake(End.CLOSE, b"no TLS here\r\n\r\n")),
    ),
    Question(
        "tls to plaintext",
        "TLS to a port that has none",
        "tls_error",
        of_scene(scenes.tls_to_plaintext),
    ),
    Question(
        "plaintext to tls",
        "no TLS to a port that has nothing else",
        "connection_reset",
        of_scene(scenes.plaintext_to_tls),
    ),
)
