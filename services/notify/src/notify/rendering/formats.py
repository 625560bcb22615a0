"""Numbers, dates, money and tiers as readers of each language write them; in fa Persian digits and Jalali dates."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency, format_decimal
from persiantools.jdatetime import JalaliDateTime

from mandegar.persian import persian_digits, persian_tier, toman
from notify.domain.language import Language
from notify.rendering.bidi import isolated


def number(value: int | Decimal, language: Language) -> str:
    """A number with its thousands separated, in the digits of the language."""
    text = str(format_decimal(value, locale="en"))
    return persian_digits(text) if language == "fa" else text


def points(value: int | Decimal, language: Language) -> str:
    """Points with their unit: ``۱٬۲۴۰ امتیاز``, ``1,240 points`` or ``1 point``."""
    unit = "امتیاز" if language == "fa" else "point" if value == 1 else "points"
    return f"{number(value, language)} {unit}"


def date(instant: datetime, language: Language) -> str:
    """The day of an instant in its own zone: ``۱ آذر ۱۴۰۵`` or ``22 November 2026``."""
    if language == "fa":
        day = JalaliDateTime(instant)  # type: ignore[no-untyped-call]
        return persian_digits(f"{day.day} {day.strftime('%B', locale='fa')} {day.year}")
    return f"{instant.day} {instant:%B %Y}"


def money(amount: Decimal, currency: str, language: Language) -> str:
    """An amount with its currency; Rials are shown in Toman, as is usual in Iran."""
    if currency == "IRR":
        return f"{number(toman(amount), language)} {'تومان' if language == 'fa' else 'Toman'}"
    if language == "fa":
        text = persian_digits(format_currency(amount, currency, format="#,##0.##", locale="en"))
        return f"{text} {isolated(currency, language)}"
    return str(format_currency(amount, currency, locale="en"))


def tier(word: str, language: Language) -> str:
    """The name of a tier: the usual metals are translated to Persian, other names stay as the programme has them."""
    return persian_tier(word) if language == "fa" else word


def filters(language: Language) -> dict[str, Callable[..., Any]]:
    """The filters that templates of a language may use."""
    return {
        "number": lambda value: number(value, language),
        "points": lambda value: points(value, language),
        "date": lambda instant: date(instant, language),
        "money": lambda amount, currency: money(amount, currency, language),
        "tier": lambda word: tier(word, language),
        "isolate": lambda text: isolated(text, language),
    }
