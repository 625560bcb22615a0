"""A second opinion on points: one customer's account walked instant by instant, slow and by the letter of the rules.

The rules are those that loyalty's README states; nothing of loyalty's code is used, so that both would have to be wrong
in the same way. Money is in billionths, points in whole numbers, and nothing is remembered between two questions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from faults.recompute.brought import OPENED, Grants, at_least, ends, grants_of, points_of
from faults.recompute.clerk import opinion
from faults.recompute.programmes import Rules, in_force
from faults.recompute.redeemed import Change, Redemption, adjustments_of, changes_of, ends_of
from mandegar.events import CustomerKey, Event, derived_id
from mandegar.events.registry import ORDER_TYPES

BILLION = 10**9


class Worth(NamedTuple):
    """What a customer has, in points, and the tier that goes with it."""

    available: int
    pending: int
    held: int
    debt: int
    lifetime: int
    tier: str


@dataclass(eq=False)
class Lot:
    """The points of one order, or of a lot that was ``brought`` along.

    ``given`` is what it is due by now, the rest says where those points are.
    """

    lot_id: UUID
    name: str
    facts: Sequence[Event]
    paid_at: datetime
    rules: Rules
    usable_at: datetime
    gone_at: datetime | None
    multiplier: Fraction = Fraction(1)
    net: int = 0
    given: int = 0
    pending: int = 0
    available: int = 0
    held: int = 0
    unused: int = 0
    brought: bool = False


@dataclass
class Account:
    """One customer, walked forward."""

    lots: list[Lot]
    grants: Grants
    changes: Sequence[Change] = ()
    debt: int = 0

    def pass_to(self, moment: datetime) -> None:
        """What happens at one instant: reservations end, holds end, points expire, orders change, new orders are paid,
        and points are redeemed.
        """
        for redemption in {id(change.of): change.of for change in self.changes}.values():
            if redemption.ends == moment:
                self._release(redemption, moment)
        for lot in self.lots:
            if lot.usable_at == moment:
                self._become_usable(lot)
        for lot in self.lots:
            if lot.gone_at == moment:
                _expire(lot)
        for lot in self.lots:
            if lot.paid_at < moment and any(fact.time == moment for fact in lot.facts):
                self._follow(lot, moment)
        for lot in self.lots:
            if lot.paid_at == moment:
                spent = self.spent(moment - lot.rules.window, before=moment)
                lot.multiplier = at_least(lot.rules, spent, self.grants, moment).multiplier
                self._follow(lot, moment)
        for change in self.changes:
            if change.at == moment:
                self._redeem(change, moment)

    def _redeem(self, change: Change, moment: datetime) -> None:
        one = change.of
        if change.what == "reserved":
            for lot in self._in_order(change.lots):
                one.held[lot.name] = self._hold(lot, change.lots[lot.name])
        elif change.what == "cancelled":
            self._release(one, moment)
        elif change.what == "taken":
            for lot in self._in_order(change.lots):
                self._draw(lot, change.lots[lot.name])
        elif change.what == "confirmed":
            one.spent, one.held = one.held, {}
            for lot, points in [each for some in one.spent.values() for each in some]:
                lot.held -= points
        else:
            for given in self._in_order(change.lots):
                left = change.lots[given.name]
                for place, (lot, spent) in enumerate(one.spent.get(given.name, [])):
                    some = min(left, spent)
                    one.spent[given.name][place] = (lot, spent - some)
                    left -= some
                    self._come_back(lot, some, moment)

    def _in_order(self, names: Iterable[str]) -> list[Lot]:
        wanted = set(names)
        return [lot for lot in self.lots if lot.name in wanted]

    def _hold(self, lot: Lot, points: int) -> list[tuple[Lot, int]]:
        drawn = self._draw(lot, points)
        for source, some in drawn:
            source.held += some
        return drawn

    def _draw(self, lot: Lot, points: int) -> list[tuple[Lot, int]]:
        """Points of this lot, of what it did not use, of the others, and of nobody: these are owed."""
        unused = min(max(points - lot.available, 0), lot.unused)
        lot.unused -= unused
        lot.available += unused
        drawn = []
        for other in [lot, *(each for each in sorted(self.lots, key=_spent_first) if each is not lot)]:
            some = _take(other, "available", points)
            points -= some
            drawn.append((other, some))
        self.debt += points
        return [*drawn, (lot, points)]

    def _release(self, redemption: Redemption, moment: datetime) -> None:
        held, redemption.held = redemption.held, {}
        for lot, points in [each for given in self._in_order(held) for each in held[given.name]]:
            lot.held -= points
            self._come_back(lot, points, moment)

    def _come_back(self, lot: Lot, points: int, moment: datetime) -> None:
        repaid = min(self.debt, points)
        self.debt -= repaid
        lot.available += points - repaid
        if lot.gone_at is not None and moment >= lot.gone_at:
            _expire(lot)

    def spent(self, after: datetime, *, before: datetime) -> int:
        """Net spend of the orders that were paid between two instants, both excluded."""
        return sum(lot.net for lot in self.lots if after < lot.paid_at < before)

    def _follow(self, lot: Lot, moment: datetime) -> None:
        """Give or take what the order is now due more or less than before."""
        if lot.brought:
            due = points_of(lot.facts, moment)
        else:
            lot.net = net_of(lot.facts, moment)
            due = int(lot.net * lot.rules.points_per_billionth * lot.multiplier / lot.rules.step) * lot.rules.step
        difference, lot.given = due - lot.given, due
        if difference < 0:
            self._take_back(lot, -difference)
            return
        lot.pending += difference
        if moment >= lot.usable_at:
            self._become_usable(lot)
        if lot.gone_at is not None and moment >= lot.gone_at:
            _expire(lot)

    def _become_usable(self, lot: Lot) -> None:
        """Points that become usable repay what is owed first."""
        repaid = min(self.debt, lot.pending)
        self.debt -= repaid
        lot.available += lot.pending - repaid
        lot.pending = 0

    def _take_back(self, lot: Lot, points: int) -> None:
        """From the order's own points, waiting, usable and unused; then from the others' usable; the rest is owed."""
        points -= _take(lot, "pending", points)
        points -= _take(lot, "available", points)
        expired = min(points, lot.unused)
        lot.unused -= expired
        points -= expired
        for other in sorted(self.lots, key=_spent_first):
            points -= _take(other, "available", points)
        self.debt += points


def worth(
    customer: CustomerKey,
    facts: Iterable[Event],
    rules: Sequence[Rules],
    zone: ZoneInfo,
    now: datetime,
    points_from: datetime | None = None,
    redeemed: Iterable[Event] = (),
    adjusted: Iterable[Event] = (),
) -> Worth:
    """What ``customer`` has at ``now``, from the facts of their orders, of what they brought along, ``redeemed``, and
    what staff ``adjusted``.

    Orders that were paid before ``points_from`` earn nothing.
    """
    told = [fact for fact in facts if fact.time <= now]
    orders: dict[str, list[Event]] = {}
    brought: dict[str, list[Event]] = {}
    for fact in told:
        if fact.type == OPENED:
            brought.setdefault(f"lot\x1f{fact.data.lot_id}", []).append(fact)
        elif fact.type in ORDER_TYPES:
            orders.setdefault(fact.data.order_id, []).append(fact)
    lots = [lot for order, said in orders.items() if (lot := _open(customer, order, said, rules, zone, points_from))]
    given, taken = adjustments_of(adjusted, now)
    lots += [_bring(customer, lot, said, rules, zone) for lot, said in (brought | given).items()]
    changes = sorted([*changes_of(redeemed, now), *taken], key=lambda change: (change.at, change.place, change.cause))
    account = Account(sorted(lots, key=lambda lot: (lot.paid_at, lot.lot_id)), grants_of(told), changes)
    moments = _moments(lots) | {change.at for change in changes} | ends_of(changes)
    for moment in sorted(moment for moment in moments if moment <= now):
        account.pass_to(moment)
    window = in_force(rules, now).window
    spent = account.spent(now - window, before=now + timedelta(microseconds=1))
    tier = at_least(in_force(rules, now), spent, account.grants, now)
    return _sums(account, tier.name)


def worth_in_credit(
    customer: CustomerKey,
    facts: Iterable[Event],
    rules: Sequence[Rules],
    zone: ZoneInfo,
    now: datetime,
    points_from: datetime | None = None,
    redeemed: Iterable[Event] = (),
    adjusted: Iterable[Event] = (),
) -> Worth:
    """What ``customer`` has in credit, in thousandths: an account of its own, in which orders earn by other rules."""
    nothing = [version._replace(points_per_billionth=Fraction(0)) for version in rules]
    earning = [version.credit or none for version, none in zip(rules, nothing, strict=True)]
    orders: dict[str, list[Event]] = {}
    for fact in facts:
        if fact.time <= now and fact.type in ORDER_TYPES:
            orders.setdefault(fact.data.order_id, []).append(fact)
    opened = [_open(customer, order, said, earning, zone, points_from) for order, said in orders.items()]
    given, taken = adjustments_of(adjusted, now, of_credit=True)
    brought = [_bring(customer, lot, said, rules, zone) for lot, said in given.items()]
    for lot in brought:
        _in_credit(lot)
    # What happens to several orders at one instant happens to their points in this order, and so to their credit.
    lots = sorted([*(lot for lot in opened if lot is not None), *brought], key=lambda lot: (lot.paid_at, lot.lot_id))
    for lot in lots:
        if not lot.brought:
            _in_credit(lot)
    changes = [*changes_of(redeemed, now, of_credit=True), *taken]
    changes.sort(key=lambda change: (change.at, change.place, change.cause))
    account = Account(lots, {}, changes)
    moments = _moments(lots) | {change.at for change in changes} | ends_of(changes)
    for moment in sorted(moment for moment in moments if moment <= now):
        account.pass_to(moment)
    return _sums(account, "")


def _in_credit(lot: Lot) -> None:
    lot.lot_id, lot.name = derived_id("loyalty", str(lot.lot_id), "credit"), f"credit\x1f{lot.name}"


def _sums(account: Account, tier: str) -> Worth:
    lots = account.lots
    return Worth(
        available=sum(lot.available for lot in lots),
        pending=sum(lot.pending for lot in lots),
        held=sum(lot.held for lot in lots),
        debt=account.debt,
        lifetime=sum(lot.given for lot in lots),
        tier=tier,
    )


def net_of(facts: Sequence[Event], now: datetime) -> int:
    """An order's worth at an instant, from what had happened by then."""
    return _billionths(opinion([fact for fact in facts if fact.time <= now]).net)


