"""Looks for planted texts in every column of every row of a database, as a superuser, who sees all rows."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import asyncpg

from harness.databases import ServiceDatabase
from mandegar_local.find.databases import search_database
from mandegar_local.find.spellings import Spelling, spellings

_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm') ORDER BY relname
"""


class Found(NamedTuple):
    """Where a planted text stands."""

    table: str
    column: str
    planted: str


async def rows_of(admin_url: str, database: ServiceDatabase) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, partitions by themselves."""
    connection = await asyncpg.connect(_url(admin_url, database))
    try:
        tables = [row["relname"] for row in await connection.fetch(_TABLES)]
        return {table: [dict(row) for row in await connection.fetch(f'SELECT * FROM "{table}"')] for table in tables}
    finally:
        await connection.close()


async def look_for(planted: Iterable[str | bytes], admin_url: str, database: ServiceDatabase) -> set[Found]:
    """Where any of ``planted`` stands: texts in each encoding, numbers also as eight bytes, and bytes as they are."""
    wanted = [spelling for each in planted for spelling in _spellings(each)]
    found = await search_database("", _url(admin_url, database), wanted)
    places = {(each.place.removeprefix(": ").partition("."), each.text) for each in found}
    return {Found(table, column, text) for (table, _, column), text in places}


def _spellings(planted: str | bytes) -> Iterator[Spelling]:
    if isinstance(planted, bytes):
        yield Spelling(planted.hex(), "bytes", planted)
        return
    yield from spellings([planted])
    if planted.lstrip("-").isdecimal():
        yield Spelling(planted, "number", int(planted).to_bytes(8, signed=True))


def _url(admin_url: str, database: ServiceDatabase) -> str:
    return admin_url.rpartition("/")[0] + "/" + database.worker_url.rpartition("/")[2]
