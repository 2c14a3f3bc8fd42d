"""``dephealth new``."""

from __future__ import annotations

from pathlib import Path

from cli_command import dephealth


def test_package_of_a_plugin(tmp_path: Path) -> None:
    """It makes the folder of a plugin, and says how to try it."""
    done = dephealth("new", "memcached", "--into", str(tmp_path), "--port", "11211")
    folder = tmp_path / "dephealth-memcached"
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{folder}: pip install -e '{folder}[test]' && pytest {folder}\n"
    assert 'memcached = "dephealth_memcached.plugin"' in (folder / "pyproject.toml").read_text()


def test_folder_that_is_there(tmp_path: Path) -> None:
    """It never writes into a folder that is there."""
    (tmp_path / "dephealth-memcached").mkdir()
    done = dephealth("new", "memcached", "--into", str(tmp_path))
    assert (done.code, done.out) == (2, "")
    assert done.err == f"Error: {tmp_path / 'dephealth-memcached'} is there already\n"


def test_name_that_cannot_be_one(tmp_path: Path) -> None:
    """A name that cannot be a type is refused, and nothing is made."""
    done = dephealth("new", "Mem Cached", "--into", str(tmp_path))
    assert (done.code, done.out) == (2, "")
    assert "Mem Cached" in done.err
    assert not list(tmp_path.iterdir())


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A place that cannot be written to is named."""
    place = tmp_path / "file"
    place.write_text("")
    done = dephealth("new", "memcached", "--into", str(place / "below"))
    assert (done.code, done.out) == (2, "")
    assert str(place) in done.err
