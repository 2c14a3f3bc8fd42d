"""Where the keys of a TOML document stand: `tomllib` does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

Path = tuple[str, ...]

_TOKEN = re.compile(
    r'(?P<key>"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|[^\s\[\]{}=,."\'#]+)'
    r"|(?P<comment>\#[^\n]*)|(?P<mark>[\[\]{}=,.\n])",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}


def lines_of(text: str) -> Mapping[Path, int]:
    """The line of each key and table, counted from 1.

    Args:
        text: A document that `tomllib` can read. All tables of an array are one path.
    """
    scanner = _Scanner(text)
    scanner.document()
    return scanner.lines


class _Token(NamedTuple):
    text: str
    line: int
    is_mark: bool


class _Scanner:
    """Goes through a document that is known to be well formed."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._tokens = list(_tokens(text))
        self._at = 0

    def document(self) -> None:
        table: Path = ()
        while self._at < len(self._tokens):
            if self._accept("["):
                self._accept("[")
                table = self._key("]")
                self._accept("]")
            elif not self._accept("\n"):
                self._pair(table)

    def _pair(self, table: Path) -> None:
        path = (*table, *self._key("=", table))
        self._value(path)

    def _key(self, end: str, table: Path = ()) -> Path:
        """Read a key, dotted or not, and what ends it."""
        line, keys = self._tokens[self._at].line, []
        while not self._accept(end):
            token = self._next()
            if not token.is_mark:
                keys.append(_plain(token.text))
        path = tuple(keys)
        self.lines.setdefault((*table, *path), line)
        return path

    def _value(self, path: Path) -> None:
        if self._accept("["):
            while not self._accept("]"):
                if not (self._accept(",") or self._accept("\n")):
                    self._value(path)
        elif self._accept("{"):
            while not self._accept("}"):
                if not (self._accept(",") or self._accept("\n")):
                    self._pair(path)
        else:
            while self._at < len(self._tokens) and not self._sees("\n,]}"):
                self._next()

    def _next(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _sees(self, marks: str) -> bool:
        token = self._tokens[self._at]
        return token.is_mark and token.text in marks

    def _accept(self, mark: str) -> bool:
        """Whether *mark* is next; then it is read."""
        found = self._at < len(self._tokens) and self._sees(mark)
        self._at += found
        return found


def _tokens(text: str) -> Iterator[_Token]:
    line, end = 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", end, match.start())
        end = match.start()
        if match.lastgroup != "comment":
            yield _Token(match[0], line, match.lastgroup == "mark")


def _plain(text: str) -> str:
    """The key that is written as *text*."""
    if text.startswith("'"):
        return text[1:-1]
    if text.startswith('"'):
        return _ESCAPE.sub(_unescaped, text[1:-1])
    return text


def _unescaped(match: re.Match[str]) -> str:
    code = match[1] or match[2]
    return chr(int(code, 16)) if code else _ESCAPED.get(match[3], match[3])
