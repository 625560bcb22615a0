"""Loyalty's unit of money: billionths of a currency unit, as integers."""

from decimal import Decimal

from mandegar.quantities import decimal_of, scaled, unscaled


def billionths(amount: Decimal) -> int:
    """An amount of money in billionths of its currency unit, rounded half to even."""
    return scaled(amount, 9)


def amount_of(number: int) -> Decimal:
    """The amount that a number of billionths is, exactly and without needless zeros."""
    return unscaled(number, 9)


def thousandths(amount: Decimal) -> int:
    """An amount of credit in thousandths of its currency unit, which is how the ledger has it."""
    return scaled(amount, 3)


def credit_amount(number: int) -> Decimal:
    """The amount that a number of thousandths is, exactly and without needless zeros."""
    return unscaled(number, 3)


def credit_text(number: int) -> str:
    """So many thousandths of a currency unit, as decimal text."""
    return f"{unscaled(number, 3):f}"


def stated(value: object) -> object:
    """A number that a request states as text or as a whole number; raises ``ValueError`` for any other form."""
    return decimal_of(f"{value}") if isinstance(value, str | int) and not isinstance(value, bool) else value
