"""What has been given out of the budgets of shops: one row for each period, locked while a batch takes from it."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from msgspec import Struct

from mandegar.database import WorkerConnection, as_json, record_set


class Period(NamedTuple):
    """One period of a budget of a shop; ``number`` is 0 if it has no periods."""

    shop: str
    budget: str
    per: str
    number: int


class PotRow(Struct, frozen=True):
    """How many points of a budget were given in one of its periods."""

    shop: str
    budget: str
    per: str
    number: int
    used: int


_KEY = "shop, budget, per, number"
# DO UPDATE locks an existing row, and returns it as it is once the lock is held.
_LOCK = f"""
    INSERT INTO budgets AS b ({_KEY}, used) SELECT {_KEY}, 0 FROM {record_set(PotRow)} ORDER BY {_KEY}
    ON CONFLICT ({_KEY}) DO UPDATE SET used = b.used RETURNING {_KEY}, used
"""  # noqa: S608
_ADD = f"""
    INSERT INTO budgets AS b ({_KEY}, used) SELECT {_KEY}, used FROM {record_set(PotRow)} ORDER BY {_KEY}
    ON CONFLICT ({_KEY}) DO UPDATE SET used = b.used + excluded.used
"""  # noqa: S608


async def lock_periods(connection: WorkerConnection, periods: Collection[Period]) -> dict[Period, int]:
    """How many points were given in each period, which stays locked until the transaction ends."""
    rows = await connection.fetch(_LOCK, as_json([PotRow(*period, 0) for period in periods]))
    return {Period(*row[:4]): row[4] for row in rows}


async def add_used(connection: WorkerConnection, used: Mapping[Period, int]) -> None:
    """Count points that were given, or went back."""
    await connection.execute(_ADD, as_json([PotRow(*period, points) for period, points in used.items()]))
