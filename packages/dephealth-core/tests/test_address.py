"""URLs and JDBC URLs: every form of the contract, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from dephealth import Address, ConfigurationError
from dephealth._address import Schemes, parse_address, scheme_of

POSTGRES: Schemes = {"postgresql": 5432, "postgres": 5432}
SCHEMES: dict[str, Schemes] = {
    "postgres": POSTGRES,
    "postgresql": POSTGRES,
    "mysql": {"mysql": 3306},
    "redis": {"redis": 6379, "rediss": 6379},
    "rediss": {"redis": 6379, "rediss": 6379},
    "amqp": {"amqp": 5672, "amqps": 5671},
    "amqps": {"amqp": 5672, "amqps": 5671},
    "http": {"http": 80, "https": 443},
    "https": {"http": 80, "https": 443},
    "grpc": {"grpc": 443, "grpcs": 443},
    "grpcs": {"grpc": 443, "grpcs": 443},
    "kafka": {"kafka": 9092},
    "ldap": {"ldap": 389, "ldaps": 636},
    "ldaps": {"ldap": 389, "ldaps": 636},
    "tcp": {"tcp": None},
}
TLS = {"https", "rediss", "amqps", "ldaps", "grpcs"}
SECRET = "hunter2hunter2"


def parse(text: str) -> Address:
    scheme = scheme_of(text) or "postgres"
    return parse_address(text, SCHEMES[scheme], TLS, 5432 if scheme.startswith("postgres") else 0)


def refused(text: str, schemes: Schemes = POSTGRES) -> str:
    """The message about *text*, which holds nothing of the secret."""
    with pytest.raises(ConfigurationError) as caught:
        parse_address(text, schemes)
    assert SECRET not in str(caught.value)
    assert len(str(caught.value)) < 250
    return str(caught.value)


def test_whole_url_is_read() -> None:
    """A URL gives its scheme, host, port, credentials, database and options."""
    assert parse("postgresql://app:secret@pg.svc:5433/orders?sslmode=require&x=1") == Address(
        scheme="postgresql",
        hosts=[("pg.svc", "5433")],
        username="app",
        password="secret",
        path="orders",
        options={"sslmode": "require", "x": "1"},
    )


@pytest.mark.parametrize("scheme", sorted(SCHEMES.keys() - {"tcp"}))
def test_scheme_has_its_default_port(scheme: str) -> None:
    """A URL without a port means the port of its scheme."""
    assert parse(f"{scheme}://h").hosts == [("h", str(SCHEMES[scheme][scheme]))]


@pytest.mark.parametrize("scheme", sorted(SCHEMES))
def test_tls_scheme_switches_tls_on(scheme: str) -> None:
    """TLS is on with a TLS scheme, and only then."""
    assert parse(f"{scheme}://h:1").tls is (scheme in TLS)


def test_tcp_needs_a_port() -> None:
    """A scheme without a default port needs one."""
    assert "the port is missing" in refused("tcp://h", SCHEMES["tcp"])
    assert "the port is missing" in refused("tcp://a,b:1", SCHEMES["tcp"])
    assert parse("tcp://a:1,b").hosts == [("a", "1"), ("b", "1")]


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("kafka://b0:9092,b1:9093", [("b0", "9092"), ("b1", "9093")]),
        ("postgres://u:p@primary:5432,replica:5433/db", [("primary", "5432"), ("replica", "5433")]),
        ("kafka://a,b", [("a", "9092"), ("b", "9092")]),
        ("kafka://a:1,b,c", [("a", "1"), ("b", "1"), ("c", "1")]),
        ("kafka://a:1,b:2,c", [("a", "1"), ("b", "2"), ("c", "9092")]),
        ("kafka://a,b:2,c", [("a", "9092"), ("b", "2"), ("c", "9092")]),
        ("kafka://a:,b:", [("a", "9092"), ("b", "9092")]),
        ("kafka://[::1]:1,b", [("::1", "1"), ("b", "1")]),
    ],
)
def test_several_hosts(url: str, hosts: list[tuple[str, str]]) -> None:
    """A host without a port takes the first one's if that alone has one, else the default."""
    assert parse(url).hosts == hosts


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("redis://[::1]", ("::1", "6379")),
        ("redis://[::1]:7000/0", ("::1", "7000")),
        ("redis://u:p@[2001:db8::1]:7000", ("2001:db8::1", "7000")),
        ("redis://[fe80::1%25eth0]:7000", ("fe80::1%eth0", "7000")),
        ("redis://[::1]:", ("::1", "6379")),
    ],
)
def test_ipv6_stands_in_brackets(url: str, host: tuple[str, str]) -> None:
    """An IPv6 address in a URL is in brackets, and loses them."""
    assert parse(url).hosts == [host]


