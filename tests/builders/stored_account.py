"""An account as loyalty stores it, in memory: settled from what is remembered, with the orders that are read for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from builders.accounts import lot_of
from loyalty.domain import forward
from loyalty.domain.account import Account, Order
from loyalty.domain.forward import Answers, Search, Tail, TailNeeded, WalkNeeded
from loyalty.domain.lots import EntryKey
from loyalty.domain.orders import Fact
from loyalty.domain.posting import Posted
from loyalty.domain.programme import Programme, in_force
from loyalty.domain.purse import Purse, purse_of
from loyalty.domain.remembered import Mark, Remembered, mark_of
from loyalty.domain.settled import Settled
from loyalty.domain.spend import Falls
from loyalty.domain.zones import ShopZones

Scalars: TypeAlias = tuple[int, int | None, int | None, str | None, tuple[int, ...], int | None]


@dataclass
class Row:
    lot_id: UUID
    facts: list[Fact]
    posted: dict[EntryKey, Posted]
    mark: Mark | None


@dataclass
class StoredAccount:
    """``read`` counts the orders that the last settling read; ``walks`` how often it walked from the beginning."""

    rows: dict[str, Row] = field(default_factory=dict)
    past: Remembered | None = None
    scalars: Scalars = (0, None, None, None, (), None)
    read: int = 0
    walks: int = 0

    def settle(
        self,
        facts: Sequence[tuple[str, Fact]],
        programmes: Sequence[Programme],
        zones: ShopZones,
        now: int,
        backfill_until: int | None = None,
    ) -> Settled:
        version, settled_at, *_ = self.scalars
        self.read = 0
        if self.past is not None and self.past.holds(version, settled_at, programmes, zones):
            tail = forward.tail_of(self.past, (fact for _, fact in facts), programmes, now)
            for _ in range(2):
                try:
                    return self._forward(self.past, facts, programmes, zones, tail, backfill_until)
                except TailNeeded as needed:
                    rules = in_force(programmes, self.past.settled_at)
                    tail = forward.tail_from(needed.begin, rules, tail.now)
                except WalkNeeded:
                    break
        self.walks += 1
        account = self._account(self.rows, facts, backfill_until)
        return self._store(account, account.settle(programmes, zones, now))

    def next_command_at(self, now: int) -> int:
        """The instant of a command: behind everything that was settled before."""
        return max(now, (self.scalars[1] or 0) + 1)

    def purse(self, programmes: Sequence[Programme], zones: ShopZones, at: int) -> Purse:
        """What a command can take at an instant."""
        timeline = self._account(self.rows, (), None).at(programmes, zones, at)
        return purse_of(timeline.lots, timeline.debt, at)

    def _forward(
        self,
        past: Remembered,
        facts: Sequence[tuple[str, Fact]],
        programmes: Sequence[Programme],
        zones: ShopZones,
        tail: Tail,
        backfill_until: int | None,
    ) -> Settled:
        account = self._account(self._wanted({order_id for order_id, _ in facts}, tail), facts, backfill_until)
        half = forward.forward(account, past, programmes, zones, tail)
        for order_id, order in account.orders.items():
            self.rows[order_id] = Row(order.lot_id, order.facts, order.posted, order.mark)
        if half.due:
            self._look_again(account, programmes, zones, tail.now)
        return self._store(account, forward.complete(account, half, self._answers(half.search, half.due)))

    def _wanted(self, named: set[str], tail: Tail) -> list[str]:
        def is_wanted(order_id: str, mark: Mark) -> bool:
            earned_at, changed_at, next_at = mark[:3]
            return (
                order_id in named
                or (next_at is not None and next_at <= tail.now)
                or (changed_at is not None and changed_at >= tail.begin)
                or (earned_at is not None and (earned_at >= tail.begin or tail.leaving <= earned_at <= tail.left))
            )

        return [order_id for order_id, row in self.rows.items() if row.mark and is_wanted(order_id, row.mark)]

    def _account(self, wanted: Iterable[str], facts: Sequence[tuple[str, Fact]], backfill_until: int | None) -> Account:
        orders = {
            order_id: Order(order_id, row.lot_id, [*row.facts], dict(row.posted), row.mark)
            for order_id, row in self.rows.items()
            if order_id in set(wanted)
        }
        self.read += len(orders)
        version, settled_at, backfill, announced_tier, warned, at_risk = self.scalars
        account = Account(
            orders,
            version=version,
            settled_at=settled_at,
            backfill_until=backfill if backfill_until is None else backfill_until,
            announced_tier=announced_tier,
            warned=warned,
            at_risk=at_risk,
        )
        for order_id, fact in facts:
            account.orders.setdefault(order_id, Order(order_id, lot_of(order_id), [], {})).add(fact)
        return account

    def _look_again(self, account: Account, programmes: Sequence[Programme], zones: ShopZones, now: int) -> None:
        for order_id, row in self.rows.items():
            if order_id not in account.orders and row.mark is not None and row.mark.expires_at is not None:
                order = Order(order_id, row.lot_id, row.facts, row.posted, row.mark)
                row.mark = mark_of(row.facts, forward.lot_of(order, programmes, zones, now), account.warned, now)

    def _answers(self, search: Search | None, due: Iterable[int]) -> Answers:
        marks = [row.mark for row in self.rows.values() if row.mark is not None]
        sums: dict[int, int] = {}
        for mark in marks:
            if mark.expires_at is not None:
                sums[mark.expires_at] = sums.get(mark.expires_at, 0) + mark.available
        wanted = {min(sums), *due} & set(sums) if sums else set()
        next_at = min((mark.next_at for mark in marks if mark.next_at is not None), default=None)
        falls = self._falls(search)
        leaving = sum(
            row.mark.net
            for row in self.rows.values()
            if falls is not None
            and row.mark is not None
            and row.mark.earned_at == falls.earned_at
            and row.lot_id >= falls.lot_id
        )
        return Answers(next_at, falls, sorted((at, sums[at]) for at in wanted), leaving)

    def _falls(self, search: Search | None) -> Falls | None:
        if search is None:
            return None
        placed = sorted(
            (row.mark.earned_at, row.lot_id, row.mark.net)
            for row in self.rows.values()
            if row.mark is not None and row.mark.earned_at is not None
        )
        place, before = search.falls[:2], search.falls.before
        if before > search.room:
            for earned_at, lot_id, net in reversed(
                [one for one in placed if one[:2] < place and one[0] >= search.left]
            ):
                before -= net
                if before <= search.room:
                    return Falls(earned_at, lot_id, before)
        for earned_at, lot_id, net in (one for one in placed if one[:2] >= place):
            if before + net > search.room:
                return Falls(earned_at, lot_id, before)
            before += net
        return None

    def _store(self, account: Account, settled: Settled) -> Settled:
        account.version += len(settled.entries) + (settled.tier_move is not None)
        for order_id, order in account.orders.items():
            self.rows[order_id] = Row(order.lot_id, order.facts, order.posted, order.mark)
        warned = tuple(sorted(account.warned))
        self.scalars = (
            account.version,
            account.settled_at,
            account.backfill_until,
            account.announced_tier,
            warned,
            account.at_risk,
        )
        self.past = None if settled.remembered is None else settled.remembered._replace(version=account.version)
        return settled


def walked() -> StoredAccount:
    """A twin that never remembers anything."""

    class Walked(StoredAccount):
        def _store(self, account: Account, settled: Settled) -> Settled:
            result = super()._store(account, settled)
            self.past = None
            return result

    return Walked()
