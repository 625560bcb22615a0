"""Sources and their keys."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ingest.domain.sources import Allowance, Budget, Shop, Source
from ingest.sources.new_key import NewKey
from mandegar.database import Connection, ReadConnection, Row, ShopConnection, WorkerConnection, WriteConnection

_WITH_SHOP = """
    SELECT s.*, h.currency, h.zone, h.phone_region, h.customer_ids, h.attributes,
        l.events_per_second AS shop_events_per_second,
        l.bytes_per_second AS shop_bytes_per_second, l.quarantine_events_max, l.quarantine_bytes_max
    FROM sources s JOIN shops h USING (shop) LEFT JOIN shop_limits l USING (shop)
"""

# Origins of the pages that may use a key; the door looks which of them the key's source allows.
BROWSER_ORIGINS = "SELECT unnest(origins) AS origin FROM sources WHERE trust = 'browser' AND closed_at IS NULL"


def source_of(row: Row) -> Source:
    """The source in a row that includes the settings of its shop."""
    return Source(
        id=row["id"],
        shop=_shop_of(row),
        trust=row["trust"],
        record_of_orders=row["record_of_orders"],
        historical=row["historical"],
        closed_at=row["closed_at"],
        unit=row["unit"],
        success_status=row["success_status"],
        allowance=Allowance(row["events_per_second"], row["bytes_per_second"]),
        origins=frozenset(row["origins"]),
        visitor_proof=row["visitor_proof"],
        visitor_secrets=tuple(row["visitor_secrets"]),
    )


def _shop_of(row: Row) -> Shop:
    return Shop(
        row["shop"],
        row["currency"],
        ZoneInfo(row["zone"]),
        row["phone_region"],
        Allowance(row["shop_events_per_second"], row["shop_bytes_per_second"]),
        Budget(row["quarantine_events_max"], row["quarantine_bytes_max"]),
        row["customer_ids"],
        row["attributes"],
    )


async def load_sources(connection: Connection, ids: Collection[str]) -> dict[str, Source]:
    """The sources among ``ids`` that exist."""
    rows = await connection.fetch(_WITH_SHOP + "WHERE s.id = ANY($1::text[])", list(ids))
    return {row["id"]: source_of(row) for row in rows}


async def load_shop(connection: Connection, shop: str) -> Shop:
    """The settings of a shop that exists."""
    [row] = await connection.fetch(
        """
        SELECT h.shop, h.currency, h.zone, h.phone_region, h.customer_ids, h.attributes,
            l.events_per_second AS shop_events_per_second, l.bytes_per_second AS shop_bytes_per_second,
            l.quarantine_events_max, l.quarantine_bytes_max
        FROM shops h LEFT JOIN shop_limits l USING (shop) WHERE h.shop = $1
        """,
        shop,
    )
    return _shop_of(row)


async def record_of_orders(connection: Connection, shop: str) -> Source | None:
    """The open source that is the shop's record of orders, and not historical."""
    row = await connection.fetchrow(
        _WITH_SHOP + "WHERE s.shop = $1 AND s.record_of_orders AND NOT s.historical AND s.closed_at IS NULL", shop
    )
    return None if row is None else source_of(row)


async def find_key(connection: Connection, prefix: str) -> Row | None:
    """A key that is not revoked, with its source and shop."""
    return await connection.fetchrow(
        """
        SELECT k.hash, k.last_used_at, s.*, h.currency, h.zone, h.phone_region,
            l.events_per_second AS shop_events_per_second, l.bytes_per_second AS shop_bytes_per_second,
            l.quarantine_events_max, l.quarantine_bytes_max, h.customer_ids, h.attributes
        FROM source_keys k JOIN sources s ON s.id = k.source_id JOIN shops h ON h.shop = s.shop
            LEFT JOIN shop_limits l ON l.shop = s.shop
        WHERE k.prefix = $1 AND k.revoked_at IS NULL
        """,
        prefix,
    )


async def touch_key(connection: WorkerConnection, prefix: str, now: datetime) -> None:
    """Note when a key was last used."""
    await connection.execute("UPDATE source_keys SET last_used_at = $2 WHERE prefix = $1", prefix, now)


async def closed_among(connection: WorkerConnection, ids: Collection[str]) -> set[str]:
    """The closed sources among ``ids``; row locks keep the others open until this transaction ends."""
    rows = await connection.fetch(
        "SELECT id, closed_at FROM sources WHERE id = ANY($1::text[]) ORDER BY id FOR SHARE", sorted(ids)
    )
    return {row["id"] for row in rows if row["closed_at"] is not None}


async def has_record(connection: ReadConnection, shop: str) -> bool:
    """Whether an open source of the shop that is not historical is the record of orders."""
    found: bool = await connection.fetchval(
        """
        SELECT EXISTS (
            SELECT FROM sources WHERE shop = $1 AND record_of_orders AND NOT historical AND closed_at IS NULL
        )
        """,
        shop,
    )
    return found


async def take_from_closed(connection: ShopConnection, shop: str) -> None:
    """End the role of a closed source as the record of orders, so that another can have it."""
    await connection.execute(
        """
        UPDATE sources SET record_of_orders = false
        WHERE shop = $1 AND record_of_orders AND NOT historical AND closed_at IS NOT NULL
        """,
        shop,
    )


async def move_record(connection: ShopConnection, shop: str, source_id: str) -> None:
    """Make an open, live source the record of orders instead of the present one, which must be unset first."""
    await connection.execute(
        """
        UPDATE sources SET record_of_orders = false
        WHERE shop = $1 AND record_of_orders AND NOT historical AND id <> $2
        """,
        shop,
        source_id,
    )
    await connection.execute("UPDATE sources SET record_of_orders = true WHERE shop = $1 AND id = $2", shop, source_id)


