"""A customer's lots and ledger entries at an instant, computed from all facts in one pass through time.

At one instant, reservations end first, then holds, then points expire, then orders change, then new orders are paid,
then points are reserved, spent and given back. Before all of them, grants of tiers begin and end.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from loyalty.domain import ceiling
from loyalty.domain.acts import ActLot, Judge
from loyalty.domain.attained import AttainedLot
from loyalty.domain.lots import BY_TIME, EARN, PENDING, Lot
from loyalty.domain.movements import activate, expire, restate, take_back
from loyalty.domain.opened import open_all
from loyalty.domain.opening import BroughtLot, Grant, granted
from loyalty.domain.orders import Fact, Step
from loyalty.domain.programme import BEGINNING, TOTAL_MAX, Programme, in_force, next_version_at
from loyalty.domain.ranking import Ranking
from loyalty.domain.reached import Kept
from loyalty.domain.referral_lots import ReferralLot
from loyalty.domain.referrals import Outcome
from loyalty.domain.spend import Falls, RollingSpend
from loyalty.domain.takings import COMMANDED, ENDS, Drawn, Move, moves_of
from loyalty.domain.zones import ShopZones

# Between ``ENDS`` and ``COMMANDED``.
_HOLD_ENDS, _EXPIRY, _CHANGE, _PAYMENT = range(4)
_OF_REDEMPTIONS = (ENDS, COMMANDED)
# An instant, what comes first at it, the place of a lot (of a move, its own), and the step of its order.
Turn: TypeAlias = tuple[int, int, int, Step | None]


class Timeline(NamedTuple):
    """A customer's state at an instant: lots in order of payment, points owed, the programme in force and the tier.

    ``tier_until`` is when the tier ends because orders leave the window and no grant holds it, ``falls`` which order
    that is; ``next_at`` is the first later instant at which anything changes without a new event. ``shared``: points of
    a lot were used for what another one owed. ``spend`` is what the programme measures. Of tiers that are not plain,
    ``kept`` is what counts at the end of the tier. ``credit`` are the lots of credit in money, ``owed`` is owed in it.
    """

    lots: list[Lot]
    debt: int
    programme: Programme
    tier: int
    spend: int
    falls: Falls | None
    tier_until: int | None
    next_at: int | None
    grants: Sequence[Grant] = ()
    shared: bool = False
    kept: Kept | None = None
    referrals: Sequence[Outcome] = ()
    credit: Sequence[Lot] = ()
    owed: int = 0


def walk(
    orders: Iterable[tuple[str, UUID, Sequence[Fact]]],
    programmes: Sequence[Programme],
    zones: ShopZones,
    now: int,
    judge: Judge | None = None,
) -> Timeline:
    """Compute the timeline from all orders, each given as its id, its lot's id and its sorted facts.

    Facts dated after ``now`` are left out, and ``next_at`` is no later than the first of them. A ``judge`` must be new.
    """
    lots, coming, grants, referrals, credit = open_all(orders, programmes, zones, now)
    ranking = Ranking(lots, zones) if True in [programme.qualifying is not None for programme in programmes] else None
    spend = RollingSpend(lots) if ranking is None else ranking
    standing = 0 if first_counts(programmes) else None
    debt, owed = play(lots, spend, now, judge or Judge(zones), grants=grants, standing=standing, credit=credit)
    programme = in_force(programmes, now)
    falls = kept = None
    if ranking is None or programme.qualifying is None:
        total = spend.upto(now, programme.window)
        tier = programme.tier_index(total)
        falls = spend.falls(programme, tier)
        tier_until = None if falls is None else falls.earned_at + programme.window
    else:
        total, tier = ranking.measure(programme, now), ranking.tier_at(programme, now)
        tier_until = ranking.until(programme, tier)
    if tier_until is not None:
        coming.append(tier_until)
    if grants:
        coming += [grant.end for grant in grants if grant.end > now]
        tier, tier_until = _held(grants, programme, tier, tier_until, now)
    if ranking is not None:
        kept = ranking.kept(programme, now, tier_until)
    if (next_version := next_version_at(programmes, now)) is not None:
        coming.append(next_version)
    for lot in (*lots, *credit) if credit else lots:
        if lot.pending:
            coming.append(lot.active_at)
        if lot.expires_at is not None and (lot.pending or lot.available):
            coming.append(lot.expires_at)
        if lot.held_until is not None:
            coming.append(lot.held_until)
    shared = any(lot.shared for lot in lots)
    next_at = min(coming, default=None)
    told = grants, shared, kept, referrals, credit, owed
    return Timeline(lots, debt, programme, tier, total, falls, tier_until, next_at, *told)


def first_counts(programmes: Sequence[Programme]) -> bool:
    """Whether a rule of some version asks for the first order of a customer."""
    return True in [programme.asks_first for programme in programmes]


def _held(
    grants: Sequence[Grant], programme: Programme, tier: int, until: int | None, now: int
) -> tuple[int, int | None]:
    """The tier at ``now`` and when it ends, if the spend alone reaches ``tier`` until ``until``."""
    held = granted(grants, programme, now)
    if held < tier or (held == tier and until is None):
        return tier, until
    end = max([grant.end for grant in grants if granted([grant], programme, now) == held])
    return held, end if held > tier or until is None else max(end, until)


def play(
    lots: Sequence[Lot],
    spend: RollingSpend,
    now: int,
    judge: Judge,
    begin: int = BEGINNING,
    grants: Sequence[Grant] = (),
    standing: int | None = None,
    credit: Sequence[Lot] = (),
) -> tuple[int, int]:
    """Let everything happen to the lots that is dated up to ``now``. Returns the points owed, and the ``credit`` owed.

    ``spend`` stands just before ``begin``. A lot that was paid before has its tier. ``standing`` is how many orders
    were worth something just before ``begin``; None if no rule asks for it.
    """
    debt = owed = given = credited = 0
    every, points = (lots if not credit else [*lots, *credit]), len(lots)
    moves = moves_of(every, now)
    drawn, drawn_credit = Drawn(every, lots), Drawn(every, credit)
    agenda = _agenda(every, points, moves, now)
    for at, rank, position, step in agenda:
        if rank in _OF_REDEMPTIONS:
            move = moves[position]
            if move.position < points:
                debt = drawn.follow(move, debt)
            else:
                owed = drawn_credit.follow(move, owed)
            continue
        lot = every[position]
        if step is None:
            if rank == _EXPIRY:
                expire(lot, BY_TIME, at)
            elif position < points:
                debt = activate(lot, BY_TIME, at, debt)
            else:
                owed = activate(lot, BY_TIME, at, owed)
            continue
        if position >= points and isinstance(lot, BroughtLot):  # staff gave it
            before = lot.given
            owed = restate(credit, lot, step, owed, TOTAL_MAX - credited)
            credited += lot.given - before
            continue
        first = standing == 0
        if at >= begin:
            if rank == _PAYMENT:
                lot.tier = spend.tier_before(lot.programme, at)
                if grants:
                    lot.tier = max(lot.tier, granted(grants, lot.programme, at))
            if standing is not None:
                if rank == _PAYMENT and lot.purchase is not None and lot.programme.asks_first:
                    lot.purchase.first = first
                standing += (step.net > 0) - (lot.net > 0)
            spend.changed(position, step.net - lot.net, at)
        ceiling.judge(lot, step)
        lot.net = step.net
        before = lot.given
        debt = _follow(lots, lot, step, debt, TOTAL_MAX - given, judge)
        given += lot.given - before
        if credit and lot.credit is not None:
            earned = lot.credit.given
            owed = _earn_credit(credit, lot, step, owed, TOTAL_MAX - credited, judge, first=first and rank == _PAYMENT)
            credited += lot.credit.given - earned
        if lot.programme.acts is not None:
            judge.record(lot, lot.given - before)
            if isinstance(lot, ActLot):  # now it is known when its points can be used
                for turn in _turns_of_time(lot, position, now):
                    if turn[0] > at:
                        insort(agenda, turn)
    return debt, owed


def _agenda(lots: Sequence[Lot], points: int, moves: Sequence[Move], now: int) -> list[Turn]:
    """What happens when: its rank, and the position of the lot; of a move, its own. The first so many are of points.

    What orders earn in credit follows the steps of their lots of points; what staff gives has its own.
    """
    agenda: list[Turn] = [(move.at, move.rank, place, None) for place, move in enumerate(moves)]
    for position, lot in enumerate(lots):
        rank = _PAYMENT
        for step in lot.steps if position < points or isinstance(lot, BroughtLot) else ():
            agenda.append((step.at, rank, position, step))
            rank = _CHANGE
        agenda += _turns_of_time(lot, position, now)
    agenda.sort()
    return agenda


def _turns_of_time(lot: Lot, position: int, now: int) -> list[Turn]:
    """What time does to a lot until ``now``, as far as it is known."""
    if lot.active_at > now:
        return []
    hold_ends: Turn = (lot.active_at, _HOLD_ENDS, position, None)
    if lot.expires_at is None or lot.expires_at > now:
        return [hold_ends]
    return [hold_ends, (lot.expires_at, _EXPIRY, position, None)]


def _earn_credit(
    credit: Sequence[Lot], order: Lot, step: Step, owed: int, room: int, judge: Judge, *, first: bool
) -> int:
    """Add or take back the credit by which a step changes what an order earns. Returns the credit owed."""
    lot, rules = order.credit, order.programme.credit
    if lot is None or lot.purchase is None or rules is None:
        return owed
    lot.tier = order.tier
    lot.purchase.first = lot.purchase.first or first
    before = lot.given
    difference = ceiling.change(ceiling.Earning(order, lot, room), step, judge)
    owed = _give(credit, lot, difference, step, owed)
    if rules.caps:
        judge.record(lot, lot.given - before, rules.caps)
    return owed


def _follow(lots: Sequence[Lot], lot: Lot, step: Step, debt: int, room: int, judge: Judge) -> int:
    """Add, up to ``room``, or take back the points by which a step changes what the order earns. Returns the debt."""
    if isinstance(lot, BroughtLot):
        return restate(lots, lot, step, debt, room)
    if isinstance(lot, ActLot):
        difference = min(judge.change(lot, step, lots), room)
    elif isinstance(lot, ReferralLot):
        difference = min(judge.refer(lot, step) - lot.given, room)
    elif isinstance(lot, AttainedLot):
        difference = min(lot.stated[step] - lot.given, room)
    else:
        difference = ceiling.change(ceiling.Earning(lot, lot, room), step, judge)
    return _give(lots, lot, difference, step, debt)


def _give(lots: Sequence[Lot], lot: Lot, difference: int, step: Step, debt: int) -> int:
    """Add to what a lot is given, or take back from it. Returns the debt."""
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
