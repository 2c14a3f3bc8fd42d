"""The public API of each package as a text: names and signatures, read from the sources.

``./dev api`` writes docs/api/; a test compares. What is read is what is written, not what a
version of Python makes of it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))
PAGES = ROOT / "docs" / "api"


@dataclass(frozen=True)
class Module:
    """A module of a package, by its full name."""

    name: str
    path: Path

    @property
    def body(self) -> list[ast.stmt]:
        """Its statements; those that only a type checker sees are in line with the others."""
        body: list[ast.stmt] = []
        for node in ast.parse(self.path.read_text()).body:
            body += node.body if isinstance(node, ast.If) else [node]
        return body

    def public(self) -> list[str]:
        """What it offers: its ``__all__``, and what it imports under its own name again.

        Without ``__all__``, what it defines and does not begin with ``_``.
        """
        again = [
            alias.name
            for node in self.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
            if alias.asname == alias.name
        ]
        for node in self.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                return [*ast.literal_eval(node.value), *again]
        own = [name for node in self.body for name in _names(node)]
        return [*(name for name in own if not name.startswith("_")), *again]

    def find(self, name: str) -> tuple[Module, ast.stmt] | None:
        """Where *name* is defined, or the import that brings it from another package."""
        for node in self.body:
            if name in _names(node):
                return self, node
            if isinstance(node, ast.ImportFrom) and name in [each.name for each in node.names]:
                return self._other(node).find(name) if node.level else (self, node)
        return None

    def _other(self, node: ast.ImportFrom) -> Module:
        module = node.module or ""
        path = self.path.parent.joinpath(*module.split("."))
        found = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        return Module(f"{self.name}.{module}", found)


def page(package: Path) -> str:
    """The text of one package."""
    return "\n".join(line for module in _modules(package) for line in _of_module(module))


def _modules(package: Path) -> Iterator[Module]:
    (folder,) = (path for path in (package / "src").iterdir() if (path / "__init__.py").exists())
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder.parent).with_suffix("").parts
        if any(part.startswith("_") and part != "__init__" for part in parts):
            continue
        yield Module(".".join(part for part in parts if part != "__init__"), path)


def _of_module(module: Module) -> Iterator[str]:
    names = sorted(set(module.public()))
    if not names:
        return
    yield f"# {module.name}"
    yield ""
    for name in names:
        found = module.find(name)
        if found is None:
            yield name
            continue
        yield from _described(name, *found, names)
        # The keywords of a function are its own, whatever the class is called that lists them.
        options = _unpacked(found[1])
        place = found[0].find(options) if options not in names else None
        if place is not None and isinstance(place[1], ast.ClassDef):
            yield from _described(options, *place, names)
    yield ""


def _described(name: str, module: Module, node: ast.stmt, public: list[str]) -> Iterator[str]:
    match node:
        case ast.ClassDef():
            bases = [ast.unparse(base) for base in (*node.bases, *node.keywords)]
            yield f"class {name}({', '.join(bases)})" if bases else f"class {name}"
            yield from (f"    {line}" for line in sorted(_members(module, node, public).values()))
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield _signature(node)
        case ast.AnnAssign():
            yield f"{name}: {ast.unparse(node.annotation)}"
        case ast.ImportFrom():
            yield f"{name} = {node.module}.{name}"
        case _:
            yield name


def _members(module: Module, node: ast.ClassDef, public: list[str]) -> dict[str, str]:
    """The public members of a class by name, those of its bases that are not public among them."""
    members: dict[str, str] = {}
    for base in reversed([ast.unparse(each) for each in node.bases]):
        found = module.find(base) if base not in public else None
        if found is not None and isinstance(found[1], ast.ClassDef):
            members |= _members(found[0], found[1], public)
    for member in node.body:
        for name in filter(_is_public, _names(member)):
            match member:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    marks = [ast.unparse(mark) for mark in member.decorator_list]
                    kept = [f"@{mark} " for mark in marks if mark in _MARKS]
                    members[name] = "".join(kept) + _signature(member)
                case ast.AnnAssign():
                    members[name] = f"{name}: {ast.unparse(member.annotation)}{_default(member)}"
                case ast.Assign():
                    members[name] = f"{name} = {ast.unparse(member.value)}"
    return members


def _default(field: ast.AnnAssign) -> str:
    """The default of a field; of an option's, what its call says, without the help."""
    value: ast.expr | None = field.value
    if isinstance(value, ast.Call) and ast.unparse(value.func) == "option":
        named = [each.value for each in value.keywords if each.arg == "default"]
        value = [*named, *value.args][0]
    return f" = {ast.unparse(value):.80}" if value is not None else ""


_MARKS = {"property", "cached_property", "classmethod", "staticmethod", "abstractmethod"}
_CALLED = {"__init__", "__call__", "__enter__", "__exit__", "__aenter__", "__aexit__"}


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name in _CALLED


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    begin = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    gives = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    return f"{begin} {node.name}({ast.unparse(node.args)}){gives}"


def _unpacked(node: ast.stmt) -> str:
    """The class that lists the keywords of a function."""
    if not isinstance(node, ast.FunctionDef) or node.args.kwarg is None:
        return ""
    annotation = node.args.kwarg.annotation
    if not isinstance(annotation, ast.Subscript) or ast.unparse(annotation.value) != "Unpack":
        return ""
    return ast.unparse(annotation.slice)


def _names(node: ast.stmt) -> Iterable[str]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return [node.name]
        case ast.Assign():
            return [target.id for target in node.targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name() as target):
            return [target.id]
        case _:
            return []


def write() -> None:
    """Write the page of each package, and remove those of packages that are gone."""
    PAGES.mkdir(exist_ok=True)
    for old in PAGES.glob("*.txt"):
        old.unlink()
    for package in PACKAGES:
        (PAGES / f"{package.name}.txt").write_text(page(package))


if __name__ == "__main__":
    write()
