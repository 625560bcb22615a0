"""How Persian readers see numbers, amounts and tiers, alike in mails, pages, sentences and statements."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Final

_DIGITS: Final = str.maketrans("0123456789,.", "۰۱۲۳۴۵۶۷۸۹٬٫")
_RIALS_PER_TOMAN: Final = 10
_TIERS: Final[Mapping[str, str]] = MappingProxyType(
    {"bronze": "برنزی", "silver": "نقره‌ای", "gold": "طلایی", "platinum": "پلاتین", "diamond": "الماس"}
)


def persian_digits(text: str) -> str:
    """A text with Persian digits, and the separators that belong to them."""
    return text.translate(_DIGITS)


def toman(rials: Decimal) -> Decimal:
    """An amount of Rials in Toman, in which people in Iran reckon, rounded to a whole number."""
    return (rials / _RIALS_PER_TOMAN).quantize(Decimal(1), ROUND_HALF_UP)


def persian_tier(name: str) -> str:
    """The name of a tier: the usual metals are translated, other names stay as the programme has them."""
    return _TIERS.get(name, name)
