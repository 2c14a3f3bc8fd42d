"""`dephealth validate` as a process."""

from __future__ import annotations

from pathlib import Path

from cli_command import dephealth
from cli_files import Write


def test_good_file(write: Write) -> None:
    """A good file is told with what it has, and 0; nothing is connected to."""
    file = write(
        """
        name = "orders-api"
        group = "shop"
        [dependencies.relay]
        url = "tcp://a.invalid:1,b.invalid:2"
        critical = true
        """
    )
    done = dephealth("validate", file)
    assert done == (0, f"{file}: 1 dependencies with 2 endpoints\n", "")


def test_bad_file(write: Write) -> None:
    """Each mistake is a line that begins with file and line, and the exit code is 1."""
    file = write('name = "x"\ngruop = "y"\n[dependencies.a]\nurl = "tcp://h"\ncritical = true\n')
    done = dephealth("validate", file)
    assert (done.code, done.err) == (1, "")
    assert [line.split(": ")[:2] for line in done.out.splitlines()] == [
        [f"{file}:1", "group"],
        [f"{file}:2", "gruop"],
        [f"{file}:4", "dependencies.a.url"],
    ]


def test_nonsense(tmp_path: Path) -> None:
    """Ten megabytes of nonsense are one line."""
    path = tmp_path / "nonsense.toml"
    path.write_bytes(bytes(range(256)) * 40_000)
    done = dephealth("validate", str(path))
    assert done == (1, f"{path}: is larger than 1048576 bytes\n", "")


def test_no_argument() -> None:
    """Without a file it is a usage error."""
    assert dephealth("validate").code == 2
