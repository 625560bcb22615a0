"""Sends whose time has come: found, locked behind their customers, and moved on."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from mandegar.database import Connection, Row
from mandegar.events import CustomerKey
from notify.sends.intent_rows import DECIDED_OF_S


async def lock_due_customers(connection: Connection, now: datetime, limit: int) -> list[Row]:
    """Customers with a send that may go out now, locked. Those whom somebody else holds are left for the next round.

    Everybody locks customers before sends, so nobody waits in a circle.
    """
    return await connection.fetch(
        """
        WITH due AS (
            SELECT DISTINCT shop, customer_id FROM (
                SELECT shop, customer_id FROM sends WHERE state = 'ready' AND not_before <= $1
                ORDER BY not_before LIMIT $2
            ) AS earliest
        )
        SELECT c.* FROM customers c JOIN due USING (shop, customer_id)
        ORDER BY c.shop COLLATE "C", c.customer_id COLLATE "C"
        FOR UPDATE OF c SKIP LOCKED
        """,
        now,
        limit,
    )


async def lock_due_sends(connection: Connection, keys: Collection[CustomerKey], now: datetime, limit: int) -> list[Row]:
    """The due sends of these customers, most urgent first, locked."""
    return await connection.fetch(
        """
        SELECT s.* FROM sends s JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
        WHERE s.state = 'ready' AND s.not_before <= $3
        ORDER BY s.no_later_than, s.send_id LIMIT $4
        FOR UPDATE OF s SKIP LOCKED
        """,
        [key.shop for key in keys],
        [key.customer_id for key in keys],
        now,
        limit,
    )


async def load_arrivals(connection: Connection, keys: Collection[CustomerKey], since: datetime) -> list[Row]:
    """Shop, customer, journey and instant of each message that may have reached these customers since then."""
    return await connection.fetch(
        """
        SELECT s.shop, s.customer_id, s.journey, s.attempted_at
        FROM sends s JOIN unnest($1::text[], $2::text[]) AS w(shop, customer_id) USING (shop, customer_id)
        WHERE s.state IN ('sending', 'sent', 'unknown') AND s.attempted_at > $3
        """,
        [key.shop for key in keys],
        [key.customer_id for key in keys],
        since,
    )


async def mark_sending(
    connection: Connection, sends: Sequence[tuple[UUID, str]], now: datetime, lease: timedelta
) -> None:
    """Claim (send id, language): the next attempt begins. The lease runs by the database's clock."""
    await connection.execute(
        """
        UPDATE sends s SET state = 'sending', attempt = s.attempt + 1, attempted_at = $3, reason = NULL,
            lease_until = clock_timestamp() + $4, locale = w.locale
        FROM unnest($1::uuid[], $2::text[]) AS w(send_id, locale)
        WHERE s.send_id = w.send_id AND s.state = 'ready'
        """,
        [send_id for send_id, _ in sends],
        [language for _, language in sends],
        now,
        lease,
    )


async def mark_waiting(connection: Connection, sends: Sequence[tuple[UUID, datetime, str]]) -> None:
    """Put off (send id, not before, reason)."""
    await connection.execute(
        """
        UPDATE sends s SET not_before = w.not_before, reason = w.reason
        FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS w(send_id, not_before, reason)
        WHERE s.send_id = w.send_id AND s.state = 'ready'
        """,
        *(list(column) for column in zip(*sends, strict=True)),
    )


async def mark_withheld(connection: Connection, sends: Sequence[tuple[UUID, str]], now: datetime) -> list[Row]:
    """Withhold (send id, reason) for good."""
    return await connection.fetch(
        f"""
        UPDATE sends s SET state = 'withheld', reason = w.reason, decided_at = $3
        FROM unnest($1::uuid[], $2::text[]) AS w(id, reason)
        WHERE s.send_id = w.id AND s.state = 'ready'
        RETURNING {DECIDED_OF_S}
        """,  # noqa: S608  the columns are ours
        [send_id for send_id, _ in sends],
        [reason for _, reason in sends],
        now,
    )
