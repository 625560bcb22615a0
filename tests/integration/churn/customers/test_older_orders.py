"""Orders that have left their customer's row: found by their names, read as a whole only by who needs the whole."""

from datetime import timedelta

import pytest

from builders.orders import cancelled, historic, order, paid, refund
from builders.packed_orders import pack
from churn.customers import rows as customer_rows
from churn.customers.invariants import OLDER_ORDERS_ARE_COUNTED
from churn.domain import packed
from churn.domain.orders import Orders, record_payment, record_snapshot
from churn.orders import rows as order_rows
from harness.churn_service import Churn, crossings
from mandegar.database import transaction
from mandegar.events.orders import PAID
from mandegar.quantities import to_us


async def row(churn: Churn, customer: str = "c"):
    return await churn.database.worker.fetchrow("SELECT * FROM customers WHERE customer_id = $1", customer)


async def older(churn: Churn) -> int:
    return await churn.database.worker.fetchval("SELECT count(*) FROM older_orders")


async def applied_beside(churn: Churn) -> int:
    """How many events the lane beside has applied: it counts them under partitions below zero."""
    return await churn.database.worker.fetchval("SELECT coalesce(sum(events), 0) FROM applied WHERE partition < 0")


def a_purchase_a_day(count: int, customer: str = "c"):
    return [
        paid(f"o{number}", 100 + number, days=number - count, customer=customer, name=f"{customer}{number}")
        for number in range(count)
    ]


async def test_the_row_of_a_customer_stays_small_and_the_figures_are_those_of_all_orders(churn):
    for one in a_purchase_a_day(200):
        await churn.deliver(one)
    stored, card = await row(churn), (await churn.get("/v1/customers/c")).json()

    assert len(stored["orders"]) <= packed.RECENT_BYTES_MAX_BEHIND_OLDER + 5
    assert await older(churn) >= 160
    assert (card["orders"]["orders"], card["orders"]["total"]) == (200, f"{sum(range(100, 300))}.00")
    assert (stored["x"], (await churn.risk())["band"]) == (199, "healthy")
    assert await churn.invariant_violations() == []


async def test_a_row_that_was_larger_becomes_smaller_when_it_is_written(churn, monkeypatch):
    story = a_purchase_a_day(60)
    with monkeypatch.context() as before:
        before.setattr(packed, "RECENT_BYTES_MAX_BEHIND_OLDER", packed.RECENT_BYTES_MAX)
        before.setattr(packed, "RECENT_BYTES_KEPT", packed.RECENT_BYTES_MAX - 100)
        await churn.deliver(*story[:-1])
        larger = len((await row(churn))["orders"])
    await churn.deliver(story[-1])
    stored, card = await row(churn), (await churn.get("/v1/customers/c")).json()

    assert larger > packed.RECENT_BYTES_MAX_BEHIND_OLDER + 5 >= len(stored["orders"])
    assert (stored["x"], card["orders"]["orders"]) == (59, 60)
    assert await churn.invariant_violations() == []


async def test_a_customer_with_few_orders_has_no_other_rows_and_is_asked_for_none(churn, monkeypatch):
    asked = []
    monkeypatch.setattr(order_rows, "_signed", lambda name: asked.append(name) or name)
    for one in a_purchase_a_day(25):
        await churn.deliver(one)

    assert (await older(churn), asked) == (0, [])


async def test_the_newest_order_of_a_customer_with_many_reads_none_of_them(churn, monkeypatch):
    await churn.deliver(*a_purchase_a_day(150))
    with monkeypatch.context() as patched:
        patched.setattr(packed.Packed, "complete", None)
        await churn.deliver(paid("new", 50, days=0))
        await churn.deliver(order("updated", "new", 70, version=2, days=0))
        await churn.deliver(refund("new", 20, days=0))
        assert (await churn.risk())["band"] == "healthy"
    # A part of one that has left the row: since when the customer is healthy is found in all orders again.
    await churn.deliver(refund("o3", 20, days=0))
    card = (await churn.get("/v1/customers/c")).json()

    assert await churn.database.worker.fetchval("SELECT count(*) FROM dead_letters") == 0
    assert (card["orders"]["orders"], card["orders"]["total"]) == (151, f"{sum(range(100, 250)) + 50 - 20}.00")
    assert await churn.invariant_violations() == []


