"""How the domain counts: instants in whole microseconds since 1970 (UTC), money in billionths of a currency's unit."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY = 86_400_000_000

_MONEY_DIGITS = 9
_MONEY = Context(prec=40, rounding=ROUND_HALF_EVEN)


def instant(moment: datetime) -> int:
    """The microsecond of an aware ``moment``."""
    return (moment - EPOCH) // MICROSECOND


@lru_cache(maxsize=4096)  # a batch asks for the same instants again: now, and midnights
def moment(at: int) -> datetime:
    """The aware UTC datetime of a microsecond."""
    return EPOCH + timedelta(microseconds=at)


def billionths(amount: Decimal) -> int:
    """An amount of money as an integer; digits finer than a billionth of the unit are rounded half to even."""
    exact = amount.scaleb(_MONEY_DIGITS, _MONEY)
    whole = int(exact)
    return whole if whole == exact else int(exact.to_integral_value(context=_MONEY))
