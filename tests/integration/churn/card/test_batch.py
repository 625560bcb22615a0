"""Several cards in one request: each as the customer's own card, for server tokens only, within bounds."""

import re
from typing import Any

import pytest

from builders.customers import viewed
from builders.events import SHOP
from builders.messages import decided
from builders.orders import paid
from builders.points import posted
from builders.shops import shop_updated
from harness.churn_service import Churn, churn_service
from harness.databases import ServiceDatabase
from mandegar.events.identity import hashed_id

PATH = "/v1/customers:batch"


async def ask(churn: Churn, ids: list[str], **more: Any) -> Any:
    return await churn.ask("GET", PATH, params={"id": ids}, **more)


async def shop_with_three(churn: Churn) -> None:
    for number, name in enumerate(("a", "b", "c")):
        await churn.deliver(
            paid(f"o{name}", 50 + number, days=-60 + number, customer=name), viewed(name, customer=name)
        )
    await churn.deliver_card(posted(100, 1, tier="bronze", customer="b"), topic="loyalty.events")
    await churn.deliver_card(decided(1), topic="notify.events")


async def test_each_card_of_a_batch_is_the_customers_own_in_the_order_of_the_request(churn):
    await shop_with_three(churn)
    await churn.deliver_card(posted(7, 1, customer="points-only"), topic="loyalty.events")
    answer = (await ask(churn, ["c", "points-only", "nobody", "a", "c", "b", "null"])).json()

    assert [card["id"] for card in answer["customers"]] == ["c", "points-only", "a", "b"]
    assert answer["unknown"] == ["nobody", "null"]
    assert answer["as_of"] == "2026-11-22T08:30:00Z"
    for card in answer["customers"]:
        own = (await churn.get(f"/v1/customers/{card['id']}")).json()
        assert {name: value for name, value in card.items() if name != "id"} == own


async def test_a_customer_is_found_by_address_and_answered_under_each_id_of_the_request(churn):
    await churn.deliver(paid("a", customer="g_1"))
    stored = (await churn.get("/v1/customers/g_1")).json()["customer_id"]
    answer = (await ask(churn, ["g_1", " g_1", "sara@example.test"])).json()

    assert [(card["id"], card["customer_id"]) for card in answer["customers"]] == [("g_1", stored), (" g_1", stored)]
    assert answer["unknown"] == ["sara@example.test"]


async def test_a_batch_shows_the_shop_of_the_token_alone(churn):
    await shop_with_three(churn)
    answer = (await ask(churn, ["a", "b"], shop="other")).json()

    assert (answer["customers"], answer["unknown"]) == ([], ["a", "b"])


async def test_a_customers_own_token_reads_no_batch_not_even_of_itself(churn):
    await shop_with_three(churn)
    answer = await ask(churn, ["a"], subject="a")

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_a_hundred_ids_are_answered_and_one_more_is_refused(churn):
    await shop_with_three(churn)
    ids = [f"n{number}" for number in range(98)] + ["a", "b"]

    answer = await ask(churn, ids)
    assert [card["id"] for card in answer.json()["customers"]] == ["a", "b"]
    for refused in ([*ids, "c"], [*ids, "a"], [], ["x" * 321]):
        assert (await ask(churn, refused)).json()["code"] == "invalid"


async def test_each_id_counts_as_a_request_of_the_token(make_database):
    database: ServiceDatabase = await make_database("churn")
    async with churn_service(database, token_requests_per_second=4) as churn:  # twenty at once
        answers = [(await ask(churn, ["a", "b", "c", "d", "e", "f"])).status_code for _ in range(4)]

    assert answers == [200, 200, 200, 429]


@pytest.mark.parametrize("odd", ["\0", "a\nb", "‮", "%2e%2e", "a,b", "x" * 320, "😀", "a&id=b", "-1", "' OR true --"])
async def test_whatever_an_id_is_it_is_answered_as_unknown(churn, odd):
    await shop_with_three(churn)
    answer = await ask(churn, ["a", odd])

    assert answer.status_code == 200, answer.text
    assert [card["id"] for card in answer.json()["customers"]] == ["a"]
    assert answer.json()["unknown"] == [odd]


async def test_the_document_tells_the_limit_and_the_cost(churn):
    operation = (await churn.client.get("/openapi.json")).json()["paths"][PATH]["get"]
    parameter, *_ = operation["parameters"]

    assert parameter["schema"]["maxItems"] == 100
    assert re.search("at most 100 times", parameter["description"])
    assert operation["x-mandegar-cost-per"] == "id"
    assert operation["x-mandegar-access"]["customer_scopes"] == []


async def test_a_customer_is_found_by_an_id_that_is_published_as_a_hash(churn):
    stored = hashed_id("Sara Moradi", shop=SHOP, key=churn.context.identity_key)
    await churn.deliver(shop_updated(2, customer_ids="pseudonyms"), paid("a", customer=stored))
    answer = (await ask(churn, ["Sara Moradi", stored])).json()

    assert [(card["id"], card["customer_id"]) for card in answer["customers"]] == [
        ("Sara Moradi", stored),
        (stored, stored),
    ]
