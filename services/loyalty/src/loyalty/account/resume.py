"""Settles accounts with many orders from what is remembered of them, without reading the other orders."""

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from loyalty.account.remembered_rows import answers_of, load_of_midnights, load_tails
from loyalty.account.rows import changed_orders, save_orders
from loyalty.domain.account import Account, Order
from loyalty.domain.expiries import WARNED_KEPT
from loyalty.domain.forward import (
    Forward,
    Tail,
    TailNeeded,
    WalkNeeded,
    complete,
    forward,
    lot_of,
    tail_from,
    tail_of,
)
from loyalty.domain.ids import lot_id
from loyalty.domain.kept_acts import is_kept
from loyalty.domain.orders import ACTED, CLAIMED, GRANTED, REPORTED, Fact
from loyalty.domain.programme import in_force
from loyalty.domain.referral_facts import FRIEND, is_kept_claim
from loyalty.domain.remembered import Remembered, mark_of
from loyalty.domain.settled import Settled, TakenOver
from loyalty.programme.rows import Rules
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event


class News(NamedTuple):
    """What a batch has about a customer: facts by order, the event on whose arrival the customer is settled, until
    when history comes in, what is taken over from aliases, and under which of their ids orders came.
    """

    facts: Sequence[tuple[str, Fact]]
    trigger: Event | None
    backfill_until: int | None
    taken: TakenOver | None = None
    earned_as: Mapping[str, str] = MappingProxyType({})

    def tell(self, key: CustomerKey, account: Account) -> None:
        """Add the news to an account."""
        account.key = key
        if self.backfill_until is not None:
            account.backfill_until = max(self.backfill_until, account.backfill_until or 0)
        for order_id, fact in self.facts:
            order = account.orders.get(order_id)
            if order is None:
                order = account.orders[order_id] = Order(order_id, lot_id(key, order_id, account.readmission), [], {})
            if self.taken is not None or _is_kept(order, fact):
                order.add(fact)
        for order_id, alias in self.earned_as.items():
            order = account.orders[order_id]
            if not any(posted.points for posted in order.posted.values()):
                order.earned_as = alias
        if self.taken is not None:
            account.take_over(self.taken)

    @property
    def needs_walk(self) -> bool:
        """Whether the account must be walked from the beginning."""
        if self.taken is not None and self.taken.needs_walk:
            return True
        return any(fact.kind in {GRANTED, REPORTED} or order_id == FRIEND for order_id, fact in self.facts)


def _is_kept(order: Order, fact: Fact) -> bool:
    if fact.kind == ACTED:
        return is_kept(order.facts, fact)
    return fact.kind != CLAIMED or is_kept_claim(order.facts, fact)


class Resumed(NamedTuple):
    """An account that went on from what is remembered, and what is still to be asked."""

    account: Account
    half: Forward


async def resume(
    connection: WorkerConnection,
    large: Mapping[CustomerKey, tuple[Account, Remembered | None]],
    news: Mapping[CustomerKey, News],
    rules: Mapping[str, Rules],
    now: int,
) -> tuple[dict[CustomerKey, Resumed], list[CustomerKey]]:
    """Settle accounts, given without their orders, from what is remembered of them.

    Returns also the customers whose accounts must be walked from the beginning.
    """
    tails: dict[CustomerKey, tuple[Collection[str], Tail]] = {}
    for key, (account, past) in large.items():
        programmes, zones = rules[key.shop]
        if key in news and news[key].needs_walk:
            continue
        if past is not None and past.holds(account.version, account.settled_at, programmes, zones):
            facts = news[key].facts if key in news else ()
            taken = news[key].taken if key in news else None
            at = now if taken is None or taken.settled_at is None else max(now, taken.settled_at)
            tail = tail_of(past, (fact for _, fact in facts), programmes, at)
            tails[key] = {order_id for order_id, _ in facts}, tail
    resumed: dict[CustomerKey, Resumed] = {}
    longer = await _resume_some(connection, tails, large, news, rules, resumed)
    if longer:
        await _resume_some(connection, longer, large, news, rules, resumed)
    return resumed, [key for key in large if key not in resumed]


async def _resume_some(
    connection: WorkerConnection,
    tails: Mapping[CustomerKey, tuple[Collection[str], Tail]],
    large: Mapping[CustomerKey, tuple[Account, Remembered | None]],
    news: Mapping[CustomerKey, News],
    rules: Mapping[str, Rules],
    resumed: dict[CustomerKey, Resumed],
) -> dict[CustomerKey, tuple[Collection[str], Tail]]:
    """Add accounts to ``resumed``; returns those that need a longer tail."""
    longer: dict[CustomerKey, tuple[Collection[str], Tail]] = {}
    if not tails:
        return longer
    for key, orders in (await load_tails(connection, tails)).items():
        stored, past = large[key]
        if orders is None or past is None:
            continue
        account = stored.with_orders(orders)
        if key in news:
            news[key].tell(key, account)
        named, tail = tails[key]
        try:
            resumed[key] = Resumed(account, forward(account, past, *rules[key.shop], tail))
        except TailNeeded as needed:
            programme = in_force(rules[key.shop].programmes, past.settled_at)
            longer[key] = named, tail_from(needed.begin, programme, tail.now)
        except WalkNeeded:
            continue
    return longer


async def finish(
    connection: WorkerConnection, resumed: Mapping[CustomerKey, Resumed], rules: Mapping[str, Rules]
) -> list[tuple[CustomerKey, Account, Settled]]:
    """The results for accounts whose orders are written."""
    for key, (account, half) in resumed.items():
        if half.due:
            await _look_again(connection, key, account, half, rules[key.shop])
    asked = {key: (half.search, half.due.keys()) for key, (_, half) in resumed.items()}
    answers = await answers_of(connection, asked)
    return [(key, account, complete(account, half, answers[key])) for key, (account, half) in resumed.items()]


async def _look_again(
    connection: WorkerConnection, key: CustomerKey, account: Account, half: Forward, rules: Rules
) -> None:
    """Write when other orders are next due whose midnight is being warned of: they are no longer due for that."""
    now = account.settled_at or 0
    begin, end = min(half.due) - WARNED_KEPT, max(half.due) + WARNED_KEPT
    orders = await load_of_midnights(connection, key, begin, end, account.orders.keys())
    for order in orders:
        order.put_mark(mark_of(order.facts, lot_of(order, *rules, now), account.warned, now))
    await save_orders(connection, list(changed_orders(key, orders)))
