"""The rows of limits that an operator has set for a shop."""

from collections.abc import Mapping

from mandegar.database import Connection, WorkerConnection

LIMITS = (
    "events_per_second",
    "bytes_per_second",
    "quarantine_events_max",
    "quarantine_bytes_max",
    "quarantine_days",
    "body_days",
)


async def get_limits(connection: Connection, shop: str) -> dict[str, int | None]:
    """The limits of a shop; None where it has none of its own."""
    row = await connection.fetchrow("SELECT * FROM shop_limits WHERE shop = $1", shop)
    return {name: row[name] if row else None for name in LIMITS}


async def put_limits(connection: WorkerConnection, shop: str, limits: Mapping[str, int | None]) -> None:
    """Replace the limits of a shop."""
    await connection.execute(
        """
        INSERT INTO shop_limits (shop, events_per_second, bytes_per_second, quarantine_events_max,
                                 quarantine_bytes_max, quarantine_days, body_days)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (shop) DO UPDATE SET
            events_per_second = excluded.events_per_second, bytes_per_second = excluded.bytes_per_second,
            quarantine_events_max = excluded.quarantine_events_max,
            quarantine_bytes_max = excluded.quarantine_bytes_max,
            quarantine_days = excluded.quarantine_days, body_days = excluded.body_days
        """,
        shop,
        *(limits[name] for name in LIMITS),
    )
