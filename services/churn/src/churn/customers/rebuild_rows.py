"""Rows that a rebuild writes: published bands, the end of histories, and that every customer is due."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec import Struct

from mandegar.database import WorkerConnection, as_json, key_columns, record_set
from mandegar.events import CustomerKey


class BandRow(Struct, frozen=True):
    """The band and the lifecycle of a customer that were published last; null after ``band.left``."""

    shop: str
    customer_id: str
    band: str | None
    band_since: datetime | None
    lifecycle: str | None
    value_at_risk: Decimal | None
    version: int
    model_version: int | None


class Staged(NamedTuple):
    """The stage of a customer that was published last, its version, and since when."""

    stage: str
    version: int
    since: datetime | None


_BANDS: Final = record_set(BandRow)


async def save_bands(connection: WorkerConnection, rows: Sequence[BandRow]) -> None:
    """Write published bands; an older version changes nothing."""
    await connection.execute(
        f"""
        UPDATE customers c SET band = w.band, band_since = w.band_since, lifecycle = w.lifecycle,
            value_at_risk = w.value_at_risk, version = w.version, model_version = w.model_version
        FROM {_BANDS}
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id) AND w.version > c.version
        """,  # noqa: S608  names of our own columns
        as_json(rows),
    )


async def save_stages(connection: WorkerConnection, stages: Mapping[CustomerKey, Staged]) -> None:
    """Write published stages; an older version changes nothing."""
    await connection.execute(
        """
        UPDATE customers c SET stage = w.stage, stage_version = w.version, stage_since = w.since
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[])
            AS w(shop, customer_id, stage, version, since)
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id) AND w.version > c.stage_version
        """,
        *key_columns(stages),
        [staged.stage for staged in stages.values()],
        [staged.version for staged in stages.values()],
        [staged.since for staged in stages.values()],
    )


async def save_returns(connection: WorkerConnection, returns: Mapping[CustomerKey, datetime]) -> None:
    """Write when customers were won back; an earlier return changes nothing."""
    await connection.execute(
        """
        UPDATE customers c SET won_back_at = greatest(c.won_back_at, w.at)
        FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS w(shop, customer_id, at)
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,
        *key_columns(returns),
        list(returns.values()),
    )


async def save_versions(connection: WorkerConnection, versions: Mapping[CustomerKey, int]) -> None:
    """Let the next version of each customer be above what was published."""
    await connection.execute(
        """
        UPDATE customers c SET version = greatest(c.version, w.version)
        FROM unnest($1::text[], $2::text[], $3::bigint[]) AS w(shop, customer_id, version)
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id)
        """,
        *key_columns(versions),
        list(versions.values()),
    )


async def published_models(connection: WorkerConnection) -> dict[str, int]:
    """The newest model version that any published band was computed with, for every shop."""
    rows = await connection.fetch(
        """
        SELECT s.shop, coalesce(max(c.model_version) FILTER (WHERE c.version > 0), 0) AS version
        FROM shops s LEFT JOIN customers c USING (shop) GROUP BY s.shop ORDER BY s.shop
        """
    )
    return {row["shop"]: row["version"] for row in rows}


async def end_histories(connection: WorkerConnection) -> None:
    """Delete the sources that the rebuild itself has opened by applying live events as history."""
    await connection.execute("DELETE FROM backfills WHERE closed_at IS NULL")


async def make_due(connection: WorkerConnection, shop: str, customer_ids: Sequence[str], now: datetime) -> None:
    """Make customers due at ``now``, as at the end of a history."""
    await connection.execute(
        """
        UPDATE customers SET due_at = $3, backfill_until = $3
        WHERE shop = $1 AND customer_id = ANY($2::text[]) AND merged_into IS NULL AND erased_at IS NULL
        """,
        shop,
        customer_ids,
        now,
    )
