"""What acts ask of the budgets of their shop. Each answer is a fact of the act, so an account stays a fold of facts."""

from collections.abc import Sequence
from typing import NamedTuple

from loyalty.domain.account import Account, Order
from loyalty.domain.acts import Act, ActLot, Judge, act_of
from loyalty.domain.calendars import number_of
from loyalty.domain.orders import FUNDED, Fact
from loyalty.domain.programme import Programme
from loyalty.domain.timeline import walk
from loyalty.domain.zones import ShopZones


class Pot(NamedTuple):
    """The points of a budget for one of its periods: ``number`` is that of the period, 0 without periods."""

    budget: str
    per: str
    number: int
    points: int


class Wish(NamedTuple):
    """That an act is worth ``asked`` points of a pot, and what that is more, or less, than was decided."""

    order: Order
    act: Act
    pot: Pot
    rule: str
    acted_at: int
    asked: int
    more: int
    number: int


def have_budgets(programmes: Sequence[Programme]) -> bool:
    """Whether a rule pays out of a budget."""
    return any(programme.acts is not None and programme.acts.budgets for programme in programmes)


def wishes_of(account: Account, programmes: Sequence[Programme], zones: ShopZones, now: int) -> list[Wish]:
    """What the acts of an account ask of budgets, and what they give back."""
    now = max(now, account.settled_at or now)
    derived = account.keep_derived(programmes, zones, now)
    if not any(act_of(order_id) for order_id in account.orders):
        return []
    timeline = walk(account.rows(derived), programmes, zones, now, Judge(zones, hopes=True))
    acts = [lot for lot in timeline.lots if isinstance(lot, ActLot)]
    wishes = [_wish(account.orders[lot.order_id], lot, zones) for lot in acts]
    return [wish for wish in wishes if wish is not None]


def told(wish: Wish, points: int, event_id: str) -> Fact:
    """The fact that a pot gave points for an act, or that they went back into it."""
    return Fact(wish.acted_at, event_id, FUNDED, points, wish.asked, wish.pot.budget, wish.number)


def _wish(order: Order, lot: ActLot, zones: ShopZones) -> Wish | None:
    if lot.asked > max(lot.decided, lot.drawn):
        more = lot.asked - max(lot.decided, lot.drawn)
    elif lot.drawn > lot.asked:
        more = lot.asked - lot.drawn
    else:
        return None
    draws = [fact for fact in order.facts if fact.kind == FUNDED]
    name = lot.budget.name if lot.budget else draws[-1].refund_id
    acts = lot.programme.acts
    budget = next((each for each in acts.budgets if each.name == name), None) if acts else None
    if budget is None:
        return None
    period = number_of(zones.day_of(lot.earned_at), budget.per) if budget.per else 0
    pot = Pot(budget.name, budget.per, period, budget.points)
    number = max([fact.ahead for fact in draws], default=0) + 1
    return Wish(order, lot.act, pot, lot.rule.name if lot.rule else "", lot.earned_at, lot.asked, more, number)
