"""Forecasts of a shop's revenue: what each fit expects of the coming weeks, and what came of it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from churn.domain.forecast.revenue import FORECAST_DAYS
from mandegar.database import Connection, ReadConnection, Row, WorkerConnection, as_json
from mandegar.quantities import unscaled

_CENT_DIGITS: Final = 2


class Unchecked(NamedTuple):
    """A forecast whose days are over: those after ``day``, of ``customers`` by its end."""

    day: date
    customers: int


async def count_known(connection: Connection, shop: str, through_day: int) -> int:
    """How many customers had bought by the end of a day (an ordinal)."""
    known: int = await connection.fetchval(
        "SELECT count(*) FROM customers WHERE shop = $1 AND first_day <= $2", shop, through_day
    )
    return known


async def unchecked_forecasts(connection: ReadConnection, shop: str, through: date) -> list[Unchecked]:
    """The forecasts whose last day is ``through`` or before, and that are not checked."""
    rows = await connection.fetch(
        """
        SELECT day, customers FROM forecasts
        WHERE shop = $1 AND checked_at IS NULL AND day + $3::int <= $2 ORDER BY day
        """,
        shop,
        through,
        FORECAST_DAYS,
    )
    return [Unchecked(*row) for row in rows]


async def insert_forecast(
    connection: WorkerConnection,
    shop: str,
    through: date,
    found: Mapping[str, float],
    *,
    version: int,
    customers: int,
    made_at: datetime,
) -> None:
    """Insert what was forecast of a sample, as of all ``customers``; the first forecast of a day stays."""
    scale = customers / found["customers"]
    await connection.execute(
        """
        INSERT INTO forecasts (shop, day, version, made_at, customers, expected, low, high)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
        """,
        shop,
        through,
        version,
        made_at,
        customers,
        *(_money(found[name] * scale) for name in ("expected", "low", "high")),
    )


async def check_forecasts(
    connection: WorkerConnection,
    shop: str,
    unchecked: Sequence[Unchecked],
    found: Sequence[Mapping[str, Any]],
    now: datetime,
) -> None:
    """Record what the customers of former forecasts paid, as is known now; one that is checked stays."""
    paid = {date.fromordinal(one["day"]): one for one in found}
    rows = [
        {"day": each.day, "paid": _money(one["paid"] * each.customers / one["customers"])}
        for each in unchecked
        if (one := paid[each.day])["customers"]
    ]
    await connection.execute(
        """
        UPDATE forecasts f SET (paid, checked_at) = (w.paid, $3)
        FROM json_to_recordset($2::json) AS w(day date, paid numeric)
        WHERE f.shop = $1 AND f.day = w.day AND f.checked_at IS NULL
        """,
        shop,
        as_json(rows),
        now,
    )


async def read_forecasts(connection: ReadConnection, shop: str, limit: int) -> list[Row]:
    """The newest forecasts, the newest first."""
    return await connection.fetch(
        """
        SELECT day, version, made_at, customers, expected, low, high, paid, checked_at FROM forecasts
        WHERE shop = $1 ORDER BY day DESC LIMIT $2
        """,
        shop,
        limit,
    )


async def count_covered(connection: ReadConnection, shop: str) -> tuple[int, int]:
    """How many forecasts are checked, and of how many the revenue lay within the interval."""
    row = await connection.fetchrow(
        """
        SELECT count(*), count(*) FILTER (WHERE paid BETWEEN low AND high) FROM forecasts
        WHERE shop = $1 AND checked_at IS NOT NULL
        """,
        shop,
    )
    return (row[0], row[1]) if row is not None else (0, 0)


def _money(amount: float) -> Decimal:
    return unscaled(round(amount * 10**_CENT_DIGITS), _CENT_DIGITS)