@pytest.mark.parametrize("authority", ["::1", "::1:6379", "[::1", "[::1]7000", "2001:db8::1:1"])
def test_ipv6_without_brackets_is_refused(authority: str) -> None:
    """An IPv6 address that does not stand in brackets in a URL is refused with the rule."""
    assert "[address] or [address]:port" in refused(f"postgres://{authority}")


@pytest.mark.parametrize("host", ["[pg]", "[::g]", "[]", "[::1]:x", "[::1]:0"])
def test_what_is_no_ipv6_is_refused(host: str) -> None:
    """Something else in brackets, or a bad port after them, is refused."""
    assert "host or port is not valid" in refused(f"postgres://{host}")


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("amqp://us%40er:p%2Fw%3A%23%25@h/a%2Fb", ("us@er", "p/w:#%", "a/b")),
        ("amqp://u:p%2540@h/%252F", ("u", "p%40", "%2F")),
        ("amqp://u:p+w@h/a+b", ("u", "p+w", "a+b")),
        ("amqp://u:p%zz@h/", ("u", "p%zz", "")),
        ("amqp://u:%C3%BC@h/%C3%BC", ("u", "ü", "ü")),
        ("amqp://u:ü@h/ü", ("u", "ü", "ü")),
        ("amqp://h/%2F", (None, None, "/")),
        ("amqp://u:a:b@h", ("u", "a:b", "")),
        ("amqp://u:p@ss@h", ("u", "p@ss", "")),
    ],
)
def test_parts_are_decoded_once(url: str, parts: tuple[Any, Any, str]) -> None:
    """User, password, database and vhost are percent-decoded once."""
    address = parse(url)
    assert (address.username, address.password, address.path) == parts


@pytest.mark.parametrize(
    "url", ["postgres://%ff:p@h", "postgres://u:%ff@h", "postgres://h/%ff", "postgres://%ff"]
)
def test_what_does_not_decode_is_refused(url: str) -> None:
    """A percent-encoded part that is no UTF-8 is refused."""
    assert refused(url) == "a percent-encoded part is not UTF-8"


@pytest.mark.parametrize(
    ("url", "credentials"),
    [
        ("redis://h", (None, None)),
        ("redis://@h", (None, None)),
        ("redis://:@h", (None, None)),
        ("redis://app@h", ("app", None)),
        ("redis://app:@h", ("app", None)),
        ("redis://:pw@h", (None, "pw")),
    ],
)
def test_empty_credentials_are_not_given(url: str, credentials: tuple[str, str]) -> None:
    """An empty user or password in a URL is none."""
    address = parse(url)
    assert (address.username, address.password) == credentials


