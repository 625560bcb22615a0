"""An account as a read takes it, to be settled at instants to come; nothing of it is written."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from loyalty.account.ahead_rows import Read, load_ahead
from loyalty.account.rows import account_of, count_orders, load_small
from loyalty.domain.account import Account, Order
from loyalty.domain.ahead import Ahead
from loyalty.domain.opening import Grant
from loyalty.domain.orders import Fact
from loyalty.domain.programme import Programme, in_force, next_version_at
from loyalty.domain.projection import grants_among
from loyalty.domain.remembered import Remembered
from loyalty.domain.settled import Settled
from loyalty.domain.stored_orders import looks_back
from loyalty.domain.zones import ShopZones
from loyalty.programme.rows import Rules, rules_of
from mandegar.database import ReadConnection
from mandegar.events import CustomerKey
from mandegar.web import Problem
from mandegar.web.customers import unknown_customer

# Accounts with more orders go on from what is remembered of them; others are walked at each instant.
WALKED_MAX = 100
# Of an account that cannot go on: the orders at most, and how many are walked at all instants together.
ORDERS_MAX = 3_000
WALKED_TOGETHER_MAX = 25_000


class Prospect(NamedTuple):
    """An account as it was read, whose future can be computed up to ``reach``, at ``steps`` instants at most."""

    key: CustomerKey
    account: Account
    orders: Mapping[str, Order]
    rules: Rules
    reach: int
    steps: int
    remembered: tuple[Remembered, Read] | None = None

    @property
    def grants(self) -> list[Grant]:
        """The tiers that were granted."""
        return grants_among(self.orders.values())

    def begin(self) -> "Walked | Ahead":
        """The account, to be settled; what it was read as stays."""
        orders = {
            order.order_id: Order(order.order_id, order.lot_id, [*order.facts], dict(order.posted), order.mark)
            for order in self.orders.values()
        }
        if self.remembered is None:
            return Walked(self.account.with_orders(orders), self.rules)
        past, read = self.remembered
        return Ahead(self.account, past, orders, read.paid_to, read.resting, self.rules)


class Walked:
    """An account that is walked from the beginning each time."""

    def __init__(self, account: Account, rules: tuple[Sequence[Programme], ShopZones]) -> None:
        self._account, self._rules = account, rules

    def settle(self, at: int, *news: tuple[Order, Fact]) -> Settled:
        """The account at an instant, after the first facts of new orders if there are any."""
        for order, fact in news:
            order.add(fact)
            self._account.orders[order.order_id] = order
        return self._account.settle(*self._rules, at)


async def load_prospect(
    connection: ReadConnection, key: CustomerKey, now: int, until: int, *, supposes: bool = False
) -> Prospect:
    """The account of a customer who is no alias, with what its future up to ``until`` needs, or a part of that.

    ``supposes``: it is to be settled with an order, on which more may follow than from what is remembered.
    """
    rules = await rules_of(connection, key.shop)
    small, large = await load_small(connection, [key])
    for _, account in small:
        return _walked(key, account, rules, until)
    if key not in large:
        raise unknown_customer()
    count = (await count_orders(connection, [key], ORDERS_MAX + 1))[key]
    account, past = large[key]
    if (
        count > WALKED_MAX
        and past is not None
        and past.holds(account.version, account.settled_at, *rules)
        and (count > ORDERS_MAX or not (past.has_occasion_by(until) or (supposes and looks_back(rules.programmes))))
    ):
        reach = _same_rules_until(account, past, rules, until)
        read = await load_ahead(connection, key, past, in_force(rules.programmes, past.settled_at), now, reach)
        if read is not None and read.reach >= now:
            return Prospect(key, account, read.orders, rules, read.reach, ORDERS_MAX, (past, read))
    if count > ORDERS_MAX:
        raise too_large()
    return _walked(key, await account_of(connection, key), rules, until)


def _walked(key: CustomerKey, account: Account, rules: Rules, until: int) -> Prospect:
    if account.settled_at is None:
        raise unknown_customer()
    steps = max(WALKED_TOGETHER_MAX // max(len(account.orders), 1), 1)
    return Prospect(key, account, account.orders, rules, until, steps)


def _same_rules_until(account: Account, past: Remembered, rules: Rules, until: int) -> int:
    """Up to when the account goes on under the rules of now: a new version, the end of a backfill, and an occasion need
    a walk.
    """
    occasion = None if past.coming is None else past.coming.next_at
    ends = (next_version_at(rules.programmes, past.settled_at), account.backfill_until, occasion)
    return min([until, *(end - 1 for end in ends if end is not None)])


def too_large() -> Problem:
    """The 409 problem for an account whose future would take too long to compute."""
    return Problem(
        409,
        "account_too_large",
        f"An account of more than {ORDERS_MAX:,} orders cannot be projected at present",
        "It has to be computed from its first order, because it owes points, has a granted tier, or the rules of the "
        "shop have just changed. If it was the rules, ask again in some minutes",
    )
