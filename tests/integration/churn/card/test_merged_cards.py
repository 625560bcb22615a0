"""Two customers who turn out to be one have one card, although cards are written by a consumer group of their own."""

import asyncio
from typing import Any

import pytest
from msgspec import structs

from builders.customers import viewed
from builders.merges import merges
from builders.messages import decided
from builders.points import credit_posted, posted, tier_changed
from churn.main import SERVICE
from harness.churn_service import Churn
from harness.in_process import PARTITIONS
from harness.locking import until_waiting
from mandegar.database import transaction
from mandegar.lanes.application import lock_their_customers
from mandegar.service.reads import read_of_shop


async def card(churn: Churn, customer: str = "root") -> dict[str, Any]:
    answer = await churn.get(f"/v1/customers/{customer}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def owners(churn: Churn) -> set[str]:
    return {row["customer_id"] for row in await churn.database.worker.fetch("SELECT customer_id FROM cards")}


async def test_of_each_part_the_higher_version_stands_and_the_newest_messages_of_both(churn):
    await churn.deliver_card(
        posted(70, 7, tier="bronze", customer="alias", days=-3), posted(30, 3, tier="bronze", customer="root", days=-2),
        tier_changed(9, "gold", customer="root"), credit_posted("500.5", 5, customer="alias", days=-3),
        credit_posted("400", 4, customer="root", days=-2), topic="loyalty.events",
    )  # fmt: skip
    await churn.deliver_card(
        *(decided(number, days=number, customer=("alias", "root")[number % 2]) for number in range(14)),
        topic="notify.events",
    )
    await churn.deliver(*merges("alias", "root"))
    answer = await card(churn)

    assert (answer["points"]["available"], answer["tier"]) == (70, "gold")
    assert answer["freshness"]["points"] == {"as_of": "2026-11-19T08:30:00Z", "version": 7}
    assert [(each["unit"], each["available"]) for each in answer["credits"]] == [("IRR", "500.5")]
    assert answer["freshness"]["credits"] == {"as_of": "2026-11-19T08:30:00Z", "version": 5}
    expected = [str(decided(number).data.message_id) for number in range(13, 3, -1)]
    assert [message["message_id"] for message in answer["messages"]] == expected
    assert answer["freshness"]["messages"]["as_of"] == "2026-12-05T08:30:00Z"
    assert await owners(churn) == {"root"}
    assert {**await card(churn, "alias"), "as_of": None} == {**answer, "as_of": None}


async def test_what_became_of_a_message_that_both_know_is_told_once(churn):
    await churn.deliver_card(decided(1, customer="alias"), topic="notify.events")
    await churn.deliver_card(decided(1, "unknown", days=1, customer="root"), topic="notify.events")
    await churn.deliver(*merges("alias", "root"))

    assert [message["status"] for message in (await card(churn))["messages"]] == ["unknown"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_late_parts_of_an_alias_change_nothing_that_is_newer(churn, when):
    """Loyalty closes the alias, and then tells the root under a version above both."""
    told = posted(0, 8, tier="bronze", customer="alias")
    late = [
        posted(70, 7, tier="bronze", customer="alias"),
        structs.replace(told, data=structs.replace(told.data, merged_into="root")),
    ]
    await churn.deliver_card(posted(30, 3, tier="bronze", customer="root"), topic="loyalty.events")
    if when == "before":
        await churn.deliver_card(*late, topic="loyalty.events")
    await churn.deliver(*merges("alias", "root"))
    if when == "after":
        await churn.deliver_card(*late, topic="loyalty.events")
    assert (await card(churn))["points"]["available"] == 70
    await churn.deliver_card(posted(100, 9, tier="gold", customer="root"), topic="loyalty.events")
    await churn.deliver_card(posted(60, 6, tier="silver", customer="alias"), topic="loyalty.events")

    assert ((await card(churn))["points"]["available"], (await card(churn))["tier"]) == (100, "gold")
    assert await owners(churn) == {"root"}


async def test_a_batch_of_cards_that_has_begun_is_waited_for(churn):
    """It has read that the customer is no alias; the card that it writes goes to the root all the same."""
    group = SERVICE.subscriptions["churn.card"]
    part = posted(70, 7, customer="alias")
    async with transaction(churn.database.worker) as connection:
        assert (await lock_their_customers(group, [part], connection, PARTITIONS)).roots == {}
        merging = asyncio.create_task(churn.deliver(*merges("alias", "root")))
        await until_waiting(churn.database.worker, 1)
        await group.apply([part], connection, churn.clock.now())
    await merging

    assert await owners(churn) == {"root"}
    assert (await card(churn))["points"]["available"] == 70


async def test_cards_and_merges_at_once_leave_no_card_to_an_alias(churn):
    names = [f"g_{number}" for number in range(40)]

    async def write_cards() -> None:
        for name in names:
            await churn.deliver_card(posted(7, 1, customer=name, name=name), topic="loyalty.events")

    async def merge_them() -> None:
        for name in names:
            await churn.deliver(*merges(name, f"root {name}"))

    await asyncio.gather(write_cards(), merge_them())

    assert await owners(churn) == {f"root {name}" for name in names}
    assert await churn.invariant_violations() == []


async def test_who_has_no_alias_is_read_once(churn, monkeypatch):
    calls = []

    async def counted(*arguments: Any) -> Any:
        calls.append(arguments)
        return await read_of_shop(*arguments)

    monkeypatch.setattr("mandegar.service.reads.read_of_shop", counted)
    await churn.deliver(viewed("v", customer="alias"), viewed("w", customer="root"))
    for name, part in (("root", ""), ("root", "/risk"), ("alias", "")):
        calls.clear()
        assert (await churn.get(f"/v1/customers/{name}{part}")).status_code == 200
        assert len(calls) == 1
    await churn.deliver(*merges("alias", "root"))
    calls.clear()
    await card(churn, "alias")
    assert len(calls) == 2
