"""Settles accounts, writes the result (entries, orders, state), and builds the events to publish."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from loyalty.account.achievement_events import achievement_events
from loyalty.account.draw import draw
from loyalty.account.entries import entries_of
from loyalty.account.events import (
    as_history,
    at_risk_events,
    expiring_events,
    history_if_old,
    posted_events,
    tier_event,
    told_at_merge,
)
from loyalty.account.ledger_rows import LedgerRow, insert_entries
from loyalty.account.referred import Telling, report, tell
from loyalty.account.resume import News, Resumed, finish, resume
from loyalty.account.rows import (
    MarkedRow,
    OrderRow,
    StateRow,
    changed_orders,
    count_orders,
    load_accounts,
    load_small,
    save_orders,
    save_states,
    state_row,
)
from loyalty.domain.account import Account, Order
from loyalty.domain.budgets import have_budgets
from loyalty.domain.settled import Settled
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.rows import Rules, load_rules
from mandegar.database import WorkerConnection
from mandegar.documents.rows import share_lock
from mandegar.events import CustomerKey, Event
from mandegar.quantities import to_us
from mandegar.stream import needs_longer

# An account with more orders is walked by the lane beside: a batch would take too long.
WALKED_MAX = 3_000
NOTHING = News((), None, None)


class OrdersInNews(NamedTuple):
    """Orders that facts were added to: those that points have paid a part of, and those that are undone.

    ``of_all``: those without news as well.
    """

    part_paid: list[tuple[CustomerKey, str]]
    undone: list[tuple[CustomerKey, str]]
    of_all: bool = False

    def note(self, key: CustomerKey, orders: Iterable[Order]) -> None:
        """Add those of a customer's orders."""
        for order in orders:
            has_news = self.of_all or order.news_at is not None
            if order.is_paid_with_news or (has_news and order.is_part_paid):
                self.part_paid.append((key, order.order_id))
            if has_news and order.is_undone:
                self.undone.append((key, order.order_id))


async def settle_and_post(
    keys: Collection[CustomerKey],
    news: Mapping[CustomerKey, News],
    connection: WorkerConnection,
    now: datetime,
    orders: OrdersInNews | None = None,
) -> Sequence[Event]:
    """Settle locked customers at ``now``, with their ``news`` if there are any; returns the events to publish.

    Adds to ``orders`` those with news that others have to know of.

    Accounts with few orders are walked from the beginning. The others go on from what is remembered of them, if that
    suffices; if it does not, each is read and walked alone.
    """
    shops = {key.shop for key in keys}
    await share_lock(connection, PROGRAMMES, shops)
    rules = await load_rules(connection, shops)
    posting = Posting(now, orders)
    small, large = await load_small(connection, keys)
    budgeted = {shop for shop in shops if have_budgets(rules[shop].programmes)}
    asking: list[tuple[CustomerKey, Account]] = []
    for key, account in small:
        if key.shop in budgeted:
            asking.append((key, account))
        else:
            posting.walk(key, account, rules[key.shop], news.get(key, NOTHING))
    await _walk_asking(connection, asking, news, rules, posting)
    if large:
        resumed, to_walk = await resume(connection, large, news, rules, to_us(now))
        await _walk_large(connection, to_walk, news, rules, posting)
        await _post_resumed(connection, resumed, news, rules, posting)
    await posting.write(connection)
    return posting.outgoing


async def _walk_asking(
    connection: WorkerConnection,
    accounts: Sequence[tuple[CustomerKey, Account]],
    news: Mapping[CustomerKey, News],
    rules: Mapping[str, Rules],
    posting: "Posting",
) -> None:
    """Walk accounts whose acts may ask budgets of the shop, which decide first."""
    for key, account in accounts:
        news.get(key, NOTHING).tell(key, account)
    posting.outgoing += await draw(connection, accounts, news, rules, posting.now)
    for key, account in accounts:
        posting.walk(key, account, rules[key.shop], news.get(key, NOTHING))


