"""Answers are written as JSON, not as models: they are, byte for byte, what the models in the document say."""

from random import Random

import pytest
from pydantic import BaseModel

from builders.customers import viewed
from builders.merges import merges
from builders.messages import decided
from builders.orders import paid, refund
from builders.points import posted
from churn.card.schemas import Card, CardBatch
from churn.risk.schemas import RiskAnswer
from harness.churn_service import Churn
from harness.glancing import answered, bought, consent, tell, ticket
from harness.modelled import by_fastapi
from harness.segmenting import brought_over

NAMES = ["c", "سارا-۱۲", 'quote"\\slash', "emoji 😀", "<b>&amp;", "points-only"]


async def many_kinds(churn: Churn) -> None:
    """Customers in every band and state, with amounts and instants of every length."""
    draw = Random(1)
    for name in NAMES[:-1]:
        orders = [
            paid(f"{name}{number}", draw.choice([1, 99.5, 12_500_000.25]), days=-draw.uniform(0, 300), customer=name)
            for number in range(draw.randrange(1, 9))
        ]
        await churn.deliver(*orders, viewed(name, days=-draw.uniform(0, 9), customer=name))
    await churn.deliver(refund(f"{NAMES[1]}0", 1, customer=NAMES[1]), paid("gone", 5, customer="gone"))
    await churn.deliver(refund("gone", 5, customer="gone"))
    await churn.deliver_card(
        *(posted(100, 1, tier="طلایی", customer=name, name=name) for name in NAMES[1:]), topic="loyalty.events"
    )
    await tell(
        churn,
        *(bought("کفش‌ها", -3, **{"کفش": 2, 'quote"': 1}), ticket("t", "opened", -2), ticket("t", "closed", -1.5)),
        *(answered("csat", 66.67, -4), answered("nps", 7, -4), consent("sms", "withdrawn", -1.23456)),
    )
    await brought_over(churn)
    await churn.deliver(*merges("a_browser", NAMES[0]))
    await churn.deliver_card(*(decided(number, days=number / 7) for number in range(12)), topic="notify.events")


@pytest.mark.parametrize(
    ("path", "model"),
    [("/v1/customers/{}", Card), ("/v1/customers/{}/risk", RiskAnswer), ("/v1/customers/{}/risk?at={}", RiskAnswer)],
)
async def test_an_answer_is_byte_for_byte_that_of_its_model(churn, path: str, model: type[BaseModel]):
    await many_kinds(churn)
    answered = 0
    for days in (0, 40.123456, 400):
        await churn.pass_time(days=days)
        for name in [*NAMES, "gone"]:
            query = {"at": churn.clock.now().isoformat()} if "at=" in path else {}
            answer = await churn.get(path.partition("?")[0].format(name), **query)
            if answer.status_code == 200:
                assert answer.content == await by_fastapi(model, answer.content)
                assert answer.headers["content-type"] == "application/json"
                answered += 1
    assert answered >= 3 * 6


async def test_a_batch_has_the_fields_of_its_model(churn):
    await many_kinds(churn)
    answer = (await churn.ask("GET", "/v1/customers:batch", params={"id": [*NAMES, "nobody"]})).content

    modelled = CardBatch.model_validate_json(answer)
    assert [card.id for card in modelled.customers] == NAMES
    assert CardBatch.model_validate_json(await by_fastapi(CardBatch, answer)) == modelled
