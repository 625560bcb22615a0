"""The card joins what churn computes with what loyalty and notify publish, and tells how fresh each part is."""

from datetime import timedelta
from random import Random

import pytest

from builders.customers import viewed
from builders.messages import decided
from builders.orders import paid
from builders.points import posted, tier_changed


def balance_of(version: int, available: int):
    return posted(available, version, tier="bronze", name=f"points-{version}", days=version / 100)


async def card(churn) -> dict:
    answer = await churn.get("/v1/customers/c")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_card_has_all_parts_and_how_fresh_they_are(churn):
    await churn.deliver(paid("a", 50, days=-60), paid("b", 70, days=-30), viewed("v", days=-2))
    await churn.deliver_card(balance_of(1, 100), balance_of(2, 150), tier_changed(3, "silver"), topic="loyalty.events")
    await churn.deliver_card(decided(1), decided(2, "withheld", "quiet_hours", days=1), topic="notify.events")
    answer = await card(churn)

    assert answer["points"] == {"available": 150, "pending": 0, "held": 0, "debt": 0, "lifetime": 150}
    assert answer["tier"] == "silver"
    assert [(message["status"], message["reason"]) for message in answer["messages"]] == [
        ("withheld", "quiet_hours"),
        ("sent", None),
    ]
    assert (answer["orders"]["orders"], answer["orders"]["total"], answer["currency"]) == (2, "120.00", "IRR")
    assert answer["activity"]["interactions"] == 1
    assert answer["freshness"]["points"] == {"as_of": "2026-11-22T08:58:48Z", "version": 2}
    assert answer["freshness"]["messages"]["as_of"] == "2026-11-23T08:30:00Z"
    assert answer["freshness"]["activity"]["as_of"] == "2026-11-20T08:30:00Z"
    assert answer["freshness"]["risk"] == {"as_of": "2026-11-22T08:30:00Z", "version": 2}
    assert {name: answer[name] for name in await churn.risk()} == await churn.risk()


async def test_risk_on_a_card_is_of_the_moment_of_the_question(churn):
    await churn.deliver(paid("a", days=-30))
    before = await card(churn)
    churn.clock.advance(timedelta(days=30))

    assert (await card(churn))["risk"] > before["risk"]


async def test_a_customer_of_whom_only_loyalty_has_published_has_a_card(churn):
    await churn.deliver_card(balance_of(1, 10), topic="loyalty.events")
    answer = await card(churn)

    assert (answer["risk"], answer["band"], answer["orders"], answer["messages"]) == (None, None, None, [])
    assert answer["points"]["available"] == 10


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_card_converges_in_any_order(churn, seed):
    facts = [balance_of(version, 10 * version) for version in range(1, 6)] + [tier_changed(6, "gold")]
    messages = [decided(number, days=number) for number in range(14)] + [decided(13, "unknown", days=20)]
    Random(seed).shuffle(facts)
    Random(seed).shuffle(messages)
    for fact in facts:
        await churn.deliver_card(fact, topic="loyalty.events")
    for fact in messages:
        await churn.deliver_card(fact, topic="notify.events")
    answer = await card(churn)

    assert (answer["points"]["available"], answer["tier"]) == (50, "gold")
    ids = [str(decided(number).data.message_id) for number in range(13, 3, -1)]
    assert [message["message_id"] for message in answer["messages"]] == ids
    assert answer["messages"][0]["status"] == "unknown"


async def test_cards_do_not_touch_what_scoring_reads(churn):
    await churn.deliver_card(balance_of(1, 10), topic="loyalty.events")

    assert await churn.database.worker.fetchval("SELECT count(*) FROM customers") == 0
