"""Settles copies of an account with and without an order, as the stream would, and tells what the order changes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from loyalty.account.prospect import ORDERS_MAX, Prospect, load_prospect
from loyalty.account.rows import account_of, has_more_orders
from loyalty.domain.account import Account, Order
from loyalty.domain.forward import WalkNeeded
from loyalty.domain.ids import lot_id
from loyalty.domain.lots import Lot
from loyalty.domain.posting import Entry
from loyalty.domain.programme import Programme, in_force
from loyalty.domain.settled import Settled
from loyalty.earning.orders import told_by
from loyalty.programme.rows import Rules
from mandegar.database import ReadConnection
from mandegar.events import CustomerKey, Event
from mandegar.events.ingest import OrderSnapshot
from mandegar.shops import Shop
from mandegar.web import Problem
from mandegar.web.customers import unknown_customer

# No order and no customer of a shop is called so.
SUPPOSED = "if\x1forder"
NOBODY = "\x1fnobody"
_TOO_LARGE = Problem(
    409,
    "account_too_large",
    f"The account has more than {ORDERS_MAX:,} orders, and cannot be simulated under other rules than the present ones",
    "Simulate the order without a document and for the present. If it is, the rules of the shop have just changed: ask "
    "again some minutes later",
)


class Simulated(NamedTuple):
    """An account without the order and with it; ``added`` are the entries that it posts, ``gone`` those that it keeps
    from being posted. ``programme`` is in force for the order.
    """

    untouched: Settled
    settled: Settled
    added: Sequence[Entry]
    gone: Sequence[Entry]
    lot: Lot | None
    programme: Programme


def payment(customer_id: str, at: datetime, shop: Shop, order: OrderSnapshot) -> Event:
    """The event that ingest would publish of the order."""
    return Event(
        id=UUID(int=0),
        source="urn:mandegar:service:loyalty",
        type="order.paid",
        time=at,
        shop=shop.shop,
        recorded_time=at,
        data=order,
        customer_id=customer_id,
    )


def with_document(rules: Rules, programme: Programme) -> Rules:
    """The rules until a programme begins, and that programme from then on."""
    at, cut = programme.effective_from, rules.programmes[-1].cut
    before = [each for each in rules.programmes if each.effective_from < at]
    return Rules((*before, programme if cut is None else replace(programme, cut=cut)), rules.zones)


def nobodys(shop: str, rules: Rules, at: int) -> Prospect:
    """An account of which nothing is known."""
    nobody = CustomerKey(shop, NOBODY)
    return Prospect(nobody, Account({}, key=nobody), {}, rules, at, 1)


async def prospect_of(
    connection: ReadConnection, key: CustomerKey, now: int, at: int, others: Rules | None = None
) -> Prospect:
    """The account of a customer who is no alias, to be settled at ``at``; ``others`` than the rules of the shop."""
    if others is None:
        prospect = await load_prospect(connection, key, now, at, supposes=True)
        if prospect.reach < at:
            raise _TOO_LARGE
        return prospect
    if await has_more_orders(connection, key, ORDERS_MAX):
        raise _TOO_LARGE
    account = await account_of(connection, key)
    if account.settled_at is None:
        raise unknown_customer()
    return Prospect(key, account, account.orders, others, at, 1)


def simulate(prospect: Prospect, event: Event, now: int) -> Simulated:
    """What an order changes that is paid as ``event`` says, and of which loyalty hears then, or ``now`` if later."""
    order_id, fact = told_by(event)
    at = max(fact.at, now)
    order = Order(order_id, lot_id(prospect.key, order_id, prospect.account.readmission), [], {})
    try:
        untouched, settled = prospect.begin().settle(at), prospect.begin().settle(at, (order, fact))
    except WalkNeeded:
        raise _TOO_LARGE from None
    without, with_it = Counter(untouched.entries), Counter(settled.entries)
    return Simulated(
        untouched,
        settled,
        [entry for entry in settled.entries if entry not in without],
        [entry for entry in untouched.entries if entry not in with_it],
        settled.lots.get(order_id),
        in_force(prospect.rules.programmes, fact.at),
    )
