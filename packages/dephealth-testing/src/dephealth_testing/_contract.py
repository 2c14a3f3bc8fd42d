"""The tests that every checker has to pass, ours or a third party's."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from dephealth import Checker, ConfigurationError, SingleCheck, check_once, declare, options_of
from dephealth.api import DependencyHealth

from ._certificates import Certificates
from ._fault import Close, Fault, Garbage, Refuse, Reset, Silent
from ._leaks import assert_nothing_left
from ._relay import Drip
from ._subject import ENCODED, LONG, SECRET, SHORT, Details, Subject, close
from ._threaded import ThreadedFaultProxy
from ._tls_faults import HandshakeCut, Tls

_NOWHERE = "dephealth.invalid"


class CheckerContract(Subject):
    """Subclass this in a plugin's tests, and set `plugin`, `type` and `url`.

    Needs no server of the checker's kind: only faults. What a fault must yield
    stands in `expected`; where the protocol makes it another detail, the
    subclass says so in `differs`, under the same key.
    """

    expected: ClassVar[Mapping[str, Details]] = {
        "refused": "connection_refused",
        "unresolvable": "dns_error",
        "silent": "timeout",
        "drip": "timeout",
        "reset": "connection_reset",
        "close": "connection_reset",
        "garbage": "error",
        "tls silent": "timeout",
        "tls untrusted": "tls_error",
        "tls expired": "tls_error",
        "tls wrong name": "tls_error",
        "tls handshake cut": "tls_error",
        "tls to plaintext": "tls_error",
    }

    def test_type_is_the_one_announced(self) -> None:
        """The checker carries the type that its plugin claims."""
        checker = self._declared("localhost", 1).checker
        assert getattr(checker, "type", None) == self.type == self._spec().type

    def test_options_are_described(self) -> None:
        """Each option has a help text."""
        assert all(option.help for option in options_of(self._spec().checker()).values())

    def test_checker_needs_no_options(self) -> None:
        """A checker can be made without any option, for `add_endpoint`."""
        assert isinstance(self._spec().checker()(), Checker)

    def test_closed_port(self) -> None:
        """Nobody listening is a refused connection."""
        with ThreadedFaultProxy(fault=Refuse()) as server:
            self._expect("refused", self._check(server.host, server.port))

    def test_unresolvable_host(self) -> None:
        """A name that does not resolve is a DNS error."""
        self._expect("unresolvable", self._check(_NOWHERE, 1, timeout=5.0))

    def test_silent_server(self) -> None:
        """A server that accepts and says nothing is a timeout, on time."""
        self._punctual("silent", Silent())

    def test_dripping_server(self) -> None:
        """A server that sends a byte now and then cannot stretch the timeout."""
        self._punctual("drip", Drip())

    def test_reset_on_accept(self) -> None:
        """A connection that is reset at once is told as that."""
        self._faulty("reset", Reset())

    def test_close_on_accept(self) -> None:
        """A peer that accepts and closes without an answer is told as that."""
        self._faulty("close", Close())

    def test_garbage(self) -> None:
        """A peer that speaks no protocol we know is told as that."""
        self._faulty("garbage", Garbage(close=True))

    def test_tls_faults(self, certificates: Certificates) -> None:
        """Each way in which TLS can fail is a TLS error, and silence a timeout."""
        assert (self.tls_url is None) == (not self._spec().tls_schemes)
        if self.tls_url is None:
            return
        self._punctual("tls silent", Silent(), self.tls_url)
        for key, fault in {
            "tls untrusted": Tls(certificates.server_context(certificates.untrusted)),
            "tls expired": Tls(certificates.server_context(certificates.expired)),
            "tls wrong name": Tls(certificates.server_context(certificates.wrong_name)),
            "tls handshake cut": HandshakeCut(),
            "tls to plaintext": Garbage(close=True),
        }.items():
            self._faulty(key, fault, self.tls_url, tls_ca_file=str(certificates.authority))

    def test_cancelled_at_any_moment(self) -> None:
        """A hundred checks cancelled at a hundred moments leave nothing and end at once."""

        async def cancel_all() -> None:
            dependency = self._declared(server.host, server.port)
            endpoint = dependency.endpoints[0]
            async with assert_nothing_left():
                for moment in range(100):
                    task = asyncio.create_task(dependency.checker.check(endpoint))
                    for _ in range(moment):
                        await asyncio.sleep(0)
                    task.cancel()
                    done, _ = await asyncio.wait([task], timeout=1.0)
                    assert done, f"a check cancelled after {moment} steps does not end"
                    if not task.cancelled():
                        task.exception()
                await close(dependency)

        with ThreadedFaultProxy(fault=Silent()) as server:
            asyncio.run(cancel_all())

    @pytest.mark.parametrize("fault", [Refuse(), Reset(), Close(), Silent(), Garbage(close=True)])
    def test_failing_checks_leave_nothing(self, fault: Fault) -> None:
        """Two hundred failing checks leave no socket, task or thread."""

        async def fail_often() -> None:
            dependency = self._declared(server.host, server.port)
            endpoint = dependency.endpoints[0]
            async with assert_nothing_left(within=self.patience):
                for _ in range(4):
                    await asyncio.gather(
                        *(check_once(dependency.checker, endpoint, 0.2) for _ in range(50))
                    )
                await close(dependency)
                gc.collect()

        with ThreadedFaultProxy(fault=fault) as server:
            asyncio.run(fail_often())

    def test_usable_after_close(self) -> None:
        """A checker that was closed checks again, also on another event loop."""
        with ThreadedFaultProxy(fault=Refuse()) as server:
            dependency = self._declared(server.host, server.port)
            for _ in range(2):
                self._expect("refused", self._once(dependency))

    def test_secret_shows_nowhere(self, caplog: pytest.LogCaptureFixture) -> None:
        """A password given in the URL is in no repr, log line, error or label."""
        caplog.set_level(logging.DEBUG)
        seen: list[str] = []

        async def watch() -> None:
            health = DependencyHealth("contract", "contract", dependency, exporters=[])
            await health.start()
            async with asyncio.timeout(5.0):
                while not all(s.last_checked_at for s in health.health_details().values()):
                    await asyncio.sleep(0.01)
            seen.append(repr(health.health_details()))
            await health.stop()

        for fault in (Refuse(), Reset(), Garbage(close=True)):
            with ThreadedFaultProxy(fault=fault) as server:
                dependency = self._declared(server.host, server.port)
                asyncio.run(watch())
                check = self._once(dependency)
            seen += [repr(dependency), str(dependency.checker), repr(check)]
        seen += [caplog.text]
        for text in seen:
            assert SECRET not in text
            assert ENCODED not in text

    def test_secret_in_a_bad_url_shows_nowhere(self) -> None:
        """The error about a URL that cannot be read does not quote it."""
        url = self.url.format(secret=SECRET, host="bad host", port="port")
        with pytest.raises(ConfigurationError) as failure:
            declare(self._spec(), "contract", {"url": url, "critical": True}, {})
        assert SECRET not in str(failure.value)

    def _check(self, host: str, port: int, timeout: float = LONG) -> SingleCheck:
        return self._once(self._declared(host, port), timeout)

    def _faulty(self, key: str, fault: Fault, url: str | None = None, **more: Any) -> None:
        with ThreadedFaultProxy(fault=fault) as server:
            dependency = self._declared(server.host, server.port, url, **more)
            self._expect(key, self._once(dependency))

    def _punctual(self, key: str, fault: Fault, url: str | None = None) -> None:
        with ThreadedFaultProxy(fault=fault) as server:
            check = self._once(self._declared(server.host, server.port, url), SHORT)
        self._expect_punctual(key, check)
