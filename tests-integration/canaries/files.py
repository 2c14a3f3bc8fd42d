"""A configuration file of the command, with a secret in every place that takes one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from .canary import Canary
from .places import Address


class Written(NamedTuple):
    """The file, what it needs around it, and what must not be seen."""

    file: Path
    environ: Mapping[str, str]
    canaries: list[Canary]


def written(folder: Path, address: Address) -> Written:
    """A file whose dependencies are at *address*, and the files that it names."""
    host, port = address
    canaries: list[Canary] = []
    environ: dict[str, str] = {}

    def made(place: str, **how: str) -> Canary:
        canaries.append(Canary(place, **how))
        return canaries[-1]

    def lines() -> Iterator[str]:
        yield 'name = "canaries"\ngroup = "canaries"'
        yield "[defaults]\ninterval = 60\ntimeout = 0.5"
        for type, scheme in _SCHEMES.items():
            here = f"{scheme}://app:{{}}@{host}:{port}"
            address = f'type = "{type}"\nhost = "{host}"\nport = {port}'
            yield _table(f"{type}-url", f"url = {_text(here.format(made('url').quoted))}")
            file = _file(folder, f"{type}-url", here.format(made("url_file").quoted))
            yield _table(f"{type}-url-file", f"url_file = {_text(file)}")
            variable = f"{type.upper()}_URL"
            environ[variable] = here.format(made("url from a variable").quoted)
            yield _table(f"{type}-url-env", f'type = "{type}"\nurl = "${{{variable}}}"')
            environ[f"DEPHEALTH_{type.upper()}_OUTSIDE_URL"] = here.format(made("_URL").quoted)
            yield _table(f"{type}-outside", f'type = "{type}"')
            if type in _WITH_TOKENS:
                token = made("bearer_token", within="")
                yield _table(f"{type}-token", address, f"bearer_token = {_text(token.value)}")
                file = _file(folder, f"{type}-token", made("bearer_token_file", within="").value)
                yield _table(f"{type}-token-file", address, f"bearer_token_file = {_text(file)}")
                key = made(_WITH_TOKENS[type], within="")
                yield _table(
                    f"{type}-keys",
                    address,
                    f"{_WITH_TOKENS[type]} = {{ x-key = {_text(key.value)} }}",
                )
            elif type != "tcp":
                user = "cn=app,dc=example" if type == "ldap" else "app"
                login = f'{address}\nusername = "{user}"'
                yield _table(f"{type}-word", login, f"password = {_text(made('password').value)}")
                file = _file(folder, f"{type}-password", made("password_file").value)
                yield _table(f"{type}-word-file", login, f"password_file = {_text(file)}")
        yield '[serve]\nport = 0\nusername = "app"'
        yield f"password = {_text(made('password of [serve]').value)}"

    file = folder / "dephealth.toml"
    file.write_text("\n".join(lines()) + "\n")
    return Written(file, environ, canaries)


_SCHEMES = {
    "http": "http",
    "grpc": "grpc",
    "tcp": "tcp",
    "postgres": "postgresql",
    "mysql": "mysql",
    "redis": "redis",
    "amqp": "amqp",
    "kafka": "kafka",
    "ldap": "ldap",
}
_WITH_TOKENS = {"http": "headers", "grpc": "metadata"}


def _table(name: str, *keys: str) -> str:
    return "\n".join([f"[dependencies.{name}]", *keys, "critical = true"])


def _text(value: object) -> str:
    return json.dumps(str(value).replace("${", "$${"), ensure_ascii=False)


def _file(folder: Path, name: str, content: str) -> Path:
    path = folder / name
    path.write_text(f"{content}\n")
    return path
