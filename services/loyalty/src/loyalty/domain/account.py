"""One customer's account: the facts of their orders, what was posted and announced, and how it is settled."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from loyalty.domain.expiries import WARNED_KEPT, ExpiryWarning, expiries, upcoming_warning, warnings_due
from loyalty.domain.lots import EntryKey, Lot
from loyalty.domain.orders import Fact, add_fact
from loyalty.domain.posting import Balance, Entry, Posted, by_time, differences
from loyalty.domain.programme import Programme
from loyalty.domain.spend import tier_since
from loyalty.domain.timeline import Timeline, walk
from loyalty.domain.zones import ShopZones


class Order:
    """The facts of one order and the sums posted for its lot."""

    __slots__ = ("changed", "facts", "lot_id", "order_id", "posted")

    def __init__(self, order_id: str, lot_id: UUID, facts: list[Fact], posted: dict[EntryKey, Posted]) -> None:
        self.order_id = order_id
        self.lot_id = lot_id
        self.facts = facts
        self.posted = posted
        self.changed = False

    def add(self, fact: Fact) -> None:
        """Add a fact; a repeated one changes nothing."""
        self.changed |= add_fact(self.facts, fact)


class TierMove(NamedTuple):
    """The tier to announce, the one announced before, and the instant since which it is held."""

    tier: str
    previous: str
    at: int


class Settled(NamedTuple):
    """The result of settling an account; ``lots`` by order id. ``due_at`` is when it must be settled next, if ever."""

    entries: list[Entry]
    lots: dict[str, Lot]
    balance: Balance
    tier: str
    tier_until: int | None
    tier_move: TierMove | None
    warnings: list[ExpiryWarning]
    next_expiry: tuple[int, int] | None
    due_at: int | None


class Account:
    """The stored state of a customer."""

    __slots__ = ("announced_tier", "backfill_until", "orders", "settled_at", "version", "warned")

    def __init__(
        self,
        orders: dict[str, Order],
        *,
        version: int = 0,
        settled_at: int | None = None,
        backfill_until: int | None = None,
        announced_tier: str | None = None,
        warned: Sequence[int] = (),
    ) -> None:
        """``backfill_until``: until then history comes in and nothing is announced. ``warned``: expiries announced."""
        self.orders = orders
        self.version = version
        self.settled_at = settled_at
        self.backfill_until = backfill_until
        self.announced_tier = announced_tier
        self.warned = set(warned)

    def settle(self, programmes: Sequence[Programme], zones: ShopZones, now: int) -> Settled:
        """Post what is due by ``now``, and decide what to announce. An instant before ``settled_at`` counts as
        ``settled_at``.
        """
        if self.settled_at is not None and now < self.settled_at:
            now = self.settled_at
        timeline = self.at(programmes, zones, now)
        lots = {lot.order_id: lot for lot in timeline.lots}
        new_orders = {order_id for order_id, order in self.orders.items() if not order.posted}
        entries: list[Entry] = []
        for order_id, order in self.orders.items():
            if differing := differences(order_id, lots.get(order_id), order.posted):
                order.changed = True
                entries += differing
        if len(entries) > 1:
            entries = by_time(entries)
        if self.backfill_until is not None and self.backfill_until <= now:
            self.backfill_until = None
        warnings, move = [], None
        if self.backfill_until is None:
            warnings = warnings_due(timeline.lots, self.warned, now, since=self.settled_at, new_orders=new_orders)
            if self.warned or warnings:
                recent = {at for at in self.warned if at > now - WARNED_KEPT}
                self.warned = recent | {warning.expires_at for warning in warnings}
            move = self._announce(timeline, programmes, now)
        self.settled_at = now
        instants = (timeline.next_at, upcoming_warning(timeline.lots, self.warned, now), self.backfill_until)
        due = [at for at in instants if at is not None]
        expiring = expiries(timeline.lots)
        return Settled(
            entries=entries,
            lots=lots,
            balance=balance_of(timeline),
            tier=timeline.programme.tiers[timeline.tier].name,
            tier_until=timeline.tier_until,
            tier_move=move,
            warnings=warnings,
            next_expiry=expiring[0] if expiring else None,
            due_at=min(due) if due else None,
        )

    def at(self, programmes: Sequence[Programme], zones: ShopZones, now: int) -> Timeline:
        """The timeline of the account at ``now``; changes nothing."""
        return walk(
            ((order.order_id, order.lot_id, order.facts) for order in self.orders.values()), programmes, zones, now
        )

    def _announce(self, timeline: Timeline, programmes: Sequence[Programme], now: int) -> TierMove | None:
        tier = timeline.programme.tiers[timeline.tier].name
        previous = self.announced_tier or timeline.programme.tiers[0].name
        self.announced_tier = tier
        if tier == previous:
            return None
        return TierMove(tier, previous, tier_since(timeline.lots, programmes, tier, now))


def balance_of(timeline: Timeline) -> Balance:
    """The sums over all lots."""
    available = pending = lifetime = 0
    for lot in timeline.lots:
        available += lot.available
        pending += lot.pending
        lifetime += lot.given
    return Balance(available, pending, 0, timeline.debt, lifetime)
