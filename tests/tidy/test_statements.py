"""Statements are constants: what varies is an argument, never a piece of the text."""

import ast
import re
from collections.abc import Iterator

from tidy.tree import Source, product, report

# Path to the reason why its statements are put together from more than constants.
ALLOWED = {
    "libs/shared/src/mandegar/database/customer_data.py": "tables and columns as their declarations name them",
    "libs/shared/src/mandegar/database/migrations.py": "names of tables and roles are no arguments",
    "libs/shared/src/mandegar/database/guards.py": "for migrations: names of roles are no arguments",
    "libs/shared/src/mandegar/database/shop_read.py": "a room names its function, its arguments and columns",
    "libs/shared/src/mandegar/moving/tables.py": "tables and columns as the catalogue of the database names them",
    "libs/shared/src/mandegar/jobs/rows.py": "each service names the table of its jobs",
    "libs/shared/src/mandegar/documents/rows.py": "each service names the tables of its documents",
    "services/loyalty/src/loyalty/guessing.py": "each limit names its counters, and how it looks up",
    "libs/shared/src/mandegar/documents/tables.py": "for migrations: names of tables and roles are no arguments",
}
_WORDS = "SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|CREATE|ALTER|DROP|GRANT|REVOKE|TRUNCATE|SET|LOCK|COPY"
_SQL = re.compile(rf"^\s*({_WORDS})\s")
_EXECUTES = ("execute", "executemany", "fetch", "fetchrow", "fetchval", "cursor", "prepare")


def _begins(node: ast.expr) -> str:
    """The beginning of a text, as far as it is written there."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[first, *_]):
            return _begins(first)
        case ast.BinOp(left=left):
            return _begins(left)
        case ast.Call(func=ast.Attribute(value=value, attr="format" | "join" | "replace")):
            return _begins(value)
    return ""


def _inside_functions(source: Source) -> Iterator[ast.AST]:
    """What runs later: a text put together while its module is imported cannot hold anything from outside."""
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from ast.walk(node)


def _constant(node: ast.expr) -> bool:
    """Whether a text is written there, or put together from constants (NAMES, such as a list of columns) alone."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.JoinedStr(values=parts):
            return all(_constant(part.value if isinstance(part, ast.FormattedValue) else part) for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _constant(left) and _constant(right)
    return False


def test_no_statement_is_put_together_from_anything_but_constants():
    found = [
        f"{source.path}:{node.lineno} {_begins(node).strip()[:50]!r}"
        for source in product()
        if source.path not in ALLOWED and "/migrations/" not in source.path
        for node in _inside_functions(source)
        if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Call) and _SQL.match(_begins(node)) and not _constant(node)
    ]

    assert not found, report("pass what varies as an argument ($1, $2, …)", found)


def test_nothing_is_executed_that_was_computed_on_the_spot():
    found = [
        f"{source.path}:{call.lineno} {name}({ast.unparse(call.args[0])[:60]})"
        for source in product()
        if source.path not in ALLOWED and "/migrations/" not in source.path
        for call, name in source.called
        if "." in name and name.rpartition(".")[2] in _EXECUTES and call.args
        if isinstance(call.args[0], ast.JoinedStr | ast.BinOp | ast.Call) and not _constant(call.args[0])
    ]

    assert not found, report("pass what varies as an argument ($1, $2, …)", found)


def test_the_list_of_exceptions_names_files_that_exist():
    assert set(ALLOWED) <= {source.path for source in product()}
