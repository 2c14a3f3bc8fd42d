"""What holds for every address text, whatever is in it."""

from __future__ import annotations

import contextlib
import time
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dephealth import Address, ConfigurationError
from dephealth._address import parse_address, scheme_of

SCHEMES = {"postgresql": 5432, "postgres": 5432, "rediss": 6379}
SECRET = "hunter2hunter2"
LIMIT = 5.0
"""Seconds that 200 kB may take under coverage and load; what is not linear takes minutes."""

TOKENS = """
    host Host port password Password user hostaddr sslmode=require jdbc: postgres postgresql
    +asyncpg :// : / // @ , ; = ' " [ ] % %2F %ff ? # & \\ ü ::1 h 5432 0 db.example /run/pg
    127.0.0.1
"""
SPACED = ["User Id", "Data Source", " ", "\n", "\0", "\ud800"]
WORDS = st.sampled_from([*TOKENS.split(), *SPACED])
TEXTS = st.one_of(st.text(), st.lists(WORDS, max_size=25).map("".join))


def parse(text: str) -> tuple[Address | None, str]:
    """The address, or why there is none."""
    try:
        return parse_address(text, SCHEMES, {"rediss"}), ""
    except ConfigurationError as exc:
        return None, str(exc)


@given(TEXTS)
def test_any_text_is_an_address_or_refused(text: str) -> None:
    """Whatever the text is, there is an address with good hosts or a configuration error."""
    address, message = parse(text)
    assert len(message) < 250
    if address is not None:
        assert address.hosts
        assert address.scheme in SCHEMES
        assert all(0 <= int(port) <= 65535 and host for host, port in address.hosts)


@given(TEXTS, TEXTS)
def test_password_in_any_text_is_not_told(before: str, after: str) -> None:
    """A secret at any place of any text is neither in a message nor in a ``repr``."""
    for text in (
        before + SECRET + after,
        f"postgres://{before}:{SECRET}{after}@h:5432/db",
        f"postgres://u:{before}{SECRET}@{after}",
        f"Host=h;{before};Password={SECRET}{after}",
        f"host=h {before} password='{SECRET}{after}",
    ):
        assume(SECRET not in (scheme_of(text.strip()) or ""))
        address, message = parse(text)
        assert SECRET not in message
        if address is not None:
            assume(all(SECRET not in host for host, _ in address.hosts))
            assert SECRET not in repr(address)


@given(TEXTS, st.sampled_from(["{}/12", "12/{}", "12?{}", "12#{}", "a/{}"]))
def test_piece_of_a_password_is_no_host(user: str, form: str) -> None:
    """A password that should have been encoded never becomes a host or a port."""
    assume(not set(user) & set("@,/?#"))
    address, message = parse(f"postgres://{user}:{form.format(SECRET)}@pg.svc:5432/db")
    assert address is None
    assert SECRET not in message


@given(user=st.text(), password=st.text(), database=st.text())
def test_encoded_parts_come_back(user: str, password: str, database: str) -> None:
    """What was percent-encoded into a URL is what comes out of it."""
    assume(not any("\ud800" <= char <= "\udfff" for char in user + password + database))
    url = (
        f"postgres://{quote(user, safe='')}:{quote(password, safe='')}@h/{quote(database, safe='')}"
    )
    address, _ = parse(url)
    assert address is not None
    assert (address.username or "", address.password or "", address.path) == (
        user,
        password,
        database,
    )


@given(password=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_quoted_password_comes_back(password: str) -> None:
    """What was quoted into a connection string of either form is what comes out of it."""
    libpq = password.replace("\\", "\\\\").replace("'", "\\'")
    doubled = password.replace('"', '""')
    for text in (f"host=h password='{libpq}' user=app", f'Host=h;Password="{doubled}";User=app'):
        address, _ = parse(text)
        assert address is not None
        assert (address.password or "", address.username) == (password, "app")


def _filled(form: str, piece: str) -> str:
    return form.format(piece * (200_000 // len(piece)))


PIECES = """
    = % , [ ] : ; @ / ' " \\ a ü ? # & a= a=; =a; a=' a='; a="; a=""; a=b; a=\\ '' "" '" ,: a,
    a:1, [::1], %2F %zz a=b& :// \\'
"""
SPACED_PIECES = [" ", "\t", "a ", "a= ", "a=b ", "a=''; ", "; "]
FORMS = [
    "{}",
    "postgres://{}",
    "postgres://u:p@h/{}",
    "postgres://h?{}",
    "postgres://{}@h",
    "postgres:///?host={}",
    "host={}",
    "host=h {}",
    "host=h password='{}",
    "Host=h;{}",
    'Host=h;Password="{}',
]


@pytest.mark.parametrize("piece", [*PIECES.split(), *SPACED_PIECES])
@pytest.mark.parametrize("form", FORMS)
def test_long_text_is_read_at_once(form: str, piece: str) -> None:
    """The time that reading takes grows with the text, no faster."""
    text = _filled(form, piece)
    before = time.perf_counter()
    with contextlib.suppress(ConfigurationError):
        parse_address(text, SCHEMES)
    assert time.perf_counter() - before < LIMIT