async def _walk_large(
    connection: WorkerConnection,
    keys: Collection[CustomerKey],
    news: Mapping[CustomerKey, News],
    rules: Mapping[str, Rules],
    posting: "Posting",
) -> None:
    """Walk accounts with many orders, one after the other: only one at a time is in memory."""
    if not keys:
        return
    counts = await count_orders(connection, keys, WALKED_MAX + 1)
    needs_longer([key for key in keys if counts[key] > WALKED_MAX])
    for key in keys:
        for _, account in await load_accounts(connection, [key]):
            await _walk_asking(connection, [(key, account)], news, rules, posting)
        await posting.write(connection)


async def _post_resumed(
    connection: WorkerConnection,
    resumed: Mapping[CustomerKey, Resumed],
    news: Mapping[CustomerKey, News],
    rules: Mapping[str, Rules],
    posting: "Posting",
) -> None:
    """Post accounts that went on from what is remembered: their orders are written before all of them are asked."""
    if not resumed:
        return
    for key, (account, _) in resumed.items():
        posting.orders += changed_orders(key, account.orders.values())
    await posting.write(connection)
    for key, account, settled in await finish(connection, resumed, rules):
        posting.add(key, account, settled, news.get(key, NOTHING), with_orders=False)


class Posting:
    """The rows of settled accounts, and the events to publish."""

    def __init__(self, now: datetime, in_news: OrdersInNews | None = None) -> None:
        """Notes settled orders ``in_news``."""
        self.now, self._in_news = now, in_news
        self._at = to_us(now)
        self._entries: list[LedgerRow] = []
        self._states: list[StateRow] = []
        self.orders: list[OrderRow | MarkedRow] = []
        self.outgoing: list[Event] = []
        # What referrers are to be told.
        self._tellings: list[Telling] = []

    def walk(self, key: CustomerKey, account: Account, rules: Rules, news: News, at: int | None = None) -> None:
        """Walk an account of which all orders are known, up to now or to ``at``."""
        news.tell(key, account)
        self.add(key, account, account.settle(*rules, self._at if at is None else at), news)

    def add(
        self, key: CustomerKey, account: Account, settled: Settled, news: News, *, with_orders: bool = True
    ) -> None:
        """Add a settled account. Without ``with_orders`` its orders are written already."""
        trigger, taken = news.trigger, news.taken
        posted: list[Event] = []
        if settled.entries:
            posting = entries_of(key, account, settled, trigger, self.now)
            self._entries += [row for row, _ in posting]
            posted = posted_events(key, posting, settled, trigger)
        if taken is not None and trigger is not None and (posted or taken.version):
            self.outgoing += told_at_merge(posted, key, account, settled, trigger, self.now)
        else:
            self.outgoing += posted
        if settled.tier_move is not None:
            account.version += 1
            move = tier_event(key, settled.tier_move, account.version, trigger, self.now)
            if settled.tier_brought:
                move = as_history(move)
            self.outgoing.append(move if taken is None else history_if_old(move, self.now))
        if settled.at_risk:
            self.outgoing += at_risk_events(key, settled, account.version, trigger, self.now)
        if settled.achieved.challenges:
            self.outgoing += achievement_events(key, account, settled, trigger, self.now)
        if settled.warnings:
            self.outgoing += expiring_events(key, settled, self.now)
        if settled.referrals:
            self._tellings += tell(key, account, settled.referrals)
        if with_orders:
            self.orders += changed_orders(key, account.orders.values())
        if self._in_news is not None:
            self._in_news.note(key, account.orders.values())
        self._states.append(state_row(key, account, settled))

    async def write(self, connection: WorkerConnection) -> None:
        """Write what was added since the last time."""
        self.outgoing += await report(connection, self._tellings, self.now)
        await insert_entries(connection, self._entries)
        await save_orders(connection, self.orders)
        await save_states(connection, self._states)
        for rows in (self._entries, self.orders, self._states, self._tellings):
            rows.clear()
