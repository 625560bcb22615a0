"""Loyalty's unit of money: billionths of a currency unit, as integers."""

from decimal import Context, Decimal

from mandegar.quantities import scaled

_EXACT = Context(prec=60)
_ONE = Decimal(1)


def billionths(amount: Decimal) -> int:
    """An amount of money in billionths of its currency unit, rounded half to even."""
    return scaled(amount, 9)


def amount_of(number: int) -> Decimal:
    """The amount that a number of billionths is, exactly and without needless zeros."""
    amount = Decimal(number).scaleb(-9, _EXACT).normalize(_EXACT)
    return amount.quantize(_ONE, context=_EXACT) if amount == amount.to_integral_value() else amount
