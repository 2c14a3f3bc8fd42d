"""Connection strings: ``Host=h;Port=1;…`` and libpq's ``host=h port=1 …``."""

from __future__ import annotations

from typing import Any

import pytest

from dephealth import Address, ConfigurationError
from dephealth._address import parse_address
from dephealth._connection_string import parse_connection_string

SECRET = "hunter2hunter2"


def parse(text: str) -> Address:
    return parse_address(text, {"postgresql": 5432}, socket_port=5432)


def test_whole_connection_string_is_read() -> None:
    """A connection string gives host, port, database and credentials."""
    text = "Host=pg.svc;Port=5433;Database=orders;Username=app;Password=pw"
    assert parse(text) == Address(
        scheme="postgresql",
        hosts=[("pg.svc", "5433")],
        username="app",
        password="pw",
        path="orders",
    )


def test_whole_libpq_string_is_read() -> None:
    """A string of libpq gives host, port, database, credentials and its options."""
    text = "host=pg.svc port=5433 dbname=orders user=app password=pw sslmode=require"
    assert parse(text) == Address(
        scheme="postgresql",
        hosts=[("pg.svc", "5433")],
        username="app",
        password="pw",
        path="orders",
        options={"sslmode": "require"},
    )


@pytest.mark.parametrize(
    "key",
    ["Host", "Server", "Data Source", "Address", "Addr", "Network Address", "hOsT", "DATASOURCE"],
)
@pytest.mark.parametrize(
    "form", ["{}=h;Port=1", "Port=1;{}=h", "Password=p;{}=h;Port=1;", " {} = h ; Port = 1 "]
)
def test_host_has_many_keys(key: str, form: str) -> None:
    """The host is read by any of its keys, in any case, wherever it stands."""
    assert parse(form.format(key)).hosts == [("h", "1")]


@pytest.mark.parametrize(
    "key", ["Username", "User", "User Id", "User ID", "UID", "user_id", "User Name"]
)
def test_user_has_many_keys(key: str) -> None:
    """The user is read by any of its keys."""
    assert parse(f"Host=h;{key}=app;Password=p").username == "app"


@pytest.mark.parametrize("key", ["Password", "PWD", "pwd"])
def test_password_has_two_keys(key: str) -> None:
    """The password is read by any of its keys."""
    assert parse(f"Host=h;{key}=pw").password == "pw"


