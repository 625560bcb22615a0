"""The words and numbers of the page of a replay, in Persian and in English."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, TypeAlias

from persiantools.jdatetime import JalaliDate

from mandegar.persian import persian_digits, persian_tier, toman

Language: TypeAlias = Literal["fa", "en"]

_LTR, _END = "\u2066", "\u2069"
_MONTHS_EN: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "title": "What another programme would have given",
        "live": "As it was",
        "other": "The other programme",
        "difference": "Difference",
        "summary": "All together",
        "since": "Counted from",
        "as_of": "Up to",
        "beginning": "the first record",
        "customers": "Customers",
        "orders": "Orders",
        "revenue": "Revenue",
        "given": "Points given",
        "taken": "Points taken back",
        "expired": "Points expired",
        "spent": "Points spent",
        "outstanding": "Points outstanding",
        "debt": "Points owed by customers",
        "liability": "Liability",
        "cost": "Cost",
        "cost_share": "Cost, share of revenue",
        "months": "Month by month",
        "month": "Month",
        "plot_given": "Points given in each month",
        "plot_kept": "Points that customers have at the end of each month",
        "tiers": "Tiers",
        "tier": "Tier",
        "moves": "Who would hold another tier",
        "nobody_moves": "Nobody would hold another tier.",
        "budgets": "Budgets",
        "budget": "Budget",
        "refused": "Points refused",
        "ended": "Ended last on",
        "guards": "Limits that the other programme states",
        "guard": "Limit",
        "limit": "At most",
        "found": "Found",
        "within": "kept",
        "broken": "exceeded",
        "gain": "Who gains most",
        "lose": "Who loses most",
        "gaining": "{} customers would have more points.",
        "losing": "{} customers would have fewer points.",
        "customer": "Customer",
        "hidden": "Ids are shown to tokens that may read customers.",
        "nothing": "Nothing differs: both programmes give the same to everybody.",
        "note": "Cost is the value of points that were neither taken back nor expired: they are spent or can still be. "
        "Customers would have bought otherwise under other rules; here they buy what they bought.",
    },
    "fa": {
        "title": "اگر قواعد باشگاه جور دیگری بود",
        "live": "آنچه بود",
        "other": "برنامهٔ دیگر",
        "difference": "تفاوت",
        "summary": "روی هم",
        "since": "شمرده از",
        "as_of": "تا",
        "beginning": "نخستین رویداد",
        "customers": "مشتریان",
        "orders": "سفارش‌ها",
        "revenue": "فروش",
        "given": "امتیاز داده‌شده",
        "taken": "امتیاز پس‌گرفته",
        "expired": "امتیاز منقضی",
        "spent": "امتیاز خرج‌شده",
        "outstanding": "امتیاز ماندهٔ مشتریان",
        "debt": "بدهی امتیاز مشتریان",
        "liability": "تعهد فروشگاه",
        "cost": "هزینه",
        "cost_share": "سهم هزینه از فروش",
        "months": "ماه به ماه",
        "month": "ماه",
        "plot_given": "امتیاز داده‌شده در هر ماه",
        "plot_kept": "امتیاز ماندهٔ مشتریان در پایان هر ماه",
        "tiers": "سطح‌ها",
        "tier": "سطح",
        "moves": "چه کسانی سطح دیگری داشتند",
        "nobody_moves": "سطح هیچ‌کس تغییر نمی‌کرد.",
        "budgets": "بودجه‌ها",
        "budget": "بودجه",
        "refused": "امتیاز داده‌نشده",
        "ended": "آخرین روز تمام‌شدن",
        "guards": "سقف‌هایی که برنامهٔ دیگر گذاشته است",
        "guard": "سقف",
        "limit": "حداکثر",
        "found": "یافته",
        "within": "رعایت شده",
        "broken": "رد شده",
        "gain": "بیشترین سود",
        "lose": "بیشترین زیان",
        "gaining": "{} مشتری امتیاز بیشتری داشتند.",
        "losing": "{} مشتری امتیاز کمتری داشتند.",
        "customer": "مشتری",
        "hidden": "شناسه‌ها را فقط کسی می‌بیند که اجازهٔ دیدن مشتریان را دارد.",
        "nothing": "تفاوتی نیست: هر دو برنامه به همه یکسان می‌دهند.",
        "note": "هزینه، ارزش امتیازهایی است که نه پس گرفته شده و نه منقضی شده‌اند: یا خرج شده‌اند یا هنوز می‌توان "
        "خرجشان کرد. "
        "با قواعد دیگر، مشتریان شاید جور دیگری خرید می‌کردند؛ اینجا همان خریدها حساب شده است.",
    },
}


def number(value: int | Decimal, language: Language, *, signed: bool = False) -> str:
    """A number with its thousands separated, in the digits of the language; ``signed``: its sign is always written."""
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    size = abs(value)
    text = _in_digits(sign + (f"{size:,f}" if isinstance(size, Decimal) else f"{size:,}"), language)
    # In a text that is read from the right, the sign stands before its number only in an isolate.
    return f"{_LTR}{text}{_END}" if sign and language == "fa" else text


def money(amount: Decimal, currency: str, language: Language, *, signed: bool = False) -> str:
    """An amount with its currency; Rials are shown in Toman, as is usual in Iran."""
    if currency == "IRR":
        return f"{number(toman(amount), language, signed=signed)} {'تومان' if language == 'fa' else 'Toman'}"
    return f"{number(amount.quantize(Decimal('0.01'), ROUND_HALF_UP), language, signed=signed)} {currency}"


def share(text: Decimal, language: Language, *, signed: bool = False) -> str:
    """A share as per cent, with two digits behind the point."""
    per_cent = (text * 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return number(per_cent, language, signed=signed) + ("٪" if language == "fa" else " %")


def month(name: str, language: Language) -> str:
    """A month of a replay: those of ``fa`` are Jalali."""
    year, _, place = name.partition("-")
    if language == "en":
        return f"{_MONTHS_EN[_place(place) - 1]} {year}"
    text: str = JalaliDate(1400, _place(place), 1).strftime("%B", locale="fa")  # type: ignore[no-untyped-call]
    return _in_digits(f"{text} {year}", language)


def tier(name: str, language: Language) -> str:
    """The name of a tier: the usual metals are translated to Persian, other names stay as the programme has them."""
    return persian_tier(name) if language == "fa" else name


def day(ordinal: str, language: Language) -> str:
    """A day that is written as 2026-11-22, as a reader writes it."""
    return _in_digits(ordinal, language)


def _place(text: str) -> int:
    return ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12").index(text) + 1


def _in_digits(text: str, language: Language) -> str:
    return persian_digits(text) if language == "fa" else text
