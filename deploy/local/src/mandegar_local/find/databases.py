"""Looks through every column of every table of a database."""

from collections.abc import Sequence

import asyncpg

from mandegar_local.find.scanning import Found, Scan
from mandegar_local.find.spellings import Spelling

_COLUMNS = """
    SELECT format('%I.%I', n.nspname, c.relname) AS "table", quote_ident(a.attname) AS "column"
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND a.attnum > 0 AND NOT a.attisdropped
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY n.nspname, c.relname, a.attnum
"""


async def search_database(name: str, url: str, spellings: Sequence[Spelling]) -> list[Found]:
    """What stands in a database, by table and column. ``url`` is the superuser's: row-level security hides nothing."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        tables: dict[str, list[str]] = {}
        for row in await connection.fetch(_COLUMNS):
            tables.setdefault(row["table"], []).append(row["column"])
        found: list[Found] = []
        for table, columns in tables.items():
            # One pass tells whether there is anything; who has found something is told the column.
            if await _scan(connection, table, columns, table, spellings):
                for column in columns:
                    place = f"{name}: {table.removeprefix('public.')}.{column}"
                    found += await _scan(connection, table, [column], place, spellings)
        return found
    finally:
        await connection.close()


async def _scan(
    connection: "asyncpg.Connection[asyncpg.Record]",
    table: str,
    columns: Sequence[str],
    place: str,
    spellings: Sequence[Spelling],
) -> list[Found]:
    """In the binary form of a copy texts, bytes and JSON stand as they are."""
    scan = Scan(place, spellings)

    async def look(piece: bytes) -> None:
        scan.feed(piece)

    query = f"SELECT {', '.join(columns)} FROM {table}"  # noqa: S608 -- quoted by the database itself
    await connection.copy_from_query(query, output=look, format="binary")
    return scan.found
