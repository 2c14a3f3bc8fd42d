"""docs/hooks.md and the hooks say the same."""

from __future__ import annotations

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from dephealth import CheckerSpec, ExporterSpec, hookspecs

PAGE = (Path(__file__).parent.parent / "docs" / "hooks.md").read_text()
HOOKS = {
    name: function
    for name, function in inspect.getmembers(hookspecs, inspect.isfunction)
    if hasattr(function, "dephealth_spec")
}


def test_every_hook_has_its_section() -> None:
    """The page has a section for each hook, and for nothing that is none."""
    assert set(re.findall(r"^## (dephealth_\w+)$", PAGE, re.MULTILINE)) == set(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_signature_is_the_hooks(name: str) -> None:
    """The page shows the hook's signature, and says when it is called and what it returns."""
    section = PAGE.partition(f"## {name}\n")[2].partition("\n## ")[0]
    signature = str(inspect.signature(HOOKS[name])).replace("'", "")
    assert f"@hookimpl\ndef {name}{signature}: ...\n" in section
    assert "**Called** once" in section
    assert "**Returns** one" in section


@pytest.mark.parametrize("spec", [CheckerSpec, ExporterSpec])
def test_fields_are_the_specs(spec: type[CheckerSpec | ExporterSpec]) -> None:
    """The page has each field of what a hook returns, in order, with its default."""
    table = PAGE.partition(f"| field of `{spec.__name__}` |")[2].partition("\n\n")[0]
    shown = re.findall(r"^\| `(\w+)` \| (?:`(.*?)`)? ?\|", table, re.MULTILINE)
    assert shown == [(field.name, _default(field)) for field in dataclasses.fields(spec)]


def _default(field: dataclasses.Field[object]) -> str:
    if field.default_factory is not dataclasses.MISSING:
        return repr(field.default_factory())
    return "" if field.default is dataclasses.MISSING else repr(field.default)
