"""The horizon that a shop has chosen: the weeks within which its scores expect a purchase."""

from datetime import datetime
from typing import Final, Literal, NamedTuple, TypeAlias

from churn.domain.forecast.version import HORIZON_WEEKS
from mandegar.database import Connection, WriteConnection

HorizonWeeks: TypeAlias = Literal[4, 8, 13]
USUAL: Final = round(HORIZON_WEEKS)


class Horizon(NamedTuple):
    """``version`` counts the changes, and is 0 for a shop that has chosen none."""

    weeks: int
    version: int
    changed_at: datetime | None


async def find_horizon(connection: Connection, shop: str) -> Horizon:
    """The horizon of a shop."""
    row = await connection.fetchrow("SELECT weeks, version, changed_at FROM horizons WHERE shop = $1", shop)
    return Horizon(USUAL, 0, None) if row is None else Horizon(*row)


async def change_horizon(connection: WriteConnection, shop: str, weeks: int, now: datetime) -> int | None:
    """Write another horizon; returns the version of the change, None if it is the shop's already."""
    version: int | None = await connection.fetchval(
        """
        INSERT INTO horizons AS h (shop, weeks, version, changed_at) SELECT $1, $2::smallint, 1, $3
        WHERE $2::smallint <> $4::smallint OR EXISTS (SELECT FROM horizons WHERE shop = $1)
        ON CONFLICT (shop) DO UPDATE
            SET weeks = excluded.weeks, version = h.version + 1, changed_at = excluded.changed_at
        WHERE h.weeks <> excluded.weeks
        RETURNING version
        """,
        shop,
        weeks,
        now,
        USUAL,
    )
    return version


async def restore_horizon(connection: WriteConnection, shop: str, horizon: Horizon) -> None:
    """Write what was published, for a rebuild; an older version than the stored one changes nothing."""
    await connection.execute(
        """
        INSERT INTO horizons AS h (shop, weeks, version, changed_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (shop) DO UPDATE
            SET weeks = excluded.weeks, version = excluded.version, changed_at = excluded.changed_at
        WHERE excluded.version > h.version
        """,
        shop,
        *horizon,
    )
