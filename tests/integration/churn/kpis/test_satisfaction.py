"""The satisfaction of a shop's customers follows their answers: late, repeated, of aliases, erased, in another zone."""

import pytest

from builders.erasures import erased
from builders.events import event
from builders.merges import merges
from builders.shops import shop_updated
from churn.counted_facts.recount import recount_some
from churn.kpis.add_up import add_some_up
from churn.satisfaction.rows import ANSWERS
from mandegar.events.ingest import SurveyResponded

NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30", "calendar": "gregorian"}
MIDNIGHT_IN_TEHRAN = -22 + 12 / 24  # 1 November, 00:00


def answered(score, *, kind="nps", survey="s", **of):
    return event("survey.responded", SurveyResponded(survey_id=survey, kind=kind, score=score), **of)


async def month(churn, **query):
    answer = await churn.get("/v1/kpis", **(NOVEMBER | query))
    assert answer.status_code == 200, answer.text
    [only] = answer.json()["months"]
    return only["nps"], only["nps_answers"], only["csat"], only["csat_answers"]


async def test_a_month_has_its_scores_and_their_number(churn):
    assert await month(churn) == (None, 0, None, 0)
    await churn.deliver(
        *(answered(score, customer=f"c{score}", days=-2) for score in (10, 9, 8, 6, 2, 1)),
        *(answered(score, kind="csat", customer=f"c{score}", days=-2) for score in (100, 75, 50)),
        answered(90, kind="ces", days=-2),
    )
    assert await month(churn) == ("-16.7", 6, "0.6667", 3)
    await add_some_up(churn.context)
    assert await month(churn) == ("-16.7", 6, "0.6667", 3)
    assert await month(churn, **{"from": "2026-10-01", "to": "2026-10-31"}) == (None, 0, None, 0)
    assert await churn.invariant_violations() == []


@pytest.mark.parametrize("at_once", [True, False])
async def test_the_latest_answer_of_a_customer_counts_in_any_order(churn, at_once):
    told = [answered(3, days=-3), answered(10, days=-1), answered(7, days=-2), answered(0, days=-40)]
    if at_once:
        await churn.deliver(*told)
    else:
        for one in reversed(told):
            await churn.deliver(one)
    assert await month(churn) == ("100.0", 1, None, 0)


async def test_customers_who_are_one_answer_once(churn):
    await churn.deliver(answered(10, customer="g", days=-1), answered(2, customer="c", days=-3))
    before = await month(churn)
    await churn.deliver(*merges("g", "c"))
    after = await month(churn)
    await churn.deliver(answered(0, customer="g", days=-0.5))
    assert (before[:2], after[:2], (await month(churn))[:2]) == (("0.0", 2), ("100.0", 1), ("-100.0", 1))
    assert await churn.invariant_violations() == []


async def test_answers_of_erased_customers_are_in_no_figure(churn):
    await churn.deliver(answered(10, customer="other", days=-1), answered(2, days=-3))
    await churn.deliver(erased("c"))
    assert await month(churn) == ("100.0", 1, None, 0)
    await churn.deliver(answered(1, days=-2))
    assert await month(churn) == ("100.0", 1, None, 0)
    assert await churn.invariant_violations() == []


async def test_an_answer_counts_in_the_month_of_the_shops_zone(churn):
    await churn.deliver(answered(10, days=MIDNIGHT_IN_TEHRAN))
    assert (await month(churn))[:2] == ("100.0", 1)
    await churn.deliver(shop_updated(2, zone="America/Los_Angeles"))
    assert not await recount_some(churn.context, ANSWERS)
    assert (await month(churn))[:2] == (None, 0)
    assert await churn.invariant_violations() == []


async def test_nobody_reads_the_answers_of_another_shop(churn):
    await churn.deliver(shop_updated(shop="t", locale="en"), answered(10, days=-1))
    assert await month(churn, shop="t") == (None, 0, None, 0)


async def test_an_export_has_the_answers(churn):
    await churn.deliver(answered(9, days=-1))
    answer = await churn.ask("GET", "/v1/customers/c/export", "customers:export")
    assert '"survey_answers"' in answer.text
