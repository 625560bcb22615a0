"""One file commits. Everything else works inside a block that somebody opened there."""

import re

from tidy.tree import product, report

COMMITS = "libs/shared/src/mandegar/database/transaction.py"
# Each of these is inside a transaction already, or has none of the product's data in it.
ALLOWED = {
    COMMITS: "the one place",
    "libs/shared/src/mandegar/lanes/lanes.py": "commits offsets to Kafka, as a hint for tools that show lag",
    "libs/shared/src/mandegar/database/migrations.py": "migrations are a transaction each, opened by alembic",
}
_OPENS = re.compile(r"(^|\.)(transaction|begin_nested|commit|rollback)$|(connection|engine|session)\.begin$")
_SQL = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK|START TRANSACTION|END|SAVEPOINT|RELEASE)\b(?!\s*=)", re.IGNORECASE)
_EXECUTES = ("execute", "executemany", "fetch", "fetchrow", "fetchval")


def _names_of_ours(path_imports: set[str]) -> set[str]:
    """Calls of a bare ``transaction(...)`` mean ours when that is what the file imported."""
    ours = {"mandegar.database.transaction", "mandegar.database.transaction.transaction"}
    return {"transaction"} if ours & path_imports else set()


def test_only_one_file_opens_or_commits_transactions():
    found = []
    for source in product():
        if source.path in ALLOWED or "/migrations/" in source.path:
            continue
        ours = _names_of_ours({name for _, name in source.imports()})
        found += [
            f"{source.path}:{call.lineno} {name}(...)"
            for call, name in source.called
            if _OPENS.search(name) and name not in ours
        ]

    assert not found, report(f"use mandegar.database.transaction or as_shop: only {COMMITS} commits", found)


def test_no_statement_speaks_of_transactions():
    found = [
        f"{source.path}:{call.lineno} {call.args[0].value.strip()[:40]}"
        for source in product()
        for call, name in source.called
        if name.rpartition(".")[2] in _EXECUTES
        and call.args
        and isinstance(value := getattr(call.args[0], "value", None), str)
        and _SQL.match(value)
    ]

    assert not found, report(f"only {COMMITS} commits", found)


def test_the_list_of_exceptions_names_files_that_exist():
    gone = set(ALLOWED) - {source.path for source in product()}

    assert not gone, report("take these off the list", sorted(gone))
