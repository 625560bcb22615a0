"""Parts of imports and errors by line, as they are stored."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from mandegar.database import Connection, ReadConnection, Row, WorkerConnection

# Errors that an import keeps. Its totals count all of them.
ERRORS_MAX = 100_000


class LineError(NamedTuple):
    """What is wrong in a line of the file; ``refused`` is false if its row was accepted without it."""

    line: int
    column: str | None
    code: str
    detail: str
    refused: bool


async def lines_between(connection: Connection, import_id: UUID, first_line: int, next_line: int) -> Row | None:
    """A part that has one of the lines."""
    return await connection.fetchrow(
        """
        SELECT * FROM import_parts WHERE import_id = $1 AND first_line < $3 AND next_line > $2
        ORDER BY first_line LIMIT 1
        """,
        import_id,
        first_line,
        next_line,
    )


async def insert_part(
    connection: WorkerConnection,
    import_id: UUID,
    shop: str,
    lines: tuple[int, int],
    totals: Mapping[str, Any],
) -> None:
    """Note that the lines of a part, from the first up to before the second, have been taken."""
    await connection.execute(
        "INSERT INTO import_parts (import_id, first_line, next_line, shop, totals) VALUES ($1, $2, $3, $4, $5)",
        import_id,
        *lines,
        shop,
        json.dumps(totals, sort_keys=True),
    )


async def insert_errors(
    connection: WorkerConnection, import_id: UUID, shop: str, errors: Collection[LineError]
) -> None:
    """Store errors, unless the import has enough of them."""
    if not errors:
        return
    places: dict[int, int] = {}
    for error in errors:
        places[error.line] = places.get(error.line, 0)
    counted: list[int] = []
    for error in errors:
        counted.append(places[error.line])
        places[error.line] += 1
    await connection.execute(
        """
        INSERT INTO import_errors (import_id, shop, line, place, column_name, code, detail, refused)
        SELECT $1, $2, * FROM unnest($3::bigint[], $4::smallint[], $5::text[], $6::text[], $7::text[], $8::boolean[])
        WHERE (SELECT count(*) FROM import_errors WHERE import_id = $1) < $9
        """,
        import_id,
        shop,
        [error.line for error in errors],
        counted,
        [error.column for error in errors],
        [error.code for error in errors],
        [error.detail for error in errors],
        [error.refused for error in errors],
        ERRORS_MAX,
    )


async def sum_of_parts(connection: Connection, import_id: UUID) -> dict[str, Any]:
    """The totals of all parts together, each under its name."""
    rows = await connection.fetch(
        """
        SELECT each.key AS name, sum(each.value::numeric) AS value
        FROM import_parts p CROSS JOIN LATERAL jsonb_each_text(p.totals::jsonb) each
        WHERE p.import_id = $1 GROUP BY each.key
        """,
        import_id,
    )
    return {row["name"]: row["value"] for row in rows}


async def received_lines(connection: Connection, import_id: UUID, limit: int) -> Sequence[Row]:
    """The lines that have been taken, as ranges without gaps inside, in their order."""
    return await connection.fetch(
        """
        SELECT min(first_line) AS first_line, max(next_line) AS next_line FROM (
            SELECT first_line, next_line, count(*) FILTER (WHERE begins) OVER (ORDER BY first_line) AS stretch
            FROM (
                SELECT first_line, next_line,
                    first_line IS DISTINCT FROM lag(next_line) OVER (ORDER BY first_line) AS begins
                FROM import_parts WHERE import_id = $1
            ) parts
        ) stretches GROUP BY stretch ORDER BY 1 LIMIT $2
        """,
        import_id,
        limit,
    )


async def list_errors(
    connection: ReadConnection, shop: str, import_id: UUID, *, after: tuple[int, int], limit: int
) -> list[Row]:
    """A page of errors in the order of their lines."""
    return await connection.fetch(
        """
        SELECT line, place, column_name, code, detail, refused FROM import_errors
        WHERE shop = $1 AND import_id = $2 AND (line, place) > ($3, $4) ORDER BY line, place LIMIT $5
        """,
        shop,
        import_id,
        *after,
        limit,
    )
