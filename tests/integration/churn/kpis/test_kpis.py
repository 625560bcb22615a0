"""The figures of a shop follow its orders: whatever comes late, is taken back, moves, merges or is erased."""

from itertools import product
from random import Random

import pytest

from builders.erasures import erased, readmitted
from builders.events import NOON, event
from builders.merges import merges
from builders.orders import cancelled, historic, paid, refund
from builders.shops import shop_updated
from churn.customers.count_rest import count_some
from churn.domain.kpis import ladder_of, months_of
from churn.kpis.add_up import add_some_up
from churn.kpis.rows import counts_of_months, counts_of_shop
from mandegar.database import transaction
from mandegar.events.ingest import OrderMoved

TODAY = NOON.date()

MONTH = {"from": "2026-11-01", "to": "2026-11-30", "calendar": "gregorian"}


async def month(churn, **query):
    answer = await churn.get("/v1/kpis", **(MONTH | query))
    assert answer.status_code == 200, answer.text
    [only] = answer.json()["months"]
    return only


async def figures(churn, **query):
    found = await month(churn, **query)
    return found["customers"], found["new_customers"], found["orders"], found["revenue"]


async def sums(churn):
    """All figures, whether added up or not."""
    rows = await churn.database.worker.fetch(
        """
        SELECT shop, calendar, kind, one, other, sum(customers), sum(orders), sum(revenue), sum(again)
        FROM (SELECT * FROM kpi_sums UNION ALL SELECT * FROM kpi_changes) AS counted
        GROUP BY 1, 2, 3, 4, 5 HAVING sum(customers) <> 0 ORDER BY 1, 2, 3, 4, 5
        """
    )
    return [tuple(row) for row in rows]


async def test_the_present_month_is_marked_and_says_nothing_that_silence_tells(churn):
    await churn.deliver(paid("a", 100, days=-40), paid("b", 50, days=-1))
    answer = (await churn.get("/v1/kpis", calendar="gregorian")).json()
    before, present = answer["months"][-2:]

    assert len(answer["months"]) == 12
    assert (before["month"], before["complete"], before["current_customers"]) == ("2026-10", True, 1)
    assert (present["month"], present["complete"]) == ("2026-11", False)
    assert (present["first_day"], present["last_day"]) == ("2026-11-01", "2026-11-30")
    assert (present["customers_at_start"], present["revenue"]) == (1, "50")
    names = ("lost", "current")
    assert [present[f"{name}_customers"] for name in names] == [None, None]
    assert present["retention_rate"] is present["churn_rate"] is present["revenue_churn_rate"] is None


async def test_a_month_that_is_worse_than_all_before_alarms_its_owner(churn):
    for month_ago in range(2, 10):
        await churn.deliver(*(paid(f"{month_ago}-{n}", 100, customer=f"c{n}", days=-30 * month_ago) for n in range(40)))
    await churn.deliver(*(paid(f"1-{n}", 10, customer=f"c{n}", days=-33) for n in range(40)))
    alarms = (await churn.get("/v1/kpis", calendar="gregorian")).json()["alarms"]
    assert [(each["figure"], each["month"], each["value"], each["owner"]) for each in alarms] == [
        ("revenue", "2026-10", "400.00", "management"),
        ("average_order_value", "2026-10", "10.00", "merchandising"),
    ]


async def test_a_shop_that_is_told_in_persian_has_jalali_months(churn):
    await churn.deliver(paid("a", 100, days=-1), paid("b", 70, days=-32))
    last = (await churn.get("/v1/kpis")).json()
    assert (last["calendar"], last["zone"], last["currency"], last["window"]) == ("jalali", "Asia/Tehran", "IRR", 3)
    assert [each["month"] for each in last["months"][-2:]] == ["1405-08", "1405-09"]
    # 22 November is the first of Azar: yesterday was another month.
    assert [each["revenue"] for each in last["months"][-3:]] == ["70", "100", "0"]


