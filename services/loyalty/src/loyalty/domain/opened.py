"""The lots of an account before anything happened to them, from the facts that are kept of it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from loyalty.domain.act_rules import BIRTHDAY
from loyalty.domain.acts import ActLot, act_of
from loyalty.domain.attained import COMPUTED, attained_lot, attained_of
from loyalty.domain.conditions import moment_of
from loyalty.domain.credit import credit_lots, credit_of, earns_credit
from loyalty.domain.dates import YearlyDate, date_in, kept_since
from loyalty.domain.lots import OPEN, Lot
from loyalty.domain.opening import BROUGHT, BroughtLot, Grant, expiry_stated, grants_of, points_stated
from loyalty.domain.orders import ACTED, OPENED, TAKINGS, Fact, Step, delivered_at, net_steps
from loyalty.domain.programme import Programme, in_force
from loyalty.domain.purchase import Purchase
from loyalty.domain.referral_facts import referral_of
from loyalty.domain.referral_lots import Referred, referral_lots
from loyalty.domain.referrals import Outcome
from loyalty.domain.units import is_credit
from loyalty.domain.zones import ShopZones


class Opened(NamedTuple):
    """Lots in order of payment, before anything happened to them, and the tiers that were granted.

    ``coming`` has, for each order with facts that are dated later, the instant of the first. ``credit`` are the lots of
    credit in money.
    """

    lots: list[Lot]
    coming: list[int]
    grants: list[Grant]
    referrals: list[Outcome]
    credit: list[Lot]


def open_lots(
    orders: Iterable[tuple[str, UUID, Sequence[Fact]]],
    programmes: Sequence[Programme],
    zones: ShopZones,
    now: int,
    birthday: YearlyDate | None = None,
) -> Opened:
    """The lots of paid orders, and what was brought along, by the facts dated up to ``now``."""
    lots: list[Lot] = []
    coming: list[int] = []
    grants: list[Grant] = []
    referred = Referred({}, {})
    credit: list[Lot] = []  # the lots of points beside them
    credit_kept: dict[str, tuple[UUID, Sequence[Fact]]] = {}
    credit_given: list[Lot] = []  # by staff
    for order_id, lot_id, facts in orders:
        if facts and facts[-1].at > now:
            coming.append(next(fact.at for fact in facts if fact.at > now))
            facts = [fact for fact in facts if fact.at <= now]
        takings: Sequence[Fact] = ()
        if len(facts) > 1 and (takings := [fact for fact in facts if fact[2] in TAKINGS]):
            facts = [fact for fact in facts if fact[2] not in TAKINGS]
        steps = net_steps(facts)
        if not steps:
            if is_credit(order_id):
                if facts and facts[0].kind == OPENED:
                    credit_given.append(_brought(order_id, lot_id, facts, takings, programmes, zones))
                else:
                    credit_kept[order_id] = lot_id, [*facts, *takings]
            elif facts and (act := act_of(order_id)) is not None:
                programme = in_force(programmes, facts[0].at)
                if (programme.acts or programme.challenges) and any(fact.kind == ACTED for fact in facts):
                    lots.append(ActLot(order_id, lot_id, act, facts, programme))
                    lots[-1].takings = takings
            elif facts and facts[0].kind in BROUGHT:
                if facts[0].kind == OPENED:
                    lots.append(_brought(order_id, lot_id, facts, takings, programmes, zones))
                else:
                    grants += grants_of(facts)
            elif (attained := attained_of(order_id)) is not None:
                # What the customer was told of makes no lot.
                if some := [fact for fact in facts if fact.kind in COMPUTED] or takings:
                    programme = in_force(programmes, some[0].at)
                    lots.append(attained_lot(order_id, lot_id, attained, some, programme, zones))
                    lots[-1].takings = takings
            elif (facts or takings) and referral_of(order_id) is not None:
                referred.lots[order_id], referred.facts[order_id] = lot_id, [*facts, *takings]
            continue
        programme = in_force(programmes, steps[0].at)
        lot = _paid_lot(order_id, lot_id, steps, facts, programme, zones, birthday)
        if earns_credit(programme):
            lot.credit = credit_of(lot, zones, birthday)
            credit.append(lot)
        if takings:
            lot.takings = takings
        lots.append(lot)
    referrals = []
    if referred.facts:
        brought = [lot.earned_at for lot in lots if isinstance(lot, BroughtLot) and lot.gives == OPEN]
        orders_paid = [lot for lot in lots if type(lot) is Lot]
        referrals = referred.outcomes(orders_paid, programmes, now, min(brought, default=None))
        lots += referral_lots(referred, referrals, programmes, zones, now)
        coming += referred.turns_to_come(now)
        coming += [outcome.due_at for outcome in referrals if outcome.due_at is not None and outcome.due_at > now]
    if len(lots) > 1:
        lots.sort(key=lambda lot: (lot.earned_at, lot.lot_id))
    if credit or credit_kept or credit_given:
        credit = credit_lots(credit, credit_kept, programmes, lots, credit_given)
    return Opened(lots, coming, grants, referrals, credit)


def _brought(
    order_id: str,
    lot_id: UUID,
    facts: Sequence[Fact],
    takings: Sequence[Fact],
    programmes: Sequence[Programme],
    zones: ShopZones,
) -> BroughtLot:
    """A lot that was brought along, or given by staff."""
    stated, programme = points_stated(facts), in_force(programmes, facts[0].at)
    lot = BroughtLot(order_id, lot_id, stated, programme, expiry_stated(facts, zones))
    lot.takings = takings
    return lot


def _paid_lot(
    order_id: str,
    lot_id: UUID,
    steps: list[Step],
    facts: Sequence[Fact],
    programme: Programme,
    zones: ShopZones,
    birthday: YearlyDate | None,
) -> Lot:
    """The lot of points of an order that was paid."""
    at, days = steps[0].at, programme.expiry_days
    active_at = at + programme.hold
    if programme.wait_days is not None:
        active_at = programme.usable_from(at, delivered_at(facts) if len(facts) > 1 else None)
    expiry = None if days is None else zones.expiry(at, active_at, days)
    lot = Lot(order_id, lot_id, steps, programme, expiry)
    lot.active_at = active_at
    if programme.earning is not None:
        moment = moment_of(zones, at, programme.earning.asks_hours_on)
        if birthday is not None and programme.asks_birthday:
            moment = moment._replace(birthday=birthday.near(moment.day, at))
        lot.purchase = Purchase(programme.earning, moment)
    return lot


def open_all(
    orders: Iterable[tuple[str, UUID, Sequence[Fact]]], programmes: Sequence[Programme], zones: ShopZones, now: int
) -> Opened:
    """The lots of a whole account: ``open_lots`` with the birthday that is known of the customer."""
    birthday = None
    if True in [programme.asks_birthday for programme in programmes]:
        orders = list(orders)
        birthday = date_in(BIRTHDAY, {order_id: facts for order_id, _, facts in orders}, kept_since(programmes))
    return open_lots(orders, programmes, zones, now, birthday)
