"""Sentences about one customer in English and Persian; in Persian with Persian digits and days of the Jalali calendar.

A Persian sentence has no Latin letters or digits, so it reads from right to left as a whole, whatever is around it.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

from persiantools.jdatetime import JalaliDate

from mandegar.events.churn import Band

Language = Literal["fa", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("fa", "en")

_PERSIAN: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_BANDS: Final[Mapping[Language, Mapping[Band, str]]] = MappingProxyType(
    {
        "en": {"healthy": "healthy", "cooling": "cooling", "at_risk": "at risk", "lost": "lost"},
        "fa": {"healthy": "سالم", "cooling": "رو به سردی", "at_risk": "در معرض خطر", "lost": "ازدست‌رفته"},
    }
)


def band_text(band: Band, language: Language) -> str:
    """The name of a band."""
    return _BANDS[language][band]


def digits(text: str, language: Language) -> str:
    """A text with its digits as the language writes them."""
    return text.translate(_PERSIAN) if language == "fa" else text


def number(value: int, language: Language) -> str:
    """A whole number in the digits of the language."""
    return digits(str(value), language)


def days(value: int, language: Language) -> str:
    """A number of days: ``1 day``, ``40 days``, ``۴۰ روز``."""
    if language == "fa":
        return f"{number(value, language)} روز"
    return "1 day" if value == 1 else f"{number(value, language)} days"


def ago(value: int, language: Language) -> str:
    """How long ago a day was, in days of the shop's calendar."""
    if language == "fa":
        return "امروز" if value == 0 else "دیروز" if value == 1 else f"{days(value, language)} پیش"
    return "today" if value == 0 else "yesterday" if value == 1 else f"{days(value, language)} ago"


def day(ordinal: int, language: Language) -> str:
    """A day as it is written: ``22 November 2026``, ``۱ آذر ۱۴۰۵``."""
    gregorian = date.fromordinal(ordinal)
    if language == "en":
        return f"{gregorian.day} {gregorian:%B %Y}"
    jalali = JalaliDate(gregorian, locale="fa")  # type: ignore[no-untyped-call]
    return f"{jalali.day} {jalali.strftime('%B')} {jalali.year}".translate(_PERSIAN)


def percent(share: float, language: Language) -> str:
    """A probability in per cent, from ``<1%`` to ``>99%``: nothing that is uncertain is shown as certain."""
    whole = round(share * 100)
    if language == "fa":
        if whole < 1:
            return "کمتر از ۱٪"
        return "بیش از ۹۹٪" if whole > 99 else f"{number(whole, language)}٪"
    if whole < 1:
        return "less than 1%"
    return "more than 99%" if whole > 99 else f"{whole}%"


def ordered_today(language: Language) -> str:
    """The last order is of today."""
    return "امروز سفارش داده است" if language == "fa" else "Ordered today"


def ordered_once(orders: int, silent: int, language: Language) -> str:
    """There is one day with orders."""
    when = ago(silent, language)
    if language == "fa":
        return f"یک بار سفارش داده، {when}" if orders == 1 else f"فقط در یک روز سفارش داده، {when}"
    return f"Ordered once, {when}" if orders == 1 else f"Ordered on one day only, {when}"


def ordered_twice(apart: int, silent: int, language: Language) -> str:
    """There are two days with orders."""
    if language == "fa":
        return f"فقط در دو روز، با {days(apart, language)} فاصله، سفارش داده؛ آخرین بار {ago(silent, language)}"
    return f"Ordered on two days only, {days(apart, language)} apart, last {ago(silent, language)}"


def last_ordered(silent: int, language: Language) -> str:
    """When the last order was."""
    when = ago(silent, language)
    return f"آخرین سفارش {when} بوده است" if language == "fa" else f"Last ordered {when}"


def silent_for_long(silent: int, gap: int, language: Language) -> str:
    """The silence is longer than the mean gap before."""
    if language == "fa":
        return (
            f"{days(silent, language)} است که سفارشی نداده؛ "
            f"پیش از این به‌طور میانگین هر {days(gap, language)} یک بار سفارش می‌داد"
        )
    return f"No order for {days(silent, language)}; ordered every {days(gap, language)} on average before"


def slowing_down(gap: int, widened: int, language: Language) -> str:
    """The mean gap has widened, if the silence is counted."""
    if language == "fa":
        return (
            f"فاصلهٔ سفارش‌ها بیشتر شده: پیش از این به‌طور میانگین هر {days(gap, language)} یک بار، "
            f"با احتساب این مدت بی‌سفارش هر {days(widened, language)} یک بار"
        )
    return (
        f"Slowing down: ordered every {days(gap, language)} on average, "
        f"every {days(widened, language)} if this silence is counted"
    )


def few_for_age(first_day: int, since: int, with_orders: int, language: Language) -> str:
    """How few days had orders since the first one."""
    if language == "fa":
        return (
            f"نخستین سفارش: {day(first_day, language)}؛ "
            f"در {days(since, language)} از آن پس، در {days(with_orders, language)} سفارش داده است"
        )
    return (
        f"First ordered on {day(first_day, language)}: orders on {days(with_orders, language)} in the "
        f"{days(since, language)} since"
    )


def one_order(before: float, after: float, healthy_days: int | None, language: Language) -> str:
    """How one order today would change the risk from ``before`` to ``after``, and for how long it would help."""
    was, will = percent(before, language), percent(after, language)
    if language == "fa":
        change = f"یک سفارش امروز ریسک را از {was} به {will} می‌رساند"
        if healthy_days is None:
            return f"{change} و مشتری را به وضعیت سالم برمی‌گرداند"
        return f"{change} و مشتری را {days(healthy_days, language)} در وضعیت سالم نگه می‌دارد"
    change = f"One order today would bring the risk from {was} to {will}"
    if healthy_days is None:
        return f"{change} and make the customer healthy again"
    return f"{change} and keep the customer healthy for {days(healthy_days, language)}"


def next_line(band: Band, left: int, on_day: int, language: Language) -> str:
    """When the next band begins, ``left`` days of the shop's calendar from now."""
    name, when = band_text(band, language), day(on_day, language)
    if language == "fa":
        within = "همین امروز" if left == 0 else "فردا" if left == 1 else f"{days(left, language)} دیگر"
        return f"بدون سفارش تازه، {within} ({when}) به وضعیت «{name}» می‌رسد"
    within = "today" if left == 0 else "tomorrow" if left == 1 else f"in {days(left, language)}"
    return f"Without another order the customer will be {name} {within}, on {when}"
