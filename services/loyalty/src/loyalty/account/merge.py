"""Gives the orders of aliases to their roots, where their facts count like any that arrive late."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from loyalty.account.close import Closing
from loyalty.account.merge_rows import Held, load_held, load_moved
from loyalty.account.post import WALKED_MAX, OrdersInNews, settle_and_post
from loyalty.account.resume import News
from loyalty.account.rows import ROWS_AT_ONCE, load_accounts
from loyalty.domain.account import Account
from loyalty.domain.orders import MOVED, Fact
from loyalty.domain.settled import TakenOver
from mandegar.customers.alias_rows import roots_of
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import Merged, needs_longer


async def merge(
    merged: Sequence[Merged], connection: WorkerConnection, now: datetime, in_news: OrdersInNews | None = None
) -> Sequence[Event]:
    """Close the accounts of aliases, and settle their roots with the orders. Adds those that others have to know of."""
    held = await load_held(connection, [each.alias for each in merged], WALKED_MAX + 1)
    of_roots: defaultdict[CustomerKey, list[Merged]] = defaultdict(list)
    for each in merged:
        if each.alias in held:
            of_roots[each.root].append(each)
    counts = {root: sum(held[each.alias].orders for each in some) for root, some in of_roots.items()}
    needs_longer(root for root, orders in counts.items() if orders > WALKED_MAX)
    outgoing: list[Event] = []
    for roots in _few_orders(counts):
        some = [each for root in roots for each in of_roots[root]]
        outgoing += await _merge_some(some, held, connection, now, in_news)
    return outgoing


def _few_orders(counts: Mapping[CustomerKey, int]) -> Iterator[list[CustomerKey]]:
    """The roots in parts, the orders of whose aliases fit into memory."""
    some: list[CustomerKey] = []
    total = 0
    for root, orders in counts.items():
        if some and total + orders > ROWS_AT_ONCE:
            yield some
            some, total = [], 0
        some.append(root)
        total += orders
    if some:
        yield some


async def _merge_some(
    merged: Sequence[Merged],
    held: Mapping[CustomerKey, Held],
    connection: WorkerConnection,
    now: datetime,
    in_news: OrdersInNews | None,
) -> Sequence[Event]:
    accounts = dict(await load_accounts(connection, [each.alias for each in merged]))
    moves = await moves_within(connection, merged, accounts)
    facts = {alias: facts_of(account) for alias, account in accounts.items()}
    closing = Closing(now)
    for each in merged:
        closing.close(each.alias, each.root, accounts[each.alias], held[each.alias].tier, each.event)
    await closing.write(connection)
    news = news_of_roots(merged, facts, accounts, moves)
    return [*closing.outgoing, *await settle_and_post(news, news, connection, now, in_news)]


def facts_of(account: Account) -> list[tuple[str, Fact]]:
    """The facts of all orders, each with the id of its order."""
    return [(order.order_id, fact) for order in account.orders.values() for fact in order.facts]


def news_of_roots(
    merged: Sequence[Merged],
    facts: Mapping[CustomerKey, Sequence[tuple[str, Fact]]],
    accounts: Mapping[CustomerKey, Account],
    moves: Mapping[CustomerKey, frozenset[str]],
) -> dict[CustomerKey, News]:
    """What roots take over from the accounts of their aliases, and the ``facts`` of these."""
    of_roots: defaultdict[CustomerKey, list[Merged]] = defaultdict(list)
    for each in merged:
        of_roots[each.root].append(each)
    news = {}
    for root, some in of_roots.items():
        aliases = [accounts[each.alias] for each in some]
        taken = TakenOver(
            max(account.version for account in aliases),
            frozenset(account.announced_tier for account in aliases if account.announced_tier),
            frozenset(expiry for account in aliases for expiry in account.warned),
            moves.get(root, frozenset()),
            max([account.at_risk for account in aliases if account.at_risk is not None], default=None),
            max([account.settled_at for account in aliases if account.settled_at is not None], default=None),
        )
        all_facts = [fact for each in some for fact in facts[each.alias]]
        backfill_until = max(account.backfill_until or 0 for account in aliases) or None
        earned_as = {order_id: each.alias.customer_id for each in some for order_id, _ in facts[each.alias]}
        news[root] = News(all_facts, some[-1].event, backfill_until, taken, earned_as)
    return news


async def moves_within(
    connection: WorkerConnection, merged: Sequence[Merged], accounts: Mapping[CustomerKey, Account]
) -> dict[CustomerKey, frozenset[str]]:
    """By root: the events that moved orders between those who turned out to be one person.

    Where an old fact does not say to whom, an order moved to the one who has it.
    """
    holders: defaultdict[tuple[CustomerKey, str], list[list[Fact]]] = defaultdict(list)
    for each in merged:
        for order in accounts[each.alias].orders.values():
            holders[each.root, order.order_id].append(order.facts)
    unknown = {order_id for (_, order_id), sides in holders.items() if any(_moves(sides, to=""))}
    stored = await load_moved(connection, {each.root for each in merged}, unknown)
    for root, orders in stored.items():
        for order_id, side in orders.items():
            holders[root, order_id].append(side)
    targets = {CustomerKey(root.shop, fact.refund_id) for (root, _), sides in holders.items() for fact in _moves(sides)}
    roots = await roots_of(connection, targets)
    found: defaultdict[CustomerKey, set[str]] = defaultdict(set)
    for (root, _), sides in holders.items():
        for side in sides:
            for fact in _moves([side]):
                to = CustomerKey(root.shop, fact.refund_id)
                if roots.get(to, to) == root if fact.refund_id else _has_order(sides, side):
                    found[root].add(fact.event_id)
    return {root: frozenset(events) for root, events in found.items()}


def _moves(sides: Sequence[Sequence[Fact]], to: str | None = None) -> Iterator[Fact]:
    for facts in sides:
        for fact in facts:
            if fact.kind == MOVED and (to is None or fact.refund_id == to):
                yield fact


def _has_order(sides: Sequence[Sequence[Fact]], but: Sequence[Fact]) -> bool:
    return any(fact.kind != MOVED for side in sides if side is not but for fact in side)
