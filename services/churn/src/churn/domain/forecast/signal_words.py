"""Sentences about visits, and about what a customer was glad or unhappy of, in English and Persian."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from churn.domain.forecast.words import Language, ago, days

# What happened, before it is said how long ago.
_EXPERIENCES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "unanswered_ticket": ("Opened a ticket that has no answer", "درخواست پشتیبانی بی‌پاسخ"),
        "low_review": ("Wrote a bad review", "دیدگاه منفی ثبت کرده است"),
        "low_survey_score": ("Gave a low score in a survey", "در نظرسنجی امتیاز پایین داده است"),
        "cancelled_by_shop": ("The shop cancelled an order", "فروشگاه یک سفارش را لغو کرده است"),
        "returned_order": ("Got money back for an order", "وجه یک سفارش بازگردانده شده است"),
        "late_delivery": ("An order was not delivered when promised", "سفارش در زمان وعده‌داده‌شده تحویل نشده است"),
        "broken_promise": ("A promise to the customer was broken", "به وعده‌ای که به مشتری داده شده عمل نشده است"),
        "good_review": ("Wrote a good review", "دیدگاه مثبت ثبت کرده است"),
        "high_survey_score": ("Gave a high score in a survey", "در نظرسنجی امتیاز بالا داده است"),
    }
)
_ANSWERED: Final = ("Opened a ticket, which was answered", "درخواست پشتیبانی داشته و پاسخ گرفته است")


def of_visits(signal: str, since: int, recent: int, language: Language) -> str:
    """The customer still visits (``still_visits``), or no longer as before."""
    if signal == "still_visits":
        if language == "fa":
            return f"همچنان به فروشگاه سر می‌زند؛ آخرین بازدید {ago(since, language)}"
        return f"Still visits the shop, last {ago(since, language)}"
    if language == "fa":
        return (
            f"کمتر از پیش سر می‌زند؛ آخرین بازدید {ago(since, language)}، "
            f"در چهار هفتهٔ منتهی به آن در {days(recent, language)}"
        )
    when, often = ago(since, language), days(recent, language)
    return f"Visits less than before, last {when}; on {often} in the four weeks until then"


def of_experience(signal: str, since: int, language: Language, *, is_answered: bool) -> str:
    """What the customer was glad or unhappy of, and how long ago it was (the last time)."""
    english, persian = _EXPERIENCES[signal]
    if signal == "unanswered_ticket" and is_answered:
        english, persian = _ANSWERED
    return f"{persian}؛ {ago(since, language)}" if language == "fa" else f"{english}, {ago(since, language)}"
