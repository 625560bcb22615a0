"""What the database has of a shop at one instant: up to which records, and the sums of its figures."""

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

from churn import NAME
from churn.domain.counting import Counts
from churn.domain.dimensions import MEMBER, PartCounts
from churn.kpis.part_rows import parts_of_shop
from churn.kpis.rows import counts_of_shop
from churn.models.rows import load_terms
from mandegar.calendar import ShopDays
from mandegar.database import Pool, transaction
from mandegar.events.topics import INGEST_EVENTS
from mandegar.months import CALENDARS

_OFFSETS = "SELECT partition, next_offset FROM offsets WHERE consumer_group = $1 AND topic = $2"
_DEAD = """
    SELECT event_id FROM dead_letters
    WHERE consumer_group = $1 AND shop = $2 AND event_id IS NOT NULL AND released_at IS NULL
"""
# Whose events wait, who is not counted yet, and who is counted by the days of a former zone.
_WAITING = """
    SELECT (SELECT count(DISTINCT customer_id) FROM waiting_beside WHERE shop = $1) + (
        SELECT count(*) FROM customers
        WHERE shop = $1 AND (octet_length(orders) > 1 AND (turnover = ''::bytea OR zone IS DISTINCT FROM $2)
            OR visit_months = ''::bytea AND substr(signals, 3, 1) > '\\x00'::bytea)
    ) + (SELECT count(*) FROM survey_answers WHERE shop = $1 AND zone <> $2)
    + (SELECT count(*) FROM contracts WHERE shop = $1 AND zone <> $2)
"""


class Snapshot(NamedTuple):
    """``offsets`` are the records up to which events are applied, by partition, but for the events ``dead``.

    ``parts`` are those of dimensions that orders tell of.
    ``waiting`` customers are not counted by all of them, or by other days than ``days``.
    """

    offsets: Mapping[int, int]
    dead: frozenset[UUID]
    days: ShopDays
    waiting: int
    counts: Counts
    parts: PartCounts


async def take_snapshot(pool: Pool, shop: str) -> Snapshot:
    """Read all of it as of one instant."""
    async with transaction(pool) as connection:
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        offsets = await connection.fetch(_OFFSETS, NAME, INGEST_EVENTS)
        dead = await connection.fetch(_DEAD, NAME, shop)
        days = (await load_terms(connection, {shop}))[shop].days
        waiting = await connection.fetchval(_WAITING, shop, days.zone.key)
        counts: Counts = {}
        for calendar in CALENDARS:
            counts |= await counts_of_shop(connection, shop, calendar)
        parts = await parts_of_shop(connection, shop)
    return Snapshot(
        {row["partition"]: row["next_offset"] for row in offsets},
        frozenset(row["event_id"] for row in dead),
        days,
        waiting,
        counts,
        {part: parts[part] for part in parts if part[0] != MEMBER},
    )
