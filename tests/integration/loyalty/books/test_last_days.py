"""Entries without a last day get it: those from before the column, and those that a rebuild restored."""

import contextlib
from datetime import timedelta

import asyncpg
import pytest

from builders.opening import opened
from builders.orders import paid, refund
from loyalty.books.last_days import keep_some


async def forget_last_days(loyalty):
    """The ledger and the sums of orders as they were before last days were kept with them."""
    owner = await asyncpg.connect(loyalty.database.owner_url)
    for table in ("entries", "orders", "book_changes", "book_days", "book_lots", "shop_zones", "shops"):
        await owner.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    await owner.execute("ALTER TABLE entries DISABLE TRIGGER only_last_day")
    await owner.execute("UPDATE entries SET last_day = NULL")
    await owner.execute("ALTER TABLE entries ENABLE TRIGGER only_last_day")
    await owner.execute(
        "UPDATE orders SET posted = (SELECT coalesce(jsonb_agg(sum - 6), '[]') FROM jsonb_array_elements(posted::jsonb)"
        " AS sum)::text"
    )
    for table in ("entries", "orders", "book_changes", "book_days", "book_lots", "shop_zones", "shops"):
        await owner.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    await owner.close()


async def months(loyalty):
    answer = (await loyalty.get("/v1/books/liability", scope="books:read")).json()
    return [(month["month"], month["points"]) for month in answer["months"]], answer["expiry_unknown"]["points"]


async def test_what_is_filled_in_is_what_would_have_been_kept(loyalty):
    await loyalty.deliver(paid("o", days=-20), paid("p", customer="d"), opened("lot", 700, until=40, customer="d"))
    await loyalty.deliver(refund("o", 4_000_000))
    kept = await months(loyalty)
    await forget_last_days(loyalty)
    assert await months(loyalty) == ([], 860)
    loyalty.clock.advance(timedelta(hours=5))
    await loyalty.deliver(refund("o", 1_000_000, "r2", days=0.15))
    known, unknown = await months(loyalty)
    assert sum(points for _, points in known) + unknown == 850

    while await keep_some(loyalty.context):
        pass

    assert await months(loyalty) == ([("2027-01", 700), ("2027-11", 50), ("2027-12", 100)], 0)
    assert kept[1] == 0
    assert await loyalty.database.worker.fetchval("SELECT count(*) FROM entries WHERE last_day IS NULL") == 0
    assert await loyalty.invariant_violations() == []


async def test_an_end_that_changes_after_the_fill_moves_the_points(loyalty):
    """The sums of orders have the day as well, so what comes later is posted back under it."""
    await loyalty.deliver(opened("lot", 700, until=40, hours=-1))
    await forget_last_days(loyalty)
    while await keep_some(loyalty.context):
        pass

    await loyalty.deliver(opened("lot", 700, until=400, name="corrected"))

    assert await months(loyalty) == ([("2027-12", 700)], 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET last_day = '2030-01-01'",
        "UPDATE entries SET last_day = '2030-01-01', order_id = 'other' WHERE last_day IS NULL",
        "UPDATE entries SET points = 5",
        "UPDATE entries SET last_day = NULL",
    ],
)
async def test_the_worker_may_fill_a_last_day_in_and_change_nothing_else(loyalty, statement):
    await loyalty.deliver(paid("o", days=-20))
    if "IS NULL" in statement:
        await forget_last_days(loyalty)
    before = await loyalty.database.worker.fetch("SELECT * FROM entries ORDER BY entry_id")
    with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
        await loyalty.database.worker.execute(statement)

    assert await loyalty.database.worker.fetch("SELECT * FROM entries ORDER BY entry_id") == before
