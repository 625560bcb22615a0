"""Sends that a trigger asks for, and those that a later fact makes needless."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from mandegar.database import Connection, Row
from mandegar.events import CustomerKey

DECIDED = """send_id, shop, customer_id, journey, channel, template, locale, state, reason, attempt, cause_id,
    correlation_id, hops"""
DECIDED_OF_S = ", ".join(f"s.{column.strip()}" for column in DECIDED.split(","))


class Intent(NamedTuple):
    """A send as the batch transaction writes it down, waiting or already withheld."""

    send_id: UUID
    shop: str
    customer_id: str
    journey: str
    journey_version: int
    channel: str
    template: str
    cause_type: str
    cause_id: UUID
    correlation_id: UUID
    hops: int
    payload: dict[str, Any]
    triggered_at: datetime
    created_at: datetime
    no_later_than: datetime
    state: str
    reason: str | None
    not_before: datetime
    decided_at: datetime | None


async def insert_intents(connection: Connection, intents: Sequence[Intent]) -> list[Row]:
    """Write intents down, each once for good; the decided ones among the new."""
    return await connection.fetch(
        f"""
        WITH born AS (
            INSERT INTO sends (send_id, shop, customer_id, journey, journey_version, channel, template, cause_type,
                               cause_id, correlation_id, hops, payload, triggered_at, created_at, no_later_than,
                               state, reason, not_before, decided_at)
            SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[], $7::text[],
                                 $8::text[], $9::uuid[], $10::uuid[], $11::smallint[], $12::jsonb[],
                                 $13::timestamptz[], $14::timestamptz[], $15::timestamptz[], $16::text[], $17::text[],
                                 $18::timestamptz[], $19::timestamptz[])
            ON CONFLICT (send_id) DO NOTHING
            RETURNING *
        )
        SELECT {DECIDED} FROM born WHERE state <> 'ready'
        """,  # noqa: S608  the columns are ours
        *(list(column) for column in zip(*intents, strict=True)),
    )


async def withdraw_exited(
    connection: Connection, keys: Collection[CustomerKey], journeys: Collection[str], now: datetime
) -> list[Row]:
    """Withhold what still waits for these customers although they have bought since its trigger."""
    return await connection.fetch(
        f"""
        UPDATE sends s SET state = 'withheld', reason = 'exited', decided_at = $4
        FROM unnest($1::text[], $2::text[]) AS w(shop, customer_id) JOIN customers c USING (shop, customer_id)
        WHERE s.shop = w.shop AND s.customer_id = w.customer_id AND s.journey = ANY($3::text[])
            AND s.state = 'ready' AND c.last_paid_at > s.triggered_at
        RETURNING {DECIDED_OF_S}
        """,  # noqa: S608  the columns are ours
        [key.shop for key in keys],
        [key.customer_id for key in keys],
        list(journeys),
        now,
    )
