"""Settles an account from what is remembered of it, without the orders that nothing can change.

Lots depend on each other through their tiers alone as long as nothing is owed and there is room for all points
(``can_be_remembered``). So it is enough to have the orders with news, those of which something is due, and the *tail*:
the orders that were paid, changed or left the window since the earliest news. The net spend of the window is taken back
to just before that instant, and goes on from there.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from loyalty.domain.account import Account, Order
from loyalty.domain.acts import Judge, stands_alone
from loyalty.domain.at_risk import drop_of
from loyalty.domain.expiries import warned_after, warnings_due, warnings_of
from loyalty.domain.lots import GIVING, Lot
from loyalty.domain.opened import open_lots
from loyalty.domain.orders import ASIDE, PAID, Fact
from loyalty.domain.posting import Balance, Entry, moved_by
from loyalty.domain.programme import Programme, in_force, next_version_at
from loyalty.domain.remembered import Remembered, can_be_remembered, mark_of, rules_until
from loyalty.domain.settled import Settled, TierMove
from loyalty.domain.spend import Falls, RollingSpend, Start, net_before, tier_since, topped_since
from loyalty.domain.standing import depend, know_first, standing_before, standing_since
from loyalty.domain.stored_orders import follows_more
from loyalty.domain.timeline import play
from loyalty.domain.window import moved_falls
from loyalty.domain.zones import ShopZones


class WalkNeeded(Exception):
    """What is remembered does not suffice: the account must be walked from the beginning."""


class TailNeeded(Exception):
    """Orders are missing that were paid, changed or left the window since ``begin``."""

    def __init__(self, begin: int) -> None:
        super().__init__(begin)
        self.begin = begin


class Tail(NamedTuple):
    """Which orders to read beside those with news: what was paid or changed from ``begin`` on, was paid from
    ``leaving`` to ``left`` and so leaves the window since, or has something due by ``now``.
    """

    begin: int
    leaving: int
    left: int
    now: int


class Search(NamedTuple):
    """Looks for the order that takes more than ``room`` from the window's spend, beginning at ``falls``.

    Only orders paid from ``left`` on are in the window.
    """

    falls: Falls
    room: int
    left: int


class Answers(NamedTuple):
    """What all marks of an account, once they are stored, say together.

    ``next_at`` is their earliest. ``leaving`` is the net spend that leaves the window together with ``falls``.
    ``expiring`` has the points of the next midnight and of those that are warned of.
    """

    next_at: int | None
    falls: Falls | None
    expiring: Sequence[tuple[int, int]]
    leaving: int = 0


class Forward(NamedTuple):
    """An account that was settled from what is remembered, but for what ``Answers`` add.

    ``due`` has the midnights to warn of, and when each warning was due; ``since`` is when it was settled before.
    """

    settled: Settled
    programme: Programme
    due: dict[int, int]
    search: Search | None
    next_version: int | None
    since: int | None


def tail_of(past: Remembered, facts: Iterable[Fact], programmes: Sequence[Programme], now: int) -> Tail:
    """The tail for the facts of a batch, if every payment among them is the first news of its order."""
    programme = in_force(programmes, past.settled_at)
    begin, linked = past.settled_at + 1, depend(programme)
    for fact in facts:
        if fact.kind in ASIDE:
            continue
        adds_alone = fact.kind == PAID and past.topped_at is not None and fact.at > past.topped_at
        # News from before the programme concern tiers of an earlier one: such a tail is walked.
        if fact.at < programme.effective_from or (linked and (programme.asks_first or not adds_alone)):
            begin = min(begin, fact.at)
    return tail_from(begin, programme, max(now, past.settled_at))


def tail_from(begin: int, programme: Programme, now: int) -> Tail:
    """The tail of an account under a programme since an instant."""
    return Tail(begin, begin - programme.window, now - programme.window, now)


def forward(
    account: Account, past: Remembered, programmes: Sequence[Programme], zones: ShopZones, tail: Tail
) -> Forward:
    """Settle an account of which the orders with news and those of the tail were read, at ``tail.now``.

    Raises ``TailNeeded`` and ``WalkNeeded``; the account must then be read anew.
    """
    now, begin = tail.now, tail.begin
    programme = in_force(programmes, past.settled_at)
    next_version = next_version_at(programmes, past.settled_at)
    _require_one_programme(account, past, programme, next_version, tail)
    if follows_more(account.orders.values(), past, programmes, zones, now):
        raise WalkNeeded
    lots, _, grants, _, credit = open_lots(
        ((order.order_id, order.lot_id, order.facts) for order in account.orders.values()), programmes, zones, now
    )
    if grants or credit or not all(map(stands_alone, lots)):
        raise WalkNeeded
    by_order = {lot.order_id: lot for lot in lots}
    _require_tail(account.orders.values(), by_order, past, programme, begin)
    start = Start(begin, _spend_before(begin, account.orders.values(), by_order, past, programme))
    spend = RollingSpend(lots)
    spend.resume(begin, programme.window, start.spend)
    standing = standing_before(begin, account.orders.values(), by_order, past) if programme.asks_first else None
    debt, _ = play(lots, spend, now, Judge(zones), begin, standing=standing)
    total = spend.upto(now, programme.window)
    tier = programme.tier_index(total)

    new_orders = account.new_orders()
    entries = account.post(by_order)
    earned = past.earned + sum(entry.points for entry in entries if entry.key[:2] in GIVING)
    balance = _moved(past.balance, entries)
    if debt or any(lot.shared for lot in lots) or not can_be_remembered(balance, earned):
        raise WalkNeeded
    due, move = {}, None
    account.know_told_tiers(programme)
    if account.backfill_until is None:
        due = warnings_due(lots, account.warned, now, since=account.settled_at, new_orders=new_orders)
        if account.warned or due:
            account.warned = warned_after(account.warned, due, now)
        move = _move(account, programme, tier, lots, programmes, now, start)
    since, account.settled_at = account.settled_at, now
    falls = moved_falls(past, account.orders.values(), by_order, programme, now)
    for order_id, order in account.orders.items():
        order.put_mark(mark_of(order.facts, by_order.get(order_id), account.warned, now))
    topped = _topped_at(past, tier, lots, programmes, now, start)
    rules = rules_until(programmes, zones, now)
    standing = 0 if standing is None else standing + standing_since(begin, lots)
    remembered = past._replace(version=account.version, settled_at=now, rules=rules, balance=balance)
    settled = Settled(
        entries=entries,
        lots=by_order,
        balance=balance,
        tier=programme.tiers[tier].name,
        tier_until=None,
        tier_move=move,
        warnings=[],
        next_expiry=None,
        due_at=None,
        remembered=remembered._replace(spend=total, earned=earned, topped_at=topped, falls=None, standing=standing),
    )
    search = None if tier == 0 else Search(falls, total - programme.lines[tier], now - programme.window + 1)
    return Forward(settled, programme, due, search, next_version, since)


def complete(account: Account, half: Forward, answers: Answers) -> Settled:
    """The result, with what all orders say together."""
    remembered = half.settled.remembered
    tier_until = None if answers.falls is None else answers.falls.earned_at + half.programme.window
    drop = None
    if remembered is not None and answers.falls is not None and half.programme.levels is not None:
        kept = remembered.spend - answers.falls.before - answers.leaving
        drop = drop_of(half.programme, half.programme.tier_index(remembered.spend), tier_until, kept)
    risk = account.tell_risk(half.programme, drop, half.since, moved=half.settled.tier_move is not None)
    occasion = None if remembered is None or remembered.coming is None else remembered.coming.next_at
    instants = (answers.next_at, tier_until, half.next_version, account.backfill_until, risk.due_at, occasion)
    return half.settled._replace(
        tier_until=tier_until,
        at_risk=risk.warned,
        warnings=warnings_of(half.due, answers.expiring),
        next_expiry=answers.expiring[0] if answers.expiring else None,
        due_at=min([at for at in instants if at is not None], default=None),
        remembered=None if remembered is None else remembered._replace(falls=answers.falls),
    )


def lot_of(order: Order, programmes: Sequence[Programme], zones: ShopZones, now: int) -> Lot | None:
    """The lot of one order of a remembered account, at the instant at which it was settled."""
    lots, _, _, _, _ = open_lots([(order.order_id, order.lot_id, order.facts)], programmes, zones, now)
    for lot in lots:
        lot.tier = 0 if order.mark is None else order.mark.tier
        know_first(lot, order.mark)
        play([lot], RollingSpend([lot]), now, Judge(zones), now + 1)
        return lot
    return None


def _require_one_programme(
    account: Account, past: Remembered, programme: Programme, next_version: int | None, tail: Tail
) -> None:
    """A version that begins, and the end of a backfill, change what no remembered instant announces.

    While a tier was granted, the spend does not tell which one was held.
    """
    if next_version is not None and next_version <= tail.now:
        raise WalkNeeded
    if account.backfill_until is not None and account.backfill_until <= tail.now:
        raise WalkNeeded
    # Of the instant at which it begins as well: a tier may be held since an earlier one.
    if tail.begin <= programme.effective_from or tail.begin < past.granted_until:
        raise WalkNeeded


def _require_tail(
    orders: Iterable[Order], lots: Mapping[str, Lot], past: Remembered, programme: Programme, begin: int
) -> None:
    """Raise ``TailNeeded`` if news before ``begin`` could change the tier of another order.

    A first payment only adds to the spend of the window: while the highest tier is held, it changes no other order,
    unless rules ask for the first order of a customer.
    """
    needed, linked = begin, depend(programme)
    for order in orders:
        lot, mark = lots.get(order.order_id), order.mark
        if order.news_at is None or lot is None or order.news_at >= begin:
            continue
        if mark is not None and mark.earned_at is not None:
            if linked or lot.earned_at != mark.earned_at:
                needed = min(needed, order.news_at)
        elif past.topped_at is None or lot.earned_at <= past.topped_at or programme.asks_first:
            needed = min(needed, lot.earned_at)
    if needed < begin:
        raise TailNeeded(needed)


def _spend_before(
    begin: int, orders: Iterable[Order], lots: Mapping[str, Lot], past: Remembered, programme: Programme
) -> int:
    """The net spend of the window just before ``begin``; sets the tiers of lots that were paid before."""
    total = past.spend
    for order in orders:
        lot, mark = lots.get(order.order_id), order.mark
        if mark is not None and mark.earned_at is not None and mark.earned_at > past.settled_at - programme.window:
            total -= mark.net
        if lot is not None and lot.earned_at < begin:
            lot.tier = len(programme.tiers) - 1 if mark is None or mark.earned_at is None else mark.tier
            know_first(lot, mark)
            if lot.earned_at >= begin - programme.window:
                total += net_before(lot, begin)
    return total


def _move(
    account: Account,
    programme: Programme,
    tier: int,
    lots: Sequence[Lot],
    programmes: Sequence[Programme],
    now: int,
    start: Start,
) -> TierMove | None:
    move = account.announce(programme, tier)
    if move is None:
        return None
    since = tier_since(lots, programmes, move.tier, now, start)
    if since is None:
        raise WalkNeeded
    return move._replace(at=since)


def _topped_at(
    past: Remembered, tier: int, lots: Sequence[Lot], programmes: Sequence[Programme], now: int, start: Start
) -> int | None:
    """Behind which instant the highest tier was always held."""
    top = len(in_force(programmes, now).tiers) - 1
    if tier != top:
        return None
    if top == 0:
        return past.topped_at
    since = topped_since(lots, programmes, now, start)
    if since is not None:
        return since
    return start.at if past.topped_at is None else min(past.topped_at, start.at)


def _moved(balance: Balance, entries: Iterable[Entry]) -> Balance:
    return Balance(*map(sum, zip(balance, *map(moved_by, entries), strict=True)))
