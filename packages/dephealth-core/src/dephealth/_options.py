"""The options of a checker: its dataclass fields, described.

From these descriptions come the environment, the command line, the
configuration file and its JSON Schema, so an option is written down once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any, NamedTuple, TypeVar

from ._labels import shown
from ._secret import Secret
from .errors import ConfigurationError

_KEY = "dephealth"
_SCALARS: Mapping[type, tuple[tuple[type, ...], str]] = {
    str: ((str, PathLike, Secret), "a text"),
    bool: ((bool,), "True or False"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
}
"""What a program may give for the options of each kind; the others are the checker's to judge."""
_FLAGS = {"yes": True, "true": True, "no": False, "false": False}
T = TypeVar("T")


class Option(NamedTuple):
    """One option of a checker.

    `kind` is the type that a text is read as: str, bool, int, float, list or
    dict; `object` for what only a program can give. `env` ends the name of the
    variable (``HEALTH_PATH`` in ``DEPHEALTH_ORDERS_HEALTH_PATH``); two names
    make a pair of which both or none must be set.
    """

    name: str
    default: Any
    help: str
    kind: type
    env: tuple[str, ...]
    secret: bool

    def read(self, text: str) -> Any:
        """The value that *text* stands for, where no program gives it.

        The items of a list are separated by commas; a pair is cut at its first one.

        Raises:
            ConfigurationError: It stands for none; does not quote a secret.
        """
        if len(self.env) > 1:
            parts = tuple(text.split(",", len(self.env) - 1))
            if len(parts) == len(self.env):
                return parts
            raise ConfigurationError(f"its value is no list of {len(self.env)} items")
        what, parse = _TEXTS.get(self.kind, ("text", str))
        try:
            return parse(text)
        except ValueError:
            content = "its value" if self.secret else shown(text)
            raise ConfigurationError(f"{content} is no {what}") from None


def option(
    default: T,
    *,
    help: str,
    kind: type = str,
    env: str | tuple[str, ...] = (),
    secret: bool = False,
) -> T:
    """A field of a checker's dataclass that is an option of its ``X_check``.

    A *secret* never shows in a ``repr``; the checker holds it as `Secret`.
    """
    described: T = dataclasses.field(
        default=default,
        repr=not secret and kind is not object,
        metadata={
            _KEY: {
                "help": help,
                "kind": kind,
                "env": (env,) if isinstance(env, str) else env,
                "secret": secret,
            }
        },
    )
    return described


def options_of(checker: type) -> Mapping[str, Option]:
    """The options of a checker's class by name; empty if it is no dataclass."""
    if not dataclasses.is_dataclass(checker):
        return {}
    return {
        field.name: Option(name=field.name, default=field.default, **field.metadata[_KEY])
        for field in dataclasses.fields(checker)
        if _KEY in field.metadata
    }


def check_kind(option: Option, value: object) -> None:
    """Raise `ConfigurationError` unless *value* is of the option's kind; never quotes it.

    ``tls_skip_verify="no"`` would else be true.
    """
    classes, what = _SCALARS.get(option.kind, ((object,), ""))
    is_flag = isinstance(value, bool) and option.kind in {int, float}
    if is_flag or not isinstance(value, classes):
        raise ConfigurationError(f"{option.name} must be {what}, not {type(value).__name__}")


def flag(text: str) -> bool:
    """Read ``yes``/``no``, ``true``/``false``, without regard to case.

    Raises:
        ValueError: It is none of these.
    """
    try:
        return _FLAGS[text.strip().lower()]
    except KeyError:
        raise ValueError(text) from None


def text_list(text: str) -> list[str]:
    """Read items separated by commas."""
    return [item.strip() for item in text.split(",") if item.strip()]


_TEXTS: Mapping[type, tuple[str, Callable[[str], Any]]] = {
    bool: ("yes or no", flag),
    int: ("whole number", int),
    float: ("number", float),
    list: ("list", text_list),
}
