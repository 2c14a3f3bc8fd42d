"""What does not go along with a redirect to another origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dephealth import TLSOptions, __version__, check_once
from dephealth_http import HTTPChecker
from dephealth_http._request import Request
from dephealth_http._url import URL
from dephealth_testing import Tls

if TYPE_CHECKING:
    from conftest import Serve
    from dephealth_testing import Certificates, FaultProxyFactory

_OWN: dict[str, Any] = {
    "headers": {"X-Key": "s3cret", "User-Agent": "me", "Cookie": "s3cret"},
    "bearer_token": "s3cret",
    "host_header": "shop.example",
}


async def test_other_origin_learns_nothing(serve: Serve) -> None:
    """Another port is another origin, which sees only what everybody sends."""
    other = await serve()
    site = await serve((307, other.url("/x")))

    await HTTPChecker(**_OWN).check(site.endpoint)

    assert other.lines == ["GET /x"]
    assert other.asked[0].headers == {
        "host": other.authority,
        "user-agent": f"dephealth/{__version__}",
        "accept": "*/*",
        "connection": "close",
    }


async def test_coming_back_brings_nothing(serve: Serve) -> None:
    """Once a redirect has led elsewhere, the way back is a stranger's too."""
    other = await serve()
    site = await serve((307, other.url()), 200)
    other.answers[0] = (307, site.url("/back"))

    await HTTPChecker(**_OWN).check(site.endpoint)

    assert site.lines == ["GET /health", "GET /back"]
    assert "s3cret" not in str(site.asked[1])
    assert site.asked[1].headers["host"] == site.authority


async def test_userinfo_in_a_location_is_not_sent(serve: Serve) -> None:
    """A server cannot make the check log in."""
    site = await serve(0, 200)
    site.answers[0] = (302, site.url("/x").replace("//", "//u:p@"))

    await HTTPChecker().check(site.endpoint)

    assert "authorization" not in site.asked[1].headers


async def test_from_https_to_http(serve: Serve, certificates: Certificates) -> None:
    """A redirect from https to http is followed, with nothing to read on the way."""
    plain = await serve()
    context = certificates.server_context(certificates.good)
    site = await serve((302, plain.url()), context=context)
    own = {**_OWN, "host_header": "localhost"}

    await HTTPChecker(tls=True, tls_ca_file=str(certificates.authority), **own).check(site.endpoint)

    assert site.asked[0].headers["x-key"] == "s3cret"
    assert plain.lines == ["GET /"]
    assert "s3cret" not in str(plain.asked)


async def test_from_http_to_https(serve: Serve, certificates: Certificates) -> None:
    """A redirect from http to https is verified against its own host."""
    names: list[str] = []
    context = certificates.server_context(certificates.good)
    context.sni_callback = lambda _, name, __: names.append(name)
    secure = await serve(context=context)
    site = await serve((301, f"https://localhost:{secure.port}/x"))

    await HTTPChecker(tls_ca_file=str(certificates.authority), **_OWN).check(site.endpoint)

    assert names == ["localhost"]
    assert secure.lines == ["GET /x"]
    assert "s3cret" not in str(secure.asked)


async def test_client_certificate_stays_at_home(
    serve: Serve, fault_proxy: FaultProxyFactory, certificates: Certificates
) -> None:
    """Another origin that demands a certificate is not shown ours."""
    context = certificates.server_context(certificates.good, require_client=True)
    other = await serve()
    door = fault_proxy((other.host, other.port), Tls(context))
    site = await serve((302, f"https://{door.host}:{door.port}"), context=context)
    checker = HTTPChecker(
        tls=True,
        tls_ca_file=str(certificates.authority),
        tls_cert_file=str(certificates.client.certificate),
        tls_key_file=str(certificates.client.key),
    )

    check = await check_once(checker, site.endpoint)

    assert site.lines == ["GET /health"]
    assert other.asked == []
    assert check.outcome is not None
    assert check.outcome.detail == "tls_error"


def test_no_secret_in_the_text_of_a_request() -> None:
    """A request's text shows none of the headers that the user gave."""
    url = URL(tls=False, host="h", port=80, target="/")

    assert "s3cret" not in repr(Request("GET", url, TLSOptions(), [(b"X-Key", b"s3cret")]))
