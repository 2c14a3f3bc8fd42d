"""TLS: what is trusted, and what is shown."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dephealth import ConfigurationError
from dephealth_http import HTTPChecker, http_check
from dephealth_testing import Certificates, Close, Fault, FaultProxy, Reset, Tls

if TYPE_CHECKING:
    from conftest import Probe, Serve


def trusting(certificates: Certificates, **options: Any) -> HTTPChecker:
    return HTTPChecker(tls=True, tls_ca_file=str(certificates.authority), **options)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_good_certificate(serve: Serve, certificates: Certificates, host: str) -> None:
    """A certificate of the given authority for the endpoint's address is good."""
    site = await serve(host=host, context=certificates.server_context(certificates.good))

    await trusting(certificates).check(site.endpoint)

    assert site.asked[0].headers["host"] == site.authority


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_versions(
    probe: Probe, serve: Serve, certificates: Certificates, version: ssl.TLSVersion
) -> None:
    """Both versions of TLS that are in use work, with HTTP/1.1 agreed upon."""
    context = certificates.server_context(certificates.good)
    context.minimum_version = context.maximum_version = version
    context.set_alpn_protocols(["h2", "http/1.1"])
    site = await serve(context=context)

    assert (await probe(trusting(certificates), site)).detail == "ok"
    assert site.protocols == ["http/1.1"]


@pytest.mark.parametrize("pair", ["expired", "wrong_name", "untrusted"])
async def test_bad_certificates(
    probe: Probe, serve: Serve, certificates: Certificates, pair: str
) -> None:
    """A certificate that is wrong in any way is a TLS error, and nothing is asked."""
    site = await serve(context=certificates.server_context(getattr(certificates, pair)))

    assert (await probe(trusting(certificates), site)).detail == "tls_error"
    assert site.asked == []


@pytest.mark.parametrize("pair", ["expired", "wrong_name", "untrusted"])
async def test_skip_verify(serve: Serve, certificates: Certificates, pair: str) -> None:
    """With tls_skip_verify any certificate will do."""
    site = await serve(context=certificates.server_context(getattr(certificates, pair)))

    await HTTPChecker(tls=True, tls_skip_verify=True).check(site.endpoint)


async def test_authority_of_the_system(
    probe: Probe, serve: Serve, certificates: Certificates
) -> None:
    """Without tls_ca_file, an authority of one's own is not trusted."""
    site = await serve(context=certificates.server_context(certificates.good))

    assert (await probe(HTTPChecker(tls=True), site)).detail == "tls_error"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_client_certificate(
    probe: Probe, serve: Serve, certificates: Certificates, version: ssl.TLSVersion
) -> None:
    """A server that demands a client certificate accepts the one that is given."""
    context = certificates.server_context(certificates.good, require_client=True)
    context.minimum_version = context.maximum_version = version
    site = await serve(context=context)
    checker = trusting(
        certificates,
        tls_cert_file=str(certificates.client.certificate),
        tls_key_file=str(certificates.client.key),
    )

    assert (await probe(checker, site)).detail == "ok"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_missing_client_certificate(
    probe: Probe, certificates: Certificates, version: ssl.TLSVersion
) -> None:
    """A missing client certificate is a TLS error, though TLS 1.3 tells of it late."""
    context = certificates.server_context(certificates.good, require_client=True)
    context.minimum_version = context.maximum_version = version
    async with FaultProxy(fault=Tls(context)) as proxy:
        assert (await probe(trusting(certificates), proxy)).detail == "tls_error"


@pytest.mark.parametrize("end", [Close(), Reset()])
@pytest.mark.parametrize(("asks", "expected"), [(True, "tls_error"), (False, "connection_reset")])
async def test_end_after_the_handshake(
    probe: Probe, certificates: Certificates, end: Fault, asks: bool, expected: str
) -> None:
    """A server that ends without a word is a TLS error if it had asked for a certificate."""
    context = certificates.server_context(certificates.good, require_client=asks)
    context.verify_mode = ssl.CERT_OPTIONAL if asks else ssl.CERT_NONE
    async with FaultProxy(fault=Tls(context, end)) as proxy:
        assert (await probe(trusting(certificates), proxy)).detail == expected


@pytest.mark.parametrize("host_header", ["elsewhere.invalid", "elsewhere.invalid:8443"])
async def test_host_header(serve: Serve, certificates: Certificates, host_header: str) -> None:
    """host_header is what the server is called: in Host, in SNI, and in its certificate."""
    names: list[str] = []
    context = certificates.server_context(certificates.wrong_name)
    context.sni_callback = lambda _, name, __: names.append(name)
    site = await serve(context=context)

    await trusting(certificates, host_header=host_header).check(site.endpoint)

    assert names == ["elsewhere.invalid"]
    assert site.asked[0].headers["host"] == host_header


async def test_host_header_that_the_certificate_has_not(
    probe: Probe, serve: Serve, certificates: Certificates
) -> None:
    """With host_header, the endpoint's own name in the certificate does not help."""
    site = await serve(context=certificates.server_context(certificates.good))
    checker = trusting(certificates, host_header="elsewhere.invalid")

    assert (await probe(checker, site)).detail == "tls_error"


async def test_host_among_the_headers(serve: Serve, certificates: Certificates) -> None:
    """A Host among the headers changes that header alone."""
    site = await serve(context=certificates.server_context(certificates.good))

    await trusting(certificates, headers={"Host": "elsewhere"}).check(site.endpoint)

    assert site.asked[0].headers["host"] == "elsewhere"


async def test_name_with_a_final_dot(serve: Serve, certificates: Certificates) -> None:
    """The final dot of a full name is none of the certificate's."""
    site = await serve(context=certificates.server_context(certificates.good))

    await trusting(certificates, host_header="localhost.").check(site.endpoint)

    assert site.asked[0].headers["host"] == "localhost."


async def test_https_url(serve: Serve, certificates: Certificates) -> None:
    """A URL with https switches TLS on."""
    site = await serve(context=certificates.server_context(certificates.good))

    dependency = http_check(
        "shop", url=site.url(), tls_ca_file=str(certificates.authority), critical=True
    )

    await dependency.checker.check(site.endpoint)


@pytest.mark.parametrize("option", ["tls_ca_file", "tls_cert_file"])
@pytest.mark.parametrize("tls", [True, False])
def test_file_that_cannot_be_read(tmp_path: Path, option: str, tls: bool) -> None:
    """A file that is not there is found when the checker is made."""
    options: dict[str, Any] = {"tls": tls, option: str(tmp_path / "nothing.pem")}

    with pytest.raises(ConfigurationError, match=f"{option} .* cannot be used: No such file"):
        HTTPChecker(**options)


def test_context_is_made_with_the_checker() -> None:
    """What takes long about TLS is not left to the first check."""
    assert "ssl_context" in vars(HTTPChecker(tls=True))
    assert "ssl_context" not in vars(HTTPChecker())


def test_key_without_certificate() -> None:
    """A key alone is of no use."""
    with pytest.raises(ConfigurationError, match="tls_key_file needs tls_cert_file"):
        HTTPChecker(tls_key_file="key.pem")
