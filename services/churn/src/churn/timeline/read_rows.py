"""Histories as routes read them: one page in one statement, also for an alias, whose history is its root's."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from mandegar.database import ShopRead
from mandegar.service.context import Context
from mandegar.service.reads import read_as_of

# Each kind by itself from its newest on, so that a page costs as much whatever else the customer has done.
READ_TIMELINE: Final = ShopRead(
    "read_timeline",
    {
        "of_customer": "text",
        "kinds": "smallint[]",
        "since": "timestamptz",
        "before": "timestamptz",
        "before_id": "uuid",
        "most": "integer",
    },
    {
        "root": "text",
        "zone_of_shop": "text",
        "entry_id": "uuid",
        "kind": "smallint",
        "at": "timestamptz",
        "type": "text",
        "data": "jsonb",
    },
    """
    SELECT r.root, s.zone, e.entry_id, e.kind, e.at, e.type, e.data
    FROM (VALUES (true)) w(one)
        LEFT JOIN LATERAL (SELECT * FROM customers
            WHERE shop = of_shop AND customer_id = of_customer AND erased_at IS NULL LIMIT 1) c ON true
        LEFT JOIN LATERAL (SELECT * FROM timelines
            WHERE shop = of_shop AND customer_id = of_customer LIMIT 1) t ON true
        CROSS JOIN LATERAL (SELECT coalesce(c.merged_into, c.customer_id, t.customer_id)) r(root)
        LEFT JOIN LATERAL (SELECT * FROM shops WHERE shop = of_shop LIMIT 1) s ON true
        LEFT JOIN LATERAL (
            SELECT n.* FROM unnest(kinds) AS k(kind) CROSS JOIN LATERAL (
                SELECT * FROM timeline_entries
                WHERE shop = of_shop AND customer_id = r.root AND kind = k.kind
                    AND at >= since AND (at, entry_id) < (before, before_id)
                ORDER BY at DESC, entry_id DESC LIMIT most) n
            ORDER BY n.at DESC, n.entry_id DESC LIMIT most) e ON true
    WHERE r.root IS NOT NULL
    ORDER BY e.at DESC, e.entry_id DESC
    """,
)

FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)
# Before an instant without an id: no id is below this one.
LOWEST: Final = UUID(int=0)


class Told(NamedTuple):
    """An entry as it is stored."""

    entry_id: UUID
    kind: int
    at: datetime
    type: str
    data: dict[str, Any]


class Page(NamedTuple):
    """A page of a history; ``customer_id`` is None if nothing is known of the customer."""

    customer_id: str | None
    zone: str
    entries: list[Told]
    as_of: datetime


async def read_timeline(
    ctx: Context,
    shop: str,
    customer_id: str,
    kinds: Sequence[int],
    since: datetime | None,
    before: tuple[datetime, UUID],
    most: int,
) -> Page:
    """The newest entries of these kinds that are before a place, and not older than ``since``."""
    found = await read_as_of(ctx, READ_TIMELINE, shop, customer_id, kinds, since or FIRST, *before, most)
    if not found.rows:
        return Page(None, "UTC", [], found.as_of)
    root, zone = found.rows[0][:2]
    entries = [Told(*row[2:]) for row in found.rows if row[2] is not None]
    return Page(root, zone or "UTC", entries, found.as_of)
