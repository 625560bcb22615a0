"""Rows of histories. The row in ``timelines`` is locked before entries change, in key order like customers are."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct

from churn.domain.timeline.entry import MOVED, Entry
from mandegar.database import KEYS, WorkerConnection, as_json, columns, keys_as_json, record_set
from mandegar.events import CustomerKey

# How many entries of a customer are kept, and how many there may be before the oldest are deleted: so they are
# counted once for so many events, and an event of a customer of many costs what one of a customer of few costs.
ENTRIES_KEPT = 2_000
ENTRIES_MAX = 2_500


class _Count(Struct, frozen=True):
    shop: str
    customer_id: str
    entries: int


class _Place(Struct, frozen=True):
    shop: str
    customer_id: str
    entry_id: UUID


class _Alias(Struct, frozen=True):
    shop: str
    customer_id: str
    root: str


_ENTRY: Final = columns(Entry)
_OWN_ENTRY: Final = ", ".join(f"t.{name}" for name in _ENTRY.split(", "))
_ENTRIES: Final = record_set(Entry, kind="smallint")
_COUNTS: Final = record_set(_Count)
_PLACES: Final = record_set(_Place)
_ALIASES: Final = record_set(_Alias)


async def lock_timelines(connection: WorkerConnection, added: Mapping[CustomerKey, int]) -> list[CustomerKey]:
    """Lock the histories of customers, and count what a batch adds at most; returns those that have too many now."""
    rows = await connection.fetch(
        f"""
        INSERT INTO timelines AS t (shop, customer_id, entries)
        SELECT shop, customer_id, entries FROM {_COUNTS}
        ON CONFLICT (shop, customer_id) DO UPDATE SET entries = t.entries + excluded.entries
        RETURNING shop, customer_id, entries
        """,  # noqa: S608  names of our own columns
        as_json([_Count(*key, added[key]) for key in sorted(added)]),
    )
    return [CustomerKey(shop, customer_id) for shop, customer_id, entries in rows if entries > ENTRIES_MAX]


async def load_entries(connection: WorkerConnection, places: Collection[tuple[CustomerKey, UUID]]) -> list[Entry]:
    """The stored entries among ``places``; their histories are locked."""
    rows = await connection.fetch(
        f"""
        SELECT {_ENTRY} FROM timeline_entries JOIN {_PLACES} USING (shop, customer_id, entry_id)
        """,  # noqa: S608  names of our own columns
        as_json([_Place(*key, id_) for key, id_ in places]),
    )
    return [Entry(*row) for row in rows]


async def save_entries(connection: WorkerConnection, entries: Sequence[Entry]) -> None:
    """Write entries of locked histories, each in the place of what is stored of it."""
    await connection.execute(
        f"""
        INSERT INTO timeline_entries ({_ENTRY})
        SELECT * FROM {_ENTRIES}
        ON CONFLICT (shop, customer_id, entry_id) DO UPDATE SET
            kind = excluded.kind, at = excluded.at, type = excluded.type, data = excluded.data
        """,  # noqa: S608  names of our own columns
        as_json(entries),
    )


async def delete_entries(connection: WorkerConnection, places: Collection[tuple[CustomerKey, UUID]]) -> None:
    """Delete entries of locked histories, if they are there."""
    await connection.execute(
        f"""
        DELETE FROM timeline_entries t USING {_PLACES}
        WHERE t.shop = w.shop AND t.customer_id = w.customer_id AND t.entry_id = w.entry_id
        """,  # noqa: S608  names of our own columns
        as_json([_Place(*key, id_) for key, id_ in places]),
    )


async def delete_oldest(connection: WorkerConnection, keys: Collection[CustomerKey]) -> None:
    """Delete all but the newest ``ENTRIES_KEPT`` of locked histories, and count what is left.

    The oldest that stays is found once for each customer, and not for each of their entries.
    """
    await connection.execute(
        f"""
        WITH oldest AS MATERIALIZED (
            SELECT w.shop, w.customer_id, o.at, o.entry_id FROM {KEYS} CROSS JOIN LATERAL (
                SELECT at, entry_id FROM timeline_entries WHERE shop = w.shop AND customer_id = w.customer_id
                ORDER BY at DESC, entry_id DESC OFFSET $2 LIMIT 1) o
        )
        DELETE FROM timeline_entries t USING oldest o
        WHERE t.shop = o.shop AND t.customer_id = o.customer_id AND (t.at, t.entry_id) <= (o.at, o.entry_id)
        """,  # noqa: S608  text of our own
        keys_as_json(keys),
        ENTRIES_KEPT,
    )
    await connection.execute(
        f"""
        UPDATE timelines t SET entries = (
            SELECT count(*) FROM timeline_entries e WHERE e.shop = t.shop AND e.customer_id = t.customer_id)
        FROM {KEYS} WHERE t.shop = w.shop AND t.customer_id = w.customer_id
        """,  # noqa: S608  text of our own
        keys_as_json(keys),
    )


async def forget_moved(connection: WorkerConnection, keys: Collection[CustomerKey]) -> None:
    """Delete what says that orders of customers who become one moved to another: that may be one of them."""
    await connection.execute(
        f"""
        DELETE FROM timeline_entries t USING {KEYS}
        WHERE t.shop = w.shop AND t.customer_id = w.customer_id AND t.kind = $2
        """,  # noqa: S608  text of our own
        keys_as_json(keys),
        MOVED,
    )


async def take_counts(connection: WorkerConnection, keys: Collection[CustomerKey]) -> dict[CustomerKey, int]:
    """Delete the rows of ``timelines`` of aliases; returns how many entries each of them has at most."""
    rows = await connection.fetch(
        f"""
        DELETE FROM timelines t USING {KEYS} WHERE t.shop = w.shop AND t.customer_id = w.customer_id
        RETURNING t.shop, t.customer_id, t.entries
        """,  # noqa: S608  text of our own
        keys_as_json(keys),
    )
    return {CustomerKey(shop, customer_id): entries for shop, customer_id, entries in rows}


async def take_common(connection: WorkerConnection, roots: Mapping[CustomerKey, CustomerKey]) -> list[Entry]:
    """Delete and return those entries of aliases that are about things of which others of the person have one, too.

    ``roots`` are those of the aliases.
    """
    rows = await connection.fetch(
        f"""
        DELETE FROM timeline_entries t USING {_ALIASES}
        WHERE t.shop = w.shop AND t.customer_id = w.customer_id AND EXISTS (
            SELECT FROM json_to_recordset($1::json) AS o(shop text, customer_id text, root text)
                JOIN timeline_entries e ON e.shop = o.shop AND e.customer_id IN (o.customer_id, o.root)
            WHERE o.shop = w.shop AND o.root = w.root AND e.customer_id <> t.customer_id AND e.entry_id = t.entry_id)
        RETURNING {_OWN_ENTRY}
        """,  # noqa: S608  names of our own columns
        _aliases(roots),
    )
    return [Entry(*row) for row in rows]


async def give_entries(connection: WorkerConnection, roots: Mapping[CustomerKey, CustomerKey]) -> None:
    """Let the entries of aliases be those of their roots."""
    await connection.execute(
        f"""
        UPDATE timeline_entries t SET customer_id = w.root FROM {_ALIASES}
        WHERE t.shop = w.shop AND t.customer_id = w.customer_id
        """,  # noqa: S608  text of our own
        _aliases(roots),
    )


def _aliases(roots: Mapping[CustomerKey, CustomerKey]) -> str:
    return as_json([_Alias(*alias, root.customer_id) for alias, root in roots.items()])
