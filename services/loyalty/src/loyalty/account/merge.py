"""Gives the orders of aliases to their roots, where their facts count like any that arrive late."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from loyalty.account.close import Closing
from loyalty.account.merge_rows import Held, load_held, load_moved, roots_of
from loyalty.account.post import WALKED_MAX, settle_and_post
from loyalty.account.resume import News
from loyalty.account.rows import ROWS_AT_ONCE, load_accounts
from loyalty.domain.account import Account, TakenOver
from loyalty.domain.orders import MOVED, Fact
from mandegar.database import WorkerConnection
from mandegar.events import CustomerKey, Event
from mandegar.stream import Merged, needs_longer


async def merge(merged: Sequence[Merged], connection: WorkerConnection, now: datetime) -> Sequence[Event]:
    """Close the accounts of aliases, and settle their roots with the orders."""
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
        outgoing += await _merge_some(some, held, connection, now)
    return outgoing


def _few_orders(counts: Mapping[CustomerKey, int]) -> Iterator[list[CustomerKey]]:
    """The roots in parts, the orders of whose aliases fit into memory."""
    some: list[CustomerKey] = []
    for root in counts:
        if some and sum(counts[each] for each in some) + counts[root] > ROWS_AT_ONCE:
            yield some
            some = []
        some.append(root)
    if some:
        yield some


async def _merge_some(
    merged: Sequence[Merged], held: Mapping[CustomerKey, Held], connection: WorkerConnection, now: datetime
) -> Sequence[Event]:
    accounts = dict(await load_accounts(connection, [each.alias for each in merged]))
    moves = await moves_within(connection, merged, accounts)
    facts = {alias: facts_of(account) for alias, account in accounts.items()}
    closing = Closing(now)
    for each in merged:
        closing.close(each.alias, each.root, accounts[each.alias], held[each.alias].tier, each.event)
    await closing.write(connection)
    news: dict[CustomerKey, News] = {}
    for each in merged:
        add_news(news, each, facts[each.alias], accounts[each.alias], moves.get(each.root, frozenset()))
    return [*closing.outgoing, *await settle_and_post(news, news, connection, now)]


def facts_of(account: Account) -> list[tuple[str, Fact]]:
    """The facts of all orders, each with the id of its order."""
    return [(order.order_id, fact) for order in account.orders.values() for fact in order.facts]


def add_news(
    news: dict[CustomerKey, News],
    merged: Merged,
    facts: Sequence[tuple[str, Fact]],
    account: Account,
    moves: frozenset[str],
) -> None:
    """Add what an alias had to the news of the root."""
    known = news.get(merged.root, News((), None, None))
    taken = known.taken or TakenOver(moves=moves)
    earned_as = dict.fromkeys((order_id for order_id, _ in facts), merged.alias.customer_id)
    news[merged.root] = News(
        [*known.facts, *facts],
        merged.event,
        max(known.backfill_until or 0, account.backfill_until or 0) or None,
        TakenOver(
            max(taken.version, account.version),
            taken.tiers | ({account.announced_tier} if account.announced_tier else set()),
            taken.warned | account.warned,
            {**taken.earned_as, **earned_as},
            moves,
        ),
    )


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
    roots = await roots_of(connection, targets) if targets else {}
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
