"""Rows of ``customer_parts``, whose customers are locked; what their parts count for is changed with them."""

from asyncio import sleep
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from asyncpg import LockNotAvailableError
from msgspec import Struct

from churn.domain.dimensions import UNKNOWN, First, Origin, changed_parts
from churn.domain.turnover import Turnover, unpack_spans
from churn.kpis.part_rows import ShopPartCounts, record_part_changes
from mandegar.clock import monotonic_seconds
from mandegar.database import Connection, Row, WorkerConnection, as_json, columns, keys_as_json, record_set
from mandegar.database.transaction import savepoint
from mandegar.events import CustomerKey


class State(NamedTuple):
    """What is known of a customer, and the turnover that the sums have of them, as the bytes of its spans."""

    origin: Origin = UNKNOWN
    spans: bytes = b""

    @property
    def turnover(self) -> Turnover:
        """The turnover."""
        return unpack_spans(self.spans)


NOBODY: Final = State()


class _AgainError(Exception):
    """First orders are being written, or somebody has a row of ``customers`` who had none."""


class _Written(Struct, frozen=True):
    shop: str
    customer_id: str
    sources: tuple[First, ...]
    categories: tuple[First, ...]
    moved: tuple[int, ...]
    member: bool
    counted: str


_COLUMNS: Final = columns(_Written)
_KEYS: Final = "json_to_recordset($1::json) AS w(shop text, customer_id text)"
_LOAD: Final = f"SELECT {_COLUMNS} FROM customer_parts JOIN {_KEYS} USING (shop, customer_id)"  # noqa: S608
_PAGE: Final = f"""
    SELECT {_COLUMNS} FROM customer_parts WHERE (shop, customer_id) > ($1, $2) ORDER BY shop, customer_id LIMIT $3
"""  # noqa: S608  names of our own columns
_DELETE: Final = f"DELETE FROM customer_parts p USING {_KEYS} WHERE (p.shop, p.customer_id) = (w.shop, w.customer_id)"  # noqa: S608
_SAVE: Final = f"""
    INSERT INTO customer_parts ({_COLUMNS})
    SELECT shop, customer_id, sources, categories, moved, member, decode(counted, 'hex')
    FROM {record_set(_Written, sources="jsonb", categories="jsonb", moved="jsonb")}
    ON CONFLICT (shop, customer_id) DO UPDATE SET (sources, categories, moved, member, counted) =
        (excluded.sources, excluded.categories, excluded.moved, excluded.member, excluded.counted)
"""  # noqa: S608
# Customers with a row, in the order in which batches lock them.
_LOCK: Final = f"""
    SELECT shop, customer_id, turnover, merged_into IS NULL AND erased_at IS NULL AS stands
    FROM customers JOIN {_KEYS} USING (shop, customer_id)
    ORDER BY shop COLLATE "C", customer_id COLLATE "C" FOR UPDATE OF customers
"""  # noqa: S608
_TURNOVERS: Final = f"SELECT shop, customer_id, turnover FROM customers JOIN {_KEYS} USING (shop, customer_id)"  # noqa: S608

# Who has no row of ``customers`` yet cannot be locked: batches that write first orders share a lock of PostgreSQL, and
# those that hear of new members hold it alone. Of two, the second sees what the first did. It is one lock for all
# customers: a batch that shares it comes back to it for others, and does not wait for what it has. Who wants to hold it
# tries again and again instead of waiting: those who share it would wait behind. Only where one batch after another
# shares it, as in an import, it waits for moments at a time.
_FIRST_ORDERS: Final = 93
_SHARE: Final = "SELECT pg_advisory_xact_lock_shared($1, 0)"
_TRY_TO_HOLD: Final = "SELECT pg_try_advisory_xact_lock($1, 0)"
_HOLD: Final = "SELECT pg_advisory_xact_lock($1, 0)"
_WAIT_FOR_A_MOMENT: Final = "SET LOCAL lock_timeout = '250ms'"
_WAIT_AS_EVER: Final = "SET LOCAL lock_timeout TO DEFAULT"
_PAUSE_SECONDS: Final = 0.01
_ONLY_TRY_SECONDS: Final = 0.5
# As long as a transaction waits for any other lock. Then the batch is tried again as a whole.
_TRY_SECONDS: Final = 3.0


