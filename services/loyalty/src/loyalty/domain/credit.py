"""The lots of credit of an account: what orders earned in money, and what staff gave.

Nothing moves between units, so they are a list beside the lots of points, with a debt of its own. Amounts are whole
thousandths of the currency of the shop, integers as points are.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from loyalty.domain.conditions import moment_of
from loyalty.domain.dates import YearlyDate
from loyalty.domain.ids import credit_lot_id
from loyalty.domain.lots import Lot
from loyalty.domain.orders import Fact, Step
from loyalty.domain.programme import POINTS_MAX, Programme, in_force
from loyalty.domain.purchase import Purchase
from loyalty.domain.units import key_of_credit, without_unit
from loyalty.domain.zones import ShopZones
from mandegar.quantities import DAY_US

# What redemptions took of a lot, and its id, by the id under which that is kept.
Kept = Mapping[str, tuple[UUID, Sequence[Fact]]]


def earns_credit(programme: Programme) -> bool:
    """Whether rules of a programme give credit for orders."""
    return programme.credit is not None and programme.credit.earning is not None


def credit_of(order: Lot, zones: ShopZones, birthday: YearlyDate | None) -> Lot:
    """The lot of the credit that an order earns, beside its lot of points."""
    programme, rules = order.programme, order.programme.credit
    assert rules is not None and rules.earning is not None  # noqa: S101, PT018  of a programme that earns credit
    at = order.earned_at
    lot = Lot(key_of_credit(order.order_id), credit_lot_id(order.lot_id), order.steps, programme, None)
    lot.active_at = order.active_at if rules.hold_days is None else at + rules.hold_days * DAY_US
    if rules.expiry_days is not None:
        lot.expires_at, lot.midnights, lot.last_day = zones.expiry(at, lot.active_at, rules.expiry_days)
    moment = moment_of(zones, at, rules.earning.asks_hours_on)
    if birthday is not None and rules.earning.asks_birthday:
        moment = moment._replace(birthday=birthday.near(moment.day, at))
    lot.purchase = Purchase(rules.earning, moment)
    return lot


def credit_lots(
    orders: Sequence[Lot], kept: Kept, programmes: Sequence[Programme], lots: Sequence[Lot], given: Sequence[Lot]
) -> list[Lot]:
    """All lots of credit: those that ``orders`` among ``lots`` earned, with what was taken of them, and those that
    were ``given``.

    What was taken of an order that is not among ``lots`` is nothing, as of points: a rebuild knows what was redeemed
    before an erasure, and not the order.

    They are in the order of the lots of points beside them, so that both units move in one order; what was given has
    none beside it.
    """
    placed = {order.credit.order_id: (order.lot_id, order.credit) for order in orders if order.credit is not None}
    for key, (lot_id, facts) in kept.items():
        if not facts or (key not in placed and without_unit(key) not in {lot.order_id for lot in lots}):
            continue
        if key not in placed:  # credit was taken, and it has turned out that none was earned
            step = Step(facts[0].at, 0, facts[0].event_id)
            placed[key] = lot_id, Lot(key, lot_id, [step], in_force(programmes, facts[0].at), None)
        placed[key][1].takings = facts
    placed |= {lot.order_id: (lot.lot_id, lot) for lot in given}
    return [lot for _, lot in sorted(placed.values(), key=lambda each: (each[1].earned_at, each[0]))]


def credit_due(lot: Lot, step: Step, most: int) -> int:
    """What an order earns in credit from a step on, at most ``most``, by the rules in force at its payment."""
    rules, purchase = lot.programme.credit, lot.purchase
    if rules is None or purchase is None:
        return 0
    most = min(most, POINTS_MAX // rules.step * rules.step)
    # What a cap left need not be a whole number of steps.
    steps = purchase.points_due(step, lot.tier, -(-most // rules.step), -(-lot.given // rules.step))
    return min(steps * rules.step, most)


def credit_worth(lot: Lot, step: Step) -> int:
    """What an order would earn in credit at a step."""
    rules, purchase = lot.programme.credit, lot.purchase
    if rules is None or purchase is None:
        return 0
    return min(purchase.worth(step, lot.tier), POINTS_MAX // rules.step) * rules.step
