"""What provision.py finds and does, with an apt-get that only says what it was asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import provision
from private_servers import wait_until

# Writes a line for each call: its arguments, and whether services were forbidden to start.
APT_GET = """\
#!/bin/sh
trap 'echo interrupted >> {log}; exit 100' INT
if [ -x {policy} ]; then forbidden=yes; fi
echo "$forbidden $*" >> {log}
{body}
"""
INSTALL = """\
import pathlib, sys
import provision
try:
    provision.install(["some-server"], policy=pathlib.Path(sys.argv[1]))
except provision.InterruptionError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    """The path that stands for /usr/sbin/policy-rc.d, with nothing there."""
    return tmp_path / "policy-rc.d"


class AptGet:
    """An apt-get first on the PATH."""

    def __init__(self, folder: Path, policy: Path) -> None:
        self.folder = folder / "bin"
        self.log = folder / "log"
        self._policy = policy
        self.folder.mkdir()
        self.will("true")

    def will(self, body: str) -> None:
        script = APT_GET.format(log=self.log, policy=self._policy, body=body)
        (self.folder / "apt-get").write_text(script)
        (self.folder / "apt-get").chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def apt_get(tmp_path: Path, policy: Path, monkeypatch: pytest.MonkeyPatch) -> AptGet:
    """An apt-get that succeeds, unless told otherwise."""
    fake = AptGet(tmp_path, policy)
    monkeypatch.setenv("PATH", f"{fake.folder}:{os.environ['PATH']}")
    return fake


def test_services_are_forbidden_while_packages_are_installed(apt_get: AptGet, policy: Path) -> None:
    """Each call of apt-get sees a policy that forbids services to start."""
    provision.install(["some-server"], policy=policy)
    assert [call.split()[0] for call in apt_get.calls] == ["yes", "yes"]


def test_policy_is_removed_after_an_installation(apt_get: AptGet, policy: Path) -> None:
    """An installation leaves no policy."""
    provision.install(["some-server"], policy=policy)
    assert not policy.exists()


def test_lists_are_updated_before_an_installation(apt_get: AptGet, policy: Path) -> None:
    """The last call installs, the one before updates the lists."""
    provision.install(["some-server"], policy=policy)
    update, install = apt_get.calls
    assert update.endswith(" update")
    assert install.endswith(" install --yes --no-install-recommends some-server")


def test_failed_update_is_tried_once_more(apt_get: AptGet, policy: Path) -> None:
    """Two updates that fail do not keep the packages from being installed."""
    apt_get.will('case "$*" in *update) exit 100;; esac')
    provision.install(["some-server"], policy=policy)
    assert [call.split()[-1] for call in apt_get.calls] == ["update", "update", "some-server"]


def test_failed_installation_tells_the_output(apt_get: AptGet, policy: Path) -> None:
    """What apt-get wrote is in the error."""
    apt_get.will('case "$*" in *install*) echo no such package; exit 100;; esac')
    with pytest.raises(RuntimeError, match="no such package"):
        provision.install(["some-server"], policy=policy)


def test_one_package_that_is_not_there_keeps_no_other_away(apt_get: AptGet, policy: Path) -> None:
    """When all together cannot be installed, each is by itself."""
    apt_get.will('case "$*" in *no-such*) exit 100;; esac')
    programs = [
        provision.Program("missing", ("no-such-server",), ()),
        provision.Program("other", ("some-server",), ()),
    ]
    provision.install_all(programs, policy=policy)
    installs = [call.partition("recommends ")[2] for call in apt_get.calls if "install" in call]
    assert installs == ["no-such-server some-server", "no-such-server", "some-server"]


def test_policy_is_removed_after_a_failure(apt_get: AptGet, policy: Path) -> None:
    """An installation that fails leaves no policy."""
    apt_get.will("exit 100")
    with pytest.raises(RuntimeError):
        provision.install(["some-server"], policy=policy)
    assert not policy.exists()


def test_policy_of_the_machine_stays(apt_get: AptGet, policy: Path) -> None:
    """A policy that was there before is there afterwards, unchanged."""
    policy.write_text("#!/bin/sh\nexit 101\n")
    provision.install(["some-server"], policy=policy)
    assert policy.read_text() == "#!/bin/sh\nexit 101\n"


def test_policy_of_a_killed_run_is_removed(apt_get: AptGet, policy: Path) -> None:
    """A policy that a run of ours could not remove goes with the next run."""
    policy.write_text(provision._POLICY_TEXT)
    provision.install(["some-server"], policy=policy)
    assert not policy.exists()


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_signal_removes_the_policy_after_the_end_of_apt_get(
    apt_get: AptGet, policy: Path, signum: signal.Signals
) -> None:
    """A signal is passed on to apt-get, whose end is waited for with the policy in place."""
    apt_get.will("for _ in $(seq 300); do sleep 0.1; done")
    with subprocess.Popen(
        [sys.executable, "-c", INSTALL, str(policy)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_until(lambda: bool(apt_get.calls), seconds=10, what="call of apt-get")
        process.send_signal(signum)
        _, message = process.communicate(timeout=10)
    assert message == f"interrupted by {signum.name}\n"
    assert apt_get.calls[1:] == ["interrupted"]
    assert not policy.exists()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ID=debian\n", True),
        ('ID=linuxmint\nID_LIKE="ubuntu debian"\n', True),
        ('ID="rhel"\nID_LIKE="fedora"\n', False),
        ("VERSION_ID=debian\n", False),
    ],
)
def test_debian_is_known_by_its_os_release(tmp_path: Path, text: str, *, expected: bool) -> None:
    """ID and ID_LIKE decide whether there is an apt-get to use."""
    (tmp_path / "os-release").write_text(text)
    assert provision.is_debian(tmp_path / "os-release") is expected


def test_machine_without_os_release_is_no_debian(tmp_path: Path) -> None:
    """A machine that does not say what it is gets nothing installed."""
    assert not provision.is_debian(tmp_path / "os-release")


def test_newest_version_of_an_executable_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Version 15 is newer than version 9."""
    for version in ("9", "15"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        (folder / "some-server").touch(mode=0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/*/bin")
    assert provision.find("some-server") == tmp_path / "15" / "bin" / "some-server"


def test_unknown_executable_is_not_found() -> None:
    """There is no path to what is not installed."""
    assert provision.find("no-such-server") is None


def test_every_program_is_known_by_a_name_of_its_own() -> None:
    """No two programs share a name."""
    names = [program.name for program in provision.PROGRAMS]
    assert len(set(names)) == len(names)
