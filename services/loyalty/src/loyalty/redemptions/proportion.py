"""Points that paid a part of an order come back in proportion when the order is refunded, reduced or cancelled."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from loyalty.account.post import settle_and_post
from loyalty.account.resume import News
from loyalty.domain.coins import coin_of
from loyalty.domain.proportion import Payment, still_due
from loyalty.domain.purse import Part, Purse
from loyalty.domain.units import key_of_credit
from loyalty.redemptions.events import changed_event
from loyalty.redemptions.part_paid_rows import facts_of_order, part_payments_of, settled_at_of
from loyalty.redemptions.rows import (
    RedemptionRow,
    of_credit,
    of_points,
    packed_returns,
    save_redemptions,
    unpack_parts,
    unpack_returns,
)
from loyalty.redemptions.rules import GIVEN_BACK, parts_to_return, record
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.quantities import to_us

# The shop's references have no control characters.
_OF_ORDER = "order\x1f"
_BEHIND = timedelta(microseconds=1)


async def return_in_proportion(
    orders: Iterable[tuple[CustomerKey, str]], connection: WorkerConnection, now: datetime
) -> Sequence[Event]:
    """Give back what is due for orders, given with their locked and settled customers; returns the events to publish.

    What is due follows from the facts of the order alone (``domain/proportion.py``), so they may arrive in any order;
    credit comes back in whole coins, and all of it once nothing is left of the order. Of an order that takes a reward
    in the same redemption, its price stays spent; what the shop gave back by hand counts for the payment first. What
    has come back stays: an order that is raised again takes no points.
    """
    of_customers: defaultdict[CustomerKey, set[str]] = defaultdict(set)
    for customer, order_id in orders:
        of_customers[customer].add(order_id)
    outgoing: list[Event] = []
    for customer, order_ids in of_customers.items():
        at = max(now, await settled_at_of(connection, customer) + _BEHIND)
        purse = Purse(to_us(at), (), available=0, held=0, debt=0)
        rows, events = [], []
        for order_id in sorted(order_ids):
            for row, parts, place, reference in await _due(connection, customer, order_id, purse):
                rows.append(row)
                events.append(changed_event(row, GIVEN_BACK, at, place, parts, reference))
        if rows:
            await save_redemptions(connection, rows)
            news = {customer: News(purse.facts, None, None)}
            outgoing += [*events, *await settle_and_post([customer], news, connection, at)]
    return outgoing


async def _due(
    connection: WorkerConnection, customer: CustomerKey, order_id: str, purse: Purse
) -> list[tuple[RedemptionRow, list[Part], int, str]]:
    """The redemptions of one order of which points come back, each with the parts; records them."""
    rows = await part_payments_of(connection, customer, order_id)
    if not rows:
        return []
    facts = [fact for fact in await facts_of_order(connection, customer, order_id) if fact.at <= purse.at]
    coin = max([coin_of(row.currency or "") for row in rows if row.credit], default=1)
    payments = [_payment(row, row.of_payment) for row in rows]
    credits_ = [_payment(row, row.credit or 0) for row in rows]
    due = still_due(payments, [row.returned for row in rows], facts)
    due_credit = still_due(credits_, [row.credit_returned for row in rows], facts, coin)
    found = []
    for row, points, credit in zip(rows, due, due_credit, strict=True):
        if points or credit:
            found.append((row, *_give_back(row, points, credit, purse)))
    return found


def _payment(row: RedemptionRow, amount: int) -> Payment:
    return Payment(to_us(row.ended_at or row.reserved_at), amount, to_us(row.reserved_at))


def _give_back(row: RedemptionRow, points: int, credit: int, purse: Purse) -> tuple[list[Part], int, str]:
    """Let so much of a redemption come back; returns from which lots, the place of the change and its reference."""
    lots, returns = unpack_parts(row.lots), unpack_returns(row.returns)
    credit_before = row.credit_returned
    parts = parts_to_return(of_points(lots), row.returned, points)
    parts += parts_to_return(of_credit(lots), credit_before, credit)
    row.returned += points
    reference = f"{_OF_ORDER}{row.returned}"
    if row.credit is not None:
        reference += f"+{credit_before + credit}"
    if points:
        returns[reference] = points
    if credit:
        returns[key_of_credit(reference)] = credit
    row.returns = packed_returns(returns)
    place = len(purse.facts)
    record(purse, row.redemption_id, GIVEN_BACK, parts, reference=reference)
    return parts, place, reference
