"""Messages that another system sent, as they are stored and as merges move them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from mandegar.customers.rows_follow import merge_columns
from mandegar.database import WorkerConnection, as_json, columns, record_set
from mandegar.events import CustomerKey
from notify.domain.consent import ChannelName


class ElsewhereRow(Struct, frozen=True):
    """A message that another system sent; ``sent_as`` is the id under which it came if that has become an alias."""

    shop: str
    customer_id: str
    message_id: str
    event_id: UUID
    channel: ChannelName
    marketing: bool
    journey: str | None
    sent_at: datetime
    address_id: str | None
    sent_as: str | None


_ROW = columns(ElsewhereRow)
_ROWS = record_set(ElsewhereRow)
# Of two rows about one message the later one stands, whichever comes first.
_UNLESS_LATER = """
    ON CONFLICT (shop, customer_id, message_id) DO UPDATE SET event_id = excluded.event_id,
        channel = excluded.channel, marketing = excluded.marketing, journey = excluded.journey,
        sent_at = excluded.sent_at, address_id = excluded.address_id, sent_as = excluded.sent_as
    WHERE (m.sent_at, m.event_id) < (excluded.sent_at, excluded.event_id)
"""


async def save_messages(connection: WorkerConnection, messages: Sequence[ElsewhereRow]) -> None:
    """Write messages, one row for each message id of a customer, unless a later one is stored."""
    await connection.execute(
        f"INSERT INTO messages_elsewhere AS m ({_ROW}) SELECT {_ROW} FROM {_ROWS} {_UNLESS_LATER}",  # noqa: S608
        as_json(messages),
    )


async def move_messages(connection: WorkerConnection, merged: Sequence[tuple[CustomerKey, CustomerKey]]) -> None:
    """Give the messages of aliases to their roots; of one message id of both the later one."""
    await connection.execute(
        f"""
        WITH taken AS (
            DELETE FROM messages_elsewhere e
            USING unnest($1::text[], $2::text[], $3::text[]) AS w(shop, alias, root)
            WHERE e.shop = w.shop AND e.customer_id = w.alias
            RETURNING e.*, w.root
        )
        INSERT INTO messages_elsewhere AS m ({_ROW})
        SELECT DISTINCT ON (shop, root, message_id) shop, root, message_id, event_id, channel, marketing, journey,
            sent_at, address_id, coalesce(sent_as, customer_id)
        FROM taken ORDER BY shop, root, message_id, sent_at DESC, event_id DESC
        {_UNLESS_LATER}
        """,  # noqa: S608  the columns are ours
        *merge_columns(merged),
    )


async def load_large(
    connection: WorkerConnection, merged: Sequence[tuple[CustomerKey, CustomerKey]], most: int
) -> set[CustomerKey]:
    """The roots who would be given more than ``most`` messages; no more than that are counted of an alias."""
    rows = await connection.fetch(
        """
        SELECT w.shop, w.root
        FROM unnest($1::text[], $2::text[], $3::text[]) AS w(shop, alias, root)
            CROSS JOIN LATERAL (
                SELECT FROM messages_elsewhere e
                WHERE e.shop = w.shop AND e.customer_id = w.alias LIMIT $4 + 1) AS counted
        GROUP BY w.shop, w.root HAVING count(*) > $4
        """,
        *merge_columns(merged),
        most,
    )
    return {CustomerKey(*row) for row in rows}
