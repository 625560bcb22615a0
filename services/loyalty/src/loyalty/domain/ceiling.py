"""What an order may earn at most: as much as when it was judged last.

An order is judged by its total, as if nothing of it had come back: at its payment, and anew when its total is higher
than any before. Then caps are asked, too. When the shop states its items for the first time, or others for no lower a
total than those before, its rules are asked anew by the highest total, and what a cap kept from it stays kept. Worth
less than it once was with these items, it has no more than it had then.

So a refund, a cancellation, a lowered total, or a correction of them raises nothing: neither what a cap kept from the
order, nor what a rule would give that another one came before.
"""

from typing import NamedTuple

from loyalty.domain.acts import Judge
from loyalty.domain.credit import credit_due, credit_worth
from loyalty.domain.lines import NO_LINES, Line
from loyalty.domain.lots import Judged, Lot
from loyalty.domain.orders import Step
from loyalty.domain.programme import POINTS_MAX


class Earning(NamedTuple):
    """A lot of points or of credit that an ``order`` earns: ``room`` is what else is left to all lots of its unit."""

    order: Lot
    lot: Lot
    room: int


def judge(order: Lot, step: Step) -> None:
    """Judge an order anew, if a step asks for it; no other lot is."""
    if type(order) is not Lot:
        return
    last, items = order.judged, _items(step)
    if last is None:
        order.judged = Judged(step, step.total, items, draws=True, top=step)
        return
    is_other = bool(items) and items != last.items
    if is_other and (step.total >= last.step.total or not last.items):
        total, draws = max(step.total, last.total), step.total > last.total
        order.judged = Judged(step, total, items, draws=draws, top=step)
    elif step.total > last.total:
        last = order.judged = Judged(step, step.total, last.items, draws=True, top=last.top)
    if order.judged is last and step.net > last.top.net:
        order.judged = last._replace(top=step)


def change(earning: Earning, step: Step, caps: Judge) -> int:
    """By how much a step changes what an order earns, as far as ``caps`` leave room."""
    order, lot, _ = earning
    judged = order.judged
    assert judged is not None  # noqa: S101  it is judged at its first step
    is_top, limit = judged.top is step, POINTS_MAX if judged.draws else lot.left
    if judged.step is step and step.net == judged.total and _items(step) == judged.items:  # the usual case
        due = _due(order, lot, step, limit)
        difference = _granted(earning, due, caps)
        _remember(lot, judged, due, lot.given + difference)
    else:
        if judged.step is step:
            worth = min(_worth(order, lot, judged), limit)
            _remember(lot, judged, worth, lot.given + _granted(earning, worth, caps))
        difference = _granted(earning, _due(order, lot, step, _ceiling(lot) if is_top else most(lot)), caps)
    if is_top:  # while items are left out, it is not known what the order has
        lot.at_top = lot.given + difference if _items(step) or not judged.items else POINTS_MAX
    return difference


def most(lot: Lot) -> int:
    """The most that a lot of an order, of points or of credit, may have while the order is not worth more."""
    return min(_ceiling(lot), lot.at_top)


def _ceiling(lot: Lot) -> int:
    """The most that a lot may have until the order is judged anew."""
    return min(lot.by_rules, lot.left)


def _remember(lot: Lot, judged: Judged, worth: int, granted: int) -> None:
    """Remember what rules give, and what caps leave of it: never less than what they left before."""
    had = _ceiling(lot)
    lot.by_rules = worth
    if granted < worth:
        lot.left = max(granted, min(had, worth))
    elif judged.draws:
        lot.left = POINTS_MAX


def _granted(earning: Earning, due: int, caps: Judge) -> int:
    """What is added to a lot, or taken back, of which so much is due."""
    order, lot, room = earning
    difference = due - lot.given
    if difference <= 0:
        return difference
    if lot is order:
        return min(difference if lot.programme.acts is None else caps.room(lot, difference), room)
    rules = lot.programme.credit
    difference = min(difference, room)
    if difference > 0 and rules is not None and rules.caps:
        difference = caps.room(lot, difference, rules.caps)
    return difference


def _due(order: Lot, lot: Lot, step: Step, limit: int) -> int:
    """What an order earns from a step on in the unit of a lot, at most ``limit``."""
    if lot is not order:
        return credit_due(lot, step, limit)
    if lot.purchase is None:
        return min(lot.programme.points_due(step.net, lot.tier), limit)
    return lot.purchase.points_due(step, lot.tier, limit, lot.given)


def _worth(order: Lot, lot: Lot, judged: Judged) -> int:
    """What an order would earn in the unit of a lot, if nothing of what is judged had come back."""
    lines = judged.step.lines
    if judged.items:
        lines = (lines or NO_LINES)._replace(items=judged.items)
    step = judged.step._replace(net=judged.total, total=judged.total, lines=lines)
    if lot is not order:
        return credit_worth(lot, step)
    if lot.purchase is None:
        return lot.programme.points_due(step.net, lot.tier)
    return lot.purchase.worth(step, lot.tier)


def _items(step: Step) -> tuple[Line, ...]:
    """The items that a step states, in one order, for it says nothing that a shop names them in another."""
    return () if step.lines is None else tuple(sorted(step.lines.items))
