"""Exact numbers: untrusted texts, instants as whole microseconds since 1970 (UTC), and money as whole fractions of a
currency unit.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

DAY_US: Final = 86_400_000_000
WEEK_US: Final = 7 * DAY_US

NUMBER_FORM: Final = "at most 20 digits, and at most 10 behind a point: 1000 or 0.5, without exponent or separators"

_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,10})?")
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_TEXT_MAX = 1000
_EXPONENT_MAX = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ONE = Decimal(1)
# Holds whatever is summed up of amounts.
_WIDE = Context(prec=80)
_SMALL = 10**18
_MONEY = Context(prec=40, rounding=ROUND_HALF_EVEN)


def decimal_of(text: str) -> Decimal:
    """The number that an untrusted text states in the form ``NUMBER_FORM``; raises ``ValueError``."""
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"must have {NUMBER_FORM}")
    return Decimal(text)


def whole_of(text: str) -> int:
    """The whole number that an untrusted text states in at most 20 digits; raises ``ValueError``."""
    if not _WHOLE.fullmatch(text):
        raise ValueError("must be a whole number of at most 20 digits")
    return int(text)


def lenient_decimal(text: str) -> Decimal:
    """A number as earlier releases accepted it in documents: with exponent, separators, or any digits.

    Raises ``ValueError`` for what is no finite number, and for exponents whose power would take long to compute.
    """
    try:
        number = Decimal(text) if len(text) <= _TEXT_MAX else Decimal("NaN")
    except InvalidOperation:
        raise ValueError("not a number") from None
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > _EXPONENT_MAX:
        raise ValueError("not a number within bounds")
    return number


def to_us(instant: datetime) -> int:
    """The microseconds since 1970 of an aware datetime, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=4096)  # a batch converts the same instants many times: the current time, and midnights
def from_us(instant_us: int) -> datetime:
    """The UTC datetime of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=instant_us)


def scaled(amount: Decimal, digits: int) -> int:
    """``amount`` times ten to the power ``digits``, as a whole number; the rest is rounded half to even."""
    whole = int(amount)
    if whole == amount and -_SMALL < whole < _SMALL:  # the usual case, in a third of the time
        units: int = 10**digits
        return whole * units
    exact = amount.scaleb(digits, _MONEY)
    whole = int(exact)
    return whole if whole == exact else int(exact.to_integral_value(context=_MONEY))


def unscaled(number: int, digits: int) -> Decimal:
    """The amount of which ``scaled`` makes ``number``, exactly and without needless zeros."""
    amount = Decimal(number).scaleb(-digits, _WIDE).normalize(_WIDE)
    return amount.quantize(_ONE, context=_WIDE) if amount == amount.to_integral_value(context=_WIDE) else amount
