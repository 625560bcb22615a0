"""Customers who turn out to be one: the facts of all of them, as if there had only ever been the one."""

from collections.abc import Sequence
from datetime import datetime

from churn.domain.customer import Customer
from churn.domain.customer_turnover import recount
from churn.domain.orders import REFUNDS_MAX, Order, Orders
from churn.domain.signals.state import as_one_person
from churn.domain.visit_months import visited_by_both
from mandegar.events.orders import NetOrder


def has_orders(aliases: Sequence[Customer]) -> bool:
    """Whether there are orders to take over; else nobody needs all orders of the root."""
    return any(alias.packed for alias in aliases)


def unite(root: Customer, aliases: Sequence[Customer]) -> None:
    """Take the facts of aliases over. Raises ``OrdersMissing``; ``ValueError`` for more refunds than an order may have.

    Bands and versions stay; what follows from the facts has to be computed again.
    """
    if has_orders(aliases):
        _leave_out_moved(root)
        for alias in aliases:
            _take_over_orders(root, alias.all_orders())
        root.is_folded, root.statistics, root.healthy_since, root.past = False, None, None, None
        recount(root)
    elif root.packed.is_complete:
        _leave_out_moved(root)  # they count for nothing, so nothing has to be computed again
    for alias in aliases:
        root.interactions += alias.interactions
        root.tickets_opened += alias.tickets_opened
        root.tickets_closed += alias.tickets_closed
        root.signals = as_one_person(root.signals, alias.signals)
        root.visit_months = visited_by_both(root.visit_months, alias.visit_months)
        root.last_event_at = _latest(root.last_event_at, alias.last_event_at)
        root.last_interaction_at = _latest(root.last_interaction_at, alias.last_interaction_at)
        root.won_back_at = _latest(root.won_back_at, alias.won_back_at)
        root.backfill_until = _latest(root.backfill_until, alias.backfill_until)


def _leave_out_moved(root: Customer) -> None:
    """Forget orders that moved to another customer: that one may be an alias now, or become one.

    Whoever has an order that moved is told all of it, and nobody else is told of it again.
    """
    for name, order in root.all_orders().items():
        if order.moved:
            root.orders[name] = NetOrder()


def _take_over_orders(root: Customer, orders: Orders) -> None:
    for name, order in orders.items():
        if order.moved:
            continue
        known = root.open(name)
        if known is None:
            root.orders[name] = order
        else:
            known.take_over(order)
            _require_room(known)


def _require_room(order: Order) -> None:
    if order.refunds and len(order.refunds) > REFUNDS_MAX:
        raise ValueError(f"more than {REFUNDS_MAX} refunds of one order")


def _latest(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((at for at in (one, other) if at is not None), default=None)
