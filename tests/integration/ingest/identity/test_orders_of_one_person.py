"""An order has one owner, and earns once, whatever turns out about who is who, and whenever."""

import asyncio
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest

from builders.people import MAIL, paid, viewed
from harness.ingest_service import Ingest
from harness.worth import worth
from ingest.context import extend


def refund(order: str, customer: Any, amount: int, minute: int = 5) -> dict[str, Any]:
    data = {"refund_id": f"r-{amount}", "order_id": order, "currency": "IRR", "amount": amount}
    body = {**viewed(f"{order}-refund-{amount}", customer, minute), "type": "refund.issued", "data": data}
    return body if customer is not None else {name: body[name] for name in body if name != "customer"}


def cancelled(order: str, customer: Any) -> dict[str, Any]:
    return {**viewed(f"{order}-cancelled", customer, 9), "type": "order.cancelled", "data": {"order_id": order}}


def again(order: str, customer: Any) -> dict[str, Any]:
    return {**paid(order, customer, 1), "id": f"{order}-again"}


def of_a_guest(order: str, mine: dict[str, str], mail: dict[str, str]) -> list[dict[str, Any]]:
    """Paid as a guest and again under the account, which has the address; returned as both and as nobody."""
    return [
        paid(order, mail),
        again(order, {**mine, **mail}),
        refund(order, mail, 30),
        refund(order, None, 10),
        refund(order, mine, 20, 6),
    ]


def of_a_guest_found_out(order: str, mine: dict[str, str], mail: dict[str, str]) -> list[dict[str, Any]]:
    """Only an event that is about no order tells whose the address is."""
    return [
        paid(order, mail),
        again(order, mine),
        refund(order, mail, 30),
        refund(order, None, 20),
        viewed(f"{order}-view", {**mine, **mail}, 7),
    ]


def of_a_browser(order: str, mine: dict[str, str], mail: dict[str, str]) -> list[dict[str, Any]]:
    browser = {"anonymous_id": f"b-{order}"}
    return [
        paid(order, browser),
        refund(order, browser, 30),
        refund(order, mine, 10),
        viewed(f"{order}-view", {**mine, **browser}, 7),
        again(order, mail),
    ]


@pytest.mark.parametrize(
    ("story", "left"),
    [(of_a_guest, 40), (of_a_guest_found_out, 50), (of_a_browser, 60)],
    ids=["known", "late", "browser"],
)
@pytest.mark.parametrize("together", [True, False])
async def test_an_order_earns_once_in_any_order_of_arrival(ingest, story, left, together):
    arrivals = list(permutations(range(5)))
    for number, arrival in enumerate(arrivals):
        order = f"o-{number}"
        events = story(order, {"id": f"s-{order}"}, {"email": f"{order}@example.com"})
        in_order = [events[place] for place in arrival]
        for body in [in_order] if together else in_order:
            await ingest.send(body)

    found = worth(await ingest.news())
    assert [sum(owners.values()) for owners in found.values()] == [left] * len(arrivals)
    assert {len(owners) for owners in found.values()} == {1}
    if story is not of_a_browser:
        assert found == {f"o-{number}": {f"s-o-{number}": left} for number in range(len(arrivals))}


@pytest.mark.parametrize("cancels_first", [True, False])
async def test_an_account_with_the_guests_address_cancels_the_guests_order(ingest, cancels_first):
    events = [paid("o", {"email": MAIL}), cancelled("o", {"id": "s-1", "email": MAIL})]
    for event in reversed(events) if cancels_first else events:
        await ingest.send(event)

    assert worth(await ingest.news()) == {}


async def test_another_account_that_claims_a_merged_guests_order_gets_it(ingest):
    """The guest's claim stays that of a guest, whenever it is found out who the guest is."""
    await ingest.send(paid("o", {"email": MAIL}))
    await ingest.send(viewed("1", {"id": "s-1", "email": MAIL}, 1))
    await ingest.send(again("o", {"id": "s-2"}))

    assert worth(await ingest.news()) == {"o": {"s-2": 100}}


async def test_guest_and_account_that_race_are_one_person_at_the_end(ingest: Ingest):
    """Two processes: one gets what the guest does, the other makes the address known as the account's."""

    async def submit(commits: Any, events: Sequence[dict[str, Any]]) -> None:
        await commits.submit(ingest.arrivals(events))

    for number in range(20):
        mail, mine = {"email": f"{number}@example.com"}, {"id": f"s-{number}"}
        guests = [paid(f"o-{number}", mail), viewed(f"w-{number}", mail)][number % 2]
        other = extend(ingest.context)
        one, two = submit(ingest.context.commits, [guests]), submit(other.commits, [viewed(f"v-{number}", mine | mail)])
        await asyncio.gather(*([one, two] if number % 4 < 2 else [two, one]))

    merged = "SELECT count(*) FROM customers WHERE left(customer_id, 2) = 'g_' AND merged_into IS NOT NULL"
    assert await ingest.database.worker.fetchval(merged) == 20
