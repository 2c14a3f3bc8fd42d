"""Servers that are up or down, and files."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from cli_files import PLUGIN, Plugin, Write

from dephealth_testing import FaultProxyFactory, Garbage, Refuse, ThreadedFaultProxy


@pytest.fixture
def up(fault_proxy: FaultProxyFactory) -> ThreadedFaultProxy:
    """A server that accepts connections, and answers HTTP with 200."""
    return fault_proxy(fault=Garbage(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))


@pytest.fixture
def down(fault_proxy: FaultProxyFactory) -> ThreadedFaultProxy:
    """A server that refuses connections."""
    return fault_proxy(fault=Refuse())


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Give a function that writes a configuration file, and gives its path."""

    def write(content: str) -> str:
        path = tmp_path / "dephealth.toml"
        path.write_text(textwrap.dedent(content))
        return str(path)

    return write


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    """Give a function that installs a plugin in a folder, for ``PYTHONPATH``, which it gives.

    Its arguments are the type, and the body of `check`.
    """
    folder = tmp_path / "plugins"

    def install(type: str, check: str) -> str:
        info = folder / f"acme_{type}-1.2.dist-info"
        info.mkdir(parents=True)
        (folder / f"acme_{type}.py").write_text(PLUGIN.format(type=type, check=check))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{type}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[dephealth]\n{type} = acme_{type}\n")
        return str(folder)

    return install