async def lock_sources(connection: WriteConnection, shop: str) -> None:
    """Exclude other transactions that count the shop's sources or move its record of orders, until this one ends."""
    await connection.execute("SELECT pg_advisory_xact_lock(7303, hashtext($1))", shop)


async def insert_source(connection: WriteConnection, source: Mapping[str, Any], now: datetime) -> Row:
    """Insert a source; ``UniqueViolationError`` if the shop already has a record of orders."""
    [row] = await connection.fetch(
        """
        INSERT INTO sources
            (id, shop, name, trust, record_of_orders, historical, kafka, unit, success_status, origins, visitor_proof,
             visitor_secrets, created_at, topic_ready)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, NOT $7)
        RETURNING *
        """,
        *(source[column] for column in ("id", "shop", "name", "trust", "record_of_orders", "historical", "kafka")),
        source["unit"],
        source["success_status"],
        source["origins"],
        source["visitor_proof"],
        source["visitor_secrets"],
        now,
    )
    return row


async def count_sources(connection: ShopConnection, shop: str) -> Row:
    """The sources of a shop, those that are open, and those with a topic. Locked until the transaction ends."""
    await lock_sources(connection, shop)
    [row] = await connection.fetch(
        """
        SELECT count(*) AS every, count(*) FILTER (WHERE closed_at IS NULL) AS open,
               count(*) FILTER (WHERE kafka) AS kafka
        FROM sources WHERE shop = $1
        """,
        shop,
    )
    return row


async def without_topic(connection: WorkerConnection, limit: int) -> list[str]:
    """Sources whose topic has not been created yet."""
    rows = await connection.fetch("SELECT id FROM sources WHERE NOT topic_ready ORDER BY created_at LIMIT $1", limit)
    return [row["id"] for row in rows]


async def set_topic_ready(connection: WorkerConnection, source_id: str) -> None:
    """Note that the topic of a source exists."""
    await connection.execute("UPDATE sources SET topic_ready = true WHERE id = $1", source_id)


async def get_source(connection: Connection, shop: str, source_id: str, *, lock: bool = False) -> Row | None:
    """A source of a shop; ``lock`` waits for transactions that are accepting its events."""
    sql = "SELECT * FROM sources WHERE shop = $1 AND id = $2"
    return await connection.fetchrow(f"{sql} FOR UPDATE" if lock else sql, shop, source_id)


async def list_sources(connection: ReadConnection, shop: str) -> list[Row]:
    """The sources of a shop, each with the prefixes of its live keys."""
    return await connection.fetch(
        """
        SELECT s.*, ARRAY(SELECT k.prefix FROM source_keys k WHERE k.source_id = s.id AND k.revoked_at IS NULL
                          ORDER BY k.created_at) AS keys
        FROM sources s WHERE s.shop = $1 ORDER BY s.created_at, s.id
        """,
        shop,
    )


async def change_source(connection: ShopConnection, source: Row, changes: Mapping[str, Any]) -> None:
    """Set what can be changed in a source; what is not in ``changes`` stays."""
    columns = ("unit", "events_per_second", "bytes_per_second", "origins", "visitor_proof")
    await connection.execute(
        """
        UPDATE sources
        SET unit = $2, events_per_second = $3, bytes_per_second = $4, origins = $5, visitor_proof = $6 WHERE id = $1
        """,
        source["id"],
        *(changes.get(column, source[column]) for column in columns),
    )


async def add_visitor_secret(connection: ShopConnection, source_id: str, secret: str) -> None:
    """Add a secret of a source, and forget all but the one before it."""
    await connection.execute(
        "UPDATE sources SET visitor_secrets = ARRAY[$2] || visitor_secrets[1:1] WHERE id = $1", source_id, secret
    )


async def close_source(connection: WorkerConnection, source_id: str, now: datetime) -> None:
    """Close a source for good."""
    await connection.execute("UPDATE sources SET closed_at = $2 WHERE id = $1", source_id, now)


async def restore_rights(connection: WorkerConnection, source_id: str, name: str) -> None:
    """Open a historical source again, with the rights of a server that is the record of orders."""
    await connection.execute(
        """
        UPDATE sources SET name = $2, trust = 'server', record_of_orders = true, historical = true, closed_at = NULL
        WHERE id = $1
        """,
        source_id,
        name,
    )


async def count_live_keys(connection: ShopConnection, source_id: str) -> int:
    """The number of keys that are not revoked."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM source_keys WHERE source_id = $1 AND revoked_at IS NULL", source_id
    )
    return count


async def insert_key(connection: ShopConnection, key: NewKey, *, source_id: str, shop: str, now: datetime) -> None:
    """Write a new key, without its secret."""
    await connection.execute(
        "INSERT INTO source_keys (prefix, source_id, shop, hash, created_at) VALUES ($1, $2, $3, $4, $5)",
        key.prefix,
        source_id,
        shop,
        key.digest,
        now,
    )


async def revoke_key(connection: ShopConnection, source_id: str, prefix: str, now: datetime) -> bool:
    """Revoke a key, unless it is revoked; returns whether it exists."""
    done = await connection.fetchval(
        """
        UPDATE source_keys SET revoked_at = coalesce(revoked_at, $3)
        WHERE source_id = $1 AND prefix = $2 RETURNING prefix
        """,
        source_id,
        prefix,
        now,
    )
    return done is not None
