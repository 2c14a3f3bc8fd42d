"""Texts of any length that a reader may take long for, or stumble over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_PIECES = (
    *"=%,[]:;@/'\"\\aü?#&.-{}$()09\u0660\ud800\n\t \0",
    *("a ", "a= ", "a=b ", "a=''; ", "a='", 'a="', "a=b;", "a=\\"),
    *("a,", "a:1,", "[::1],", "%2F", "%zz", "a=b&", "://", "\\'", "''", '""'),
    *("${", "${VARIABLE}", "${a:-", "$${", "[[", "[a]\n", "a.", "a={", "a=[", "a=1\n", "#a\n"),
    *("(&", "(|(a=b)", "a.a.a="),
    # Each with another number.
    *("a№=b ", "a№=b&", "a№=b;", "h№:1,", "a№=1\n", "[a№]\n", "a№.b=1\n", "[[a№]]\n"),
    "[dependencies.a№]\ncritical=true\nurl='tcp://h:1'\n",
)
_NUMBER = "№"
BARE = ("{}",)
ADDRESSES = (
    *BARE,
    "{}://h",
    "redis://{}",
    "redis://u:p@{}",
    "redis://{}@h",
    "redis://h:1/{}",
    "redis://h:1?{}",
    "postgresql:///?host={}",
    "jdbc:postgresql://h/?{}",
    "host={}",
    "host=h {}",
    "host=h password='{}",
    "Host=h;{}",
    'Host=h;Password="{}',
)
FILES = (
    *BARE,
    'a = "{}',
    'name = "{}"',
    "a = [{}",
    "a = {}",
    "[dependencies.x]\nurl = '''{}'''",
    "[dependencies.{}]",
    f"[b{'.b' * 63}]\n{{}}",  # as deep as a key may be
    f"[b{'.b' * 2000}]\n{{}}",
)
ARGUMENTS = (*BARE, "http://h/{}", "http://[{}", "http://h?{}", "{}=x", "password={}", "timeout={}")


def shapes(size: int, frames: Sequence[str] = BARE) -> Iterator[str]:
    """Texts of about *size* characters, each piece in each of *frames*."""
    for piece in _PIECES:
        text = _repeated(piece, size)
        for frame in frames:
            yield frame.replace("{}", text)


def _repeated(piece: str, size: int) -> str:
    if _NUMBER not in piece:
        return piece * (size // len(piece))
    count = size // (len(piece) + len(str(size)) - 1) + 1
    return "".join(piece.replace(_NUMBER, str(number)) for number in range(count))


_PARTS = (part for frame in (*ADDRESSES, *FILES) for part in frame.split("{}") if part)
TOKENS = tuple(sorted({*_PIECES, *_PARTS}))
"""What they are made of."""
