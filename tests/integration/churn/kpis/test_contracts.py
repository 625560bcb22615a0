"""Figures of contracts follow their facts: late, repeated, of aliases, erased, in another zone, of another shop."""

import pytest

from builders.contracts import subscribed, trial, unsubscribed
from builders.erasures import erased
from builders.merges import merges
from builders.shops import shop_updated
from churn.contracts.rows import CONTRACTS
from churn.counted_facts.recount import recount_some
from churn.kpis.add_up import add_some_up

OCTOBER = {"from": "2026-10-01", "to": "2026-10-31", "calendar": "gregorian"}
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30", "calendar": "gregorian"}
# The first of November and of October, at noon.
NOVEMBER_1, OCTOBER_1 = -21, -52


async def month(churn, span=OCTOBER, **query):
    answer = await churn.get("/v1/kpis", **(span | query))
    assert answer.status_code == 200, answer.text
    [only] = answer.json()["months"]
    return only


async def running(churn, span=OCTOBER, **query):
    only = await month(churn, span, **query)
    return only["mrr"], only["contracts"], only["contract_customers"]


async def test_the_present_month_has_what_runs_today_and_nothing_that_only_silence_tells(churn):
    await churn.deliver(
        subscribed("over", 10, customer="a", days=-40, until=-1.5),
        subscribed("runs", 20, customer="b", days=-40, until=0.9),
        subscribed("new", 40, customer="c", days=-1, until=30),
        subscribed("later", 80, customer="d", days=-1, starts=3, until=40),
        trial(days=-3, until=3),
    )
    only = await month(churn, NOVEMBER)
    assert (only["mrr"], only["contracts"], only["contract_customers"]) == ("60", 2, 2)
    assert (only["mrr_at_start"], only["new_mrr"], only["new_contract_customers"]) == ("30", "120", 2)
    silent = ("contraction_mrr", "churned_mrr", "churned_contract_customers", "contract_churn_rate", "mrr_churn_rate")
    assert {only[name] for name in (*silent, "net_mrr_retention_rate", "trials_ended", "trials_converted")} == {None}
    assert only["trials_started"] == 1
    await add_some_up(churn.context)
    assert await month(churn, NOVEMBER) == only


@pytest.mark.parametrize("at_once", [True, False])
async def test_late_and_repeated_facts_change_their_months_in_any_order(churn, at_once):
    told = [
        subscribed(amount=30, days=OCTOBER_1 - 30, until=OCTOBER_1 + 1),
        subscribed(amount=30, days=OCTOBER_1 + 5, until=NOVEMBER_1 + 5),
        unsubscribed(days=OCTOBER_1 + 6, until=NOVEMBER_1 - 5),
        subscribed(amount=50, days=OCTOBER_1 + 8, starts=OCTOBER_1 + 7, until=NOVEMBER_1 + 9),
    ]
    if at_once:
        await churn.deliver(*told)
    else:
        for one in reversed(told):
            await churn.deliver(one)
            await churn.deliver(one)
    only = await month(churn)
    assert (only["mrr_at_start"], only["expansion_mrr"], only["mrr"]) == ("30", "20", "50")
    assert await churn.invariant_violations() == []


async def test_customers_who_are_one_move_once(churn):
    await churn.deliver(
        subscribed("x", 10, customer="g", days=OCTOBER_1 - 9, until=OCTOBER_1 + 9),
        subscribed("y", 30, customer="c", days=OCTOBER_1 + 3, until=NOVEMBER_1 + 9),
    )
    before = await month(churn)
    await churn.deliver(*merges("g", "c"))
    after = await month(churn)
    assert (before["new_mrr"], before["churned_mrr"], before["expansion_mrr"]) == ("30", "10", "0")
    assert (after["new_mrr"], after["churned_mrr"], after["expansion_mrr"]) == ("0", "0", "20")
    await churn.deliver(subscribed("x", 10, customer="g", days=OCTOBER_1 + 9, until=NOVEMBER_1 + 9))
    assert await running(churn) == ("40", 2, 1)
    assert await churn.invariant_violations() == []


async def test_contracts_of_erased_customers_are_in_no_figure(churn):
    await churn.deliver(
        subscribed(amount=5, customer="other", days=OCTOBER_1, until=30), subscribed(days=OCTOBER_1, until=30)
    )
    await churn.deliver(erased("c"))
    await churn.deliver(subscribed(amount=7, days=OCTOBER_1 + 1, until=30))
    assert await running(churn) == ("5", 1, 1)
    assert await churn.invariant_violations() == []


async def test_a_contract_runs_on_days_of_the_shops_zone(churn):
    await churn.deliver(subscribed(days=-40, until=NOVEMBER_1 - 12 / 24))
    assert (await running(churn))[1] == 1
    await churn.deliver(subscribed("b", days=-40, until=NOVEMBER_1 - 12 / 24 - 0.01))
    assert (await running(churn))[1] == 1
    await churn.deliver(shop_updated(2, zone="Pacific/Kiritimati"))
    assert not await recount_some(churn.context, CONTRACTS)
    assert (await running(churn))[1] == 2
    assert await churn.invariant_violations() == []


async def test_another_shop_sees_none_and_an_export_has_all(churn):
    await churn.deliver(shop_updated(shop="t", locale="en"), subscribed(days=-40, until=30))
    assert await running(churn, shop="t") == ("0", 0, 0)
    answer = await churn.ask("GET", "/v1/customers/c/export", "customers:export")
    assert '"contracts"' in answer.text
