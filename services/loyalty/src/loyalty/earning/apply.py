"""Applies events of ``ingest.events``: facts are added to their accounts, which are settled once per batch."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from loyalty.account.post import settle_and_post
from loyalty.account.resume import News
from loyalty.account.rows import end_backfill
from loyalty.earning.orders import told_by
from mandegar.customers.moved_orders import moves_that_stay
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.backfill import BACKFILL_QUIET
from mandegar.events.registry import ABOUT_ORDERS, OPENING_TYPES
from mandegar.quantities import to_us
from mandegar.stream import on


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Add the facts of a batch of events, and settle the customers concerned."""
    news = news_of_customers(events, to_us(now + BACKFILL_QUIET), await moves_that_stay(connection, events))
    return await settle_and_post(news, news, connection, now)


def news_of_customers(
    events: Sequence[Event], backfill_until: int | None, stays: Collection[UUID] = ()
) -> dict[CustomerKey, News]:
    """The news in events, by customer; ``backfill_until`` holds for those whose history comes in.

    The moves ``stays`` take orders from nobody.
    """
    of_customers: defaultdict[CustomerKey, list[Event]] = defaultdict(list)
    for event in events:
        of_customers[event.customer].append(event)
    return {customer: _news(some, backfill_until, stays) for customer, some in of_customers.items()}


def _news(events: Sequence[Event], backfill_until: int | None, stays: Collection[UUID]) -> News:
    facts, earned_as = [], {}
    for event in events:
        facts.append(told_by(event, stays))
        if event.alias is not None:
            earned_as[facts[-1][0]] = event.alias
    is_history = any(event.backfill for event in events)
    return News(facts, events[-1], backfill_until if is_history else None, earned_as=earned_as)


async def end_backfills(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Let the customers of closed sources be settled: their history is complete."""
    for event in events:
        await end_backfill(connection, event.shop, event.data.partition, now)
    return ()


FACT_TYPES = ABOUT_ORDERS | OPENING_TYPES

READS = (on(FACT_TYPES, apply), on({"source.closed"}, end_backfills))
