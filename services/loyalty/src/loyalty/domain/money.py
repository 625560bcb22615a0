"""Loyalty's unit of money: billionths of a currency unit, as integers."""

from decimal import Decimal

from mandegar.quantities import scaled


def billionths(amount: Decimal) -> int:
    """An amount of money in billionths of its currency unit, rounded half to even."""
    return scaled(amount, 9)
