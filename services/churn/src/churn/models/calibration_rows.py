"""What became of predictions: which weeks are to be looked at, and what was found."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from churn.domain.model import Model
from churn.models.rows import model_of
from mandegar.database import ReadConnection, Row, WorkerConnection, as_json

_WEEK: Final = 7
# Weeks that one fit looks at: a shop that stood still for long catches up over several.
_WEEKS_MAX: Final = 8


class MaturedVersion(NamedTuple):
    """The version that was in force at the end of ``day``, of which the horizon has passed."""

    day: date
    model: Model


async def matured_versions(connection: ReadConnection, shop: str, through: date) -> list[MaturedVersion]:
    """Weeks that have a version, a whole horizon until ``through``, and no calibration; the oldest first.

    A version that was fitted through a day is in force at the end of the next.
    """
    rows = await connection.fetch(
        """
        WITH first AS (
            SELECT greatest(
                (SELECT max(day) FROM calibrations WHERE shop = $1),
                (SELECT min(through_day) FROM models WHERE shop = $1)
            ) + 1 AS day
        )
        SELECT w.day::date AS day, m.version, m.horizon_days, m.parameters, m.numbers::text
        FROM first, generate_series(first.day, $2::date, interval '1 day') AS w(day)
            CROSS JOIN LATERAL (
                SELECT * FROM models
                WHERE shop = $1 AND through_day < w.day::date ORDER BY version DESC LIMIT 1) m
        WHERE (w.day::date - date '0001-01-01' + 1) % $3 = 0 AND w.day::date + m.horizon_days <= $2::date
        ORDER BY w.day LIMIT $4
        """,
        shop,
        through,
        _WEEK,
        _WEEKS_MAX,
    )
    return [MaturedVersion(row["day"], model_of(row)) for row in rows]


async def insert_calibrations(
    connection: WorkerConnection, shop: str, matured: Sequence[MaturedVersion], found: Sequence[Mapping[str, Any]]
) -> None:
    """Insert what became of these versions; what another process has found stays."""
    bands = {date.fromordinal(one["day"]): one["bands"] for one in found}
    await connection.execute(
        """
        INSERT INTO calibrations (shop, day, version, bands)
        SELECT $1, day, version, bands FROM json_to_recordset($2::json) AS w(day date, version bigint, bands jsonb)
        ON CONFLICT DO NOTHING
        """,
        shop,
        as_json([{"day": day, "version": model.version, "bands": bands[day]} for day, model in matured]),
    )


async def read_calibrations(connection: ReadConnection, shop: str, weeks: int) -> list[Row]:
    """``day``, ``version`` and ``bands`` of the last weeks, the oldest first."""
    rows = await connection.fetch(
        "SELECT day, version, bands FROM calibrations WHERE shop = $1 ORDER BY day DESC LIMIT $2", shop, weeks
    )
    return rows[::-1]


async def read_versions(connection: ReadConnection, shop: str, limit: int, before: int | None) -> list[Row]:
    """The newest versions of a shop (below ``before``), the newest first."""
    return await connection.fetch(
        """
        SELECT version, fitted_at, through_day, horizon_days, parameters, numbers::text, quality FROM models
        WHERE shop = $1 AND version < $2 ORDER BY version DESC LIMIT $3
        """,
        shop,
        before if before is not None else 2**62,
        limit,
    )
