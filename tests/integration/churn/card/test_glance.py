"""The parts of a card that churn itself knows: stage, segments, the last order, tickets, answers, consents, ids."""

from random import Random
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from builders.erasures import erased
from builders.merges import merges
from builders.messages import decided
from builders.orders import cancelled, refund
from builders.points import posted
from harness.churn_service import Churn
from harness.glancing import answered, bought, consent, tell, ticket
from harness.segmenting import brought_over
from mandegar.events import Event

NOT_OWN = ("lifecycle", "segments", "tickets", "answers", "ids")


async def card(churn: Churn, customer: str = "c", **more: Any) -> dict[str, Any]:
    answer = await churn.ask("GET", f"/v1/customers/{customer}", **more)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


STORY = (
    bought("a", -40, shoes=1, hats=9),
    bought("b", -20, shoes=2),
    bought("d", -10, hats=1, shoes=1),
    refund("d", 40, days=-9),
    ticket("t-1", "opened", -30),
    ticket("t-1", "closed", -29),
    ticket("t-2", "opened", -5),
    ticket("t-2", "answered", -4),
    answered("nps", 3, -28),
    answered("nps", 9, -8),
    answered("csat", 80, -7),
    consent("email", "granted", -12),
    consent("email", "withdrawn", -2),
    consent("sms", "granted", -6),
)


async def test_a_card_tells_at_a_glance_what_happened_last(churn):
    await brought_over(churn)
    await tell(churn, *STORY)
    answer = await card(churn)

    assert answer["lifecycle"] == "active"
    assert [each["segment"] for each in answer["segments"]] == ["active", "recently_complained"]
    assert answer["segments"] == (await churn.get("/v1/customers/c/segments")).json()["segments"]
    assert answer["last_items"] == {
        "order_id": "d", "state": "partly_refunded", "currency": "IRR", "total": "100.00", "net": "60.00", "items": "2",
        "lines": 2,
        "first_items": [{"product_id": "p-hats", "quantity": "1"}, {"product_id": "p-shoes", "quantity": "1"}],
    }  # fmt: skip
    assert answer["favourite_category"] == "shoes"  # in three orders, though there were more hats
    assert answer["tickets"] == {
        "open": 1,
        "last": {
            "ticket_id": "t-2", "state": "answered", "since": "2026-11-18T08:30:00Z", "category": "delivery",
            "priority": None,
        },
    }  # fmt: skip
    assert answer["answers"] == {
        "nps": {"score": 9.0, "at": "2026-11-14T08:30:00Z"},
        "csat": {"score": 80.0, "at": "2026-11-15T08:30:00Z"},
    }
    assert answer["consents"] == {
        "email": {"status": "withdrawn", "at": "2026-11-20T08:30:00Z", "method": "preferences"},
        "sms": {"status": "granted", "at": "2026-11-16T08:30:00Z", "method": "preferences"},
    }
    assert answer["ids"] == []
    assert answer["act"] is not None
    assert {part: answer["freshness"][part]["as_of"] for part in ("last_items", "tickets", "answers", "consents")} == {
        "last_items": "2026-11-12T08:30:00Z",
        "tickets": "2026-11-18T08:30:00Z",
        "answers": "2026-11-15T08:30:00Z",
        "consents": "2026-11-20T08:30:00Z",
    }
    assert answer["freshness"]["segments"]["as_of"] >= answer["freshness"]["ids"]["as_of"] == "2026-11-17T08:30:00Z"


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_parts_are_the_same_in_any_order_of_arrival(churn, seed):
    shuffled = [*STORY]
    Random(seed).shuffle(shuffled)
    for fact in shuffled:
        await tell(churn, fact)
    told = await card(churn)
    await tell(churn, *(of_other(item) for item in STORY))
    other = await card(churn, "other")

    for part in ("lifecycle", "last_items", "favourite_category", "tickets", "answers", "consents"):
        assert told[part] == other[part], part


