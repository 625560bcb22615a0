"""What a shop owes in points, and how that changed: from the sums of ledger entries by kind and bucket."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple, TypeAlias

from loyalty.domain.lots import ACTIVATE, ADJUST, EARN, EXPIRE, OPEN, REPAY, REVERSE, SPEND
from loyalty.domain.posting import Balance, Entry, moved_by
from loyalty.domain.units import credit_kind

# Signed points by kind and bucket of the entries.
Sums: TypeAlias = Mapping[tuple[str, str], int]

# What a rate of breakage is computed from at least: months whose points are past their last day, and entries that gave
# them. A rule of thumb is no history.
COHORTS_MIN = 3
GIVEN_MIN = 100
# The latest months that count.
COHORTS_MAX = 36

_MONEY = Context(prec=60, rounding=ROUND_HALF_EVEN)


class Movements(NamedTuple):
    """What moved in a period, each as a positive number where it is what its name says.

    ``adjusted`` is signed. ``activated`` and ``repaid`` change no liability: the points were owed before.
    """

    issued: int = 0
    brought: int = 0
    activated: int = 0
    spent: int = 0
    expired: int = 0
    reversed: int = 0
    repaid: int = 0
    adjusted: int = 0

    @property
    def change(self) -> int:
        """By how much the liability grew."""
        return self.issued + self.brought + self.adjusted - self.spent - self.expired - self.reversed


class Cohort(NamedTuple):
    """Points whose last day is in one month: given and not taken back, by how many entries, and expired unused."""

    month: str
    given: int
    entries: int
    expired: int


class Breakage(NamedTuple):
    """The share of points that expire unused, of the cohorts it is computed from."""

    expired: int
    given: int
    cohorts: Sequence[Cohort]

    def expected(self, cohort: Cohort, outstanding: int) -> int:
        """How many of the outstanding points of a cohort will expire unused: the share, less what has expired."""
        return min(max(cohort.given * self.expired // self.given - cohort.expired, 0), outstanding)


def movements_of(sums: Sums) -> Movements:
    """What the entries of a period moved, of points; kinds of credit are others."""
    of_kind: dict[str, int] = {}
    for (kind, _), points in sums.items():
        of_kind[kind] = of_kind.get(kind, 0) + points
    return Movements(
        issued=of_kind.get(EARN, 0),
        brought=of_kind.get(OPEN, 0),
        activated=of_kind.get(ACTIVATE, 0),
        spent=-of_kind.get(SPEND, 0),
        expired=-of_kind.get(EXPIRE, 0),
        reversed=-of_kind.get(REVERSE, 0),
        repaid=-of_kind.get(REPAY, 0),
        adjusted=of_kind.get(ADJUST, 0),
    )


def balance_of_sums(sums: Sums) -> Balance:
    """What is left by the entries: points of all customers together, usable, on hold, reserved and owed."""
    totals = Balance()
    for (kind, bucket), points in sums.items():
        if credit_kind(kind) is None:
            totals = add(totals, moved_by(Entry("", (kind, bucket, ""), points, 0, 0)))
    return totals


def of_credit(sums: Sums) -> Sums:
    """The sums of credit alone, by the kinds that those of points have; in thousandths."""
    return {(of, bucket): points for (kind, bucket), points in sums.items() if (of := credit_kind(kind)) is not None}


def add(one: Balance, other: Balance) -> Balance:
    """The sum of two balances."""
    return Balance(*map(sum, zip(one, other, strict=True)))


def outstanding(balance: Balance) -> int:
    """The points that customers can still use."""
    return balance.available + balance.pending + balance.held


def liability(balance: Balance) -> int:
    """The points that the shop owes, less those that customers owe."""
    return outstanding(balance) - balance.debt


def cohort_of(month: str, sums: Sums, entries: int) -> Cohort:
    """The cohort of a month, of whose lots ``sums`` are all entries and ``entries`` gave points."""
    moved = movements_of(sums)
    return Cohort(month, moved.issued + moved.brought + moved.adjusted - moved.reversed, entries, moved.expired)


def breakage_of(past: Iterable[Cohort]) -> Breakage | None:
    """The share that expired of the latest cohorts whose month is over, in order of time; None: too little history."""
    counted = [cohort for cohort in past if cohort.given > 0][-COHORTS_MAX:]
    given = sum(cohort.given for cohort in counted)
    if len(counted) < COHORTS_MIN or sum(cohort.entries for cohort in counted) < GIVEN_MIN:
        return None
    return Breakage(min(sum(cohort.expired for cohort in counted), given), given, counted)


def in_money(points: int, value_per_point: Decimal | None) -> str | None:
    """Points in the currency of the shop, as decimal text; None without a value."""
    if value_per_point is None:
        return None
    return f"{_MONEY.multiply(value_per_point, points).normalize(_MONEY):f}"


def is_over(month_end: date, today: date) -> bool:
    """Whether all days of a month are over."""
    return month_end <= today
