"""Entries of a shop that were posted in a span, in order of time, read in pages of bounded size."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from uuid import UUID

from mandegar.database import Pool, Row, as_shop_reporting

ROWS_AT_ONCE = 2_000
_SHORTEST = timedelta(minutes=1)
_FIRST_ID = UUID(int=0)

COLUMNS = (
    *("posted_at", "effective_at", "customer_id", "kind", "bucket", "points", "order_id", "lot_id", "last_day"),
    *("programme_version", "cause", "triggered_by", "earned_as", "entry_id"),
)
# The index on the instant of posting tells blocks of the ledger, not rows: a page looks at the blocks of one window.
_PAGE = f"""
    SELECT {", ".join(COLUMNS)} FROM entries
    WHERE shop = $1 AND posted_at >= $2 AND posted_at < $4 AND (posted_at, entry_id) > ($2, $3)
    ORDER BY posted_at, entry_id LIMIT {ROWS_AT_ONCE}
"""  # noqa: S608


async def entries_between(pool: Pool, shop: str, begin: datetime, end: datetime) -> AsyncIterator[list[Row]]:
    """The entries posted from ``begin`` until just before ``end``, page by page.

    Between two pages no connection is held. The window that is looked at grows while it has few entries.
    """
    place, window = (begin, _FIRST_ID), timedelta(hours=1)
    until = min(begin + window, end)
    while place[0] < end:
        async with as_shop_reporting(pool, shop) as connection:
            rows = await connection.fetch(_PAGE, shop, *place, until)
        if rows:
            yield rows
        if len(rows) == ROWS_AT_ONCE:
            place, window = (rows[-1]["posted_at"], rows[-1]["entry_id"]), max(window / 2, _SHORTEST)
            continue
        place, window = (until, _FIRST_ID), window * 2
        until = min(until + window, end)