async def test_an_order_that_has_left_the_row_is_found_cancelled_and_taken_from_the_past(churn):
    await churn.deliver(*a_purchase_a_day(120))
    before = await row(churn)
    await churn.deliver(cancelled("o7", version=2), cancelled("o119", version=2))
    after, card = await row(churn), (await churn.get("/v1/customers/c")).json()

    assert (before["x"], after["x"]) == (119, 117)
    assert after["last_day"] == before["last_day"] - 1
    assert card["orders"]["total"] == f"{sum(range(100, 220)) - 107 - 219}.00"
    assert await churn.invariant_violations() == []


async def test_an_event_of_an_older_order_that_says_nothing_new_changes_nothing(churn):
    await churn.deliver(*a_purchase_a_day(120))
    before = await row(churn)
    again = paid("o5", 105, days=5 - 120, name="said by another source")
    await churn.deliver(again)

    assert {**dict(await row(churn)), "last_event_at": None} == {**dict(before), "last_event_at": None}
    assert (await churn.get("/v1/customers/c")).json()["orders"]["orders"] == 120


async def test_a_purchase_of_the_past_and_another_instant_count_older_orders(churn):
    await churn.deliver(*(one for one in a_purchase_a_day(120) if one.data.order_id != "o60"))
    await churn.deliver(paid("o60", 160, days=60 - 120))
    then = await churn.risk(at=paid("x", days=10 - 119.5).time.isoformat())

    assert (await row(churn))["x"] == 119
    assert then["reasons"][0]["evidence"]["orders"] == 11
    assert await churn.invariant_violations() == []


async def test_a_history_in_any_order_ends_as_one_in_its_order(churn):
    story = a_purchase_a_day(150)
    await churn.deliver(*(historic(one.data.order_id, one.data.total, days=n - 150) for n, one in enumerate(story)))
    backwards = [
        historic(one.data.order_id, one.data.total, days=n - 150, customer="d", name=f"d{n}")
        for n, one in enumerate(story)
    ]
    for start in range(140, -1, -10):
        await churn.deliver(*backwards[start : start + 10])
    await churn.pass_time(minutes=2)
    one, other = await row(churn), await row(churn, "d")

    columns = ("x", "first_day", "last_day", "band", "band_since", "due_at", "value_at_risk")
    assert [one[name] for name in columns] == [other[name] for name in columns]
    assert one["remembered"][4:] == other["remembered"][4:]
    assert await churn.invariant_violations() == []


def packed_before(count: int) -> bytes:
    """The orders of ``a_purchase_a_day`` in one pack, as the release before wrote them."""
    orders: Orders = {}
    for one in a_purchase_a_day(count):
        at_us, order_id = to_us(one.time), one.data.order_id
        record_snapshot(orders, order_id, one.data.total, 1, at_us, PAID)
        record_payment(orders, order_id, at_us)
    return pack(orders)


async def written_before(churn: Churn, count: int) -> None:
    """The row of the release before: all orders in it, and what was remembered is of an earlier state."""
    await churn.deliver(paid("o0", 100, days=-count))
    await churn.database.worker.execute("UPDATE customers SET orders = $1", packed_before(count))


