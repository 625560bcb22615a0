"""The toy service with customers who need longer than a batch, and its lane beside."""

from collections.abc import Collection
from dataclasses import replace

from harness.databases import ServiceDatabase
from harness.toy import NOW, SUBSCRIPTION, apply, settle
from mandegar.clock import FrozenClock
from mandegar.customers.waiting import count_waiting
from mandegar.database import transaction
from mandegar.events import CustomerKey, Event
from mandegar.lanes.beside import Beside
from mandegar.stream import Subscription, needs_longer

GIANT = CustomerKey("s", "giant")


def with_giants(giants: Collection[CustomerKey]) -> Subscription:
    """The toy, whose ``giants`` need longer than a batch."""

    async def leaving_giants(events, connection, now):
        applied = await apply(events, connection, now)
        needs_longer({event.customer for event in events} & set(giants))  # after its effects: these must be undone
        return applied

    return replace(SUBSCRIPTION, apply=leaving_giants)


def beside(subscription: Subscription = SUBSCRIPTION) -> Beside:
    return Beside(FrozenClock(NOW), {"toy": subscription}, settle, 12)


async def journals(toy: ServiceDatabase) -> dict[str, list[str]]:
    """The ids of the events that were applied to each customer, in order."""
    rows = await toy.worker.fetch("SELECT customer_id, journal FROM customers WHERE journal <> '{}'")
    return {row["customer_id"]: row["journal"] for row in rows}


def ids(*events: Event) -> list[str]:
    return [str(event.id) for event in events]


async def waiting(toy: ServiceDatabase) -> int:
    """How many rows wait for the lane beside."""
    async with transaction(toy.worker) as connection:
        return (await count_waiting(connection)).rows
