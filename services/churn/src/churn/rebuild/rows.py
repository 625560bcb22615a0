"""What a rebuild writes of customers: the bands that were published, and that everybody is to be computed."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from mandegar.database import Connection, as_json


class SaidRow(Struct, frozen=True):
    """The band that was published last of a customer."""

    shop: str
    customer_id: str
    band: str
    band_since: datetime
    value_at_risk: str
    version: int
    model_version: int


async def save_bands(connection: Connection, rows: Iterable[SaidRow]) -> None:
    """Note published bands; an older version changes nothing."""
    await connection.execute(
        """
        UPDATE customers c SET band = w.band, band_since = w.band_since, value_at_risk = w.value_at_risk,
            version = w.version, model_version = w.model_version
        FROM json_to_recordset($1::json) AS w(
            shop text, customer_id text, band text, band_since timestamptz, value_at_risk numeric, version bigint,
            model_version bigint)
        WHERE (c.shop, c.customer_id) = (w.shop, w.customer_id) AND w.version > c.version
        """,
        as_json(list(rows)),
    )


async def published_models(connection: Connection) -> dict[str, int]:
    """The newest model version that any published band of a shop was computed with, for every shop."""
    rows = await connection.fetch(
        """
        SELECT s.shop, coalesce(max(c.model_version) FILTER (WHERE c.version > 0), 0) AS version
        FROM shops s LEFT JOIN customers c USING (shop) GROUP BY s.shop ORDER BY s.shop
        """
    )
    return {row["shop"]: row["version"] for row in rows}


async def end_histories(connection: Connection) -> None:
    """Forget the sources that a rebuild took for histories: whatever they had sent has been read."""
    await connection.execute("DELETE FROM backfills WHERE closed_at IS NULL")


async def make_due(connection: Connection, shop: str, after: str, now: datetime, limit: int) -> str | None:
    """Let the next ``limit`` customers of a shop be due; the last id, None behind the last."""
    rows = await connection.fetch(
        """
        UPDATE customers c SET due_at = $3, backfill_until = $3
        FROM (SELECT customer_id FROM customers WHERE shop = $1 AND customer_id > $2 ORDER BY customer_id LIMIT $4) AS w
        WHERE c.shop = $1 AND c.customer_id = w.customer_id RETURNING c.customer_id
        """,
        shop,
        after,
        now,
        limit,
    )
    return max(row["customer_id"] for row in rows) if len(rows) == limit else None
