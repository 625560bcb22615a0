"""Rows of memberships: one read and one write per kind of row and batch."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from msgspec import Struct

from churn.memberships.states import Loyalty, State
from mandegar.database import Connection, WorkerConnection, as_json, columns, keys_as_json, record_set
from mandegar.events import CustomerKey


class Member(Struct, frozen=True):
    """A customer who is in a segment since an instant."""

    shop: str
    segment: str
    customer_id: str
    partition: int
    since: datetime


class Count(Struct, frozen=True):
    """By how many the members of a segment in a partition have become more."""

    shop: str
    segment: str
    partition: int
    customers: int


class Place(NamedTuple):
    """A membership: its customer, and the partition that counts it."""

    key: CustomerKey
    segment: str
    partition: int


_STATE: Final = columns(State)
_MEMBER: Final = columns(Member)
_COUNT: Final = columns(Count)
_STATES: Final = record_set(State)
_MEMBERS: Final = record_set(Member, partition="smallint")
_COUNTS: Final = record_set(Count, partition="smallint")


async def load_states(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, State]:
    """The states of those customers who have one; their rows are locked with the customers."""
    rows = await connection.fetch(
        f"""
        SELECT {_STATE} FROM segment_states
            JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
        """,  # noqa: S608  names of our own columns
        keys_as_json(keys),
    )
    return {CustomerKey(row["shop"], row["customer_id"]): State(*row) for row in rows}


async def take_states(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, State]:
    """Delete the states of customers; returns them."""
    rows = await connection.fetch(
        f"""
        DELETE FROM segment_states WHERE (shop, customer_id) IN (
            SELECT shop, customer_id FROM json_to_recordset($1::json) AS w(shop text, customer_id text))
        RETURNING {_STATE}
        """,  # noqa: S608  names of our own columns
        keys_as_json(keys),
    )
    return {CustomerKey(row["shop"], row["customer_id"]): State(*row) for row in rows}


async def save_states(connection: WorkerConnection, states: Collection[State]) -> None:
    """Write states, of customers who have a row and of those who have none yet."""
    await connection.execute(
        f"""
        INSERT INTO segment_states AS s ({_STATE}) SELECT * FROM {_STATES}
        ON CONFLICT (shop, customer_id) DO UPDATE SET members = excluded.members, generation = excluded.generation,
            due_at = excluded.due_at, hidden_due_at = excluded.hidden_due_at, complained_at = excluded.complained_at
        """,  # noqa: S608  names of our own columns
        as_json([*states]),
    )


async def begin_states(connection: WorkerConnection, keys: Collection[CustomerKey]) -> None:
    """Let customers who have done nothing yet be evaluated under their shop's segments of now: they are in none."""
    await connection.execute(
        """
        INSERT INTO segment_states (shop, customer_id, generation)
        SELECT shop, customer_id, generation FROM segment_shops
            JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop)
        ON CONFLICT (shop, customer_id) DO NOTHING
        """,
        keys_as_json(keys),
    )


async def load_loyalty(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, Loyalty]:
    """The balance and the tier that loyalty published last of customers."""
    rows = await connection.fetch(
        """
        SELECT shop, customer_id, points, tier FROM cards
            JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
        """,
        keys_as_json(keys),
    )
    return {CustomerKey(shop, customer_id): Loyalty(*of_loyalty) for shop, customer_id, *of_loyalty in rows}


async def change_members(
    connection: WorkerConnection, entered: Mapping[Place, datetime], left: Iterable[Place]
) -> None:
    """Add memberships, each with the instant since when, remove others, count both, and note that their customers, who
    are locked, have changed. The rows of counts come last and in order: until the end of a transaction they hold up
    others of the same partition.
    """
    gone = [*left]
    if gone:
        await connection.execute(
            """
            DELETE FROM segment_members m
            USING unnest($1::text[], $2::text[], $3::text[]) AS w(shop, segment, customer_id)
            WHERE m.shop = w.shop AND m.segment = w.segment AND m.customer_id = w.customer_id
            """,
            [place.key.shop for place in gone],
            [place.segment for place in gone],
            [place.key.customer_id for place in gone],
        )
    if entered:
        rows = [
            Member(place.key.shop, place.segment, place.key.customer_id, place.partition, since)
            for place, since in entered.items()
        ]
        await connection.execute(
            f"""
            INSERT INTO segment_members ({_MEMBER}) SELECT * FROM {_MEMBERS}
            ON CONFLICT (shop, segment, customer_id) DO UPDATE SET since = excluded.since
            """,  # noqa: S608  names of our own columns
            as_json(rows),
        )
    await _note_changes(connection, {place.key for place in (*entered, *gone)})
    await _count(connection, entered, gone)


async def _note_changes(connection: WorkerConnection, keys: Collection[CustomerKey]) -> None:
    """Let these customers be among those who have changed; a change of their own rows notes that by itself."""
    if keys:
        await connection.execute(
            """
            UPDATE customers c SET changed_in = (pg_current_xact_id()::text)::bigint
            FROM json_to_recordset($1::json) AS w(shop text, customer_id text)
            WHERE c.shop = w.shop AND c.customer_id = w.customer_id
                AND c.changed_in <> (pg_current_xact_id()::text)::bigint
            """,
            keys_as_json(keys),
        )


async def _count(connection: WorkerConnection, entered: Iterable[Place], left: Iterable[Place]) -> None:
    more: Counter[tuple[str, str, int]] = Counter()
    for key, segment, partition in entered:
        more[key.shop, segment, partition] += 1
    for key, segment, partition in left:
        more[key.shop, segment, partition] -= 1
    changed = [Count(*place, number) for place, number in sorted(more.items()) if number]
    if changed:
        await connection.execute(
            f"""
            INSERT INTO segment_counts AS c ({_COUNT}) SELECT * FROM {_COUNTS}
            ON CONFLICT (shop, segment, partition) DO UPDATE SET customers = c.customers + excluded.customers
            """,  # noqa: S608  names of our own columns
            as_json(changed),
        )


async def partitions_of(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, int]:
    """The partitions of customers."""
    rows = await connection.fetch(
        """
        SELECT shop, customer_id, partition FROM customers
            JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
        """,
        keys_as_json(keys),
    )
    return {CustomerKey(row["shop"], row["customer_id"]): row["partition"] for row in rows}


async def evaluate_soon(connection: WorkerConnection, keys: Collection[CustomerKey], now: datetime) -> None:
    """Make customers due: the timer evaluates them, and until then their generation is negative. Those whose history
    comes in are evaluated at its end.

    Their rows are locked in the order of their keys, as batches lock them.
    """
    await connection.execute(
        """
        UPDATE customers c SET due_at = coalesce(c.backfill_until, least(c.due_at, $2))
        FROM (
            SELECT shop, customer_id FROM customers
                JOIN json_to_recordset($1::json) AS w(shop text, customer_id text) USING (shop, customer_id)
            WHERE merged_into IS NULL AND erased_at IS NULL
            ORDER BY shop COLLATE "C", customer_id COLLATE "C" FOR UPDATE OF customers
        ) l
        WHERE (c.shop, c.customer_id) = (l.shop, l.customer_id)
        """,
        keys_as_json(keys),
        now,
    )
    await connection.execute(
        """
        UPDATE segment_states s SET generation = -abs(generation)
        FROM json_to_recordset($1::json) AS w(shop text, customer_id text)
        WHERE (s.shop, s.customer_id) = (w.shop, w.customer_id)
        """,
        keys_as_json(keys),
    )
