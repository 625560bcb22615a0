"""What the database has of a shop at one instant: up to which records, and the balance of each customer."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from loyalty.domain.ids import NAME
from loyalty.domain.posting import Balance
from loyalty.programme.document import PROGRAMMES, types_of_acts
from loyalty.programme.rows import Rules, rules_of
from loyalty.settings import LoyaltySettings
from loyalty.verify.kept_states import KeptStates, State
from mandegar.database import Connection, Row, transaction
from mandegar.documents.rows import documents_of, heads_of_shops
from mandegar.events import CustomerKey, Event, decode
from mandegar.events.topics import CHURN_EVENTS, INGEST_EVENTS, LOYALTY_EVENTS
from mandegar.quantities import scaled, to_us
from mandegar.service.context import Context

STATES_AT_ONCE = 1_000
_OFFSETS = "SELECT topic, partition, next_offset FROM offsets WHERE consumer_group = $1 AND topic = ANY($2::text[])"
_DEAD = """
    SELECT event_id::text FROM dead_letters
    WHERE consumer_group = $1 AND shop = $2 AND event_id IS NOT NULL AND released_at IS NULL
"""
_WAITING = "SELECT DISTINCT customer_id FROM waiting_beside WHERE shop = $1"
# Of a shop whose customers are all being settled anew.
_ANEW = "SELECT EXISTS (SELECT FROM cutoffs WHERE shop = $1 AND recomputed_at IS NULL)"
_STATES = """
    SELECT customer_id, version, settled_at, due_at, available, pending, held, debt, lifetime, credit FROM customers
    WHERE shop = $1 AND ($2::text IS NULL OR customer_id = $2)
"""
_UNPUBLISHED = "SELECT value FROM outbox WHERE shop = $1 AND topic = $2 ORDER BY id"
_ENTRIES = """
    SELECT lot_id, kind, bucket, coalesce(cause::text, '') AS cause, sum(points) AS points, max(effective_at) AS at,
        max(order_id) AS order_id
    FROM entries WHERE shop = $1 AND customer_id = $2 GROUP BY 1, 2, 3, 4
"""


class Snapshot(NamedTuple):
    """``offsets`` are the records up to which events are applied, by topic and partition. The events ``dead`` are not,
    because they are dead letters, and those of customers who are ``waiting`` are not yet. ``unpublished`` are events
    that tell of commands and wait for the relay. ``acts`` are the types of acts that rules of the shop are about.
    ``is_anew``: all customers of the shop are about to be settled anew.
    """

    offsets: dict[str, dict[int, int]]
    dead: frozenset[str]
    waiting: frozenset[str]
    rules: Rules
    unpublished: Sequence[Event]
    acts: frozenset[str]
    taken_at: int
    is_anew: bool


class StoredSum(NamedTuple):
    """The points of all entries under one key, when they took effect, and the order whose effect they are."""

    points: int
    at: datetime
    order_id: str


async def take_snapshot(
    context: Context[LoyaltySettings], shop: str, customer: str | None, states: KeptStates
) -> Snapshot:
    """Read all of it as of one instant; the balances go to ``states``."""
    offsets: dict[str, dict[int, int]] = {INGEST_EVENTS: {}, CHURN_EVENTS: {}}
    async with transaction(context.worker) as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        rows_of_offsets = await connection.fetch(_OFFSETS, NAME, [*offsets])
        for topic, partition, next_offset in rows_of_offsets:
            offsets[topic][partition] = next_offset
        dead = await connection.fetch(_DEAD, NAME, shop)
        waiting = await connection.fetch(_WAITING, shop)
        is_anew = await connection.fetchval(_ANEW, shop)
        rules = await rules_of(connection, shop)
        acts = await _types_of_acts(connection, shop)
        outbox = await connection.fetch(_UNPUBLISHED, shop, LOYALTY_EVENTS)
        rows: list[State] = []
        async for row in connection.cursor(_STATES, shop, customer, prefetch=STATES_AT_ONCE):
            rows.append(_state(*row))
            if len(rows) == STATES_AT_ONCE:
                states.add(rows)
                rows = []
        states.add(rows)
    return Snapshot(
        offsets,
        _texts(dead),
        _texts(waiting),
        rules,
        [decode(row["value"]) for row in outbox if row["value"] is not None],
        acts,
        to_us(context.clock.now()),
        is_anew,
    )


async def _types_of_acts(connection: Connection, shop: str) -> frozenset[str]:
    heads = await heads_of_shops(connection, PROGRAMMES, [shop])
    types = [types_of_acts(text) for text in await documents_of(connection, PROGRAMMES, heads)] if heads else []
    return frozenset().union(*types)


def _state(
    customer_id: str, version: int, settled_at: datetime | None, due_at: datetime | None, *balance: Any
) -> State:
    at, due = (None if each is None else to_us(each) for each in (settled_at, due_at))
    return State(customer_id, version, at, due, Balance(*balance[:-1]), balance[-1])


def _texts(rows: Iterable[Row]) -> frozenset[str]:
    return frozenset(row[0] for row in rows)


async def stored_sums(connection: Connection, key: CustomerKey) -> dict[tuple[str, str, str, str], StoredSum]:
    """The sums of a customer's entries by lot, kind, bucket and cause."""
    rows = await connection.fetch(_ENTRIES, *key)
    return {
        (str(row["lot_id"]), row["kind"], row["bucket"], row["cause"]): StoredSum(
            scaled(row["points"], 0), row["at"], row["order_id"]
        )
        for row in rows
    }


async def version_of(connection: Connection, key: CustomerKey) -> int | None:
    """The version of what is posted to a customer."""
    version: int | None = await connection.fetchval(
        "SELECT version FROM customers WHERE shop = $1 AND customer_id = $2", *key
    )
    return version
