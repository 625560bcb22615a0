"""Orders of which a part never reached the door: reconciled and accepted, customers have what they would have had.

Whatever the door brings before, beside and after: the events that are published come to the same orders.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from harness.in_process import in_process
from harness.ingest_service import NOON, SETTINGS, SHOP, ingest_service
from harness.loyalty_service import Loyalty
from harness.reconciling import accept, reconcile
from ingest.domain.comparison import fold
from loyalty.main import SERVICE as LOYALTY
from mandegar.events import Event

ORDERS = range(40)
HEADER = "order_id,total,paid_at,customer_id,status,refunded,refund_id"
Log = dict[int, list[dict[str, Any]]]


def order_log(random: Random) -> tuple[Log, dict[int, str]]:
    """The events of each order as its shop would send them, and the line that its file has in the end."""
    log: Log = {}
    lines: dict[int, str] = {}
    for number in ORDERS:
        order_id, total = f"o-{number}", random.randrange(1, 50) * 100_000
        customer, paid = f"c-{random.randrange(5)}", NOON - timedelta(hours=random.randrange(24, 24 * 30))
        common = {"customer": {"id": customer}}

        def event(type_: str, later: int, paid=paid, order_id=order_id, common=common, **data: Any) -> dict[str, Any]:
            at = paid + timedelta(minutes=later)
            named = {"id": f"{order_id}-{type_}-{later}", "type": type_, "time": at.isoformat(), **common}
            return {**named, "data": {"order_id": order_id, "currency": "IRR", **data}}

        events = [event("order.placed", -5, total=str(total)), event("order.paid", 0, total=str(total))]
        status, refunded, refund_id = "paid", 0, ""
        match random.randrange(4):
            case 0:
                status = "cancelled"
                cancelled = event("order.cancelled", 60)
                del cancelled["data"]["currency"]
                events.append(cancelled)
            case 1:
                refunded, refund_id = random.choice([total // 4, total]), f"r-{number}"
                events.append(event("refund.issued", 90, refund_id=refund_id, amount=str(refunded)))
        log[number] = events
        lines[number] = f"{order_id},{total},{paid.isoformat()},{customer},{status},{refunded},{refund_id}"
    return log, lines


def nets(events: Sequence[Event]) -> dict[tuple[str, str], Decimal]:
    """What each order is worth that counts, by customer."""
    of_order: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in events:
        of_order[event.customer_id or "", event.data.order_id].append(event)
    worth = {order: fold(some).net for order, some in of_order.items()}
    return {order: net for order, net in worth.items() if net}


async def balances(loyalty: Loyalty) -> dict[str, int]:
    rows = await loyalty.database.worker.fetch("SELECT customer_id, sum(points)::int AS p FROM entries GROUP BY 1")
    return {row["customer_id"]: row["p"] for row in rows}


@pytest.mark.parametrize("seed", range(4))
async def test_orders_that_were_withheld_and_accepted_are_worth_what_they_would_have_been(make_database, seed):
    random = Random(seed)
    log, lines = order_log(random)
    withheld = {number: random.choice(["all", "snapshots"]) for number in ORDERS if random.random() < 0.3}
    async with ingest_service(await make_database("ingest")) as whole:
        await whole.send([event for events in log.values() for event in events])
        wanted = nets(await whole.news())
    async with ingest_service(await make_database("ingest")) as ingest:
        kept, sent = keep_back(log, withheld)
        random.shuffle(sent)
        await ingest.send(sent)
        path, _ = await reconcile(ingest, *lines.values(), header=HEADER)
        late = random.sample(kept, len(kept) // 3)
        await asyncio.gather(accept(ingest, path), *(ingest.send(event) for event in late))
        accepted = nets([*await ingest.news()])
        await ingest.send(kept)
        ever = nets([*ingest.published, *await ingest.news()])

    assert accepted == wanted
    assert ever == wanted


def keep_back(log: Log, withheld: dict[int, str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The events that never reach the door, and the others."""
    kept: list[dict[str, Any]] = []
    sent: list[dict[str, Any]] = []
    for number, events in log.items():
        for event in events:
            whole = withheld.get(number) == "all"
            is_snapshot = event["type"] in ("order.placed", "order.paid")
            (kept if whole or (number in withheld and is_snapshot) else sent).append(event)
    return kept, sent


async def test_an_order_that_is_accepted_and_then_sent_gives_its_points_once(make_database, ingest):
    log, lines = order_log(Random(7))
    await ingest.ask("PUT", f"/v1/shops/{SHOP}", json={**SETTINGS, "name": "Another name"})
    (shop, *_) = await ingest.news()
    async with in_process(LOYALTY, await make_database("loyalty"), NOON) as parts:
        loyalty = Loyalty(*parts)
        await loyalty.deliver(shop)
        path, _ = await reconcile(ingest, *lines.values(), header=HEADER)
        await accept(ingest, path)
        await loyalty.deliver(*await ingest.news())
        before = await balances(loyalty)
        await ingest.send([event for events in log.values() for event in events])
        await loyalty.deliver(*await ingest.news())

        assert any(before.values())
        assert await balances(loyalty) == before
