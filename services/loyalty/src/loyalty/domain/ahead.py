"""An account with many orders on its way into the future: it goes on from what is remembered, again and again.

The orders are read once: those with something due up to an instant, and those that leave the window up to it.
``forward.py`` settles, at each instant, those of them that it would have read from the database.
"""

from collections.abc import Mapping, Sequence

from loyalty.domain.account import Account, Order
from loyalty.domain.expiries import WARNED_KEPT
from loyalty.domain.forward import Answers, Forward, Search, Tail, WalkNeeded, complete, forward, lot_of, tail_of
from loyalty.domain.orders import Fact
from loyalty.domain.programme import Programme
from loyalty.domain.remembered import Remembered, mark_of
from loyalty.domain.settled import Settled
from loyalty.domain.spend import Falls
from loyalty.domain.zones import ShopZones


class Ahead:
    """A remembered account, to be settled at instants that ascend and are no later than the reach of ``orders``.

    All orders that were paid up to ``paid_to`` and may be in the window are among them. ``resting`` has, by midnight,
    the usable points of lots that are not. ``settle`` raises ``WalkNeeded`` as ``forward`` does.
    """

    def __init__(
        self,
        account: Account,
        past: Remembered,
        orders: Mapping[str, Order],
        paid_to: int,
        resting: Mapping[int, int],
        rules: tuple[Sequence[Programme], ShopZones],
    ) -> None:
        self._account, self._past, self._orders = account, past, dict(orders)
        self._paid_to, self._resting = paid_to, resting
        self._programmes, self._zones = rules

    def settle(self, at: int, *news: tuple[Order, Fact]) -> Settled:
        """The account at an instant, after the first facts of new orders if there are any."""
        tail = tail_of(self._past, [fact for _, fact in news], self._programmes, at)
        for order, fact in news:
            order.add(fact)
            self._orders[order.order_id] = order
        account = self._account.with_orders(self._within(tail, {order.order_id for order, _ in news}))
        half = forward(account, self._past, self._programmes, self._zones, tail)
        if half.due:
            self._look_again(account, half)
        settled = complete(account, half, self._answers(half))
        if settled.remembered is None:
            raise WalkNeeded
        for order, _ in news:
            order.news_at = None
        self._account, self._past = account, settled.remembered._replace(version=account.version)
        return settled

    def _within(self, tail: Tail, named: set[str]) -> dict[str, Order]:
        def is_within(order: Order) -> bool:
            mark = order.mark
            if mark is None or order.order_id in named:
                return True
            if mark.next_at is not None and mark.next_at <= tail.now:
                return True
            if mark.changed_at is not None and mark.changed_at >= tail.begin:
                return True
            paid_at = mark.earned_at
            return paid_at is not None and (paid_at >= tail.begin or tail.leaving <= paid_at <= tail.left)

        return {order_id: order for order_id, order in self._orders.items() if is_within(order)}

    def _look_again(self, account: Account, half: Forward) -> None:
        """Let other orders know that their midnight was warned of."""
        now, first, last = account.settled_at or 0, min(half.due) - WARNED_KEPT, max(half.due) + WARNED_KEPT
        for order in self._orders.values():
            if order.mark is not None and order.mark.expires_at is not None and first <= order.mark.expires_at <= last:
                lot = lot_of(order, self._programmes, self._zones, now)
                order.put_mark(mark_of(order.facts, lot, account.warned, now))

    def _answers(self, half: Forward) -> Answers:
        marks = [order.mark for order in self._orders.values() if order.mark is not None]
        sums = dict(self._resting)
        for mark in marks:
            if mark.expires_at is not None:
                sums[mark.expires_at] = sums.get(mark.expires_at, 0) + mark.available
        midnights = sorted({midnight for midnight in (min(sums, default=None), *half.due) if midnight in sums})
        instants = [mark.next_at for mark in marks if mark.next_at is not None]
        falls, leaving = self._falls(half.search)
        if half.search is not None and falls is None:
            # The tier ends with an order that was not read, and so behind the reach.
            instants.append(self._paid_to + half.programme.window + 1)
        return Answers(min(instants, default=None), falls, [(at, sums[at]) for at in midnights], leaving)

    def _falls(self, search: Search | None) -> tuple[Falls | None, int]:
        """The order with which the tier ends, if it was paid up to ``paid_to``, and the spend that leaves with it."""
        falls, before, leaving = None, 0, 0
        if search is None:
            return None, 0
        for earned_at, lot_id, net in sorted(
            (order.mark.earned_at, order.lot_id, order.mark.net)
            for order in self._orders.values()
            if order.mark is not None
            and order.mark.earned_at is not None
            and search.left <= order.mark.earned_at <= self._paid_to
        ):
            if falls is None and before + net > search.room:
                falls = Falls(earned_at, lot_id, before)
            leaving += net if falls is not None and falls.earned_at == earned_at else 0
            before += net
        return falls, leaving