@pytest.mark.parametrize("key", ["Database", "Initial Catalog", "DBName"])
def test_database_has_many_keys(key: str) -> None:
    """The database is read by any of its keys."""
    assert parse(f"Host=h;{key}=orders").path == "orders"


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("Host=h", [("h", "5432")]),
        ("Host=h;", [("h", "5432")]),
        (";Host=h;;Port=1;", [("h", "1")]),
        ("Host=h;Port=1; ; ;", [("h", "1")]),
        ("Host=h,1433", [("h", "1433")]),
        ("Host=h, 1433;", [("h", "1433")]),
        ("Host=h:1433", [("h", "1433")]),
        ("Host=a:1,b:2", [("a", "1"), ("b", "2")]),
        ("Host=a, b;Port=1", [("a", "1"), ("b", "1")]),
        ("Host=a,b;Port=1, 2", [("a", "1"), ("b", "2")]),
        ("Host=a:1,b", [("a", "1"), ("b", "1")]),
        ("Host=[::1]", [("::1", "5432")]),
        ("Host=[::1]:1", [("::1", "1")]),
        ("Host=[::1],1433", [("::1", "1433")]),
        ("Host=::1;Port=1", [("::1", "1")]),
        ("Host=::1", [("::1", "5432")]),
        ("Host=/run/pg;Port=1", [("/run/pg", "1")]),
        ("Host=/run/pg", [("/run/pg", "5432")]),
        ("host=h", [("h", "5432")]),
        ("host=a,b port=1,2", [("a", "1"), ("b", "2")]),
        ("host=a,b", [("a", "5432"), ("b", "5432")]),
        ("host=::1 port=1", [("::1", "1")]),
        ("host=[::1] port=1", [("::1", "1")]),
        ("host=/run/pg port=1", [("/run/pg", "1")]),
        ("host = h  port = 1", [("h", "1")]),
        ("host='h' port='1'", [("h", "1")]),
        ("hostaddr=10.0.0.1 port=1", [("10.0.0.1", "1")]),
        ("host=h,1433", [("h", "1433")]),
    ],
)
def test_hosts_and_ports(text: str, hosts: list[tuple[str, str]]) -> None:
    """Host and port are read in every form of the contract."""
    assert parse(text).hosts == hosts


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ('Host=h;Password="a;b"', "a;b"),
        ("Host=h;Password='a;b';Port=1", "a;b"),
        ('Host=h;Password="a""b"', 'a"b'),
        ("Host=h;Password='a''b'", "a'b"),
        ('Host=h;Password=a"b', 'a"b'),
        ('Host=h;Password="', '"'),
        ('Host=h;Password="a" b', '"a" b'),
        ("Host=h;Password=a=b", "a=b"),
        ("Host=h;Password= a b ", "a b"),
        ("Host=h;Password=a%40b", "a%40b"),
        ("Host=h;Password=", None),
        ("host=h password='a b'", "a b"),
        (r"host=h password='a\'b\\'", "a'b\\"),
        (r"host=h password=a\ b\'", "a b'"),
        ("host=h password=it's", "it's"),
        ("host=h password=a;b=c", "a;b=c"),
        ("password=a;b host=h", "a;b"),
        ("password=a;host=b host=h", "a;host=b"),
        ("host=h password=''", None),
        ("host=h password=", None),
        ("host=h password='a\nb'", "a\nb"),
        ("host=h password='a\\\nb'", "a\nb"),
        ("host=h password=a%40b", "a%40b"),
    ],
)
def test_password_is_unquoted(text: str, password: str | None) -> None:
    """A password is read with the quoting of its form, and without percent-decoding."""
    address = parse(text)
    assert (address.password, address.hosts[0][0]) == (password, "h")


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("Host=h;SSL Mode=Require", {"sslmode": "require"}),
        ("Host=h;SslMode=VerifyFull", {"sslmode": "verify-full"}),
        ("Host=h;SslMode=VerifyCA", {"sslmode": "verify-ca"}),
        ("Host=h;SSL=True", {"ssl": "true"}),
        ("Host=h;Pooling=true;Timeout=5", {}),
        (
            "host=h connect_timeout=5 SSLMODE=require",
            {"connect_timeout": "5", "sslmode": "require"},
        ),
    ],
)
def test_options_of_the_drivers_own_form_are_kept(text: str, options: dict[str, Any]) -> None:
    """All options of libpq are kept; of the other form those about TLS, with libpq's values."""
    assert parse(text).options == options


@pytest.mark.parametrize(
    "text", ["Port=1;Database=x", "Port=1;Host=;", "port=1 dbname=x", "port=1 host="]
)
def test_host_is_needed(text: str) -> None:
    """A connection string without a host is refused."""
    with pytest.raises(ConfigurationError, match=r"^the connection string has no host$"):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        f"Host=h;Password={SECRET};oops",
        f"Host=h h;Password={SECRET}",
        f"Host=h;Port={SECRET}",
        f"Host={SECRET}!;Port=1",
        f"host=h password='{SECRET}",
        f"host=h password={SECRET}\\",
        f"host=h {SECRET}",
        f"host=h port={SECRET}",
        f"Password={SECRET}",
        f"={SECRET}",
    ],
)
def test_what_cannot_be_read_is_not_quoted(text: str) -> None:
    """The message about a broken connection string holds nothing of it."""
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "form", ["Host=h;User=S;Password=S;Database=S;SSL=S", "host=h user=S password=S x=S"]
)
def test_repr_shows_hosts_only(form: str) -> None:
    """The ``repr`` of what was read has no user, password, database or option."""
    text = repr(parse_connection_string(form.replace("S", SECRET)))
    assert "hosts=['h']" in text
    assert SECRET not in text