@pytest.mark.parametrize(
    ("url", "path"), [("redis://h", ""), ("redis://h/", ""), ("redis://h/0", "0")]
)
def test_path_is_what_follows_the_host(url: str, path: str) -> None:
    """The path has no leading slash, and is empty without one."""
    assert parse(url).path == path


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql:///db?host=/run/pg&port=5433", [("/run/pg", "5433")]),
        ("postgresql:///db?host=/run/pg", [("/run/pg", "5432")]),
        ("postgresql:///db?host=%2Frun%2Fpg", [("/run/pg", "5432")]),
        ("postgresql://%2Frun%2Fpg/db", [("/run/pg", "5432")]),
        ("postgresql://u@%2Frun%2Fpg:5433/db", [("/run/pg", "5433")]),
        ("postgresql://%2Frun%2Fpg:0/db", [("/run/pg", "0")]),
        ("redis://%2Frun%2Fredis", [("/run/redis", "0")]),
        ("mysql://h:1,%2Frun%2Fmysqld.sock/db", [("h", "1"), ("/run/mysqld.sock", "0")]),
        ("postgresql://u@/db?host=a,b&port=1,2", [("a", "1"), ("b", "2")]),
        ("postgresql:///db?host=a,b&port=1", [("a", "1"), ("b", "1")]),
        ("postgresql:///db?host=a:1,b:2", [("a", "1"), ("b", "2")]),
        ("postgresql:///db?host=::1", [("::1", "5432")]),
    ],
)
def test_host_may_stand_in_the_options(url: str, hosts: list[tuple[str, str]]) -> None:
    """Hosts and unix sockets are read where libpq's URLs have them."""
    address = parse(url)
    assert address.hosts == hosts
    assert not address.options


def test_number_of_ports_must_fit() -> None:
    """As many ports as hosts, or one, must be given."""
    assert refused("postgresql:///?host=a,b,c&port=1,2") == "3 hosts but 2 ports are given"


@pytest.mark.parametrize("driver", ["postgresql+asyncpg", "postgres+psycopg", "PostgreSQL+asyncpg"])
def test_driver_of_sqlalchemy_is_left_out(driver: str) -> None:
    """What follows a plus in the scheme is the driver of SQLAlchemy."""
    address = parse(f"{driver}://u:p@h/db")
    assert (address.scheme, address.hosts) == (scheme_of(f"{driver}://"), [("h", "5432")])


def test_scheme_is_read_in_any_case() -> None:
    """A scheme in capitals is the same scheme."""
    assert parse("REDISS://h").tls


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("jdbc:postgresql://pg.svc:5433/orders", ("pg.svc", "5433", None, None, "orders")),
        ("jdbc:mysql://h/db?user=u&password=p%26w", ("h", "3306", "u", "p&w", "db")),
        ("jdbc:postgresql://h/db?user=me@corp&password=p@w", ("h", "5432", "me@corp", "p@w", "db")),
        ("jdbc:postgresql://h:1/db?user=me@corp&password=p@w", ("h", "1", "me@corp", "p@w", "db")),
        ("jdbc:mysql://a%40b:c%2Fd@h/db?user=x&password=y", ("h", "3306", "a@b", "c/d", "db")),
        ("JDBC:postgresql://h", ("h", "5432", None, None, "")),
    ],
)
def test_jdbc_url_is_read(url: str, expected: tuple[Any, ...]) -> None:
    """A JDBC URL gives host, port, database, and the credentials of its options."""
    address = parse(url)
    ((host, port),) = address.hosts
    assert (host, port, address.username, address.password, address.path) == expected


def test_options_of_jdbc_are_not_the_drivers() -> None:
    """Of the options of a JDBC URL only those about TLS are kept."""
    url = "jdbc:postgresql://a,b/db?sslmode=require&ssl=true&targetServerType=primary&user=u"
    assert parse(url).options == {"sslmode": "require", "ssl": "true"}


@pytest.mark.parametrize(
    ("url", "scheme"),
    [
        ("postgresql+asyncpg://h", "postgresql"),
        ("jdbc:mysql://h", "mysql"),
        ("REDIS://h", "redis"),
        ("h:5432", None),
        ("Host=a://b", None),
        ("", None),
        ("://h", None),
    ],
)
def test_scheme_of_a_url(url: str, scheme: str | None) -> None:
    """The scheme is told without ``jdbc:`` and the driver, and only of a URL."""
    assert scheme_of(url) == scheme