async def load(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, State]:
    """The states of those who have one."""
    return _by_customer(await connection.fetch(_LOAD, keys_as_json(sorted(keys))))


async def page(connection: Connection, after: CustomerKey, limit: int) -> dict[CustomerKey, State]:
    """The next states of all shops, by key."""
    return _by_customer(await connection.fetch(_PAGE, *after, limit))


async def delete(connection: WorkerConnection, keys: Collection[CustomerKey]) -> None:
    """Delete the rows of customers."""
    await connection.execute(_DELETE, keys_as_json(sorted(keys)))


async def turnovers(connection: Connection, keys: Collection[CustomerKey]) -> dict[CustomerKey, bytes]:
    """What the columns ``turnover`` of customers have."""
    rows = await connection.fetch(_TURNOVERS, keys_as_json(sorted(keys)))
    return {CustomerKey(row["shop"], row["customer_id"]): row["turnover"] for row in rows}


async def keep_turnovers(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, bytes]:
    """Keep others from changing what customers have bought until the transaction ends, whether or not they have a row
    of ``customers``; returns the ``turnover`` of those who have one, aliases and the erased left out.

    Batches lock rows first and share the lock of first orders then. So whoever holds that one waits for no row: if one
    has appeared meanwhile, or others share it, everything is let go of, and locked again from the beginning. Raises
    ``TimeoutError`` if others share it all the time.
    """
    began = monotonic_seconds()
    while True:
        with suppress(_AgainError):
            async with savepoint(connection):
                rows = await connection.fetch(_LOCK, keys_as_json(sorted(keys)))
                if absent := set(keys) - {CustomerKey(row["shop"], row["customer_id"]) for row in rows}:
                    await _hold_first_orders(connection, waits=monotonic_seconds() - began > _ONLY_TRY_SECONDS)
                    if await turnovers(connection, absent):
                        raise _AgainError
            return {CustomerKey(row["shop"], row["customer_id"]): row["turnover"] for row in rows if row["stands"]}
        if monotonic_seconds() - began > _TRY_SECONDS:
            raise TimeoutError("first orders are being written all the time")
        await sleep(_PAUSE_SECONDS)


async def _hold_first_orders(connection: WorkerConnection, *, waits: bool) -> None:
    """Hold the lock of first orders alone; raises ``_AgainError`` while others share it."""
    if not waits:
        if not await connection.fetchval(_TRY_TO_HOLD, _FIRST_ORDERS):
            raise _AgainError
        return
    await connection.execute(_WAIT_FOR_A_MOMENT)
    try:
        await connection.execute(_HOLD, _FIRST_ORDERS)
    except LockNotAvailableError:
        raise _AgainError from None
    await connection.execute(_WAIT_AS_EVER)


async def share_first_orders(connection: WorkerConnection) -> None:
    """Wait for those who hear of new members among customers without a row; first orders are about to be written."""
    await connection.execute(_SHARE, _FIRST_ORDERS)


async def write(
    connection: WorkerConnection, before: Mapping[CustomerKey, State], after: Mapping[CustomerKey, State]
) -> None:
    """Write the states of ``after`` and let their parts count for them instead of ``before``, which counts no more."""
    figures = ShopPartCounts()
    for key in sorted(before.keys() | after.keys()):
        was, is_ = before.get(key, NOBODY), after.get(key, NOBODY)
        if was != is_:
            figures.add(key.shop, changed_parts((was.origin, was.turnover), (is_.origin, is_.turnover)))
    rows = [
        _Written(*key, *state.origin, counted=state.spans.hex())  # type: ignore[arg-type]  # by the order of fields
        for key, state in sorted(after.items())
        if state != before.get(key)
    ]
    if rows:
        await connection.execute(_SAVE, as_json(rows))
    await record_part_changes(connection, figures)


def _by_customer(rows: Collection[Row]) -> dict[CustomerKey, State]:
    return {
        CustomerKey(shop, customer_id): State(
            Origin(
                tuple(First(*each) for each in sources),
                tuple(First(*each) for each in categories),
                tuple(moved),
                member,
            ),
            counted,
        )
        for shop, customer_id, sources, categories, moved, member, counted in rows
    }
