"""Points that paid a part of an order come back in proportion when the order is refunded, reduced or cancelled."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from loyalty.account.post import settle_and_post
from loyalty.account.resume import News
from loyalty.domain.coins import coin_of
from loyalty.domain.proportion import Moment, Payment, moments_of, still_due
from loyalty.domain.purse import Purse
from loyalty.domain.units import key_of_credit
from loyalty.redemptions.events import changed_event
from loyalty.redemptions.part_paid_rows import OrderKey, PaidOrder, load_paid_orders, settled_at_of
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
from mandegar.quantities import from_us, to_us

# The shop's references have no control characters.
_OF_ORDER = "order\x1f"
_BEHIND = timedelta(microseconds=1)


async def return_in_proportion(
    orders: Collection[OrderKey], connection: WorkerConnection, now: datetime
) -> Sequence[Event]:
    """Give back what is due for orders, given with their locked and settled customers; returns the events to publish.

    What is due follows from the facts of the order alone (``domain/proportion.py``), so they may arrive in any order;
    credit comes back in whole coins, and all of it once nothing is left of the order. What is due by a fact that is
    dated ahead comes back at its instant. Of an order that takes a reward in the same redemption, its price stays
    spent; what the shop gave back by hand counts for the payment first. What has come back stays: an order that is
    raised again takes no points.
    """
    of_customers: defaultdict[CustomerKey, list[PaidOrder]] = defaultdict(list)
    for (customer, _), order in sorted((await load_paid_orders(connection, {*orders})).items()):
        of_customers[customer].append(order)
    outgoing: list[Event] = []
    settled_at = await settled_at_of(connection, of_customers) if of_customers else {}
    for customer, paid in of_customers.items():
        at = max(now, settled_at[customer] + _BEHIND)
        purse = Purse(to_us(at), (), available=0, held=0, debt=0)
        rows, events = dict[UUID, RedemptionRow](), list[Event]()
        for order in paid:
            for row, event in _due(order, purse, to_us(at)):
                rows[row.redemption_id] = row
                events.append(event)
        if rows:
            await save_redemptions(connection, [*rows.values()])
            news = {customer: News(purse.facts, None, None)}
            outgoing += [*events, *await settle_and_post([customer], news, connection, at)]
    return outgoing


def _due(order: PaidOrder, purse: Purse, now: int) -> Iterator[tuple[RedemptionRow, Event]]:
    """The redemptions of an order of which points come back, each with the event that says so; records them."""
    rows = order.redemptions
    coin = max([coin_of(row.currency or "") for row in rows if row.credit], default=1)
    for purse.at in sorted({now, *[fact.at for fact in order.facts if fact.at > now]}):
        facts = [fact for fact in order.facts if fact.at <= purse.at]
        points = [_payment(row, moments_of(facts, to_us(row.reserved_at))) for row in rows]
        credits_ = [each._replace(amount=row.credit or 0) for each, row in zip(points, rows, strict=True)]
        due = still_due(points, [row.returned for row in rows])
        due_credit = still_due(credits_, [row.credit_returned for row in rows], coin)
        for row, more, more_credit in zip(rows, due, due_credit, strict=True):
            if more or more_credit:
                yield row, _give_back(row, more, more_credit, purse)


def _payment(row: RedemptionRow, moments: Sequence[Moment]) -> Payment:
    return Payment(to_us(row.ended_at or row.reserved_at), row.of_payment, moments)


def _give_back(row: RedemptionRow, points: int, credit: int, purse: Purse) -> Event:
    """Let so much of a redemption come back at the instant of the purse; returns the event to publish."""
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
    return changed_event(row, GIVEN_BACK, from_us(purse.at), place, parts, reference)
