"""Loyalty's unit of money: billionths of a currency unit, as integers."""

from decimal import Decimal

from mandegar.quantities import scaled, unscaled


def billionths(amount: Decimal) -> int:
    """An amount of money in billionths of its currency unit, rounded half to even."""
    return scaled(amount, 9)


def amount_of(number: int) -> Decimal:
    """The amount that a number of billionths is, exactly and without needless zeros."""
    return unscaled(number, 9)