async def test_an_order_counts_in_the_month_of_its_zone(churn):
    midnight_in_tehran = -22 + 12 / 24  # 1 November, 00:00
    await churn.deliver(paid("a", 10, days=midnight_in_tehran), paid("b", 5, days=midnight_in_tehran - 0.001))
    assert (await month(churn))["revenue"] == "10"
    await churn.deliver(shop_updated(2, zone="America/Los_Angeles"))
    await churn.deliver(paid("c", 1, days=-1))
    assert (await month(churn))["revenue"] == "1", "both were still in October there"
    assert await churn.invariant_violations() == []


async def test_a_refund_an_edit_and_a_cancellation_change_the_month_of_the_order(churn):
    await churn.deliver(paid("a", 100, days=-20), paid("b", 40, days=-5))
    assert await figures(churn) == (1, 1, 2, "140")
    await churn.deliver(refund("a", "30.25", days=0))
    assert await figures(churn) == (1, 1, 2, "109.75")
    await churn.deliver(cancelled("b", version=2, days=0))
    assert await figures(churn) == (1, 1, 1, "69.75")
    await churn.deliver(refund("a", "69.75", "r2", days=0))
    assert await figures(churn) == (0, 0, 0, "0")
    assert await sums(churn) == []


async def test_an_older_order_that_comes_late_makes_a_new_customer_a_returning_one(churn):
    await churn.deliver(paid("a", 100, days=-2))
    assert (await month(churn))["new_customers"] == 1
    await churn.deliver(historic("b", 7, days=-400))
    found = await month(churn)
    assert (found["new_customers"], found["returning_customers"]) == (0, 1)
    assert (found["won_back_customers"], found["repeat_purchase_rate"]) == (1, "1.0000")


async def test_an_order_that_moves_counts_for_the_other_customer(churn):
    await churn.deliver(paid("a", 100, customer="g", days=-2))
    moved = event("order.moved", OrderMoved(order_id="a", to="c"), customer="g", days=-1)
    await churn.deliver(moved, paid("a", 100, customer="c", days=-2, name="again"))
    assert await figures(churn) == (1, 1, 1, "100")
    assert await churn.invariant_violations() == []


async def test_customers_who_are_one_count_once_in_all_months(churn):
    await churn.deliver(paid("a", 10, customer="c", days=-3), paid("b", 5, customer="g", days=-40))
    before = await figures(churn)
    await churn.deliver(*merges("g", "c"))
    assert (before, await figures(churn)) == ((1, 1, 1, "10"), (1, 0, 1, "10"))
    cohorts = (await churn.get("/v1/cohorts", calendar="gregorian")).json()["cohorts"]
    assert [(each["cohort"], each["customers"]) for each in cohorts] == [("2026-10", 1)]
    await churn.deliver(paid("d", 1, customer="g", days=-1))
    assert await figures(churn) == (1, 0, 2, "11")
    assert await churn.invariant_violations() == []


async def test_erased_customers_are_in_no_figure_and_come_again_as_new_ones(churn):
    await churn.deliver(paid("z", 1, customer="other", days=-3))
    before = await sums(churn)
    await churn.deliver(paid("a", 10, days=-3), paid("b", 5, days=-40))
    await churn.deliver(erased("c"))
    assert await sums(churn) == before
    await churn.deliver(paid("late", 10, days=-3))
    assert await sums(churn) == before
    await churn.deliver(readmitted("c", version=2))
    await churn.deliver(paid("new", 10, days=0.1))
    assert await figures(churn) == (2, 2, 2, "11")
    assert await churn.invariant_violations() == []


async def test_nobody_reads_the_figures_of_another_shop(churn):
    await churn.deliver(shop_updated(shop="t", locale="en"), paid("a", 10, days=-3))
    assert (await figures(churn, shop="t")) == (0, 0, 0, "0")
    assert (await churn.get("/v1/cohorts", shop="t")).json()["cohorts"] == []
    assert (await churn.get("/v1/kpis", shop="nobody")).json()["code"] == "unknown_shop"


@pytest.mark.parametrize("query", [
    {"from": "2026-11-30", "to": "2026-10-01"}, {"from": "2027-01-01"}, {"from": "2001-01-01"},
])  # fmt: skip
async def test_a_span_of_no_month_or_too_many_is_refused(churn, query):
    for route in ("/v1/kpis", "/v1/cohorts", "/v1/cohorts.csv"):
        answer = await churn.get(route, **query)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_span")


