"""Where the keys of a TOML document stand."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dephealth_cli._config_lines import lines_of

DOCUMENT = '''\
# a comment = "no key"
name = "x" # [no.table]

[defaults]
timeout = 1.5
since = 1979-05-27 07:32:00

[dependencies.db] # here
url = "postgresql://h/#db" # there
"quoted \\u006bey" = 1
labels = { team = "a, b = c", "of-two" = """
]}""" }
a.b.c = [
  1, # [x]
  { d = "}" },
  [ "]" ],
]
last = \'\'\'\'quoted\' = \'\'\'
[[many]]
key = 1
[[many]]
other = "\\""
after = true'''


def paths_in(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all keys of what tomllib has read; an array of tables is one path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from paths_in(item, (*path, key))
    if isinstance(value, list):
        for item in value:
            yield from paths_in(item, path)


def test_lines_of_keys_and_tables() -> None:
    """Each key and table has the line where it begins, whatever its value looks like."""
    assert lines_of(DOCUMENT) == {
        ("name",): 2,
        ("defaults",): 4,
        ("defaults", "timeout"): 5,
        ("defaults", "since"): 6,
        ("dependencies", "db"): 8,
        ("dependencies", "db", "url"): 9,
        ("dependencies", "db", "quoted key"): 10,
        ("dependencies", "db", "labels"): 11,
        ("dependencies", "db", "labels", "team"): 11,
        ("dependencies", "db", "labels", "of-two"): 11,
        ("dependencies", "db", "a", "b", "c"): 13,
        ("dependencies", "db", "a", "b", "c", "d"): 15,
        ("dependencies", "db", "last"): 18,
        ("many",): 19,
        ("many", "key"): 20,
        ("many", "other"): 22,
        ("many", "after"): 23,
    }


def test_document_is_what_tomllib_reads() -> None:
    """The document above has these keys and no others, beside the tables that are implied."""
    implied = {("dependencies",), *(("dependencies", "db", *rest) for rest in ("a", "ab"))}
    found = set(paths_in(tomllib.loads(DOCUMENT))) - set(lines_of(DOCUMENT))
    assert found <= {*implied, ("dependencies", "db", "a", "b")}


@given(st.text(alphabet="ab.=[]{}\"' #\n\\,1", max_size=60))
def test_any_document_is_gone_through(text: str) -> None:
    """For every document that tomllib can read, the keys at its top have a line of theirs."""
    try:
        content = tomllib.loads(text)
    except ValueError:
        return
    lines = lines_of(text)
    assert {path[0] for path in lines} == content.keys()
    assert all(1 <= line <= text.count("\n") + 1 for line in lines.values())
