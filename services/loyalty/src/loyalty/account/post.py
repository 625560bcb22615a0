"""Settles accounts, writes the result (entries, orders, state), and builds the events to publish."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from msgspec.structs import asdict

from loyalty.account.achievement_events import achievement_events
from loyalty.account.draw import draw
from loyalty.account.events import (
    as_history,
    at_risk_events,
    expiring_events,
    history_if_old,
    posted_events,
    tier_event,
    told_at_merge,
)
from loyalty.account.ledger_rows import LedgerRow, TakenRow, insert_entries
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
from loyalty.domain.acts import ActLot
from loyalty.domain.attained import AttainedLot, attained_of
from loyalty.domain.budgets import have_budgets
from loyalty.domain.ids import entry_id
from loyalty.domain.lots import EARN, REVERSE, Lot
from loyalty.domain.posting import Entry
from loyalty.domain.referral_lots import ReferralLot
from loyalty.domain.referral_rules import REFERRAL
from loyalty.domain.settled import Settled
from loyalty.domain.units import is_credit, key_of_credit, kind_of, without_unit
from loyalty.programme.document import PROGRAMMES
from loyalty.programme.rows import Rules, load_rules
from mandegar.database import WorkerConnection
from mandegar.documents.rows import share_lock
from mandegar.events import CustomerKey, Event
from mandegar.quantities import from_us, to_us
from mandegar.stream import needs_longer

# An account with more orders is walked by the lane beside: a batch would take too long.
WALKED_MAX = 3_000
NOTHING = News((), None, None)
# A batch has the same last days many times.
_date = lru_cache(maxsize=4096)(date.fromordinal)


class OrdersInNews(NamedTuple):
    """Orders that facts were added to: those that points have paid a part of, and those that are undone."""

    part_paid: list[tuple[CustomerKey, str]]
    undone: list[tuple[CustomerKey, str]]

    def note(self, key: CustomerKey, orders: Iterable[Order]) -> None:
        """Add those of a customer's orders."""
        for order in orders:
            if order.is_part_paid_with_news:
                self.part_paid.append((key, order.order_id))
            if order.is_undone_with_news:
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
    posting = Posting(now)
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
    if orders is not None:
        orders.part_paid.extend(posting.in_news.part_paid)
        orders.undone.extend(posting.in_news.undone)
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

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._at = to_us(now)
        self._entries: list[LedgerRow] = []
        self._states: list[StateRow] = []
        self.orders: list[OrderRow | MarkedRow] = []
        self.outgoing: list[Event] = []
        # What referrers are to be told.
        self._tellings: list[Telling] = []
        self.in_news = OrdersInNews([], [])

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
        self.in_news.note(key, account.orders.values())
        self._states.append(state_row(key, account, settled))

    async def write(self, connection: WorkerConnection) -> None:
        """Write what was added since the last time."""
        self.outgoing += await report(connection, self._tellings, self.now)
        await insert_entries(connection, self._entries)
        await save_orders(connection, self.orders)
        await save_states(connection, self._states)
        for rows in (self._entries, self.orders, self._states, self._tellings):
            rows.clear()


def entries_of(
    customer: CustomerKey, account: Account, settled: Settled, trigger: Event | None, now: datetime
) -> list[tuple[LedgerRow, Lot | None]]:
    """The ledger rows of one settling, each with its lot."""
    posting = []
    causing = _causing_orders(account.orders, settled)
    for entry in settled.entries:
        account.version += 1
        order, lot = account.orders[entry.order_id], settled.lots.get(entry.order_id)
        kind, bucket, cause = entry.key
        about = _about(entry, order, causing)
        row = LedgerRow(
            entry_id(order.lot_id, entry.key, entry.nth),
            customer.shop,
            customer.customer_id,
            account.version,
            order.lot_id,
            about,
            kind_of(entry.order_id, kind),
            bucket,
            entry.points,
            cause or None,
            None if trigger is None else trigger.id,
            None if lot is None else lot.programme.version,
            from_us(entry.at),
            now,
            _rules(lot, kind, cause),
            _date(entry.last_day) if entry.last_day else None,
        )
        if order.earned_as is not None:
            row = TakenRow(**asdict(row), earned_as=order.earned_as)
        posting.append((row, lot))
    return posting


def _about(entry: Entry, order: Order, causing: Mapping[tuple[str, str], str]) -> str:
    """The order that an entry is about: that of its lot, or another that was reduced. A correction is about the same.

    A completion forgets by what it was lost when it turns out that there never was one.
    """
    posted = order.posted[entry.key]
    if posted.reduced or (entry.nth and attained_of(order.order_id) is not None):
        return posted.reduced or order.order_id
    about = causing.get((order.order_id, entry.key[2]), order.order_id)
    if about != order.order_id:
        order.posted[entry.key] = posted._replace(reduced=about)
    return about


def _rules(lot: Lot | None, kind: str, cause: str) -> list[str] | None:
    """The rules by whose points an entry changes an order or act."""
    if isinstance(lot, AttainedLot) and kind in (EARN, REVERSE):
        return [lot.attained.name]
    if isinstance(lot, ActLot) and lot.rule is not None and kind == EARN:
        return [lot.rule.name]
    if isinstance(lot, ReferralLot) and kind in (EARN, REVERSE):
        return [REFERRAL]
    if lot is None or lot.purchase is None or kind not in (EARN, REVERSE):
        return None
    return lot.purchase.rules.get(cause)


def _causing_orders(orders: Mapping[str, Order], settled: Settled) -> dict[tuple[str, str], str]:
    """The order that was reduced, by the order and the cause of each entry that takes points from another's lot."""
    taken = {(entry.order_id, entry.key[2]) for entry in settled.entries if entry.key[0] == REVERSE}
    turns = {
        step.cause: lot.order_id for lot in settled.lots.values() if isinstance(lot, ReferralLot) for step in lot.steps
    }
    for order_id in {order_id for order_id, _ in taken}:
        own = (orders[order_id], orders.get(without_unit(order_id)))
        taken -= {(order_id, fact.event_id) for order in own if order is not None for fact in order.facts}
    taken -= {(order_id, cause) for cause, order_id in turns.items()}
    if not taken:
        return {}
    causes = {fact.event_id: order.order_id for order in orders.values() for fact in order.facts}
    causes |= turns
    return {
        (order_id, cause): key_of_credit(causes[cause]) if is_credit(order_id) else causes[cause]
        for order_id, cause in taken
        if cause in causes
    }
