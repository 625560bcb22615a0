"""Visitors of a month are customers and browsers, once each, whoever they turn out to be."""

from builders.customers import viewed
from builders.erasures import erased
from builders.merges import merges
from builders.orders import historic, paid
from churn.customers.count_rest import count_some
from mandegar.database import transaction

SPAN = {"from": "2026-10-01", "to": "2026-11-30", "calendar": "gregorian"}


async def visitors(churn):
    answer = await churn.get("/v1/kpis", **SPAN)
    assert answer.status_code == 200, answer.text
    return [
        (each["visitors"], each["new_visitors"], each["returning_visitor_share"]) for each in answer.json()["months"]
    ]


async def test_a_browser_becomes_its_customer_and_both_can_be_erased(churn):
    await churn.deliver(viewed("1", customer="c", days=-2), viewed("2", customer="other", days=-1), paid("o", 10))
    await churn.deliver(viewed("3", customer="a_1", days=-40), viewed("4", customer="a_1", days=-3))
    assert await visitors(churn) == [(1, 1, "0.0000"), (3, 2, "0.3333")]
    await churn.deliver(*merges("a_1", "c"))
    assert await visitors(churn) == [(1, 1, "0.0000"), (2, 1, "0.5000")]
    await churn.deliver(viewed("late", customer="a_1", days=-41), viewed("late", customer="a_1", days=-41))
    assert await visitors(churn) == [(1, 1, "0.0000"), (2, 1, "0.5000")]
    assert await churn.invariant_violations() == []
    await churn.deliver(erased("c"))
    assert await visitors(churn) == [(0, 0, None), (1, 1, "0.0000")]
    assert await churn.invariant_violations() == []


async def test_who_visited_before_the_update_is_counted_in_the_background(churn):
    await churn.deliver(viewed("1", days=-40), historic("o", 5, days=-50), viewed("2", customer="d", days=-1))
    before = await visitors(churn)
    async with transaction(churn.database.worker) as connection:
        await connection.execute("UPDATE customers SET visit_months = ''")
        await connection.execute("DELETE FROM kpi_changes WHERE kind = 'visit'")
    assert await visitors(churn) == [(0, 0, None), (0, 0, None)]
    assert (await churn.get("/v1/kpis")).json()["being_counted"]
    await count_some(churn.context)
    assert not (await churn.get("/v1/kpis")).json()["being_counted"]
    assert await visitors(churn) == before == [(1, 1, "0.0000"), (1, 1, "0.0000")]
    assert await churn.invariant_violations() == []
