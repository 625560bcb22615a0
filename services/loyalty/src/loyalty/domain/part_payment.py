"""Points as a part of a payment: what a point is worth, which part of an invoice may be paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Spending:
    """What points are worth in a shop. ``value`` of one point is in billionths, shares are parts of what is payable."""

    value: int
    minimum_points: int = 1
    share_min: Fraction = Fraction(0)
    share_max: Fraction = Fraction(1)
    categories: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()


class Item(NamedTuple):
    """A line of an invoice; ``amount`` in billionths."""

    product: str
    category: str
    amount: int


class Quote(NamedTuple):
    """How many points pay how much; in ``payable`` money, what may be paid with points."""

    points: int
    amount: int
    payable: int


class Range(NamedTuple):
    """The fewest and the most points that may pay a part of an invoice."""

    least: int
    most: int


class NothingPayable(Exception):
    """Nothing of the invoice may be paid with points."""


class OutOfRange(Exception):
    """The points are fewer than the least, or more than the most. No range is possible if ``most`` is less."""

    def __init__(self, points: int, allowed: Range) -> None:
        super().__init__(points)
        self.points, self.allowed = points, allowed


def payable_of(spending: Spending, total: int, items: Sequence[Item]) -> int:
    """What of an invoice may be paid with points: all of it but what is excluded."""
    excluded = [item for item in items if item.category in spending.categories or item.product in spending.products]
    return max(total - sum(item.amount for item in excluded), 0)


def quote(
    spending: Spending, total: int, items: Sequence[Item], *, points: int | None = None, amount: int = 0
) -> Quote:
    """The discount for ``points``, or for as many as are worth at most ``amount``.

    A discount is a whole number of points, each for its full worth. Raises ``NothingPayable`` or ``OutOfRange``.
    """
    payable = payable_of(spending, total, items)
    if not payable:
        raise NothingPayable
    wanted = amount // spending.value if points is None else points
    most = int(payable * spending.share_max) // spending.value
    least = max(spending.minimum_points, -int(-payable * spending.share_min // spending.value), 1)
    if not least <= wanted <= most:
        raise OutOfRange(wanted, Range(least, most))
    return Quote(wanted, wanted * spending.value, payable)
