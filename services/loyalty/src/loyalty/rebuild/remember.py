"""Loyalty from the topics: facts of orders from ingest, and the ledger from what loyalty itself has published.

Nothing is posted while they are read. Then everybody is settled, which posts the difference between what the facts
come to and what was said: nothing, unless the lost database had not got to say it.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from loyalty.account.ledger_rows import LedgerRow, insert_entries
from loyalty.account.rows import OrderRow, changed_orders, load_accounts, save_orders
from loyalty.domain.account import Account
from loyalty.domain.entry_ids import key_of
from loyalty.domain.posting import Posted
from loyalty.earning.apply import TYPES, take_in
from loyalty.programme.tables import PROGRAMMES
from loyalty.rebuild.rows import SaidRow, make_due, save_said
from mandegar.database import Connection
from mandegar.documents.rows import Version, insert_version, record_progress
from mandegar.events import CustomerKey, Event
from mandegar.events.registry import ORDER_TYPES, types_of
from mandegar.events.topics import LOYALTY_EVENTS
from mandegar.quantities import from_us, to_us
from mandegar.service.rebuild_plan import REBUILD_GROUP, Rebuild
from mandegar.shops import record_shops
from mandegar.stream import PermanentError, on


async def take_in_facts(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:
    """Keep shops and the facts of orders; their customers are to be settled."""
    await record_shops(connection, events)
    of_orders = [event for event in events if event.type in ORDER_TYPES]
    accounts = dict(await load_accounts(connection, {event.customer for event in of_orders}))
    for event in of_orders:
        take_in(accounts[event.customer], event.customer, event)
    await save_orders(
        connection, [row for customer, account in accounts.items() for row in changed_orders(customer, account)]
    )
    await make_due(connection, accounts.keys(), now)
    return ()


async def remember(events: Sequence[Event], connection: Connection, now: datetime) -> Sequence[Event]:
    """Take in what loyalty has published: programmes, entries, tiers and warnings."""
    about: defaultdict[CustomerKey, list[Event]] = defaultdict(list)
    for event in events:
        if event.type == "programme.changed":
            await _remember_programme(connection, event, now)
        else:
            about[event.customer].append(event)
    accounts = await load_accounts(connection, about)
    rows: list[LedgerRow] = []
    orders: list[OrderRow] = []
    said: list[SaidRow] = []
    for customer, account in accounts:
        told = about[customer]
        for event in told:
            if event.type == "points.posted":
                rows += _entries(account, event)
        orders += changed_orders(customer, account)
        said.append(_said(customer, account, told, now))
    await insert_entries(connection, rows)
    await save_orders(connection, orders)
    await save_said(connection, said)
    return ()


async def _remember_programme(connection: Connection, event: Event, now: datetime) -> None:
    data = event.data
    version = Version(event.shop, "", data.version, data.effective_from, data.document, event.recorded_time)
    await insert_version(connection, PROGRAMMES, version)
    await record_progress(connection, PROGRAMMES, (event.shop, "", data.version), to=None, now=now)


def _entries(account: Account, event: Event) -> list[LedgerRow]:
    """The rows of a posting; their sums are put beside the facts of their orders."""
    orders = {order.lot_id: order for order in account.orders.values()}
    causes = [fact.event_id for order in account.orders.values() for fact in order.facts]
    first_version = event.data.version - len(event.data.entries) + 1
    rows = []
    for version, entry in enumerate(event.data.entries, start=first_version):
        order = orders.get(entry.lot_id)
        own = () if order is None else (fact.event_id for fact in order.facts)
        posted = {} if order is None else order.posted
        key = key_of(entry.entry_id, entry.lot_id, entry.kind, posted, (*own, *causes))
        if order is None or key is None:
            raise PermanentError("no_such_cause", f"entry {entry.entry_id} follows from no order on the topics")
        before = posted.get(key, Posted(0, 0, 0))
        posted[key] = Posted(before.points + entry.points, to_us(entry.effective_at), before.times + 1)
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


def _said(customer: CustomerKey, account: Account, told: Sequence[Event], now: datetime) -> SaidRow:
    """Where loyalty stands towards a customer, by all that it has told of them."""
    tiers = [event.data for event in told if event.type == "tier.changed"]
    posted = [event for event in told if event.type == "points.posted"]
    expiries = {event.data.expires_at for event in told if event.type == "points.expiring"}
    known = {from_us(expiry) for expiry in account.warned} | {expiry for expiry in expiries if expiry > now}
    return SaidRow(
        *customer,
        version=max([0, *(event.data.version for event in posted), *(data.version for data in tiers)]),
        settled_at=max((event.recorded_time for event in posted), default=None),
        announced_tier=max(tiers, key=lambda data: data.version).tier if tiers else None,
        warned=sorted(known),
    )


REBUILD = Rebuild(
    reads=(on(TYPES, take_in_facts), on(types_of(LOYALTY_EVENTS), remember, group=REBUILD_GROUP)),
)
