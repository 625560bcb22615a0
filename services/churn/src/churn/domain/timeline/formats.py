"""Amounts, numbers, days and names in sentences of a history; in Persian with Persian digits and Jalali days."""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from churn.domain.forecast.words import Language, day
from mandegar.calendar import ShopDays
from mandegar.persian import persian_digits, persian_tier, toman
from mandegar.quantities import lenient_decimal

_SEGMENTS_FA: Final[Mapping[str, str]] = MappingProxyType(
    {
        "new": "تازه‌وارد",
        "active": "فعال",
        "cooling": "رو به سردی",
        "at_risk": "در معرض خطر",
        "lost": "ازدست‌رفته",
        "won_back": "بازگشته",
        "champions": "قهرمانان",
        "loyal": "وفادار",
        "promising": "امیدبخش",
        "about_to_sleep": "در آستانهٔ خواب",
        "cannot_lose": "از دست ندادنی",
        "one_time": "یک‌بارخرید",
        "recently_complained": "ناراضی به‌تازگی",
        "considering": "در حال بررسی",
        "deciding": "در حال تصمیم",
        "advocates": "حامیان",
    }
)


def amount(value: Decimal | float, language: Language) -> str:
    """A number with its thousands separated, and no more decimals than it needs."""
    text = f"{lenient_decimal(str(value)):,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return persian_digits(text) if language == "fa" else text


def money(value: str, currency: str, language: Language) -> str:
    """An amount of money, which is a decimal string; Rials are shown in Toman, as is usual in Iran."""
    number = lenient_decimal(value)
    if currency == "IRR":
        return f"{amount(toman(number), language)} {'تومان' if language == 'fa' else 'Toman'}"
    return f"{amount(number, language)} {currency}".rstrip()


def day_at(at_us: int, days: ShopDays, language: Language) -> str:
    """The day of the shop's calendar on which an instant falls."""
    return day(days.day_of(at_us), language)


def tier(name: str, language: Language) -> str:
    """A tier: the usual metals are translated, other names stay as the programme has them."""
    return f"«{persian_tier(name)}»" if language == "fa" else name


def segment(name: str, language: Language) -> str:
    """A segment: built-in ones are translated, others keep their name."""
    return f"«{_SEGMENTS_FA.get(name, name)}»" if language == "fa" else name.replace("_", " ")


def title(fields: Mapping[str, Any], name: str, language: Language) -> str:
    """The title that the programme gives to something in a language, else its name."""
    titles = fields.get("titles") or {}
    text = titles.get(language) or titles.get("en") or name
    return f"«{text}»" if language == "fa" else str(text)


def listed(parts: list[str], language: Language) -> str:
    """Some phrases, one behind the other."""
    return ("، " if language == "fa" else ", ").join(parts)
