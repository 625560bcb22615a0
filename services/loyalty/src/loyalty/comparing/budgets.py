"""What budgets would have given for recorded acts: in the order of their times, so any order of arrival gives the same.

Wishes and grants wait in a file: a shop may have millions.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from loyalty.comparing.months import month_of
from loyalty.domain.account import Account, Order
from loyalty.domain.budgets import Wish, have_budgets, told, wishes_of
from loyalty.domain.calendars import JALALI_MONTH, MONTH
from loyalty.domain.ids import lot_id
from loyalty.domain.orders import FUNDED, Fact
from loyalty.domain.programme import Programme
from loyalty.domain.zones import ShopZones
from loyalty.recorded.accounts import RecordedShop

# A limit may let later acts ask when an earlier one is refused, and so on. Behind so many rounds the rest is refused.
ROUNDS_MAX = 20
ENDS_MAX = 24
_CREATE = (
    "CREATE TABLE wishes (pot INTEGER, most INTEGER, page INTEGER, acted_at INTEGER, customer TEXT, act TEXT,"
    " asked INTEGER, more INTEGER, number INTEGER)",
    "CREATE TABLE grants (page INTEGER, customer TEXT, act TEXT, acted_at INTEGER, points INTEGER, asked INTEGER,"
    " budget TEXT, number INTEGER)",
    "CREATE INDEX grants_of_page ON grants (page)",
)
_WISHES = (
    "SELECT pot, most, page, acted_at, customer, act, asked, more, number FROM wishes"
    " ORDER BY pot, more > 0, acted_at, customer, act"
)
_WISH = "INSERT INTO wishes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_GRANT = "INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?, ?)"

# By customer, what budgets gave for each act.
Grants = Mapping[str, Sequence[tuple[str, Fact]]]


class Period(NamedTuple):
    """A period of a budget."""

    budget: str
    per: str
    number: int


class Budgets:
    """The budgets of one side of a comparison. Without a rule that pays out of one it reads and writes nothing."""

    def __init__(self, path: Path, programmes: Sequence[Programme], zones: ShopZones, now: int) -> None:
        self._rules, self._now = (programmes, zones), now
        self._asks = have_budgets(programmes)
        self._file = sqlite3.connect(path, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA synchronous = OFF")
        for statement in _CREATE:
            self._file.execute(statement)
        self._pots: dict[Period, int] = {}
        self._used: Counter[Period] = Counter()
        self._refused: Counter[Period] = Counter()
        self._ended_at: dict[Period, int] = {}

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def decide(self, shop: RecordedShop, progress: Callable[[int, int], None]) -> None:
        """Let the acts of all customers ask until none asks for more."""
        pages = list(range(shop.page_count)) if self._asks else []
        for number in range(ROUNDS_MAX):
            for done, (place, page) in enumerate(shop.some_pages(pages)):
                progress(done, len(pages))
                grants = self.grants(place)
                for key, account in page.items():
                    self._ask(place, key.customer_id, with_grants(account, grants.get(key.customer_id, ())))
            pages = self._grant(is_last=number == ROUNDS_MAX - 1)
            if not pages:
                break

    def grants(self, page: int) -> Grants:
        """What was given to the customers of a page."""
        found: defaultdict[str, list[tuple[str, Fact]]] = defaultdict(list)
        rows = self._file.execute(
            "SELECT customer, act, acted_at, points, asked, budget, number FROM grants WHERE page = ?", (page,)
        )
        for customer, act, acted_at, points, asked, budget, number in rows if self._asks else ():
            fact = Fact(acted_at, f"{act}\x1f{number}", FUNDED, points, asked, budget, number)
            found[customer].append((act, fact))
        return found

    def ends(self, day_of: Callable[[int], int]) -> list[dict[str, Any]]:
        """What each budget gave and refused, and the days on which it ended, of its latest periods."""
        found = []
        for name, per in sorted({(period.budget, period.per) for period in self._pots}):
            periods = sorted(period for period in self._pots if (period.budget, period.per) == (name, per))
            ended = [(period, day_of(self._ended_at[period])) for period in periods if period in self._ended_at]
            found.append(
                {
                    "budget": name,
                    "per": per or None,
                    "periods": len(periods),
                    "given": sum(self._used[period] for period in periods),
                    "refused": sum(self._refused[period] for period in periods),
                    "ended": [
                        {"period": _label(period.per, day), "day": _day(day)} for period, day in ended[-ENDS_MAX:]
                    ],
                }
            )
        return found

    def _ask(self, page: int, customer: str, account: Account) -> None:
        """Note what the acts of an account ask; a pot that gave all it had is not asked again."""
        while wishes := wishes_of(account, *self._rules, self._now):
            empty = [wish for wish in wishes if wish.more > 0 and self._used[_period(wish)] >= wish.pot.points > 0]
            if not empty:
                self._file.executemany(_WISH, [self._row(page, customer, wish) for wish in wishes])
                return
            for wish in empty:
                self._refuse(_period(wish), wish.acted_at, wish.more)
                row = (page, customer, wish.order.order_id, wish.acted_at, 0, wish.asked, wish.pot.budget, wish.number)
                self._file.execute(_GRANT, row)
                wish.order.add(told(wish, 0, f"{wish.order.order_id}\x1f{wish.number}"))

    def _row(self, page: int, customer: str, wish: Wish) -> tuple[Any, ...]:
        pot = self._pots.setdefault(_period(wish), len(self._pots))
        act = wish.order.order_id
        return pot, wish.pot.points, page, wish.acted_at, customer, act, wish.asked, wish.more, wish.number

    def _grant(self, *, is_last: bool) -> list[int]:
        """Give what the pots have; returns the pages of customers whose acts may ask again."""
        periods, again = {pot: period for period, pot in self._pots.items()}, set[int]()
        for pot, most, page, acted_at, customer, act, asked, more, number in self._file.execute(_WISHES):
            period = periods[pot]
            points = min(more, max(most - self._used[period], 0))
            self._used[period] += points
            if points < more:
                self._refuse(period, acted_at, more - points)
                again.add(page)
            self._file.execute(_GRANT, (page, customer, act, acted_at, points, asked, period.budget, number))
        self._file.execute("DELETE FROM wishes")
        return [] if is_last else sorted(again)

    def _refuse(self, period: Period, at: int, points: int) -> None:
        self._refused[period] += points
        self._ended_at[period] = min(at, self._ended_at.get(period, at))


def with_grants(account: Account, grants: Sequence[tuple[str, Fact]]) -> Account:
    """The account with what budgets gave; the account itself if that is nothing."""
    if not grants:
        return account
    orders = dict(account.orders)
    for order_id, fact in grants:
        known = account.orders.get(order_id)
        if orders.get(order_id) is known:  # what follows from other facts is kept under an id of its own
            new = lot_id(account.key, order_id, account.readmission) if known is None else known.lot_id
            orders[order_id] = Order(order_id, new, [] if known is None else [*known.facts], {})
        orders[order_id].add(fact)
    return account.with_orders(orders)


def _period(wish: Wish) -> Period:
    return Period(wish.pot.budget, wish.pot.per, wish.pot.number)


def _label(per: str, day: int) -> str:
    if per in {MONTH, JALALI_MONTH}:
        return month_of(day, "gregorian" if per == MONTH else "jalali")
    return _day(day)


def _day(day: int) -> str:
    return date.fromordinal(day).isoformat()
