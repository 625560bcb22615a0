"""An order has one owner, an account before a guest before a browser; it earns once, in any order of arrival."""

import asyncio
from collections.abc import Sequence
from itertools import permutations
from typing import Any

import pytest

from harness.ingest_service import Ingest
from harness.worth import worth
from ingest.context import extend
from ingest.hallway.accept import accept
from ingest.hallway.order_owners import move_missed
from mandegar.database import transaction
from mandegar.outbox import write_outbox

MAIL = "sara@example.com"
GUEST = {"email": MAIL}
BROWSER = {"anonymous_id": "b-7"}


def account(number: object) -> dict[str, str]:
    return {"id": f"s-{number}", "email": MAIL}


def event(id_: str, type_: str, order: str, customer: Any, minute: int, **data: Any) -> dict[str, Any]:
    """An event about an order of 100 rials; ``customer`` None names nobody."""
    money = {} if type_ == "order.cancelled" else {"currency": "IRR"}
    body = {"id": f"{order}-{id_}", "type": type_, "time": f"2026-11-22T10:{minute:02}:00Z"}
    named = {} if customer is None else {"customer": customer}
    return {**body, **named, "data": {"order_id": order, **money, **data}}


def paid(order: str, customer: Any, minute: int = 0, total: int = 100) -> dict[str, Any]:
    return event(f"paid-{minute}", "order.paid", order, customer, minute, total=total)


def cancelled(order: str, customer: Any, minute: int = 9) -> dict[str, Any]:
    return event("cancelled", "order.cancelled", order, customer, minute)


def refund(order: str, customer: Any, amount: int = 30, minute: int = 5) -> dict[str, Any]:
    return event(f"refund-{amount}", "refund.issued", order, customer, minute, refund_id=f"r-{amount}", amount=amount)


async def test_an_account_cancels_the_order_that_it_placed_as_a_guest(ingest):
    await ingest.send(paid("o", GUEST))
    await ingest.send(cancelled("o", account(1)))

    assert worth(await ingest.news()) == {}


async def test_an_order_paid_by_a_guest_and_again_under_the_account_earns_once(ingest):
    await ingest.send(paid("o", GUEST))
    await ingest.send(paid("o", account(1), minute=1))

    assert worth(await ingest.news()) == {"o": {"s-1": 100}}


async def test_a_guest_returns_what_the_account_bought(ingest):
    await ingest.send(paid("o", account(1)))
    answer = await ingest.send(refund("o", GUEST, 100))

    assert worth(await ingest.news()) == {}
    # The guest's address is the account's, so they are one customer.
    assert [(one["status"], one["code"]) for one in answer.json()["results"]] == [("accepted", "merged_customer")]


async def test_a_guest_whom_nobody_knows_returns_what_the_account_bought(ingest):
    await ingest.send(paid("o", account(1)))
    answer = await ingest.results(refund("o", {"email": "a-friend@example.com"}, 100))

    assert worth(await ingest.news()) == {}
    assert answer == [("accepted", "order_owner")]


async def test_a_refund_for_nobody_follows_the_order_to_the_account(ingest):
    await ingest.send(paid("o", GUEST))
    await ingest.send(refund("o", None))
    await ingest.send(paid("o", account(1), minute=1))

    assert worth(await ingest.news()) == {"o": {"s-1": 70}}


async def test_an_order_goes_from_browser_to_guest_to_account(ingest):
    for minute, customer in enumerate((BROWSER, GUEST, account(1))):
        await ingest.send(paid("o", customer, 9 - minute))
        news = worth(ingest.published + await ingest.news())
        assert [len(owners) for owners in news.values()] == [1]

    assert worth(ingest.published) == {"o": {"s-1": 100}}


async def test_two_accounts_that_claim_an_order_keep_what_names_them(ingest):
    await ingest.send([paid("o", account(1)), paid("o", account(2), minute=1), refund("o", account(1))])

    assert worth(await ingest.news()) == {"o": {"s-1": 70, "s-2": 100}}


def a_story(order: str) -> list[dict[str, Any]]:
    """A guest's order, claimed by the account that refunds a part; another part is refunded in nobody's name."""
    mine = account(order)
    return [
        paid(order, {"email": f"{order}@example.com"}),
        event("updated", "order.updated", order, mine, 3, total=90),
        paid(order, mine, minute=2),
        refund(order, {"email": f"{order}@example.com"}),
        refund(order, None, 10),
    ]


@pytest.mark.parametrize("together", [True, False])
async def test_the_owner_and_the_worth_do_not_depend_on_the_order_of_arrival(ingest, together):
    arrivals = list(permutations(range(5)))
    for number, arrival in enumerate(arrivals):
        story = a_story(f"o-{number}")
        events = [story[place] for place in arrival]
        for body in [events] if together else events:
            await ingest.send(body)

    assert worth(await ingest.news()) == {f"o-{number}": {f"s-o-{number}": 50} for number in range(len(arrivals))}


async def test_guest_and_account_that_race_never_miss_each_other(ingest: Ingest):
    """Two processes: one gets the guests' orders, the other what the accounts say of them, at the same time."""
    orders = [f"o-{number}" for number in range(20)]

    async def submit(commits: Any, events: Sequence[dict[str, Any]]) -> None:
        await commits.submit(ingest.arrivals(events))

    for order in orders:
        other = extend(ingest.context)
        one, two = [paid(order, GUEST)], [paid(order, account(1), minute=1), cancelled(order, account(1))]
        await asyncio.gather(submit(ingest.context.commits, one), submit(other.commits, two))

    assert worth(await ingest.news()) == {}


async def test_a_cancellation_and_the_order_of_another_account_accepted_at_once_find_each_other(ingest: Ingest):
    order, cancellation = ingest.arrivals([paid("o", account(1))]), ingest.arrivals([cancelled("o", account(2))])
    worker, now = ingest.database.worker, ingest.clock.now()
    async with transaction(worker) as one, transaction(worker) as two:  # neither sees what the other accepts
        events = [*(await accept(one, order, now, 12)).outgoing, *(await accept(two, cancellation, now, 12)).outgoing]
    assert worth(events) == {"o": {"s-1": 100}}
    await move_what_was_missed(ingest)

    assert worth(events + await ingest.news()) == {}


async def test_a_refund_that_is_a_moment_before_its_own_order_is_not_kept_for_ever(ingest: Ingest):
    await ingest.send(refund("o", account(1)))
    await ingest.send(paid("o", account(1)))
    before = await ingest.news()
    await move_what_was_missed(ingest)

    assert worth(before) == {"o": {"s-1": 70}}
    assert await ingest.news() == []
    async with transaction(ingest.database.worker) as connection:
        assert await connection.fetch("SELECT event_id FROM unclaimed_order_events") == []


async def move_what_was_missed(ingest: Ingest) -> None:
    async with transaction(ingest.database.worker) as connection:
        await write_outbox(connection, await move_missed(connection, ingest.clock.now()))
