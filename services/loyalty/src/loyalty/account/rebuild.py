"""The ledger and the announcements, restored from what loyalty has published.

The rebuild settles every customer afterwards, which posts the difference between what the order facts earn and what
was published: nothing, unless the lost database had not published everything.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

from msgspec import structs

from loyalty.account.ledger_rows import LedgerRow, TakenRow, insert_entries
from loyalty.account.rebuild_achievements import restore_told
from loyalty.account.rebuild_draws import count_draws, restore_draws
from loyalty.account.rebuild_merges import close_the_rest, restore_merge
from loyalty.account.rebuild_rows import (
    PublishedRow,
    WarnedRow,
    causes_among,
    causes_elsewhere,
    ever_merged,
    order_of,
    points_of,
    save_published,
    save_versions,
    save_warned,
)
from loyalty.account.rows import MarkedRow, OrderRow, changed_orders, load_accounts, save_orders
from loyalty.domain.account import Account, Order
from loyalty.domain.expiries import WARNED_KEPT
from loyalty.domain.ids import key_of, lot_id
from loyalty.domain.naming import named
from loyalty.domain.posting import Posted
from loyalty.domain.referral_facts import turn_cause
from loyalty.domain.units import kind_of, without_unit
from loyalty.settings import LoyaltySettings
from mandegar.customers.merging import unrouted
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import from_us, to_us
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.stream import PermanentError, on

# Each unit is posted by events of its own.
POSTINGS = frozenset({"points.posted", "credit.posted"})
# Warnings: the next event of the customer has the version.
UNVERSIONED = frozenset({"points.expiring", "tier.at_risk"})
# Of these the ledger's read takes the versions.
ACHIEVEMENTS = frozenset({"challenge.completed", "challenge.undone", "badge.granted", "badge.withdrawn"})


async def restore_ledger(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Store published entries, and for each customer the version, the tier and the expiries that were announced."""
    events = [unrouted(event) for event in events]
    of_customers: defaultdict[CustomerKey, list[Event]] = defaultdict(list)
    for event in events:
        of_customers[event.customer].append(event)
    roots = await ever_merged(connection, of_customers)
    elsewhere = await causes_elsewhere(connection, roots, events) if roots else {}
    entries: list[LedgerRow] = []
    orders: list[OrderRow | MarkedRow] = []
    states: list[PublishedRow] = []
    warned: defaultdict[CustomerKey, set[datetime]] = defaultdict(set)
    at_risk: dict[CustomerKey, datetime | None] = {}
    versions: dict[CustomerKey, int] = {}
    for customer, account in await load_accounts(connection, of_customers):
        by_lot = {order.lot_id: order for order in account.orders.values()}
        before, published = _at_readmission(account, customer, of_customers[customer])
        if before:
            versions[customer] = _version(before)
        for event in published:
            if event.type in POSTINGS:
                entries += _restored_entries(account, by_lot, event, elsewhere)
        orders += changed_orders(customer, account.orders.values())
        places = [place for place, event in enumerate(published) if _closes(event)]
        if places:
            closed, published = published[: places[-1] + 1], published[places[-1] + 1 :]
            root = roots.get(customer) or CustomerKey(customer.shop, closed[-1].data.merged_into)
            warned[root].update(_warned(account, closed, now))
            at_risk[root] = _drop_told(account, closed) or at_risk.get(root)
            account.at_risk = None
            account.warned = set()
            version = closed[-1].data.version
            states.append(PublishedRow(*customer, version=version, closed=True))
        states.append(_published_state(customer, account, published, now))
    await insert_entries(connection, entries)
    await save_orders(connection, orders)
    await save_published(connection, states)
    await save_versions(connection, versions)
    await save_warned(
        connection, [WarnedRow(*root, sorted(expiries), at_risk[root]) for root, expiries in warned.items()]
    )
    return ()


def _restored_entries(
    account: Account, by_lot: dict[UUID, Order], event: Event, elsewhere: Mapping[tuple[str, str], list[str]]
) -> list[LedgerRow]:
    """The ledger rows of a posting. Adds them to the posted sums of their orders."""
    orders = account.orders
    first_version = event.data.version - len(event.data.entries) + 1
    rows = []
    for version, entry in enumerate(event.data.entries, start=first_version):
        order, caused_by = by_lot.get(entry.lot_id), order_of(entry)
        if order is None and caused_by and _is_lot(entry.lot_id, event.customer, caused_by, account):
            # The order is another customer's now.
            order = by_lot[entry.lot_id] = orders[caused_by] = Order(caused_by, entry.lot_id, [], {})
        posted = {} if order is None else order.posted
        earned_by = without_unit(caused_by)
        causes: Iterator[str] = chain(
            *(elsewhere.get((event.shop, order_id), ()) for order_id in {caused_by, earned_by}),
            _likely_causes(orders, order, orders.get(caused_by), orders.get(earned_by)),
        )
        if named(caused_by).referral is not None:
            causes = _with_turns(causes, to_us(entry.effective_at))
        key = key_of(entry.entry_id, entry.lot_id, entry.kind, posted, causes)
        if order is None or key is None:
            raise PermanentError("no_such_cause", f"no order on the topics causes the entry {entry.entry_id}")
        previous = posted.get(key, Posted(0, 0, 0))
        points, reduced = points_of(entry), "" if caused_by in ("", order.order_id) else caused_by
        sums = previous.points + points, to_us(entry.effective_at), previous.times + 1
        posted[key] = Posted(*sums, reduced=reduced)
        order.changed = True
        kind, bucket, cause = key
        row = LedgerRow(
            entry_id=entry.entry_id,
            shop=event.shop,
            customer_id=event.customer.customer_id,
            version=version,
            lot_id=entry.lot_id,
            order_id=caused_by or order.order_id,
            kind=kind_of(order.order_id, kind),
            bucket=bucket,
            points=points,
            cause=cause or None,
            triggered_by=event.causation_id,
            programme_version=None,
            effective_at=entry.effective_at,
            posted_at=event.recorded_time,
            rules=list(entry.rules) or None,
            last_day=None,
        )
        rows.append(row if entry.earned_as is None else TakenRow(**structs.asdict(row), earned_as=entry.earned_as))
    return rows


