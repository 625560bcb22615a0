"""One customer's account: the facts of their orders and of what they brought along, what was posted and announced."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from loyalty.domain.achievements import NOTHING_ACHIEVED, tell
from loyalty.domain.acts import stands_alone
from loyalty.domain.at_risk import Drop, Telling, drop_at, telling
from loyalty.domain.derived import Derived
from loyalty.domain.expiries import (
    expiries,
    upcoming_warning,
    warned_after,
    warnings_due,
    warnings_of,
)
from loyalty.domain.held_since import held_since
from loyalty.domain.ids import lot_id
from loyalty.domain.lots import Lot
from loyalty.domain.opening import granted, granted_until
from loyalty.domain.orders import Fact, stay
from loyalty.domain.posting import Entry, by_time, differences
from loyalty.domain.programme import Programme
from loyalty.domain.referral_facts import is_bound_by_referrals
from loyalty.domain.remembered import (
    MEANING,
    REMEMBERED_FROM,
    Remembered,
    can_be_remembered,
    earned_by,
    mark_of,
    rules_until,
    topped_at,
)
from loyalty.domain.settled import Settled, TakenOver, TierMove
from loyalty.domain.spend import tier_since
from loyalty.domain.stored_orders import Order, derive_from, keep, rows_of
from loyalty.domain.sums import balance_of, credit_of
from loyalty.domain.timeline import Timeline, walk
from loyalty.domain.units import is_credit, without_unit
from loyalty.domain.zones import ShopZones
from mandegar.events import CustomerKey

__all__ = ["Account", "Order", "balance_of", "credit_of"]

# Whose account it is where that makes no difference.
_NOBODY = CustomerKey("", "")


class Account:
    """The stored state of a customer."""

    __slots__ = (
        "announced_tier",
        "at_risk",
        "backfill_until",
        "key",
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
        key: CustomerKey = _NOBODY,
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
        self.key = key
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
            key=self.key,
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
        derived = self.keep_derived(programmes, zones, now)
        timeline = walk(self.rows(derived), programmes, zones, now)
        lots = {lot.order_id: lot for lot in timeline.lots}
        if timeline.credit:
            self._keep_credit(timeline.credit)
            lots |= {lot.order_id: lot for lot in timeline.credit}
        new_orders = self.new_orders()
        entries = self.post(lots)
        history_ends = self.backfill_until is not None and self.backfill_until <= now
        if history_ends:
            self.backfill_until = None
        warnings, move, achieved = [], None, NOTHING_ACHIEVED
        expiring = expiries(timeline.lots)
        self.know_told_tiers(timeline.programme)
        if self.backfill_until is None:
            due = warnings_due(timeline.lots, self.warned, now, since=self.settled_at, new_orders=new_orders)
            warnings = warnings_of(due, expiring)
            if self.warned or warnings:
                self.warned = warned_after(self.warned, [warning.expires_at for warning in warnings], now)
            achieved = tell(self.orders, now)
            move = self.announce(timeline.programme, timeline.tier)
            if move is not None:
                move = move._replace(at=self._held_since(timeline, derived, programmes, zones, move.tier, now))
        since, self.settled_at = self.settled_at, now
        risk = self.tell_risk(timeline.programme, drop_at(timeline), since, moved=move is not None)
        instants = (
            timeline.next_at,
            upcoming_warning(timeline.lots, self.warned, now),
            self.backfill_until,
            risk.due_at,
            derived.next_at,
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
            remembered=self.remember(timeline, programmes, zones, now, derived),
            at_risk=risk.warned,
            referrals=timeline.referrals,
            achieved=achieved,
            credit=credit_of(timeline),
            tier_brought=history_ends and 0 < timeline.tier == granted(timeline.grants, timeline.programme, now),
        )

    def _keep_credit(self, lots: Sequence[Lot]) -> None:
        """Keep the lots of credit that orders earned: nothing but what is posted and redeemed is stored of them."""
        for lot in lots:
            order = self.orders.get(lot.order_id)
            if order is None:
                order = self.orders[lot.order_id] = Order(lot.order_id, lot.lot_id, [], {})
            earned_by = self.orders.get(without_unit(lot.order_id))
            if earned_by is not None and not any(posted.points for posted in order.posted.values()):
                order.earned_as = earned_by.earned_as

    def _held_since(
        self,
        timeline: Timeline,
        derived: Derived,
        programmes: Sequence[Programme],
        zones: ShopZones,
        tier: str,
        now: int,
    ) -> int:
        if any(programme.qualifying is not None for programme in programmes):
            return held_since(self.rows(derived), programmes, zones, tier, now)
        since = tier_since(timeline.lots, programmes, tier, now, grants=timeline.grants)
        return now if since is None else since

    def new_orders(self) -> set[str]:
        """The orders that nothing was posted for."""
        return {order_id for order_id, order in self.orders.items() if not order.posted}

    def post(self, lots: Mapping[str, Lot]) -> list[Entry]:
        """The entries by which what is posted becomes what ``lots`` have, in order of time; those of credit first."""
        entries: list[Entry] = []
        for order_id, order in self.orders.items():
            if differing := differences(order_id, lots.get(order_id), order.posted):
                order.changed = True
                entries += differing
        if len(entries) < 2:
            return entries
        entries = by_time(entries)
        if any(is_credit(entry.order_id) for entry in entries):  # each unit is told by events of its own
            entries.sort(key=lambda entry: not is_credit(entry.order_id))
        return entries

    def at(self, programmes: Sequence[Programme], zones: ShopZones, now: int) -> Timeline:
        """The timeline of the account at ``now``; changes nothing."""
        return walk(self.rows(derive_from(self.orders, programmes, zones, now)), programmes, zones, now)

    def keep_derived(self, programmes: Sequence[Programme], zones: ShopZones, now: int) -> Derived:
        """Keep what follows from the other facts by ``now``."""
        derived = derive_from(self.orders, programmes, zones, now)
        keep(self.orders, derived, self._lot_id)
        return derived

    def rows(self, derived: Derived) -> Iterator[tuple[str, UUID, Sequence[Fact]]]:
        """The facts to walk, each with the id under which it is kept and that of its lot."""
        return rows_of(self.orders, derived, self._lot_id)

    def _lot_id(self, order_id: str) -> UUID:
        return lot_id(self.key, order_id, self.readmission)

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
        self, timeline: Timeline, programmes: Sequence[Programme], zones: ShopZones, now: int, derived: Derived
    ) -> Remembered | None:
        """What to remember of an account with so many orders that walking it costs more than going on from there.

        Marks the orders.
        """
        if timeline.credit or timeline.shared or len(self.orders) < REMEMBERED_FROM:
            return None
        if (until := granted_until(timeline.grants)) > now:
            return None
        if is_bound_by_referrals({order_id: order.facts for order_id, order in self.orders.items()}):
            return None
        if timeline.programme.qualifying is not None:
            return None
        balance, earned = balance_of(timeline), earned_by(timeline.lots)
        if not can_be_remembered(balance, earned) or not all(map(stands_alone, timeline.lots)) or derived.binds_orders:
            return None
        lots = {lot.order_id: lot for lot in timeline.lots}
        for order_id, order in self.orders.items():
            order.put_mark(mark_of(order.facts, lots.get(order_id), self.warned, now))
        topped = topped_at(programmes, timeline.tier, now)
        rules = rules_until(programmes, zones, now)
        falls = timeline.falls
        standing = sum([lot.net > 0 for lot in timeline.lots]) if timeline.programme.asks_first else 0
        spend = timeline.spend
        return Remembered(
            MEANING, self.version, now, rules, balance, spend, earned, topped, falls, until, standing, derived.coming
        )
