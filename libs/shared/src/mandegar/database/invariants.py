"""Finds rows that violate an invariant of a service. Tests and the command ``check`` use it."""

from collections.abc import Mapping
from typing import NamedTuple

from mandegar.database.pool import Connection


class Violation(NamedTuple):
    """A row that violates ``invariant``; ``row`` is its id as the query selects it, such as ``shop:customer_id``."""

    invariant: str
    row: str


async def find_violations(
    connection: Connection, invariants: Mapping[str, str], *, limit: int = 100
) -> list[Violation]:
    """The rows that violate one of ``invariants``, at most ``limit`` for each: every query ends with ``LIMIT $1``."""
    return [
        Violation(invariant, ":".join(map(str, row)))
        for invariant, query in invariants.items()
        for row in await connection.fetch(query, limit)
    ]
