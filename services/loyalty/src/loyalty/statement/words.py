"""The words, numbers and dates of a statement in each language: in fa Persian digits and isolated ids."""

from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

from persiantools.jdatetime import JalaliDate

from loyalty.statement.months import Language, Month
from mandegar.months import Calendar
from mandegar.persian import persian_digits, persian_tier
from mandegar.quantities import unscaled

FSI, PDI = "\u2068", "\u2069"
WORDS: MappingProxyType[Language, MappingProxyType[str, str]] = MappingProxyType(
    {
        "en": MappingProxyType(
            {
                "title": "Points statement", "customer": "Customer", "tier": "Tier", "date": "Date", "what": "What",
                "available": "Usable", "pending": "On hold", "held": "Reserved", "debt": "Owed",
                "opening": "Opening balance", "closing": "Closing balance", "so_far": "Balance so far",
                "others": "{} further entries", "none": "Nothing happened in this month.",
                "expiring": "{} points expire on {} unless they are used before.", "as_of": "As of",
                "earn": "Earned", "open": "Brought along", "activate": "Usable from now on", "expire": "Expired",
                "reverse": "Taken back", "repay": "Repaid", "hold": "Reserved", "spend": "Spent",
                "release": "Reservation released", "adjust": "Adjusted", "transfer": "Transferred",
                "credit": "Credit", "credit.adjust": "Given by the shop", "credit.taken": "Taken by the shop",
                "credit.expiring": "{} of credit expires on {} unless it is used before.",
            }
        ),
        "fa": MappingProxyType(
            {
                "title": "صورت‌حساب امتیاز", "customer": "مشتری", "tier": "سطح", "date": "تاریخ", "what": "شرح",
                "available": "قابل استفاده", "pending": "در انتظار", "held": "رزرو شده", "debt": "بدهی",
                "opening": "مانده آغاز ماه", "closing": "مانده پایان ماه", "so_far": "مانده تا این لحظه",
                "others": "{} ردیف دیگر", "none": "در این ماه تغییری نبوده است.",
                "expiring": "{} امتیاز در {} منقضی می‌شود، اگر پیش از آن استفاده نشود.", "as_of": "تا تاریخ",
                "earn": "امتیاز خرید", "open": "منتقل شده از باشگاه پیشین", "activate": "قابل استفاده شد",
                "expire": "منقضی شد", "reverse": "بازپس‌گیری", "repay": "تسویه بدهی", "hold": "رزرو شد",
                "spend": "خرج شد", "release": "رزرو آزاد شد", "adjust": "اصلاح", "transfer": "انتقال",
                "credit": "اعتبار", "credit.earn": "اعتبار خرید", "credit.adjust": "اعتبار از فروشگاه",
                "credit.taken": "کسر از سوی فروشگاه",
                "credit.expiring": "{} اعتبار در {} منقضی می‌شود، اگر پیش از آن استفاده نشود.",
            }
        ),
    }
)  # fmt: skip


def number(value: int | Decimal, language: Language, *, signed: bool = False) -> str:
    """A number with its thousands separated, in the digits of the language; the sign stands on its left."""
    text = f"{abs(value):,f}" if isinstance(value, Decimal) else f"{abs(value):,}"
    if language == "fa":
        text = persian_digits(text)
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    return f"\u2066{sign}{text}{PDI}" if sign else text


def credit_unit(currency: str, language: Language) -> str:
    """In what credit is told to people: Rials in Toman, as is usual in Iran."""
    return currency if currency != "IRR" else "تومان" if language == "fa" else "Toman"


def credit_number(thousandths: int, currency: str, language: Language, *, signed: bool = False) -> str:
    """So much credit in ``credit_unit``: exactly, so that what is listed adds up."""
    places = 4 if currency == "IRR" else 3
    return number(unscaled(thousandths, places), language, signed=signed)


def day_text(day: date, calendar: Calendar, language: Language) -> str:
    """A day as it is written: ``۱ آذر ۱۴۰۵``, ``22 November 2026``."""
    if calendar == "jalali":
        jalali = JalaliDate(day, locale=language)  # type: ignore[no-untyped-call]
        text = f"{jalali.day} {jalali.strftime('%B')} {jalali.year}"
    else:
        text = f"{day.day} {_GREGORIAN_FA[day.month - 1] if language == 'fa' else f'{day:%B}'} {day.year}"
    return persian_digits(text) if language == "fa" else text


def month_text(month: Month, language: Language) -> str:
    """A month as it is written: ``آذر ۱۴۰۵``, ``November 2026``."""
    if month.calendar == "jalali":
        first = JalaliDate(month.year, month.month, 1, locale=language)  # type: ignore[no-untyped-call]
        text = f"{first.strftime('%B')} {month.year}"
    else:
        name = _GREGORIAN_FA[month.month - 1] if language == "fa" else f"{datetime(2000, month.month, 1):%B}"  # noqa: DTZ001
        text = f"{name} {month.year}"
    return persian_digits(text) if language == "fa" else text


def tier_text(tier: str, language: Language) -> str:
    """The name of a tier: the usual metals are translated, others stay as the programme has them."""
    return persian_tier(tier) if language == "fa" else tier


_GREGORIAN_FA = (
    "ژانویه", "فوریه", "مارس", "آوریل", "مه", "ژوئن", "ژوئیه", "اوت", "سپتامبر", "اکتبر", "نوامبر", "دسامبر",
)  # fmt: skip
