"""What must always hold of a service's rows, as queries that find whatever breaks it; tests and operators run them."""

from collections.abc import Mapping
from typing import NamedTuple

from mandegar.database.pool import Connection


class Violation(NamedTuple):
    """Something of which ``invariant`` does not hold: ``shop:customer_id``, or whatever id its query gives."""

    invariant: str
    found: str


async def find_violations(
    connection: Connection, invariants: Mapping[str, str], *, limit: int = 100
) -> list[Violation]:
    """Whatever breaks one of ``invariants``, at most ``limit`` for each: every query ends with ``LIMIT $1``."""
    return [
        Violation(invariant, ":".join(map(str, row)))
        for invariant, query in invariants.items()
        for row in await connection.fetch(query, limit)
    ]