async def test_cohorts_are_lines_of_csv(churn):
    await churn.deliver(paid("a", 10, days=-3), paid("b", "5.5", days=-40))
    lines = (await churn.get("/v1/cohorts.csv", calendar="gregorian")).text.splitlines()
    assert lines[1:] == [
        "2026-10,1,0,2026-10,yes,1,1.0000,1,5.5,5.50",
        "2026-10,1,1,2026-11,no,1,1.0000,1,10,15.50",
    ]


async def test_what_is_added_up_gives_the_same_figures(churn):
    random = Random(1)
    for day in range(30):
        some = [(f"{day}-{n}", random.randrange(10**6), f"c{random.randrange(9)}") for n in range(5)]
        await churn.deliver(*(paid(id_, total, customer=who, days=-random.uniform(0, 900)) for id_, total, who in some))
    before = await sums(churn)
    while await add_some_up(churn.context):
        pass
    assert await churn.database.worker.fetchval("SELECT count(*) FROM kpi_changes") == 0
    assert await sums(churn) == before
    assert await churn.invariant_violations() == []


async def test_the_sums_of_some_months_give_the_figures_that_all_sums_give(churn):
    random = Random(2)
    for day in range(20):
        some = [(f"{day}-{n}", random.randrange(10**6), f"c{random.randrange(12)}") for n in range(5)]
        await churn.deliver(
            *(paid(id_, total, customer=who, days=-random.uniform(-90, 900)) for id_, total, who in some)
        )
    async with transaction(churn.database.worker) as connection:
        everything = await counts_of_shop(connection, "s", "jalali")
        last = 1405 * 12 + 8
        for first, window in product(range(last - 20, last + 1), (1, 2, 3, 7, 24)):
            some = await counts_of_months(connection, "s", "jalali", range(first, last + 1), window, TODAY)
            assert months_of(some, first, last, window) == months_of(everything, first, last, window)
            assert ladder_of(some) == ladder_of(everything)


async def test_rows_of_before_the_figures_are_counted_in_the_background(churn):
    await churn.deliver(*(paid(f"a{n}", 10, days=-n) for n in range(60)), paid("b", 5, customer="d", days=-40))
    before = await sums(churn)
    await churn.database.worker.execute("UPDATE customers SET turnover = ''")
    await churn.database.worker.execute("DELETE FROM kpi_changes")
    assert (await churn.get("/v1/kpis")).json()["being_counted"]
    await count_some(churn.context)
    assert await sums(churn) == before
    assert not (await churn.get("/v1/kpis")).json()["being_counted"]


async def test_what_a_release_before_has_written_is_counted_with_the_next_order(churn):
    """It writes orders, and leaves what they were counted for."""
    await churn.deliver(paid("a", 10, days=-3))
    stale = await churn.database.worker.fetchval("SELECT turnover FROM customers")
    counted = await churn.database.worker.fetch("SELECT * FROM kpi_changes")
    await churn.deliver(paid("b", 30, days=-40))
    await churn.database.worker.execute("UPDATE customers SET turnover = $1", stale)
    await churn.database.worker.execute("DELETE FROM kpi_changes")
    await churn.database.worker.executemany(
        "INSERT INTO kpi_changes VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)", [tuple(row) for row in counted]
    )
    await churn.deliver(paid("d", 5, days=-2))
    assert await figures(churn) == (1, 0, 2, "15")
    assert await churn.invariant_violations() == []


async def test_amounts_of_any_size_and_of_nothing_add_up(churn):
    await churn.deliver(paid("a", "999999999999999.9999", days=-1), paid("b", 0, days=-1), paid("c", "0.0001", days=-1))
    assert await figures(churn) == (1, 1, 3, "1000000000000000")
    assert (await month(churn))["average_order_value"] == "333333333333333.33"


async def test_orders_of_the_far_past_and_of_the_future_break_nothing(churn):
    await churn.deliver(paid("a", 10, days=-15_000), paid("b", 5, days=400), paid("d", 5, days=-1))
    assert (await figures(churn))[2] == 1
    assert (await churn.get("/v1/cohorts", **{"from": "1985-01-01", "to": "1985-12-31"})).json()["cohorts"]
    assert await churn.invariant_violations() == []