def _open(
    customer: CustomerKey,
    order: str,
    facts: Sequence[Event],
    rules: Sequence[Rules],
    zone: ZoneInfo,
    points_from: datetime | None,
) -> Lot | None:
    """The lot of an order under the rules of the instant it was paid; none for one that nobody paid."""
    paid_at = opinion(facts).paid_at
    if paid_at is None:
        return None
    own = in_force(rules, paid_at)
    if points_from is not None and paid_at < points_from:
        own = own._replace(points_per_billionth=Fraction(0))
    usable_at = paid_at + own.hold
    gone_at = None if own.expiry_days is None else _midnight_after(usable_at, own.expiry_days, zone)
    lot_id = derived_id("loyalty", f"{customer.shop}:{customer.customer_id}|{order}", "lot")
    return Lot(lot_id, order, facts, paid_at, own, usable_at, gone_at)


def _bring(customer: CustomerKey, lot: str, facts: Sequence[Event], rules: Sequence[Rules], zone: ZoneInfo) -> Lot:
    """A lot that was brought along: usable at once."""
    at = min(fact.time for fact in facts)
    gone_at = ends(facts, lambda day: _midnight_behind(day, zone))
    lot_id = derived_id("loyalty", f"{customer.shop}:{customer.customer_id}|{lot}", "lot")
    return Lot(lot_id, lot, facts, at, in_force(rules, at), at, gone_at, brought=True)


def _moments(lots: Iterable[Lot]) -> set[datetime]:
    """Every instant at which anything can happen."""
    return {
        moment
        for lot in lots
        for moment in (lot.usable_at, lot.gone_at, *(fact.time for fact in lot.facts if fact.time >= lot.paid_at))
        if moment is not None
    }


def _midnight_after(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Points last through a whole day of the shop, and go at the midnight behind it."""
    return _midnight_behind(moment.astimezone(zone).date() + timedelta(days=days), zone)


def _midnight_behind(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)


def _expire(lot: Lot) -> None:
    lot.unused += lot.available
    lot.available = 0


def _take(lot: Lot, pool: str, points: int) -> int:
    there: int = getattr(lot, pool)
    taken = min(points, there)
    setattr(lot, pool, there - taken)
    return taken


def _spent_first(lot: Lot) -> tuple[bool, datetime, datetime, UUID]:
    """The earliest expiry first, what never expires last; then the oldest."""
    return (lot.gone_at is None, lot.gone_at or lot.paid_at, lot.paid_at, lot.lot_id)


def _billionths(amount: object) -> int:
    return round(Fraction(str(amount)) * BILLION)
