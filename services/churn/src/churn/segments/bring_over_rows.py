"""Which shops have customers to bring under their segments, and which customers of a page these are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from churn.memberships.built_in import BUILT_INS
from mandegar.customers.locking import lock_customers
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey

# Longer than any transaction: one that read the generation before may write a customer behind the walk.
SETTLED_AFTER = timedelta(seconds=20)

_STALE = """
    c.merged_into IS NULL AND c.erased_at IS NULL AND c.backfill_until IS NULL
    AND coalesce(s.generation, 0) < $2
"""


class Work(NamedTuple):
    """A shop that is behind: ``opens`` if it has no segments yet, or other built-in ones; ``measures`` if its lines are
    due; ``brings`` if customers are to be brought under ``generation``, from the one behind ``brought_to`` on.

    ``settled``: nobody writes a customer of the generation before any more.
    """

    shop: str
    opens: bool
    measures: bool
    brings: bool
    generation: int
    brought_to: str
    settled: bool


async def shops_behind(connection: WorkerConnection, now: datetime) -> list[Work]:
    """The shops with work to do. Lines follow each fit of a model, and are looked at once a day without one."""
    rows = await connection.fetch(
        """
        SELECT * FROM (
            SELECT s.shop, g.shop IS NULL OR g.built_ins < $1 AS opens,
                g.shop IS NOT NULL
                    AND (g.lines_at IS NULL OR g.lines_at < $2::timestamptz
                        - CASE WHEN g.often IS NULL THEN interval '5 minutes' ELSE interval '1 day' END
                        OR g.lines_at < (
                        SELECT m.fitted_at FROM models m WHERE m.shop = s.shop ORDER BY version DESC LIMIT 1))
                    AND NOT EXISTS (SELECT FROM backfills b WHERE b.shop = s.shop AND b.model_version IS NULL)
                    AS measures,
                g.brought_generation < g.generation AS brings, coalesce(g.generation, 0), coalesce(g.brought_to, ''),
                coalesce(g.changed_at < $2::timestamptz - $3::interval, false)
            FROM shops s LEFT JOIN segment_shops g USING (shop)
        ) w WHERE opens OR measures OR brings ORDER BY shop
        """,
        BUILT_INS,
        now,
        SETTLED_AFTER,
    )
    return [Work(row[0], row[1], row[2], bool(row[3]), *row[4:]) for row in rows]


class Page(NamedTuple):
    """How many of some consecutive customers are behind, who of these is not due yet, and the cursor of the next page
    (None behind the last customer)."""

    stale: int
    waiting: list[str]
    last: str | None


async def next_page(connection: WorkerConnection, work: Work, limit: int, now: datetime) -> Page:
    """The next customers of a shop who are not under its segments, without locks."""
    row = await connection.fetchrow(
        f"""
        WITH page AS (
            SELECT * FROM customers WHERE shop = $1 AND customer_id > $3 ORDER BY shop, customer_id LIMIT $4
        )
        SELECT count(*) FILTER (WHERE {_STALE}),
            array_agg(customer_id) FILTER (WHERE (c.due_at > $5) IS NOT FALSE AND {_STALE}),
            CASE WHEN count(*) = $4 THEN max(customer_id) END
        FROM page c LEFT JOIN segment_states s USING (shop, customer_id)
        """,  # noqa: S608  a constant
        work.shop,
        work.generation,
        work.brought_to,
        limit,
        now,
    )
    stale, waiting, last = row or (0, None, None)
    return Page(stale, waiting or [], last)


async def make_due(
    connection: WorkerConnection, work: Work, customer_ids: Sequence[str], now: datetime, partitions: int
) -> None:
    """Make those among ``customer_ids`` due who are still behind."""
    await lock_customers(connection, (CustomerKey(work.shop, customer_id) for customer_id in customer_ids), partitions)
    await connection.execute(
        """
        UPDATE customers c SET due_at = $4
        FROM unnest($3::text[]) AS w(customer_id)
        WHERE c.shop = $1 AND c.customer_id = w.customer_id
            AND c.merged_into IS NULL AND c.erased_at IS NULL AND c.backfill_until IS NULL
            AND NOT EXISTS (SELECT FROM segment_states s
                WHERE s.shop = c.shop AND s.customer_id = c.customer_id AND s.generation >= $2)
        """,
        work.shop,
        work.generation,
        customer_ids,
        now,
    )


async def record_progress(connection: WorkerConnection, work: Work, last: str | None) -> None:
    """Record how far a walk has come; behind the last customer it is over if nobody can have been written behind it,
    and begins again otherwise."""
    await connection.execute(
        """
        UPDATE segment_shops SET brought_to = coalesce($3, ''),
            brought_generation = CASE WHEN $3::text IS NULL AND $4 THEN generation ELSE brought_generation END
        WHERE shop = $1 AND generation = $2
        """,
        work.shop,
        work.generation,
        last,
        work.settled,
    )
