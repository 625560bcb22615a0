"""Rows of treatments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from churn.treatments.rules import NEITHER, WITHHELD, Treatment
from mandegar.database import ReadConnection, WorkerConnection, as_json, columns, record_set
from mandegar.quantities import to_us

# Of one sample, the latest ones: twenty of each customer, which bounds the request of a fit to some megabytes.
TREATMENTS_MAX: Final = 400_000
_COLUMNS: Final = columns(Treatment)
_ROWS: Final = record_set(Treatment)


async def save_treatments(connection: WorkerConnection, treatments: Sequence[Treatment]) -> None:
    """Write the states of messages; what an earlier event says of one changes nothing."""
    await connection.execute(
        f"""
        INSERT INTO treatments AS t ({_COLUMNS}) SELECT * FROM {_ROWS} ORDER BY shop, message_id
        ON CONFLICT (shop, message_id) DO UPDATE
            SET kind = excluded.kind, at = excluded.at, event_id = excluded.event_id
        WHERE (excluded.at, excluded.event_id) > (t.at, t.event_id)
        """,  # noqa: S608  names of our own columns
        as_json(treatments),
    )


async def treatments_of(
    connection: ReadConnection, shop: str, customer_ids: Sequence[str]
) -> list[tuple[int, int, bool]]:
    """Of customers by their place: when each message went out (in microseconds), or was withheld by a holdout."""
    rows = await connection.fetch(
        """
        SELECT w.number - 1 AS number, t.at, t.kind = $3 AS withheld
        FROM unnest($2::text[]) WITH ORDINALITY AS w(customer_id, number)
            JOIN treatments t ON t.shop = $1 AND t.customer_id = w.customer_id
        WHERE t.kind <> $4
        ORDER BY t.at DESC, t.message_id LIMIT $5
        """,
        shop,
        list(customer_ids),
        WITHHELD,
        NEITHER,
        TREATMENTS_MAX,
    )
    return [(row["number"], to_us(row["at"]), row["withheld"]) for row in rows]


async def delete_some(connection: WorkerConnection, before: datetime, at_most: int) -> int:
    """Delete treatments of before an instant; returns how many."""
    deleted: int = await connection.fetchval(
        """
        WITH gone AS (
            DELETE FROM treatments WHERE (shop, message_id) IN (
                SELECT shop, message_id FROM treatments WHERE at < $1 LIMIT $2
            ) RETURNING 1
        )
        SELECT count(*) FROM gone
        """,
        before,
        at_most,
    )
    return deleted
