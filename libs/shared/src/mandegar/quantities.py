"""Exact numbers: instants as whole microseconds since 1970 (UTC), money as whole fractions of a currency unit."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Final

DAY_US: Final = 86_400_000_000
WEEK_US: Final = 7 * DAY_US

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MONEY = Context(prec=40, rounding=ROUND_HALF_EVEN)


def to_us(instant: datetime) -> int:
    """The microseconds since 1970 of an aware datetime, exactly."""
    return (instant - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=4096)  # a batch converts the same instants many times: the current time, and midnights
def from_us(instant_us: int) -> datetime:
    """The UTC datetime of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=instant_us)


def scaled(amount: Decimal, digits: int) -> int:
    """``amount`` times ten to the power ``digits``, as a whole number; the rest is rounded half to even."""
    exact = amount.scaleb(digits, _MONEY)
    whole = int(exact)
    return whole if whole == exact else int(exact.to_integral_value(context=_MONEY))