def _with_turns(causes: Iterable[str], at: int) -> Iterator[str]:
    """The causes, and that a referral among them began or ceased to earn points at an instant."""
    for cause in causes:
        yield cause
        yield turn_cause(cause, at)


def _at_readmission(account: Account, customer: CustomerKey, events: list[Event]) -> tuple[list[Event], list[Event]]:
    """The events from before a readmission, and those from then on, which begin with points of a lot of the customer's.

    Those of which loyalty heard late were recorded behind the erasure.
    """
    if account.readmission is None or any(order.posted for order in account.orders.values()):
        return [], events
    lots = {order.lot_id for order in account.orders.values()}
    for place, event in enumerate(events):
        for entry in event.data.entries if event.type in POSTINGS else ():
            if entry.lot_id in lots or _is_lot(entry.lot_id, customer, order_of(entry), account):
                return events[:place], events[place:]
    return events, []


def _version(events: Sequence[Event]) -> int:
    return max((event.data.version for event in events if event.type not in UNVERSIONED), default=0)


def _is_lot(lot: UUID, customer: CustomerKey, order_id: str, account: Account) -> bool:
    return lot == lot_id(customer, order_id, account.readmission)


def _likely_causes(orders: Mapping[str, Order], *likely: Order | None) -> Iterator[str]:
    """The events that may have caused an entry: those of ``likely`` orders first, of all orders only if none fits."""
    for order in likely:
        if order is not None:
            yield from causes_among(order.facts)
    for order in orders.values():
        yield from causes_among(order.facts)


def _closes(event: Event) -> bool:
    """Whether an event says that its customer became an alias, and what was told until then is the root's."""
    return event.type == "points.posted" and event.data.merged_into is not None


def _warned(account: Account, events: Sequence[Event], now: datetime) -> list[datetime]:
    """The expiries that are remembered as announced after ``events``."""
    announced = {event.data.expires_at for event in events if event.type == "points.expiring"}
    kept_from = from_us(to_us(now) - WARNED_KEPT)
    return sorted({from_us(expiry) for expiry in account.warned} | {at for at in announced if at > kept_from})


def _published_state(customer: CustomerKey, account: Account, events: Sequence[Event], now: datetime) -> PublishedRow:
    """What ``events``, all of one customer, announced."""
    postings = [event for event in events if event.type in POSTINGS]
    tiers = [(event.data.version, event.data.tier) for event in events if event.type == "tier.changed"]
    points = [event for event in postings if event.type == "points.posted"]
    tiers += [(event.data.version, event.data.announced_tier) for event in points if event.data.announced_tier]
    return PublishedRow(
        *customer,
        version=_version(events),
        settled_at=max((event.recorded_time for event in postings), default=None),
        announced_tier=max(tiers)[1] if tiers else None,
        warned=_warned(account, events, now),
        at_risk_until=_drop_told(account, events),
    )


def _drop_told(account: Account, events: Sequence[Event]) -> datetime | None:
    """The end of the tier that was announced last, and not taken back."""
    told = [event.data for event in events if event.type == "tier.at_risk"]
    if not told:
        return None if account.at_risk is None else from_us(account.at_risk)
    return told[-1].until if told[-1].at_risk else None


async def remember_versions(events: Sequence[Event], connection: WorkerConnection, now: datetime) -> Sequence[Event]:  # noqa: ARG001
    """Of what was published about erased customers, restore the versions alone: those of the readmitted go on above."""
    of_customers: defaultdict[CustomerKey, list[Event]] = defaultdict(list)
    for event in map(unrouted, events):
        of_customers[event.customer].append(event)
    await save_versions(connection, {customer: _version(some) for customer, some in of_customers.items()})
    return ()


# After everything else of the topic has been read: entries are effects of what redemptions did, for instance.
REBUILD = Rebuild[LoyaltySettings](
    reads=(
        on({"budget.drawn"}, restore_draws, group=f"{REBUILD_GROUP}.draws", of_erased=count_draws),
        on({"challenge.completed", "challenge.undone"}, restore_told, group=f"{REBUILD_GROUP}.challenges"),
        on(
            {*POSTINGS, "tier.changed", *ACHIEVEMENTS, *UNVERSIONED},
            restore_ledger,
            group=f"{REBUILD_GROUP}.ledger",
            of_erased=remember_versions,
        ),
    ),
    merge=restore_merge,
    finish=close_the_rest,
)
