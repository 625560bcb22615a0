"""What the background tasks read of each shop: its last fit, and the terms that its customers should be under."""

from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from churn.models.backfill_rows import FORGOTTEN
from churn.models.horizon_rows import USUAL
from mandegar.database import WorkerConnection


class ShopFit(NamedTuple):
    """A shop's zone, the last day its newest model covers, and whether history is coming in or awaits a fit.

    ``horizon_weeks`` is that of the shop; ``other_horizon``: the newest model, or the prior without one, has another.

    ``through_day`` is None without a model, and for one of the release before the numbers.
    """

    shop: str
    zone: ZoneInfo
    through_day: date | None
    filling: bool
    horizon_weeks: int
    other_horizon: bool


class ShopTerms(NamedTuple):
    """What a shop's customers should be computed with; ``histories`` counts the sources that a model covers."""

    shop: str
    model_version: int
    zone: str
    histories: int


async def shop_fits(connection: WorkerConnection, now: datetime) -> list[ShopFit]:
    """Every shop that has published its settings, with its last fit."""
    rows = await connection.fetch(
        """
        SELECT shop, zone,
               (SELECT CASE WHEN numbers IS NOT NULL THEN through_day END
                FROM models m WHERE m.shop = s.shop ORDER BY version DESC LIMIT 1) AS through_day,
               EXISTS (SELECT 1 FROM backfills b WHERE b.shop = s.shop AND b.model_version IS NULL
                       AND greatest(b.last_event_at, b.closed_at) > $1::timestamptz - $2::interval) AS filling,
               coalesce((SELECT weeks FROM horizons h WHERE h.shop = s.shop), $3) AS weeks,
               coalesce((SELECT horizon_days FROM models m WHERE m.shop = s.shop ORDER BY version DESC LIMIT 1),
                        $3 * 7) AS horizon_days
        FROM shops s ORDER BY shop
        """,
        now,
        FORGOTTEN,
        USUAL,
    )
    return [
        ShopFit(
            row["shop"],
            ZoneInfo(row["zone"]),
            row["through_day"],
            row["filling"],
            row["weeks"],
            row["weeks"] * 7 != row["horizon_days"],
        )
        for row in rows
    ]


async def shop_terms(connection: WorkerConnection) -> list[ShopTerms]:
    """The terms in force for every shop that has published its settings."""
    rows = await connection.fetch(
        """
        SELECT shop, coalesce((SELECT max(version) FROM models m WHERE m.shop = s.shop), 0) AS model_version, zone,
               (SELECT count(*) FROM backfills b WHERE b.shop = s.shop AND b.model_version IS NOT NULL) AS histories
        FROM shops s ORDER BY shop
        """
    )
    return [ShopTerms(*row) for row in rows]