def test_scheme_of_another_type_is_refused() -> None:
    """A URL of another type is refused with its scheme and those that are right."""
    assert refused(f"redis://u:{SECRET}@h") == "scheme 'redis' is none of: postgresql, postgres"


@pytest.mark.parametrize(
    "text", ["pg.svc", "pg.svc:5432", "", "  ", "//h", "a b", ";", "=", "h/db"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """A text that is neither form is refused with both forms."""
    assert refused(text) == (
        "the address is neither a URL (scheme://host:port) nor a connection string (Host=…)"
    )


@pytest.mark.parametrize("url", ["postgres://", "postgres:///db", "postgres://u:p@/db"])
def test_url_needs_a_host(url: str) -> None:
    """A URL without a host is refused."""
    assert refused(url).startswith("the URL has no host")


@pytest.mark.parametrize(
    "authority",
    [
        "h:x",
        "h:99999",
        "h:0",
        "a,,b",
        "a,",
        ",a",
        "a b",
        "h:1 ",
        "a_%00",
        "h:-1",
        "%2Frun:x",
        "a%2Cb",
    ],
)
def test_bad_host_or_port_is_refused(authority: str) -> None:
    """A host or port that cannot be is refused, and neither is quoted."""
    message = refused(f"postgres://u:{SECRET}@{authority}/db")
    assert message.startswith("host or port is not valid")
    assert authority not in message


@pytest.mark.parametrize(
    "password",
    [
        f"12/{SECRET}",
        f"{SECRET}/12",
        f"12?{SECRET}",
        f"12#{SECRET}",
        f"/{SECRET}",
        f"a?b={SECRET}",
        f"{SECRET}#",
        f"12,{SECRET}@",
    ],
)
@pytest.mark.parametrize("user", ["app", ""])
def test_password_that_is_not_encoded_is_refused(user: str, password: str) -> None:
    """A password whose special characters would cut the URL elsewhere is refused with advice."""
    refused(f"postgres://{user}:{password}@pg.svc:5432/db")


def test_advice_about_encoding_is_given() -> None:
    """The message about a URL that was cut says what must be encoded."""
    for url in ("postgres://u:12/34@h", "postgres://u:a/b@h", "postgres://u:p@h,v:q@i"):
        assert "'/', '?', '#' and '@'" in refused(url)


@pytest.mark.parametrize("rest", ["/a@b", "/db?user=a@b"])
def test_at_sign_may_follow_a_host_without_a_port(rest: str) -> None:
    """An ``@`` after the host is accepted where no password can have been cut."""
    assert parse(f"postgres://h{rest}").hosts == [("h", "5432")]


def test_option_may_be_empty() -> None:
    """An option without a value is kept as an empty one."""
    assert parse("postgres://h/db?a=&b=1").options == {"a": "", "b": "1"}


def test_fragment_is_left_out() -> None:
    """What follows a hash is not read."""
    assert parse("postgres://h/db?a=1#x").path == "db"


@pytest.mark.parametrize("query", ["a=%ff", "&".join(["a=b"] * 101)])
def test_options_that_cannot_be_read_are_refused(query: str) -> None:
    """Options that are no UTF-8, or more than a hundred, are refused."""
    assert refused(f"postgres://h/db?{query}") == "the options after '?' cannot be read"


def test_spaces_around_an_address_do_not_count() -> None:
    """An address from a file may end with a newline."""
    assert parse("  postgres://h/db\n").path == "db"


def test_repr_shows_scheme_and_hosts_only() -> None:
    """The ``repr`` of an address has no user, password, path or option."""
    address = parse(f"postgres://app:{SECRET}@h/{SECRET}?x={SECRET}")
    assert repr(address) == "Address(scheme='postgres', hosts=[('h', '5432')], tls=False)"
