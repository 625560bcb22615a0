"""Settles accounts, writes the result (entries, orders, state), and builds the events to publish."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from loyalty.account.events import expiring_events, posted_events, tier_event
from loyalty.account.ledger_rows import LedgerRow, insert_entries
from loyalty.account.rows import OrderRow, StateRow, changed_orders, save_orders, save_states, state_row
from loyalty.domain.account import Account, Order, Settled
from loyalty.domain.ids import entry_id
from loyalty.domain.lots import REVERSE, Lot
from loyalty.domain.posting import Entry
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.rows import load_rules
from mandegar.database import WorkerConnection
from mandegar.documents.rows import share_lock
from mandegar.events import CustomerKey, Event
from mandegar.quantities import from_us, to_us


async def settle_and_post(
    accounts: Iterable[tuple[CustomerKey, Account]],
    shops: Collection[str],
    triggers: Mapping[CustomerKey, Event],
    connection: WorkerConnection,
    now: datetime,
) -> Sequence[Event]:
    """Settle the accounts of customers of ``shops`` at ``now``, write them, and return the events to publish.

    ``triggers`` has the event on whose arrival a customer is settled; none where the timer settles.
    """
    await share_lock(connection, PROGRAMMES, shops)
    rules = await load_rules(connection, shops)
    at = to_us(now)
    entries: list[LedgerRow] = []
    orders: list[OrderRow] = []
    states: list[StateRow] = []
    outgoing: list[Event] = []
    for customer, account in accounts:
        settled = account.settle(*rules[customer.shop], at)
        trigger = triggers.get(customer)
        if settled.entries:
            posting = _entries(customer, account, settled, trigger, now)
            entries += [row for row, _ in posting]
            outgoing += posted_events(customer, posting, settled, trigger)
        if settled.tier_move is not None:
            account.version += 1
            outgoing.append(tier_event(customer, settled.tier_move, account.version, trigger, now))
        if settled.warnings:
            outgoing += expiring_events(customer, settled, now)
        orders += changed_orders(customer, account)
        states.append(state_row(customer, account, settled))
    await insert_entries(connection, entries)
    await save_orders(connection, orders)
    await save_states(connection, states)
    return outgoing


def _entries(
    customer: CustomerKey, account: Account, settled: Settled, trigger: Event | None, now: datetime
) -> list[tuple[LedgerRow, Lot | None]]:
    """The ledger rows of one settling, each with its lot."""
    posting = []
    causing = _causing_orders(account.orders, settled.entries)
    for entry in settled.entries:
        account.version += 1
        order, lot = account.orders[entry.order_id], settled.lots.get(entry.order_id)
        kind, bucket, cause = entry.key
        row = LedgerRow(
            entry_id(order.lot_id, entry.key, entry.nth),
            customer.shop,
            customer.customer_id,
            account.version,
            order.lot_id,
            causing.get((entry.order_id, cause), entry.order_id),
            kind,
            bucket,
            entry.points,
            cause or None,
            None if trigger is None else trigger.id,
            None if lot is None else lot.programme.version,
            from_us(entry.at),
            now,
        )
        posting.append((row, lot))
    return posting


def _causing_orders(orders: Mapping[str, Order], entries: Sequence[Entry]) -> dict[tuple[str, str], str]:
    """The order that was reduced, by the order and the cause of each entry that takes points from another's lot."""
    taken = {(entry.order_id, entry.key[2]) for entry in entries if entry.key[0] == REVERSE}
    for order_id in {order_id for order_id, _ in taken}:
        taken -= {(order_id, fact.event_id) for fact in orders[order_id].facts}
    if not taken:
        return {}
    causes = {fact.event_id: order.order_id for order in orders.values() for fact in order.facts}
    return {(order_id, cause): causes[cause] for order_id, cause in taken}