async def test_a_row_of_the_release_before_is_folded_and_spread_when_it_is_touched(churn):
    await written_before(churn, 150)
    before = await churn.risk()
    await churn.deliver(paid("new", 50, days=0))
    stored, card = await row(churn), (await churn.get("/v1/customers/c")).json()

    assert before["reasons"][0]["evidence"]["orders"] == 150, "what is remembered is not of these orders"
    assert (stored["x"], card["orders"]["orders"]) == (150, 151)
    assert len(stored["orders"]) <= packed.RECENT_BYTES_MAX_BEHIND_OLDER + 5
    assert await churn.invariant_violations() == []


async def test_a_zone_that_the_release_before_has_written_has_its_own_days(churn):
    await churn.deliver(paid("a", days=0.49), paid("b", days=0.51))  # around midnight in Tehran, noon in Los Angeles
    await churn.database.worker.execute("UPDATE customers SET zone = 'America/Los_Angeles'")
    churn.clock.advance(timedelta(days=3))

    assert (await churn.risk())["reasons"][0]["evidence"]["days_with_orders"] == 1


async def test_orders_are_not_lost_when_another_customer_has_the_same(churn):
    await churn.deliver(*a_purchase_a_day(100), *a_purchase_a_day(100, "d"))
    await churn.deliver(cancelled("o1", version=2))

    assert [(await row(churn, name))["x"] for name in "cd"] == [98, 99]
    assert await churn.invariant_violations() == []


async def test_a_batch_finds_the_older_orders_of_each_of_its_customers(churn):
    await churn.deliver(*(one for name in "cde" for one in a_purchase_a_day(100, name)))
    of = {"c": [1], "d": [2, 3], "e": [1, 2, 4, 99]}
    await churn.deliver(
        *(
            cancelled(f"o{number}", version=2, customer=name, name=f"{name}{number} cancelled")
            for name, numbers in of.items()
            for number in numbers
        ),
        paid("new", 50, days=0, customer="d"),
    )

    assert [(await row(churn, name))["x"] for name in "cde"] == [98, 98, 95]
    assert await churn.invariant_violations() == []


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        ("DELETE FROM older_orders WHERE name = (SELECT min(name) FROM older_orders)", OLDER_ORDERS_ARE_COUNTED),
        ("UPDATE customers SET orders = ''", "older orders belong to a customer whose pack counts them"),
    ],
)
async def test_a_check_finds_orders_that_are_missing(churn, broken, found):
    await churn.deliver(*a_purchase_a_day(100))
    await churn.database.worker.execute(broken)

    assert found in {violation.invariant for violation in await churn.invariant_violations()}


async def test_a_customer_whose_past_needs_more_time_than_a_batch_is_settled_beside(churn, monkeypatch):
    monkeypatch.setattr(customer_rows, "OLDER_ORDERS_MAX", 50)
    await churn.deliver(*a_purchase_a_day(100))
    late = await churn.deliver(paid("late", 1, days=-300), paid("n", customer="neighbour"), paid("new", 5, days=0))

    assert (await row(churn))["x"] == 101
    assert (await row(churn))["last_day"] == (await row(churn, "neighbour"))["last_day"]
    assert crossings(late) == [(None, "healthy")]
    assert await applied_beside(churn) == 2
    assert await churn.invariant_violations() == []


async def test_a_pack_that_no_batch_has_time_for_is_taken_apart_beside(churn, monkeypatch):
    monkeypatch.setattr(packed, "LARGE_BYTES", 3_000)
    await written_before(churn, 150)
    await churn.deliver(paid("new", 50, days=0), paid("newer", 50, days=0.1))

    assert ((await row(churn))["x"], await older(churn) > 100) == (150, True)
    assert await applied_beside(churn) == 2
    assert await churn.invariant_violations() == []


async def test_the_rows_of_another_shop_are_out_of_reach(churn):
    await churn.deliver(*a_purchase_a_day(100))
    async with transaction(churn.database.worker) as connection:
        assert await connection.fetchval("SELECT count(*) FROM older_orders") > 0
    async with churn.database.web.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('app.shop', 'another', true)")
        assert await connection.fetchval("SELECT count(*) FROM older_orders") == 0
