"""The tests that every checker has to pass before a server of its kind."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping
from typing import ClassVar

import pytest

from dephealth import OK, Dependency, check_once
from dephealth.api import DependencyHealth

from ._certificates import Certificates
from ._connection import Address
from ._fault import Refuse
from ._leaks import assert_nothing_left
from ._recording import RecordingExporter
from ._relay import Cut, Delay, Drip, Forward
from ._subject import SHORT, Details, Subject, close
from ._threaded import ThreadedFaultProxy
from ._tls_faults import Tls


class ServerContract(Subject):
    """Subclass this too where a server of the checker's kind runs.

    Set `plugin`, `type` and `url`, with whatever the server wants in it. A
    fixture `server`, of the class or of its module, gives host and port of a
    server that is well; it is asked through a fault proxy.
    """

    expected: ClassVar[Mapping[str, Details]] = {
        "gone": "connection_refused",
        "cut": "connection_reset",
        "late": "timeout",
        "dripping": "timeout",
    }

    def test_server_that_is_well(self, server: Address) -> None:
        """A server that is well is found to be."""
        with ThreadedFaultProxy(server) as proxy:
            self._expect_ok(self._declared(proxy.host, proxy.port))

    def test_server_that_comes_back(self, server: Address) -> None:
        """The same checker finds the server well, gone, then well again."""
        with ThreadedFaultProxy(server) as proxy:
            dependency = self._declared(proxy.host, proxy.port)
            self._expect_ok(dependency)
            proxy.behave(Refuse())
            self._expect("gone", self._once(dependency))
            proxy.behave(Forward())
            self._expect_ok(dependency)

    @pytest.mark.parametrize("after", [0, 1])
    def test_cut_in_the_answer(self, server: Address, after: int) -> None:
        """An answer that ends before it is whole is a connection that was cut."""
        with ThreadedFaultProxy(server, Cut(after)) as proxy:
            self._expect("cut", self._once(self._declared(proxy.host, proxy.port)))

    def test_late_answer(self, server: Address) -> None:
        """An answer that comes after the timeout is a timeout, on time."""
        with ThreadedFaultProxy(server, Delay(5 * SHORT)) as proxy:
            check = self._once(self._declared(proxy.host, proxy.port), SHORT)
        self._expect_punctual("late", check)

    def test_dripping_answer(self, server: Address) -> None:
        """An answer that comes byte by byte cannot stretch the timeout."""
        with ThreadedFaultProxy(server, Drip(SHORT)) as proxy:
            check = self._once(self._declared(proxy.host, proxy.port), SHORT)
        self._expect_punctual("dripping", check)

    def test_tls(self, server: Address, certificates: Certificates) -> None:
        """A server behind a good certificate is found to be well."""
        if self.tls_url is None:
            return
        good = Tls(certificates.server_context(certificates.good))
        with ThreadedFaultProxy(server, good) as proxy:
            dependency = self._declared(
                proxy.host, proxy.port, self.tls_url, tls_ca_file=str(certificates.authority)
            )
            self._expect_ok(dependency)

    def test_passing_checks_leave_nothing(self, server: Address) -> None:
        """A hundred passing checks leave no socket, task or thread."""

        async def pass_often() -> None:
            dependency = self._declared(*server)
            async with assert_nothing_left(within=self.patience):
                for _ in range(100):
                    check = await check_once(dependency.checker, dependency.endpoints[0])
                    assert check.outcome == OK, check
                await close(dependency)
                gc.collect()

        asyncio.run(pass_often())

    def test_scheduled_checks(self, server: Address) -> None:
        """Scheduled checks find the server well, and tell exporters its type."""
        recorder = RecordingExporter()
        asyncio.run(_scheduled(self._declared(*server), recorder))
        assert recorder.details() == ["ok"], recorder.results
        assert recorder.added[0].type == self.type

    def _expect_ok(self, dependency: Dependency) -> None:
        check = self._once(dependency)
        assert check.outcome == OK, check


async def _scheduled(dependency: Dependency, recorder: RecordingExporter) -> None:
    health = DependencyHealth("contract", "contract", dependency, exporters=[recorder])
    await health.start()
    await recorder.until(1)
    await health.stop()
