"""A customer's lots and ledger entries at an instant, computed from all order facts in one pass through time.

At one instant, holds end first, then points expire, then orders change, then new orders are paid.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from loyalty.domain.lots import BY_TIME, EARN, PENDING, Lot
from loyalty.domain.movements import activate, expire, take_back
from loyalty.domain.orders import Fact, Step, net_steps
from loyalty.domain.programme import BEGINNING, TOTAL_MAX, Programme, in_force, next_version_at
from loyalty.domain.spend import Falls, RollingSpend
from loyalty.domain.zones import ShopZones

_HOLD_ENDS, _EXPIRY, _CHANGE, _PAYMENT = range(4)


class Timeline(NamedTuple):
    """A customer's state at an instant: lots in order of payment, points owed, the programme in force and the tier.

    ``tier_until`` is when the tier ends because orders leave the window, ``falls`` which order that is; ``next_at`` is
    the first later instant at which anything changes without a new event.
    """

    lots: list[Lot]
    debt: int
    programme: Programme
    tier: int
    spend: int
    falls: Falls | None
    tier_until: int | None
    next_at: int | None


def walk(
    orders: Iterable[tuple[str, UUID, Sequence[Fact]]], programmes: Sequence[Programme], zones: ShopZones, now: int
) -> Timeline:
    """Compute the timeline from all orders, each given as its id, its lot's id and its sorted facts.

    Facts dated after ``now`` are left out, and ``next_at`` is no later than the first of them.
    """
    lots, coming = open_lots(orders, programmes, zones, now)
    spend = RollingSpend(lots)
    debt = play(lots, spend, now)
    programme = in_force(programmes, now)
    total = spend.upto(now, programme.window)
    tier = programme.tier_index(total)
    falls = spend.falls(programme, tier)
    tier_until = None if falls is None else falls.earned_at + programme.window
    if tier_until is not None:
        coming.append(tier_until)
    if (next_version := next_version_at(programmes, now)) is not None:
        coming.append(next_version)
    for lot in lots:
        if lot.pending:
            coming.append(lot.active_at)
        if lot.expires_at is not None and (lot.pending or lot.available):
            coming.append(lot.expires_at)
    return Timeline(lots, debt, programme, tier, total, falls, tier_until, min(coming) if coming else None)


def play(lots: Sequence[Lot], spend: RollingSpend, now: int, begin: int = BEGINNING) -> int:
    """Let everything happen to the lots that is dated up to ``now``. Returns the debt.

    ``spend`` stands just before ``begin``. A lot that was paid before has its tier.
    """
    debt = given = 0
    for at, rank, position, step in _agenda(lots, now):
        lot = lots[position]
        if step is None:
            if rank == _HOLD_ENDS:
                debt = activate(lot, BY_TIME, at, debt)
            else:
                expire(lot, BY_TIME, at)
            continue
        if at >= begin:
            if rank == _PAYMENT:
                lot.tier = lot.programme.tier_index(spend.before(at, lot.programme.window))
            spend.changed(position, step.net - lot.net)
        lot.net = step.net
        before = lot.given
        debt = _follow(lots, lot, step, debt, TOTAL_MAX - given)
        given += lot.given - before
    return debt


def open_lots(
    orders: Iterable[tuple[str, UUID, Sequence[Fact]]], programmes: Sequence[Programme], zones: ShopZones, now: int
) -> tuple[list[Lot], list[int]]:
    """The lots of paid orders in order of payment, before anything happened to them, and when facts are still to come.

    There is one instant for each order that has facts dated after ``now``: that of the first.
    """
    lots: list[Lot] = []
    coming: list[int] = []
    for order_id, lot_id, facts in orders:
        if facts and facts[-1].at > now:
            coming.append(next(fact.at for fact in facts if fact.at > now))
            facts = [fact for fact in facts if fact.at <= now]
        steps = net_steps(facts)
        if not steps:
            continue
        at = steps[0].at
        programme = in_force(programmes, at)
        days = programme.expiry_days
        expiry = None if days is None else zones.expiry(at, at + programme.hold, days)
        lots.append(Lot(order_id, lot_id, steps, programme, expiry))
    if len(lots) > 1:
        lots.sort(key=lambda lot: (lot.earned_at, lot.lot_id))
    return lots, coming


def _agenda(lots: Sequence[Lot], now: int) -> list[tuple[int, int, int, Step | None]]:
    agenda: list[tuple[int, int, int, Step | None]] = []
    for position, lot in enumerate(lots):
        rank = _PAYMENT
        for step in lot.steps:
            agenda.append((step.at, rank, position, step))
            rank = _CHANGE
        if lot.active_at <= now:
            agenda.append((lot.active_at, _HOLD_ENDS, position, None))
            if lot.expires_at is not None and lot.expires_at <= now:
                agenda.append((lot.expires_at, _EXPIRY, position, None))
    agenda.sort()
    return agenda


def _follow(lots: Sequence[Lot], lot: Lot, step: Step, debt: int, room: int) -> int:
    """Add, up to ``room``, or take back the points by which a step changes what the order earns. Returns the debt."""
    difference = min(lot.programme.points_due(step.net, lot.tier) - lot.given, room)
    if difference == 0:
        return debt
    lot.given += difference
    if difference < 0:
        return take_back(lots, lot, -difference, step, debt)
    lot.pending += difference
    lot.post(EARN, PENDING, step.cause, difference, step.at)
    if step.at >= lot.active_at:
        debt = activate(lot, step.cause, step.at, debt)
    if lot.expires_at is not None and step.at >= lot.expires_at:
        expire(lot, step.cause, step.at)
    return debt
