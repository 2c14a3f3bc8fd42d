# /// script
# requires-python = ">=3.11"
# dependencies = ["nox[uv]>=2025.2.9"]
# ///
"""The one list of checks. `./dev NAME -- …` runs one of these sessions."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True

ROOT = Path(__file__).parent
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))
TESTED_WITH = [
    "aiohttp",
    "coverage",
    "hpack",
    "httpx",
    "hyperframe",
    "hypothesis",
    "jsonschema",
    "opentelemetry-exporter-otlp",
    "opentelemetry-exporter-prometheus",
    "opentelemetry-instrumentation-asyncpg",
    "opentelemetry-instrumentation-grpc",
    "opentelemetry-instrumentation-httpx",
    "opentelemetry-instrumentation-redis",
    "opentelemetry-sdk",
    "psutil",
    "pyopenssl",
    "pytest>=8.2",
    "pytest-asyncio",
    "rich",
    # It has no wheels for others, and no source.
    "rotel; sys_platform == 'linux' and python_version < '3.14'",
    "selenium",
    "trustme",
    "types-grpcio",
    "types-jsonschema",
    "types-psutil",
    "uvicorn",
]
OLDER = "dephealth==0.8.2"
"""The distribution that ours is compared with, in an environment of its own."""
COVERAGE = {"dephealth-core": 97}
"""Least branch coverage of a package, in percent; of all others, `PLUGIN_COVERAGE`."""
PLUGIN_COVERAGE = 95
HALVES = ("packages", "tests-integration")
"""The tests; those of the one run beside those of the other, as both wait most of the time."""
RELIABILITY = (
    "hostile_servers",
    "hostile_texts",
    "secrets",
    "secrets_of_command",
    "secrets_of_logins",
)
"""The tests that write docs/reliability.md."""
LEFT_TO_GARBAGE = ["-W", "default::pytest.PytestUnraisableExceptionWarning"]
"""What old drivers, or any on uvloop, leave to the garbage collector: what is ours is counted."""


@nox.session
def lint(session: nox.Session) -> None:
    """Style, and what the linter knows of mistakes."""
    session.install("ruff")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly, of sources and tests."""
    _install_workspace(session, "mypy", "nox", "uv", "uvloop", *TESTED_WITH)
    session.run("mypy", *(str(path / "src") for path in PACKAGES))
    # Test modules of different packages share their names: one run for each.
    for path in PACKAGES:
        session.run("mypy", str(path / "tests"), silent=True)
    session.run("mypy", "tests-integration", "docs", "tools", "noxfile.py")
    session.run("mypy", "tests-wheels")
    # What the template makes is as strict.
    made = _scratch(session) / "dephealth-sample"
    shutil.rmtree(made, ignore_errors=True)
    session.run("python", "-m", "dephealth_testing.new", "sample", "--into", str(made.parent))
    session.run("mypy", str(made / "src"), str(made / "tests"))


@nox.session
def imports(session: nox.Session) -> None:
    """Who may import whom, as docs/architecture.md draws it."""
    _install_workspace(session, "import-linter")
    session.run("lint-imports", "--no-cache")


@nox.session
def test(session: nox.Session) -> None:
    """All tests, unit and integration; what could not run is named at the end."""
    _install_workspace(session, *TESTED_WITH)
    session.run("python", "tests-integration/provision.py")
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    caches = [_scratch(session).resolve() / half for half in HALVES]
    session.env["COVERAGE_FILE"] = str(caches[0].with_name("coverage"))
    session.run("coverage", "erase")
    with ThreadPoolExecutor() as pool:
        list(pool.map(functools.partial(_test_half, session), caches))
    for cache in caches:
        if _are_to_be_asked_again(session, cache):
            session.run(*_tests(cache), "--last-failed")
    session.run("coverage", "combine", "--quiet")
    for path in PACKAGES:
        session.run(
            "coverage",
            "report",
            f"--include={path / 'src'}/*",
            f"--fail-under={COVERAGE.get(path.name, PLUGIN_COVERAGE)}",
            "--skip-covered",
        )


@nox.session
def unit(session: nox.Session) -> None:
    """The tests of the packages alone, which need no server program."""
    _install_workspace(session, *TESTED_WITH)
    session.run("pytest", "packages", *session.posargs)


@nox.session
def integration(session: nox.Session) -> None:
    """The tests against real servers alone."""
    _install_workspace(session, *TESTED_WITH)
    session.run("python", "tests-integration/provision.py")
    session.run("pytest", "tests-integration", *session.posargs)


@nox.session
def pythons(session: nox.Session) -> None:
    """The packages' tests on every CPython that is here, with the newest drivers."""
    _test_packages(session, _every_python(session))


@nox.session
def lowest(session: nox.Session) -> None:
    """The packages' tests on every CPython, with the lowest drivers that each claims."""
    _test_packages(session, _every_python(session, lowest=True), *LEFT_TO_GARBAGE)


@nox.session
def uvloop(session: nox.Session) -> None:
    """The packages' tests on every CPython, with the newest drivers, on uvloop."""
    _test_packages(session, _every_python(session), "-p", "uvloop_everywhere", *LEFT_TO_GARBAGE)


