"""One customer's account: the facts of their orders and of what they brought along, what was posted and announced."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from loyalty.domain.acts import stands_alone
from loyalty.domain.at_risk import Drop, Telling, drop_at, telling
from loyalty.domain.expiries import (
    expiries,
    upcoming_warning,
    warned_after,
    warnings_due,
    warnings_of,
)
from loyalty.domain.lots import EntryKey, Lot
from loyalty.domain.opening import granted, granted_until
from loyalty.domain.orders import ASIDE, PART_PAID, Fact, add_fact, stay
from loyalty.domain.posting import Balance, Entry, Posted, by_time, differences
from loyalty.domain.programme import Programme
from loyalty.domain.remembered import (
    MEANING,
    REMEMBERED_FROM,
    Mark,
    Remembered,
    can_be_remembered,
    earned_by,
    mark_of,
    rules_until,
    topped_at,
)
from loyalty.domain.settled import Settled, TakenOver, TierMove
from loyalty.domain.spend import tier_since
from loyalty.domain.timeline import Timeline, walk
from loyalty.domain.zones import ShopZones


class Order:
    """The facts of one order, the sums posted for its lot, and what is remembered of it.

    ``news_at`` is the earliest time of the facts that were added since the order was read, deliveries left out.
    ``earned_as`` is the alias whose order it was, if nothing is posted for it yet. The order of an alias is left
    without facts.
    """

    __slots__ = ("changed", "earned_as", "facts", "lot_id", "mark", "news_at", "order_id", "posted")

    def __init__(
        self,
        order_id: str,
        lot_id: UUID,
        facts: list[Fact],
        posted: dict[EntryKey, Posted],
        mark: Mark | None = None,
    ) -> None:
        self.order_id = order_id
        self.lot_id = lot_id
        self.facts = facts
        self.posted = posted
        self.mark = mark
        self.changed = False
        self.news_at: int | None = None
        self.earned_as: str | None = None

    def add(self, fact: Fact) -> None:
        """Add a fact; a repeated one changes nothing."""
        if add_fact(self.facts, fact):
            self.changed = True
            if fact.kind in ASIDE:  # which change no other order
                return
            self.news_at = fact.at if self.news_at is None else min(self.news_at, fact.at)

    @property
    def is_part_paid_with_news(self) -> bool:
        """Whether facts were added to an order that points have paid a part of."""
        return self.news_at is not None and any(fact.kind == PART_PAID for fact in self.facts)

    def put_mark(self, mark: Mark) -> None:
        """Replace what is remembered of the order."""
        if mark != self.mark:
            self.mark, self.changed = mark, True


class Account:
    """The stored state of a customer."""

    __slots__ = (
        "announced_tier",
        "at_risk",
        "backfill_until",
        "not_before",
        "orders",
        "readmission",
        "settled_at",
        "told",
        "version",
        "warned",
    )

    def __init__(
        self,
        orders: dict[str, Order],
        *,
        version: int = 0,
        settled_at: int | None = None,
        backfill_until: int | None = None,
        announced_tier: str | None = None,
        warned: Sequence[int] = (),
        readmission: int | None = None,
        at_risk: int | None = None,
    ) -> None:
        """``backfill_until``: until then history comes in and nothing is announced. ``warned``: expiries announced.

        ``at_risk`` is the instant of the drop that the customer was warned of, ``readmission`` is the version of the
        latest one after an erasure.
        """
        self.orders = orders
        self.version = version
        self.settled_at = settled_at
        self.backfill_until = backfill_until
        self.announced_tier = announced_tier
        self.warned = set(warned)
        self.readmission = readmission
        self.at_risk = at_risk
        # The tiers that aliases were told of.
        self.told: frozenset[str] = frozenset()
        # Up to when one of them was settled: what they reserved then is reserved.
        self.not_before: int | None = None

    def with_orders(self, orders: dict[str, Order]) -> "Account":
        """A copy of this state with orders."""
        return Account(
            orders,
            version=self.version,
            settled_at=self.settled_at,
            backfill_until=self.backfill_until,
            announced_tier=self.announced_tier,
            warned=tuple(self.warned),
            readmission=self.readmission,
            at_risk=self.at_risk,
        )

    def take_over(self, taken: TakenOver) -> None:
        """Go on from what aliases were told."""
        self.version = max(self.version, taken.version)
        self.not_before = taken.settled_at
        self.warned |= taken.warned
        self.told |= taken.tiers
        if self.at_risk is None:
            self.at_risk = taken.at_risk
        for order in self.orders.values() if taken.moves else ():
            if stay(order.facts, taken.moves):
                order.changed = True

    def settle(self, programmes: Sequence[Programme], zones: ShopZones, now: int) -> Settled:
        """Post what is due by ``now``, and decide what to announce: all orders are walked from the beginning.

        An instant before ``settled_at`` counts as ``settled_at``.
        """
        now = max([now, *(at for at in (self.settled_at, self.not_before) if at is not None)])
        timeline = self.at(programmes, zones, now)
        lots = {lot.order_id: lot for lot in timeline.lots}
        new_orders = self.new_orders()
        entries = self.post(lots)
        history_ends = self.backfill_until is not None and self.backfill_until <= now
        if history_ends:
            self.backfill_until = None
        warnings, move = [], None
        expiring = expiries(timeline.lots)
        self.know_told_tiers(timeline.programme)
        if self.backfill_until is None:
            due = warnings_due(timeline.lots, self.warned, now, since=self.settled_at, new_orders=new_orders)
            warnings = warnings_of(due, expiring)
            if self.warned or warnings:
                self.warned = warned_after(self.warned, [warning.expires_at for warning in warnings], now)
            move = self.announce(timeline.programme, timeline.tier)
            if move is not None:
                since = tier_since(timeline.lots, programmes, move.tier, now, grants=timeline.grants)
                move = move._replace(at=now if since is None else since)
        since, self.settled_at = self.settled_at, now
        risk = self.tell_risk(timeline.programme, drop_at(timeline), since, moved=move is not None)
        instants = (
            timeline.next_at,
            upcoming_warning(timeline.lots, self.warned, now),
            self.backfill_until,
            risk.due_at,
        )
        due_at = min([at for at in instants if at is not None], default=None)
        return Settled(
            entries=entries,
            lots=lots,
            balance=balance_of(timeline),
            tier=timeline.programme.tiers[timeline.tier].name,
            tier_until=timeline.tier_until,
            tier_move=move,
            warnings=warnings,
            next_expiry=expiring[0] if expiring else None,
            due_at=due_at,
            remembered=self.remember(timeline, programmes, zones, now),
            at_risk=risk.warned,
            tier_brought=history_ends and 0 < timeline.tier == granted(timeline.grants, timeline.programme, now),
        )

    def new_orders(self) -> set[str]:
        """The orders that nothing was posted for."""
        return {order_id for order_id, order in self.orders.items() if not order.posted}

    def post(self, lots: Mapping[str, Lot]) -> list[Entry]:
        """The entries by which what is posted becomes what ``lots`` have, in order of time."""
        entries: list[Entry] = []
        for order_id, order in self.orders.items():
            if differing := differences(order_id, lots.get(order_id), order.posted):
                order.changed = True
                entries += differing
        return by_time(entries) if len(entries) > 1 else entries

    def at(self, programmes: Sequence[Programme], zones: ShopZones, now: int) -> Timeline:
        """The timeline of the account at ``now``; changes nothing."""
        return walk(
            ((order.order_id, order.lot_id, order.facts) for order in self.orders.values()), programmes, zones, now
        )

    def announce(self, programme: Programme, tier: int) -> TierMove | None:
        """The move to announce if another tier was announced last; ``at`` is still to be found."""
        name = programme.tiers[tier].name
        previous = self.announced_tier or programme.tiers[0].name
        self.announced_tier = name
        return None if name == previous else TierMove(name, previous, 0)

    def know_told_tiers(self, programme: Programme) -> None:
        """Of the tiers that the customer was told of under several ids, the highest counts as announced."""
        if self.told:
            told = [tier.name for tier in programme.tiers if tier.name in {self.announced_tier, *self.told}]
            self.announced_tier, self.told = (told[-1] if told else None), frozenset()

    def tell_risk(self, programme: Programme, drop: Drop | None, since: int | None, *, moved: bool) -> Telling:
        """What to announce of the tier that ends next, to an account that was settled before at ``since``."""
        if self.backfill_until is not None or (programme.levels is None and self.at_risk is None):
            return Telling((), self.at_risk, None)
        has_news = any(order.news_at is not None for order in self.orders.values())
        told = telling(programme, drop, self.at_risk, self.settled_at or 0, since, has_news=has_news, moved=moved)
        self.at_risk = told.told
        return told

    def remember(
        self, timeline: Timeline, programmes: Sequence[Programme], zones: ShopZones, now: int
    ) -> Remembered | None:
        """What to remember of an account with so many orders that walking it costs more than going on from there.

        Marks the orders.
        """
        if timeline.shared or len(self.orders) < REMEMBERED_FROM or (until := granted_until(timeline.grants)) > now:
            return None
        balance, earned = balance_of(timeline), earned_by(timeline.lots)
        if not can_be_remembered(balance, earned) or not all(map(stands_alone, timeline.lots)):
            return None
        lots = {lot.order_id: lot for lot in timeline.lots}
        for order_id, order in self.orders.items():
            order.put_mark(mark_of(order.facts, lots.get(order_id), self.warned, now))
        topped = topped_at(programmes, timeline.tier, now)
        rules = rules_until(programmes, zones, now)
        falls = timeline.falls
        standing = sum([lot.net > 0 for lot in timeline.lots]) if timeline.programme.asks_first else 0
        return Remembered(
            MEANING, self.version, now, rules, balance, timeline.spend, earned, topped, falls, until, standing
        )


def balance_of(timeline: Timeline) -> Balance:
    """The sums over all lots."""
    available = pending = held = lifetime = 0
    for lot in timeline.lots:
        available += lot.available
        pending += lot.pending
        held += lot.held
        lifetime += lot.given
    return Balance(available, pending, held, timeline.debt, lifetime)
