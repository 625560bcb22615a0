"""Accounts with many orders go on from what is remembered, and end where a walk from the beginning ends."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid5

import pytest
from msgspec.structs import replace

from builders.orders import paid, refund
from builders.shops import shop_updated
from harness.in_process import NOON
from loyalty.account import post, remembered_rows, routes
from loyalty.account import rows as account_rows
from loyalty.domain import account
from mandegar.events import Event

TIERS = """
version: 1
currency: IRR
earn: {points: 1, per: 100000}
hold: {days: 3}
expiry: {days: 20, warn_days: 5}
tiers:
  window_days: 30
  levels:
    - {name: bronze, spend: 0}
    - {name: silver, spend: 60000000, multiplier: 1.5}
    - {name: gold, spend: 200000000, multiplier: 2}
"""
ORDERS = 60


@pytest.fixture
def read(monkeypatch) -> list[str]:
    """The orders that were read, by their ids."""
    read: list[str] = []
    unpack = account_rows.unpack_order

    def counted(order_id, *rest):
        read.append(order_id)
        return unpack(order_id, *rest)

    monkeypatch.setattr(account_rows, "unpack_order", counted)
    return read


def bought(number: int) -> Event:
    """One of the orders that are paid half a day apart."""
    return paid(f"o{number}", 3_000_000, days=number / 2)


def of_twin(*events: Event) -> list[Event]:
    """The same events of the customer ``d``."""
    return [replace(event, id=uuid5(event.id, "d"), customer_id="d") for event in events]


async def lives(loyalty, *, orders: int = ORDERS) -> None:
    """A customer who buys twice a day, settled each time."""
    for number in range(orders):
        loyalty.clock.set(NOON + timedelta(days=number / 2))
        await loyalty.deliver(bought(number))


async def stands(loyalty, customer: str) -> tuple[object, Sequence[object]]:
    """The balance and the sums of the ledger."""
    rows = await loyalty.database.worker.fetch(
        """
        SELECT order_id, kind, bucket, effective_at, sum(points)::bigint AS points FROM entries
        WHERE customer_id = $1 GROUP BY 1, 2, 3, 4 HAVING sum(points) <> 0 ORDER BY 1, 2, 3, 4
        """,
        customer,
    )
    hidden = {"customer_id", "as_of", "version"}
    balance = await loyalty.balance(customer)
    return {name: value for name, value in balance.items() if name not in hidden}, [tuple(row) for row in rows]


async def remembered(loyalty, customer: str = "c") -> str | None:
    return await loyalty.database.worker.fetchval("SELECT remembered FROM customers WHERE customer_id = $1", customer)


async def test_the_newest_order_is_settled_without_reading_orders_that_nothing_can_change(loyalty, read):
    await loyalty.put_programme(TIERS)
    await lives(loyalty)
    await loyalty.pass_time(hours=1)
    read.clear()
    loyalty.clock.advance(timedelta(hours=1))
    await loyalty.deliver(paid("new", 1_000_000, days=ORDERS / 2 - 0.4))

    assert len(read) <= 2
    assert await loyalty.invariant_violations() == []


async def test_what_was_settled_order_by_order_is_what_a_twin_gets_at_once(loyalty):
    await loyalty.put_programme(TIERS)
    await lives(loyalty)
    late = refund("o58", 2_000_000, days=29.2), paid("late", 5_000_000, days=20)
    await loyalty.deliver(*late)
    await loyalty.deliver(*of_twin(*map(bought, range(ORDERS)), *late))

    assert await remembered(loyalty) is not None
    assert await stands(loyalty, "c") == await stands(loyalty, "d")
    assert await loyalty.invariant_violations() == []


async def test_a_late_order_changes_the_tiers_of_those_behind_it(loyalty, read):
    await loyalty.put_programme(TIERS)
    await lives(loyalty, orders=30)
    read.clear()
    late = paid("late", 55_000_000, days=10)
    await loyalty.deliver(late)
    tail = [order_id for order_id in read if order_id.startswith("o")]
    await loyalty.deliver(*of_twin(*map(bought, range(30)), late))

    assert set(tail) == {f"o{number}" for number in range(20, 30)}
    assert await stands(loyalty, "c") == await stands(loyalty, "d")


async def test_a_new_version_and_a_new_zone_are_walked_from_the_beginning(loyalty, read):
    await loyalty.put_programme(TIERS)
    await lives(loyalty, orders=30)
    at = loyalty.clock.now() + timedelta(minutes=5)
    await loyalty.put_programme(TIERS.replace("hold: {days: 3}", "hold: {days: 1}"), effective_from=at.isoformat())
    for news in (timedelta(minutes=10), timedelta(hours=2)):
        read.clear()
        loyalty.clock.advance(news)
        if news > timedelta(hours=1):
            await loyalty.deliver(shop_updated(2, zone="Europe/Berlin"))
            loyalty.clock.advance(timedelta(minutes=1))
        await loyalty.deliver(paid(f"n{news}", 1_000_000, days=14.7))

        assert len(set(read)) >= 30
        assert await loyalty.invariant_violations() == []


async def test_what_a_process_of_the_release_before_wrote_is_walked(loyalty, read):
    """It writes facts, entries and the state, and leaves what is remembered as it was."""
    await loyalty.put_programme(TIERS)
    await lives(loyalty, orders=30)
    before = await remembered(loyalty)
    theirs, ours = paid("theirs", 70_000_000, days=14.5), paid("ours", 1_000_000, days=14.5)
    await loyalty.deliver(theirs)
    await loyalty.database.worker.execute(
        """
        UPDATE orders SET earned_at = NULL, changed_at = NULL, next_at = NULL, expires_at = NULL,
            net = NULL, tier = NULL, pending = NULL, available = NULL
        WHERE order_id = 'theirs'
        """
    )
    await loyalty.database.worker.execute("UPDATE customers SET remembered = $1 WHERE customer_id = 'c'", before)
    read.clear()
    await loyalty.deliver(ours)
    await loyalty.deliver(*of_twin(*map(bought, range(30)), theirs, ours))

    assert "theirs" in read
    assert await stands(loyalty, "c") == await stands(loyalty, "d")
    assert await loyalty.invariant_violations() == []


async def test_operators_see_an_account_that_is_remembered_wrongly(loyalty):
    await loyalty.put_programme(TIERS)
    await lives(loyalty, orders=20)
    await loyalty.database.worker.execute("UPDATE orders SET tier = 1 WHERE order_id = 'o3'")

    (violation,) = await loyalty.invariant_violations()
    assert violation == ("what is remembered of an account is what a walk finds", "s:c")


async def test_few_orders_are_not_remembered(loyalty):
    await lives(loyalty, orders=account.REMEMBERED_FROM - 1)

    assert await remembered(loyalty) is None
    marked = "SELECT count(*) FROM orders WHERE net IS NOT NULL"
    assert await loyalty.database.worker.fetchval(marked) == 0


async def test_a_walk_of_many_orders_is_left_to_the_lane_beside(loyalty, monkeypatch):
    await loyalty.put_programme(TIERS)
    await lives(loyalty, orders=20)
    monkeypatch.setattr(post, "WALKED_MAX", 15)
    await loyalty.database.worker.execute("UPDATE customers SET remembered = NULL")
    first = bought(20)
    async with loyalty.database.worker.acquire() as connection, connection.transaction():
        with pytest.raises(ValueError, match="more time than a batch has"):
            await post.settle_and_post([first.customer], {}, connection, loyalty.clock.now())
    await loyalty.deliver(first, paid("p", customer="d"))

    assert await remembered(loyalty) is not None
    assert (await loyalty.balance("d"))["lifetime"] == 100
    assert await loyalty.invariant_violations() == []


async def test_a_tail_that_is_too_long_is_walked(loyalty, monkeypatch, read):
    await loyalty.put_programme(TIERS)
    await lives(loyalty, orders=30)
    monkeypatch.setattr(
        remembered_rows,
        "_LOAD_TAILS",
        remembered_rows._LOAD_TAILS.replace(f"LIMIT {remembered_rows.TAIL_MAX + 1}", "LIMIT 6"),
    )
    monkeypatch.setattr(remembered_rows, "TAIL_MAX", 5)
    read.clear()
    await loyalty.deliver(paid("late", 55_000_000, days=2))

    assert {f"o{number}" for number in range(30)} <= set(read)
    assert await loyalty.invariant_violations() == []


async def test_a_page_of_lots_reads_no_other_orders(loyalty, read):
    await loyalty.put_programme(TIERS)
    await lives(loyalty)
    whole = (await loyalty.get("/v1/customers/c/ledger", limit=500)).json()
    read.clear()
    first = (await loyalty.get("/v1/customers/c/ledger", limit=5)).json()
    second = (await loyalty.get("/v1/customers/c/ledger", limit=5, lots_after=first["next_lots_after"])).json()
    await loyalty.database.worker.execute("UPDATE customers SET remembered = NULL")
    walked = (await loyalty.get("/v1/customers/c/ledger", limit=500)).json()

    assert len(read) == 12 + ORDERS
    assert whole["lots"][:10] == first["lots"] + second["lots"]
    assert whole["lots"] == walked["lots"]


async def test_the_balance_of_a_giant_is_right_up_to_its_next_due_instant(loyalty, monkeypatch, read):
    monkeypatch.setattr(routes, "WALKED_MAX", 15)
    await loyalty.put_programme(TIERS)
    await lives(loyalty, orders=20)
    before = await loyalty.balance()
    due_at = await loyalty.database.worker.fetchval("SELECT due_at FROM customers WHERE customer_id = 'c'")
    read.clear()
    loyalty.clock.advance(timedelta(days=1))
    answer = await loyalty.balance()

    assert read == []
    assert answer == {**before, "as_of": (due_at - timedelta(microseconds=1)).isoformat().replace("+00:00", "Z")}
