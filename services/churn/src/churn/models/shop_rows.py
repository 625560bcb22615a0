"""Shops as the background work sees them: what they are fitted to, and the terms their customers should be under."""

from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from churn.models.backfill_rows import FORGOTTEN
from mandegar.database import Connection


class ShopFits(NamedTuple):
    """A shop's zone, the last day its newest model saw, and whether history is coming in or awaits a fit."""

    shop: str
    zone: ZoneInfo
    through_day: date | None
    filling: bool


class ShopTerms(NamedTuple):
    """What a shop's customers should be computed with; ``histories`` counts the complete ones."""

    shop: str
    model_version: int
    zone: str
    histories: int


async def shop_fits(connection: Connection, now: datetime) -> list[ShopFits]:
    """Every shop that was heard of."""
    rows = await connection.fetch(
        """
        SELECT shop, zone,
               (SELECT through_day FROM models m WHERE m.shop = s.shop ORDER BY version DESC LIMIT 1) AS through_day,
               EXISTS (SELECT 1 FROM backfills b WHERE b.shop = s.shop AND b.model_version IS NULL
                       AND greatest(b.last_event_at, b.closed_at) > $1::timestamptz - $2::interval) AS filling
        FROM shops s ORDER BY shop
        """,
        now,
        FORGOTTEN,
    )
    return [ShopFits(row["shop"], ZoneInfo(row["zone"]), row["through_day"], row["filling"]) for row in rows]


async def shop_terms(connection: Connection) -> list[ShopTerms]:
    """The terms in force for every shop that was heard of."""
    rows = await connection.fetch(
        """
        SELECT shop, coalesce((SELECT max(version) FROM models m WHERE m.shop = s.shop), 0) AS model_version, zone,
               (SELECT count(*) FROM backfills b WHERE b.shop = s.shop AND b.model_version IS NOT NULL) AS histories
        FROM shops s ORDER BY shop
        """
    )
    return [ShopTerms(*row) for row in rows]
