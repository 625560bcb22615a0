"""Applies events of ``ingest.events``: facts are added to their accounts, which are settled once per batch."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from loyalty.account.post import OrdersInNews, settle_and_post
from loyalty.account.resume import News
from loyalty.account.rows import end_backfill
from loyalty.account.zones import zones_of_shops
from loyalty.domain.act_rules import ACT_TYPES, AWAY, COMPLETED, LOGGED_IN
from loyalty.domain.orders import Fact
from loyalty.domain.zones import ShopZones
from loyalty.earning.acts import acts_told_by
from loyalty.earning.orders import told_by
from loyalty.redemptions.come_back import give_back_for
from mandegar.customers.moved_orders import moves_that_stay
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.backfill import BACKFILL_QUIET
from mandegar.events.registry import ABOUT_ORDERS, OPENING_TYPES
from mandegar.quantities import to_us
from mandegar.stream import Apply, Heed, Read, on


async def apply(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Add the facts of a batch of events, and settle the customers concerned."""
    stays, zones = await moves_that_stay(connection, events), await zones_of_visits(connection, events)
    news = news_of_customers(events, to_us(now + BACKFILL_QUIET), stays, zones)
    orders = OrdersInNews([], [])
    outgoing = await settle_and_post(news, news, connection, now, orders)
    return [*outgoing, *await give_back_for(orders, connection, now)]


async def zones_of_visits(connection: WorkerConnection, events: Sequence[Event]) -> dict[str, ShopZones]:
    """The calendars of the shops whose customers visited them, by which visits are told apart."""
    shops = {event.shop for event in events if event.type == LOGGED_IN}
    return await zones_of_shops(connection, shops) if shops else {}


def news_of_customers(
    events: Sequence[Event],
    backfill_until: int | None,
    stays: Collection[UUID] = (),
    zones: Mapping[str, ShopZones] = MappingProxyType({}),
) -> dict[CustomerKey, News]:
    """The news in events, by customer; ``backfill_until`` holds for those whose history comes in.

    The moves ``stays`` take orders from nobody. ``zones`` are those of the shops of logins.
    """
    of_customers: defaultdict[CustomerKey, list[Event]] = defaultdict(list)
    for event in events:
        of_customers[event.customer].append(event)
    return {customer: _news(some, backfill_until, stays, zones) for customer, some in of_customers.items()}


def _news(
    events: Sequence[Event], backfill_until: int | None, stays: Collection[UUID], zones: Mapping[str, ShopZones]
) -> News:
    facts: list[tuple[str, Fact]] = []
    earned_as = {}
    for event in events:
        told = acts_told_by(event, zones) if event.type in KEPT_AS_ACTS else [told_by(event, stays)]
        facts += told
        if event.alias is not None:
            earned_as.update(dict.fromkeys((order_id for order_id, _ in told), event.alias))
    is_history = any(event.backfill for event in events)
    return News(facts, events[-1], backfill_until if is_history else None, earned_as=earned_as)


async def end_backfills(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Let the customers of closed sources be settled: their history is complete."""
    for event in events:
        await end_backfill(connection, event.shop, event.data.partition, now)
    return ()


FACT_TYPES = ABOUT_ORDERS | OPENING_TYPES
KEPT_AS_ACTS = ACT_TYPES | {AWAY}


def is_old_crossing(event: Event) -> bool:
    """Whether history that comes in tells of a crossing long past: nobody is to be called back for it."""
    return event.type == AWAY and event.backfill


def facts_of(apply: Apply, heed: Heed) -> Read:
    """Reads facts; of acts, those that ``heed`` returns. Profiles are read for other reasons, too: they are told apart
    here, the other acts before anything is done for them.
    """

    async def apply_heeded(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
        events = [event for event in events if not is_old_crossing(event)]
        profiles = [event for event in events if event.type == COMPLETED]
        if profiles:
            heeded = {event.id for event in await heed(profiles, connection)}
            events = [event for event in events if event.type != COMPLETED or event.id in heeded]
        return await apply(events, connection, now) if events else ()

    return on(FACT_TYPES | KEPT_AS_ACTS, apply_heeded, heed=heed, heeded=KEPT_AS_ACTS - {COMPLETED})


def reads(heed: Heed) -> tuple[Read, ...]:
    """What earning reads; of acts, those that ``heed`` returns."""
    return facts_of(apply, heed), on({"source.closed"}, end_backfills)
