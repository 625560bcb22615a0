"""Settling accounts and writing down what came of it: ledger, state, and the events that say so."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from loyalty.domain.account import Account, Order, Settled
from loyalty.domain.lots import REVERSE, Lot
from loyalty.domain.posting import Entry
from loyalty.domain.quantities import instant, moment
from loyalty.handlers.publication import expiring_events, posted_events, tier_event
from loyalty.queries.accounts import save_accounts
from loyalty.queries.ledger import LedgerRow, insert_entries
from loyalty.queries.programmes import hold_programmes, load_rules
from shared.database import Connection
from shared.events import CustomerKey, Event, derived_id


async def settle_and_post(
    accounts: Mapping[CustomerKey, Account],
    triggers: Mapping[CustomerKey, Event],
    connection: Connection,
    now: datetime,
) -> Sequence[Event]:
    """Bring ``accounts`` to ``now``, write them, and return what is to be published.

    ``triggers`` names, per customer, the event whose arrival made us settle; none for the timer.
    """
    shops = {customer.shop for customer in accounts}
    await hold_programmes(connection, shops)
    rules = await load_rules(connection, shops)
    at = instant(now)
    rows: list[LedgerRow] = []
    outgoing: list[Event] = []
    settled: dict[CustomerKey, Settled] = {}
    for customer, account in accounts.items():
        came_of_it = settled[customer] = account.settle(*rules[customer.shop], at)
        trigger = triggers.get(customer)
        if came_of_it.entries:
            posting = _entries(customer, account, came_of_it, trigger, now)
            rows += [row for row, _ in posting]
            outgoing += posted_events(posting, came_of_it, trigger)
        if came_of_it.tier_move is not None:
            account.version += 1
            outgoing.append(tier_event(customer, came_of_it.tier_move, account.version, trigger, now))
        if came_of_it.warnings:
            outgoing += expiring_events(customer, came_of_it, now)
    await insert_entries(connection, rows)
    await save_accounts(connection, accounts, settled)
    return outgoing


def _entries(
    customer: CustomerKey, account: Account, settled: Settled, trigger: Event | None, now: datetime
) -> list[tuple[LedgerRow, Lot | None]]:
    """The rows of a posting, each with its lot."""
    posting = []
    for entry in settled.entries:
        account.version += 1
        order, lot = account.orders[entry.order_id], settled.lots.get(entry.order_id)
        kind, bucket, cause = entry.key
        row = LedgerRow(
            derived_id("loyalty", f"{order.lot_id}|{kind}|{bucket}|{cause}", "points.posted", entry.nth),
            customer.shop,
            customer.customer_id,
            account.version,
            order.lot_id,
            _order_id(account.orders, entry),
            kind,
            bucket,
            entry.points,
            cause or None,
            None if trigger is None else trigger.id,
            None if lot is None else lot.programme.version,
            moment(entry.at),
            now,
        )
        posting.append((row, lot))
    return posting


def _order_id(orders: Mapping[str, Order], entry: Entry) -> str:
    """The order an entry is about: where another order's lot had to give, that is the order which gave rise to it."""
    kind, _, cause = entry.key
    if kind != REVERSE or any(fact.event_id == cause for fact in orders[entry.order_id].facts):
        return entry.order_id
    causes = (order for order in orders.values() for fact in order.facts if fact.event_id == cause)
    return next(causes).order_id