def of_other(item: Event) -> Event:
    """The same of another customer."""
    return replace(item, id=UUID(int=item.id.int ^ 1), customer_id="other")


async def test_a_category_counts_where_the_order_stands(churn):
    await tell(churn, bought("a", -40, hats=1), bought("b", -20, shoes=2), bought("d", -10, shoes=1))
    await tell(churn, cancelled("b", version=2, days=-1), refund("d", 100, days=-1))
    answer = await card(churn)

    assert answer["favourite_category"] == "hats"
    assert (answer["last_items"]["order_id"], answer["last_items"]["state"]) == ("d", "refunded")


async def test_without_events_the_parts_are_empty(churn):
    await churn.deliver_card(posted(10, 1), topic="loyalty.events")
    answer = await card(churn)

    assert {name: answer[name] for name in (*NOT_OWN, "last_items", "favourite_category", "consents")} == {
        "lifecycle": None, "segments": [], "tickets": {"open": 0, "last": None}, "answers": {"nps": None, "csat": None},
        "ids": [], "last_items": None, "favourite_category": None, "consents": {},
    }  # fmt: skip


async def test_a_customer_of_whom_only_notify_has_published_a_consent_has_a_card(churn):
    await tell(churn, consent("sms", "granted", -1))

    assert (await card(churn))["consents"]["sms"]["status"] == "granted"
    assert (await churn.get("/v1/customers/nobody")).status_code == 404


async def test_a_customers_own_token_does_not_see_what_the_history_hides(churn):
    await tell(churn, *STORY)
    await churn.deliver_card(decided(1), decided(2, "withheld", "quiet_hours", days=1), topic="notify.events")
    whole, own = await card(churn), await card(churn, subject="c")

    assert {name: own[name] for name in NOT_OWN} == dict.fromkeys(NOT_OWN)
    assert {name: own[name] for name in ("last_items", "favourite_category", "consents")} == {
        name: whole[name] for name in ("last_items", "favourite_category", "consents")
    }
    assert [message["status"] for message in own["messages"]] == ["sent"]
    assert own["freshness"]["messages"]["as_of"] == "2026-11-22T08:30:00Z"
    assert whole["freshness"].keys() - own["freshness"].keys() == {"segments", "tickets", "answers", "ids"}
    by_framework = await churn.ask("GET", "/v1/customers/c", subject="c", params={"wait": 0})
    assert by_framework.json() == own


async def test_a_merge_gives_the_parts_to_the_root_and_names_the_alias(churn):
    await tell(churn, *STORY)
    await churn.deliver(*merges("c", "root"))
    answer, by_alias = await card(churn, "root"), await card(churn, "c")

    assert answer["ids"] == ["c"]
    assert (answer["tickets"]["open"], answer["answers"]["nps"]["score"]) == (1, 9.0)
    assert (answer["last_items"]["order_id"], [*answer["consents"]]) == ("d", ["email", "sms"])
    assert by_alias == answer


async def test_an_erasure_takes_every_part(churn):
    await tell(churn, *STORY)
    await churn.deliver(erased("c"))

    assert (await churn.get("/v1/customers/c")).status_code == 404


async def test_another_shop_sees_nothing_of_them(churn):
    await tell(churn, *STORY)

    assert (await churn.get("/v1/customers/c", shop="other")).status_code == 404


async def test_many_tickets_and_words_show_the_newest(churn):
    opened = [ticket(f"t-{number}", "opened", -number) for number in range(1, 31)]
    words = [consent("sms", ("granted", "withdrawn")[number % 2], -number / 10) for number in range(1, 61)]
    await tell(churn, *opened, *words)
    answer = await card(churn)

    assert (answer["tickets"]["open"], answer["tickets"]["last"]["ticket_id"]) == (20, "t-1")
    assert answer["consents"]["sms"]["status"] == "withdrawn"