@nox.session
def build(session: nox.Session) -> None:
    """Wheels and sdists of all packages into dist/, their metadata checked."""
    _build(session)


@nox.session
def matrix(session: nox.Session) -> None:
    """Every checker against every fault; writes docs/fault-matrix.md if all is as it says."""
    _install_workspace(session, *TESTED_WITH)
    session.run("python", "tests-integration/provision.py")
    # The page is renewed by what follows.
    tests = ["tests-integration/test_matrix.py", "-k", "not up_to_date"]
    session.run("pytest", *tests, *session.posargs)
    with session.chdir("tests-integration"):
        session.run("python", "-m", "matrix")


@nox.session
def bench(session: nox.Session) -> None:
    """What checks cost beside the bare drivers; `--write` renews docs/benchmarks.md."""
    _install_workspace(session, *TESTED_WITH)
    session.run("python", "tests-integration/provision.py")
    older = _scratch(session).resolve() / "older"
    session.run("uv", "venv", "--quiet", "--clear", str(older), external=True)
    python = str(older / "bin" / "python")
    session.run("uv", "pip", "install", "-q", "--python", python, OLDER, external=True)
    session.env["DEPHEALTH_OLDER_PYTHON"] = python
    with session.chdir("tests-integration"):
        session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def reliability(session: nox.Session) -> None:
    """Hostile servers and texts, secrets; writes docs/reliability.md if all is as it says."""
    _install_workspace(session, *TESTED_WITH)
    session.run("python", "tests-integration/provision.py")
    # The page is renewed by these.
    tests = [f"tests-integration/test_{name}.py" for name in RELIABILITY]
    session.run("pytest", *tests, "--write-reliability", "-k", "not on_the_page", *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Endurance: servers that fail at random; `--minutes N`, `--seed S`, `--write`."""
    _install_workspace(session, *TESTED_WITH)
    session.run("python", "tests-integration/provision.py")
    with session.chdir("tests-integration"):
        session.run("python", "-m", "soak", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """A coverage-guided fuzzer on all that reads texts: `--seconds N` for each, `--write`."""
    # It has wheels for Linux and CPython 3.11 to 3.13.
    _install_workspace(session, "atheris")
    keep = _scratch(session).resolve()
    with session.chdir("tests-integration"):
        session.run("python", "-m", "fuzzing", f"--keep={keep}", *session.posargs)


@nox.session
def wheels(session: nox.Session) -> None:
    """What `build` made: each package alone in an environment, and plugins of others beside it."""
    _try_wheels(session)


@nox.session
def release(session: nox.Session) -> None:
    """Another version of all packages, built and tried, but not uploaded: ./dev release X.Y.Z."""
    session.install("ruff")
    session.run("python", "tools/release.py", *session.posargs)
    session.run("ruff", "check", ".")
    session.posargs.clear()
    _build(session)
    _try_wheels(session)
    session.run("pytest", "-q", "tests-integration/test_repository.py")
    session.run("python", "tools/release.py", "--built")


@nox.session(venv_backend="none")
def api(session: nox.Session) -> None:
    """Write docs/api/ anew: the public names and signatures of each package."""
    session.run(sys.executable, str(ROOT / "tools" / "public_api.py"))


@nox.session
def new(session: nox.Session) -> None:
    """A new package for the type NAME, from the template that other authors use too."""
    _install_workspace(session)
    session.run(
        "python", "-m", "dephealth_testing.new", "--into", str(ROOT / "packages"), *session.posargs
    )
    for folder in ROOT.glob("packages/*/.github"):
        shutil.rmtree(folder)  # .ci/run tests it, with all others


@nox.session
def demo(session: nox.Session) -> None:
    """An example service whose dependencies fail and recover before your eyes."""
    _install_workspace(session, "httpx", "rich", "trustme", "uvicorn")
    session.run("python", "tests-integration/demo.py", *session.posargs)


def _tests(cache: Path) -> list[str]:
    """The command that runs the tests of the folder that *cache* is named like."""
    return ["coverage", "run", "-m", "pytest", "-o", f"cache_dir={cache}", cache.name]


def _test_half(session: nox.Session, cache: Path) -> None:
    """Run a folder's tests while others run; what they say is shown at their end."""
    shutil.rmtree(cache, ignore_errors=True)
    said = cache.with_suffix(".log")
    try:
        with said.open("w") as file:
            session.run(*_tests(cache), success_codes=[0, 1], stdout=file)
    finally:
        sys.stdout.write(said.read_text())
        sys.stdout.flush()


def _are_to_be_asked_again(session: nox.Session, cache: Path) -> bool:
    """Whether tests have failed, which are named then."""
    failed = _failed(cache)
    if failed:
        session.warn(f"failed, and asked once more by themselves: {', '.join(failed)}")
    return bool(failed)


def _failed(cache: Path) -> list[str]:
    """The tests that have failed, as pytest remembers them in its *cache*."""
    remembered = cache / "v" / "cache" / "lastfailed"
    return list(json.loads(remembered.read_text())) if remembered.exists() else []


def _build(session: nox.Session) -> None:
    session.install("build[uv]", "twine")
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    for path in PACKAGES:
        session.run(
            "python", "-m", "build", "--installer=uv", "--outdir=dist", str(path), silent=True
        )
    session.run("twine", "check", "--strict", *(str(path) for path in ROOT.glob("dist/*")))


def _try_wheels(session: nox.Session) -> None:
    if not any(ROOT.glob("dist/*.whl")):
        session.error("no wheels are in dist/: ./dev build makes them")
    session.install("hatchling", "nox", "psutil", "pytest>=8.2", "pytest-asyncio", "trustme", "uv")
    session.run("python", "tests-integration/provision.py")
    session.run("pytest", "tests-wheels", *session.posargs)


def _test_packages(session: nox.Session, environments: Iterable[Path], *options: str) -> None:
    """Run the packages' tests in each environment, also in those that come after a failure.

    As in the session `test`, what failed is asked once more by itself, and named.
    """
    failures: list[str] = []
    for folder in environments:
        cache = folder / "cache"
        command = [str(folder / "bin" / "python"), "-m", "pytest", "-o", f"cache_dir={cache}"]
        command += [*options, "packages", *session.posargs]
        try:
            session.run(*command, external=True)
        except CommandFailed:
            if not _are_to_be_asked_again(session, cache):
                raise
            session.run(*command, "--last-failed", external=True, success_codes=[0, 1])
            failures += [f"{folder.name}: {name}" for name in _failed(cache)]
    if failures:
        session.error(f"failed twice: {', '.join(failures)}")


def _every_python(session: nox.Session, *, lowest: bool = False) -> Iterator[Path]:
    """An environment of the workspace for each CPython that is here.

    Drivers whose lowest version would have to be compiled begin with the first that need not.
    """
    session.install("uv")
    members = [argument for path in PACKAGES for argument in ("-e", f"{path}{_extras(path)}")]
    ready = [f"--only-binary={name}" for name in ("asyncpg", "confluent-kafka", "grpcio")]
    tested_with = ["uvloop", *TESTED_WITH]
    for version, interpreter in sorted(_interpreters().items()):
        folder = _scratch(session) / f"python-3.{version}"
        here = f"--python={folder}"
        install = ["uv", "pip", "install", "--quiet", here]
        session.run("uv", "venv", "--quiet", "--clear", f"--python={interpreter}", str(folder))
        freeze = ["uv", "pip", "freeze", "--quiet", "--exclude-editable", here]
        if lowest:
            session.run(*install, "--resolution=lowest-direct", *ready, *members)
            # What only tests need comes after it, and changes nothing of what was chosen. The
            # test client of the lowest Starlette knows no newer httpx.
            chosen = folder / "chosen.txt"
            chosen.write_text(f"{session.run(*freeze, silent=True)}\nhttpx<0.27\n")
            session.run(*install, f"--constraint={chosen}", *tested_with)
        else:
            session.run(*install, *members, *tested_with)
        session.log(
            f"CPython 3.{version}: {' '.join(str(session.run(*freeze, silent=True)).split())}"
        )
        yield folder


def _extras(package: Path) -> str:
    """All extras of a package: what they bring it claims as well."""
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    names = project.get("optional-dependencies", {})
    return f"[{','.join(names)}]" if names else ""


def _interpreters() -> dict[int, Path]:
    """Each CPython from 3.11 on by its minor version: those on the path, and pyenv's.

    DEPHEALTH_PYTHONS, a list of `oldest`, `newest`, `3.12` and the like, leaves some of them.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    folders = [*map(Path, os.get_exec_path()), *sorted(pyenv.glob("*/bin"))]
    found = {}
    for path in (path for folder in folders for path in folder.glob("python3.[0-9]*")):
        minor = path.name.removeprefix("python3.")
        if minor.isdigit() and int(minor) >= 11:  # noqa: PLR2004
            tell = [str(path), "-c", "import sys; print(sys.implementation.name)"]
            done = subprocess.run(tell, capture_output=True, text=True, check=False)
            if done.stdout.strip() == "cpython":  # pyenv's shims may lead nowhere
                found[int(minor)] = path
    names = {f"3.{minor}": minor for minor in found}
    names |= {"oldest": min(found), "newest": max(found)}
    wanted = os.environ.get("DEPHEALTH_PYTHONS") or ",".join(names)
    return {names[name]: found[names[name]] for name in wanted.split(",")}


def _scratch(session: nox.Session) -> Path:
    """A folder of the session; programs put their files elsewhere: paths of sockets are short."""
    folder = Path(session.create_tmp())
    session.env.pop("TMPDIR", None)
    return folder


def _install_workspace(session: nox.Session, *others: str) -> None:
    """Install every package of the workspace from its folder, in one call of the resolver."""
    members = [argument for path in PACKAGES for argument in ("-e", str(path))]
    session.install(*members, *others)


if __name__ == "__main__":
    nox.main()
