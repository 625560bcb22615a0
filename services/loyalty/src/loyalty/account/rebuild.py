"""The ledger and the announcements, restored from what loyalty has published.

The rebuild settles every customer afterwards, which posts the difference between what the order facts earn and what
was published: nothing, unless the lost database had not published everything.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from loyalty.account.ledger_rows import LedgerRow, insert_entries
from loyalty.account.rebuild_rows import PublishedRow, save_published
from loyalty.account.rows import MarkedRow, OrderRow, changed_orders, load_accounts, save_orders
from loyalty.domain.account import Account, Order
from loyalty.domain.expiries import WARNED_KEPT
from loyalty.domain.ids import key_of
from loyalty.domain.posting import Posted
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import from_us, to_us
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import PermanentError, on


async def restore_ledger(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store published entries, and for each customer the version, the tier and the expiries that were announced."""
    of_customers: defaultdict[CustomerKey, list[Event]] = defaultdict(list)
    for event in events:
        of_customers[event.customer].append(event)
    entries: list[LedgerRow] = []
    orders: list[OrderRow | MarkedRow] = []
    states: list[PublishedRow] = []
    for customer, account in await load_accounts(connection, of_customers):
        published = of_customers[customer]
        by_lot = {order.lot_id: order for order in account.orders.values()}
        for event in published:
            if event.type == "points.posted":
                entries += _restored_entries(account.orders, by_lot, event)
        orders += changed_orders(customer, account.orders.values())
        states.append(_published_state(customer, account, published, now))
    await insert_entries(connection, entries)
    await save_orders(connection, orders)
    await save_published(connection, states)
    return ()


def _restored_entries(orders: Mapping[str, Order], by_lot: Mapping[UUID, Order], event: Event) -> list[LedgerRow]:
    """The ledger rows of a ``points.posted``. Adds them to the posted sums of their orders."""
    first_version = event.data.version - len(event.data.entries) + 1
    rows = []
    for version, entry in enumerate(event.data.entries, start=first_version):
        order = by_lot.get(entry.lot_id)
        posted = {} if order is None else order.posted
        causes = _likely_causes(orders, order, orders.get(entry.order_id or ""))
        key = key_of(entry.entry_id, entry.lot_id, entry.kind, posted, causes)
        if order is None or key is None:
            raise PermanentError("no_such_cause", f"no order on the topics causes the entry {entry.entry_id}")
        previous = posted.get(key, Posted(0, 0, 0))
        posted[key] = Posted(previous.points + entry.points, to_us(entry.effective_at), previous.times + 1)
        order.changed = True
        kind, bucket, cause = key
        rows.append(
            LedgerRow(
                entry_id=entry.entry_id,
                shop=event.shop,
                customer_id=event.customer.customer_id,
                version=version,
                lot_id=entry.lot_id,
                order_id=entry.order_id or order.order_id,
                kind=kind,
                bucket=bucket,
                points=entry.points,
                cause=cause or None,
                triggered_by=event.causation_id,
                programme_version=None,
                effective_at=entry.effective_at,
                posted_at=event.recorded_time,
            )
        )
    return rows


def _likely_causes(orders: Mapping[str, Order], *likely: Order | None) -> Iterator[str]:
    """The events that may have caused an entry: those of ``likely`` orders first, of all orders only if none fits."""
    for order in likely:
        if order is not None:
            yield from (fact.event_id for fact in order.facts)
    for order in orders.values():
        yield from (fact.event_id for fact in order.facts)


def _published_state(customer: CustomerKey, account: Account, events: Sequence[Event], now: datetime) -> PublishedRow:
    """What ``events``, all of one customer, announced."""
    tiers = [event.data for event in events if event.type == "tier.changed"]
    postings = [event for event in events if event.type == "points.posted"]
    announced = {event.data.expires_at for event in events if event.type == "points.expiring"}
    kept_from = from_us(to_us(now) - WARNED_KEPT)
    warned = {from_us(expiry) for expiry in account.warned} | {expiry for expiry in announced if expiry > kept_from}
    return PublishedRow(
        *customer,
        version=max([0, *(event.data.version for event in postings), *(data.version for data in tiers)]),
        settled_at=max((event.recorded_time for event in postings), default=None),
        announced_tier=max(tiers, key=lambda data: data.version).tier if tiers else None,
        warned=sorted(warned),
    )


REBUILD = Rebuild(
    reads=(on({"points.posted", "tier.changed", "points.expiring"}, restore_ledger, group=REBUILD_GROUP),)
)
