"""Loyalty's unit of money, and the library's instants under the names that loyalty uses."""

from decimal import Decimal

from mandegar.quantities import DAY_US as DAY
from mandegar.quantities import from_us as moment
from mandegar.quantities import scaled
from mandegar.quantities import to_us as instant

__all__ = ["DAY", "billionths", "instant", "moment"]


def billionths(amount: Decimal) -> int:
    """An amount of money in billionths of its currency unit, rounded half to even."""
    return scaled(amount, 9)
