"""Secrets show nowhere, and texts of others are cleaned of them."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import pprint
import re
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dephealth import Checker, ConfigurationError, Endpoint, Secret, option, reveal
from dephealth._secret import conceal, scrub, secrets_in

WORD = "s3cr3t w/ord+ü'\"\\@"
LIMIT = 5.0
"""Seconds that 200 kB may take under coverage and load; what is not linear takes minutes."""


@dataclass(frozen=True, kw_only=True)
class Lock(Checker):
    type = "lock"

    password: str | None = option(None, help="what opens it", secret=True)
    headers: Mapping[str, str] | None = option(None, help="sent along", kind=dict, secret=True)
    user: str = option("app", help="who opens it")

    async def check(self, endpoint: Endpoint) -> None:
        raise AssertionError


def _formatted(secret: Secret) -> str:
    return f"{secret}{secret!r}{secret!s}%s%r" % (secret, secret)


def _in_traceback(secret: Secret) -> str:
    try:
        raise ValueError(secret)
    except ValueError:
        return traceback.format_exc()


def _deep_copied(secret: Secret) -> str:
    return repr(copy.deepcopy({"a": [secret]})) + repr(copy.copy(secret))


def _of_checker(secret: Secret) -> str:
    lock = Lock(password=secret.reveal(), headers={"X-Key": secret.reveal()})
    return repr(lock) + repr(asdict(lock)) + pprint.pformat(vars(lock)) + repr(lock.headers)


@pytest.mark.parametrize(
    "printed", [_formatted, _in_traceback, _deep_copied, _of_checker, pprint.pformat]
)
def test_secret_is_not_printed(printed: Callable[[Secret], str]) -> None:
    """No way of printing a secret shows it."""
    text = printed(Secret("hunter2-hunter2"))
    assert "hunter2" not in text
    assert "***" in text or "ValueError" in text


@pytest.mark.parametrize(
    "write", [pickle.dumps, json.dumps, copy.copy(Lock(password="hunter2")).__reduce_ex__]
)
def test_secret_is_not_written(write: Callable[[object], object]) -> None:
    """A secret cannot be serialised, and the error does not show it."""
    with pytest.raises(TypeError) as caught:
        write(Secret("hunter2"))
    assert "hunter2" not in str(caught.value)


def test_checker_with_a_secret_cannot_be_pickled() -> None:
    """A checker that holds a secret is not pickled with it."""
    with pytest.raises(TypeError, match="a secret cannot be pickled"):
        pickle.dumps(Lock(password="hunter2"))


def test_secret_has_no_dictionary() -> None:
    """A secret has no ``__dict__`` that a debugging tool would dump."""
    assert not hasattr(Secret("x"), "__dict__")


def test_secret_gives_its_text_back() -> None:
    """`reveal` gives the text to the driver."""
    assert Secret(WORD).reveal() == WORD


def test_secrets_compare_by_text() -> None:
    """Two secrets of one text are equal."""
    assert Secret("a") == Secret("a")
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_secret_is_not_equal_to_its_text() -> None:
    """A secret is equal to no text, so that none can be tried against it by accident."""
    assert (Secret("a") == "a") is False


def test_secret_is_as_true_as_its_text() -> None:
    """An empty secret is false."""
    assert Secret("a")
    assert not Secret("")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copied_secret_still_opens(copied: Callable[[Secret], Secret]) -> None:
    """A copy of a secret gives the same text."""
    assert copied(Secret("a")).reveal() == "a"


def test_structure_is_concealed_at_any_depth() -> None:
    """Texts and bytes in mappings and lists are hidden, keys are left."""
    hidden = conceal({"Cookie": "a=b", "list": ["x", ("y",)], "raw-bin": b"z", "none": None})
    assert repr(hidden) == (
        "{'Cookie': Secret('***'), 'list': (Secret('***'), (Secret('***'),)), "
        "'raw-bin': Secret('***'), 'none': None}"
    )


def test_concealed_structure_is_revealed() -> None:
    """`reveal` gives back what was hidden at any depth."""
    hidden = conceal({"Cookie": "a=b", "list": ["x", ("y",)], "raw-bin": b"z"})
    assert reveal(hidden) == {"Cookie": "a=b", "list": ("x", ("y",)), "raw-bin": b"z"}


def test_secrets_are_found_at_any_depth() -> None:
    """Every secret of a structure is found."""
    hidden = conceal({"a": "x", "b": ["y", {"c": ("z",)}], "d": None})
    assert [secret.reveal() for secret in secrets_in(hidden)] == ["x", "y", "z"]


def test_secret_is_concealed_once() -> None:
    """What is a secret already stays the secret that it is."""
    assert conceal(Secret("x")) == Secret("x")


@pytest.mark.parametrize("value", [12345, 1.5, {"X-Id": 7}, ["a", True], object()])
def test_what_cannot_be_hidden_is_refused(value: object) -> None:
    """A secret that is no text is refused, without quoting it."""
    with pytest.raises(ConfigurationError, match="a secret must be a text, not") as caught:
        conceal(value)
    assert "12345" not in str(caught.value)


def test_what_cannot_be_sent_is_refused() -> None:
    """A secret that has no encoding is refused, with the option that it was given for."""
    with pytest.raises(ConfigurationError, match=r"password: .* UTF-8") as caught:
        Lock(password="hunter2\udcff")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(ConfigurationError, match=r"headers: .* UTF-8"):
        Lock(headers={"a": "\ud800"})
    with pytest.raises(ConfigurationError, match=r"headers: .* UTF-8"):
        Lock(headers={"\ud800": "a"})


FORMS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "percent-encoded": lambda s: quote(s, safe=""),
    "percent-encoded in a path": quote,
    "percent-encoded in a form": quote_plus,
    "percent-encoded in lower case": lambda s: re.sub("%..", lambda x: x[0].lower(), quote(s)),
    "repr": repr,
    "repr of an exception about a repr": lambda s: repr(repr(s)),
    "json": json.dumps,
    "bytes": lambda s: repr(s.encode()),
    "hexadecimal": lambda s: s.encode().hex(),
    "taken for Latin-1": lambda s: s.encode().decode("latin-1"),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 without padding": lambda s: base64.urlsafe_b64encode(s.encode()).decode().rstrip("="),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_secret_is_scrubbed_in_every_form(form: Callable[[str], str]) -> None:
    """No form in which a driver may print a secret is left in a text."""
    text = scrub(f"a {form(WORD)} z", [Secret(WORD)])
    assert text.startswith("a ")
    assert text.endswith(" z")
    assert set(text[2:-2]) <= set("*'\"\\b=")


@pytest.mark.parametrize("form", [repr, bytes.hex, lambda raw: base64.b64encode(raw).decode()])
def test_bytes_are_scrubbed(form: Callable[[bytes], str]) -> None:
    """Bytes that are secret are found as texts are."""
    raw = b"\xff\x00token\x80"
    (secret,) = secrets_in(conceal({"token-bin": raw}))
    assert reveal(secret) == raw
    assert form(raw) not in scrub(f"a {form(raw)} z", [secret])


@pytest.mark.parametrize("user", ["", "a", "ap", "app", "appl"])
@pytest.mark.parametrize("word", ["hunter2", "hunter22", "hunter222"])
def test_secret_is_scrubbed_in_basic_authentication(user: str, word: str) -> None:
    """A password is found in the base64 of a user with a password, wherever it begins."""
    header = base64.b64encode(f"{user}:{word}".encode()).decode()
    start, mask, end = scrub(header, [Secret(word)]).partition("***")
    assert mask
    assert base64.b64decode(start[: len(start) // 4 * 4]).decode() in f"{user}:{word[0]}"
    assert len(end) <= len("xx==")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (repr("it's-a-key\\"), '"***"'),
        (repr("\"it's-a-key\\"), "'\"***'"),
        (repr(repr("it's-a-key\\")), "'\"***\"'"),
        (repr(repr("\"it's-a-key\\")), "'\\'\"***\\''"),
    ],
)
def test_whole_secret_is_scrubbed_whatever_the_quotes(text: str, clean: str) -> None:
    """Which quotes a ``repr`` uses depends on what else is in it, and does not matter."""
    assert scrub(text, [Secret("it's-a-key\\")]) == clean


def test_lower_case_escapes_are_scrubbed() -> None:
    """A percent-encoded secret is found whichever case its escapes have."""
    assert scrub("x p%40ss%2fword x", [Secret("p@ss/word")]) == "x *** x"
    assert scrub("x p%40ss%2Fword x", [Secret("p@ss/word")]) == "x *** x"


def test_longer_secret_goes_first() -> None:
    """A secret that contains another leaves no remainder."""
    assert scrub("x hunter2-extra x", [Secret("hunter2"), Secret("hunter2-extra")]) == "x *** x"


@pytest.mark.parametrize("short", ["a", "it", "abc"])
def test_text_with_a_short_secret_is_withheld(short: str) -> None:
    """A text that holds a secret of less than four characters is withheld as a whole."""
    text = scrub(f"the letter {short} is in this text", [Secret(short)])
    assert text == "text withheld: it contains a secret"


def test_secret_of_four_characters_is_replaced() -> None:
    """A secret of four characters is long enough to be replaced."""
    assert (
        scrub("the word abcd is in this text", [Secret("abcd")]) == "the word *** is in this text"
    )


@pytest.mark.parametrize("text", ["connection refused", "host YWxw"])
def test_text_without_the_short_secret_is_kept(text: str) -> None:
    """A text that does not hold the short secret, or a piece of its base64, is left as it is."""
    assert scrub(text, [Secret("ab")]) == text


def test_empty_secret_hides_nothing() -> None:
    """An empty password does not change a text."""
    assert scrub("connection refused", [Secret("")]) == "connection refused"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("at amqp://app:pw@mq:5672/v", "at amqp://***@mq:5672/v"),
        ("redis://:pw@h and redis://h", "redis://***@h and redis://h"),
        ("postgres://u:p@ss@h/db", "postgres://***@h/db"),
        ("http://h/users/me@example", "http://h/users/me@example"),
        ("no url, but me@example", "no url, but me@example"),
    ],
)
def test_userinfo_of_any_url_is_scrubbed(text: str, clean: str) -> None:
    """The user and the password of a URL are hidden, also if nobody knows them."""
    assert scrub(text, []) == clean


@given(word=st.text(min_size=4, max_size=20), before=st.text(max_size=9), after=st.text(max_size=9))
def test_scrubbed_text_never_holds_the_secret(word: str, before: str, after: str) -> None:
    """Whatever the secret and the text are, the one is not in the other afterwards."""
    clean = scrub(before + word + after, [Secret(word)])
    assert word not in clean or word in "***"


@given(st.text(alphabet=st.characters(), min_size=1))
def test_any_secret_can_be_scrubbed(word: str) -> None:
    """A secret of any characters, lone surrogates too, can be looked for."""
    assert isinstance(scrub("some text", [Secret(word)]), str)


@pytest.mark.parametrize(
    "text", ["://" * 70_000, "://" + "a" * 200_000, "%" * 200_000, "@" * 200_000, "://a:@" * 40_000]
)
def test_long_text_is_scrubbed_at_once(text: str) -> None:
    """The time that cleaning takes grows with the text, no faster."""
    before = time.perf_counter()
    scrub(text, [Secret("hunter2"), Secret("aaaaaaab")])
    assert time.perf_counter() - before < LIMIT


def test_long_secret_is_scrubbed_at_once() -> None:
    """The time that cleaning takes grows with the secret, no faster."""
    word = "a%'" * 70_000
    before = time.perf_counter()
    assert scrub(f"x{word}x", [Secret(word)]) == "x***x"
    assert time.perf_counter() - before < LIMIT
