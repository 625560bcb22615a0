"""Examples of a programme: what happens to a customer, and what they have then. They are walked as accounts are."""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid5

from loyalty.domain.acts import ActLot, Judge
from loyalty.domain.attained import AttainedLot
from loyalty.domain.derived import derive
from loyalty.domain.lots import Lot
from loyalty.domain.money import credit_amount
from loyalty.domain.occasion_coupons import given_by
from loyalty.domain.opening import key_of_tier
from loyalty.domain.orders import GRANTED, Fact, add_fact
from loyalty.domain.programme import BEGINNING, Programme
from loyalty.domain.referral_lots import ReferralLot
from loyalty.domain.referral_rules import REFERRAL
from loyalty.domain.timeline import walk
from loyalty.domain.units import without_unit
from loyalty.domain.zones import ShopZones

_LOTS = UUID("8d2bd1f0-6a2d-4d26-8c0f-6f8a4f3f0a11")
_FOR_EVER = 2**62


@dataclass(frozen=True, slots=True)
class Example:
    """Facts by order, and the instant at which to look. Orders in ``before`` are history: their points do not count.

    ``tier`` is one that the customer holds at least.
    """

    facts: tuple[tuple[str, Fact], ...]
    at: int
    tier: str | None = None
    before: frozenset[str] = frozenset()


class Outcome(NamedTuple):
    """What a customer has at an instant; ``points`` and ``rules`` are those of the orders of the example.

    ``challenges`` are those that are completed, and how often; ``coupons`` the occasions whose coupon can be used.
    """

    points: int
    rules: Mapping[str, int]
    pending: int
    available: int
    debt: int
    tier: str
    challenges: Mapping[str, int]
    badges: Sequence[str]
    coupons: Sequence[str]
    credit: Decimal = Decimal(0)
    credit_available: Decimal = Decimal(0)


def outcome_of(example: Example, programme: Programme, zones: ShopZones) -> Outcome:
    """What happens under a programme that is in force from the beginning, and whose budgets are not exhausted."""
    orders: dict[str, list[Fact]] = {}
    for order_id, fact in example.facts:
        add_fact(orders.setdefault(order_id, []), fact)
    if example.tier is not None:
        orders[key_of_tier(example.tier)] = [Fact(BEGINNING, "given", GRANTED, _FOR_EVER, 0, example.tier)]
    orders |= derive(orders, [programme], zones, example.at).facts
    rows = [(order_id, uuid5(_LOTS, order_id), facts) for order_id, facts in orders.items()]
    timeline = walk(rows, [programme], zones, example.at, Judge(zones, hopes=True))
    history = {fact.event_id for order_id, fact in example.facts if order_id in example.before}
    counted = [lot for lot in timeline.lots if lot.order_id not in example.before and not _is_of(lot, history)]
    standing = [lot for lot in timeline.lots if isinstance(lot, AttainedLot) and lot.stands]
    credit = [lot for lot in timeline.credit if without_unit(lot.order_id) not in example.before]
    rules: dict[str, int] = {}
    for lot in counted:
        for name, points in _by_rule(lot).items():
            rules[name] = rules.get(name, 0) + points
    return Outcome(
        points=sum(lot.given for lot in counted),
        rules=rules,
        pending=sum(lot.pending for lot in timeline.lots),
        available=sum(lot.available for lot in timeline.lots),
        debt=timeline.debt,
        tier=timeline.programme.tiers[timeline.tier].name,
        challenges=Counter(lot.attained.name for lot in standing),
        badges=sorted({lot.badge for lot in standing if lot.badge}),
        coupons=sorted(given.rule for given in given_by(timeline.lots, zones, example.at)),
        credit=credit_amount(sum(lot.given for lot in credit)),
        credit_available=credit_amount(sum(lot.available for lot in timeline.credit)),
    )


def _is_of(lot: Lot, history: Set[str]) -> bool:
    """Whether a lot is of a challenge that was completed before."""
    return isinstance(lot, AttainedLot) and lot.steps[0].cause in history


def _by_rule(lot: Lot) -> Mapping[str, int]:
    if isinstance(lot, AttainedLot):
        return {lot.attained.name: lot.given} if lot.given else {}
    if isinstance(lot, ActLot):
        return {lot.rule.name: lot.given} if lot.rule and lot.given else {}
    if isinstance(lot, ReferralLot):
        return {REFERRAL: lot.given} if lot.given else {}
    return lot.purchase.by_rule if lot.purchase else {}


def differences(wanted: Mapping[str, object], got: Outcome) -> Sequence[tuple[str, object, object]]:
    """What differs, as (name, wanted, got): only what is wanted is compared."""
    return [(name, value, getattr(got, name)) for name, value in wanted.items() if getattr(got, name) != value]
