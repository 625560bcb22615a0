"""The source as the tidy checks see it: every file parsed once per run."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("ingest", "loyalty", "churn", "notify")


@dataclass(frozen=True)
class Source:
    """One Python file; ``path`` is relative to the repository."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    @property
    def service(self) -> str | None:
        """The service whose file this is."""
        parts = self.path.split("/")
        return parts[1] if parts[0] == "services" else None

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full name of everything imported, wherever in the file: ``a.b.name`` of ``from a.b import name``."""
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)

    @cached_property
    def called(self) -> tuple[tuple[ast.Call, str], ...]:
        """Every call with its callee as written: ``connection.transaction``, ``datetime.now``."""
        return tuple((node, _dotted(node.func)) for node in self.nodes if isinstance(node, ast.Call))

    def strings(self) -> Iterator[tuple[int, str]]:
        """Every string literal but docstrings, with its line."""
        docstrings = {
            id(node.body[0].value)
            for node in self.nodes
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in self.nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                yield node.lineno, node.value


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_dotted(value)}.{name}"
        case ast.Call(func=called):
            return f"{_dotted(called)}()"
    return "…"


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """The Python files under ``folders``, in order of their paths."""
    found = {path for folder in folders for path in (ROOT / folder).rglob("*.py")}
    kept = [path for path in sorted(found) if not {".venv", ".local", "__pycache__"} & set(path.parts)]
    return tuple(_read(path) for path in kept)


@cache
def _read(path: Path) -> Source:
    return Source(str(path.relative_to(ROOT)), path.read_text())


def product() -> tuple[Source, ...]:
    """What runs in production: the services and what they share."""
    return sources("libs", "services")


def everything() -> tuple[Source, ...]:
    return sources("libs", "services", "deploy", "tests")


def report(rule: str, found: list[str]) -> str:
    """The message of a failed check: the rule, then every place."""
    return "\n  ".join([rule, *found])
