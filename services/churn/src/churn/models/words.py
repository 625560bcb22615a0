"""What a version is worth, in sentences for people who know their customers and not the model."""

from churn.domain.forecast import words
from churn.domain.forecast.confidence import Confidence
from churn.domain.forecast.words import Language, number, percent
from churn.models.rules import Drift, Watched

_CONFIDENCE_FA: dict[Confidence, str] = {"low": "کم", "medium": "متوسط", "high": "زیاد"}


def learned(customers: int, purchases: int, through: int, share: float, level: Confidence, language: Language) -> str:
    """How much a version has learned, and from how many customers."""
    day = words.day(through, language)
    if language == "fa":
        return (
            f"از {number(purchases, language)} خرید {number(customers, language)} مشتری تا {day} آموخته است؛ "
            f"{percent(share, language)} آن از داده‌های همین فروشگاه است و بقیه از آنچه برای هر فروشگاهی درست است "
            f"(اطمینان {_CONFIDENCE_FA[level]})"
        )
    return (
        f"Learned from {number(purchases, language)} purchases of {number(customers, language)} customers up to {day}: "
        f"{percent(share, language)} of it is this shop's own, the rest holds for any shop ({level} confidence)"
    )


def treated(customers: int, withheld: int, *, left_out: bool, language: Language) -> str:
    """How many customers had messages while their outcome was awaited, and what was made of it."""
    told, kept_back = number(customers, language), number(withheld, language)
    if language == "fa":
        if left_out:
            return (
                f"{told} مشتری در این میان پیام گرفته و کنار گذاشته شده‌اند؛ "
                f"{kept_back} مشتری گروه شاهد به جای آنان شمرده شده‌اند"
            )
        return (
            f"{told} مشتری در این میان پیام گرفته‌اند و بدون گروه شاهد نمی‌توان کنارشان گذاشت: "
            "پیش‌بینی، اثر پیام‌ها را هم در بر دارد"
        )
    if left_out:
        return f"{told} customers got messages meanwhile and are left out; {kept_back} of the holdout stand for them"
    return (
        f"{told} customers got messages meanwhile, and without a holdout they cannot be left out: "
        "what is predicted includes what messages do"
    )


def outcome(weeks: int, said: float, bought: float, horizon_days: int, language: Language) -> str:
    """Predicted and actual shares of buyers, over the weeks whose outcome is known."""
    days = words.days(horizon_days, language)
    if language == "fa":
        return (
            f"در {number(weeks, language)} هفته‌ای که نتیجه‌شان معلوم است، پیش‌بینی شده بود {percent(said, language)} "
            f"مشتریان در {days} خرید کنند و {percent(bought, language)} خرید کردند"
        )
    over = "1 week" if weeks == 1 else f"{number(weeks, language)} weeks"
    return (
        f"Over {over} whose outcome is known, {percent(said, language)} of the customers were to buy within {days}, "
        f"and {percent(bought, language)} did"
    )


def season(level: float, horizon_days: int, language: Language) -> str:
    """What the shop's calendar makes of the coming horizon."""
    days, away = words.days(horizon_days, language), percent(abs(level - 1.0), language)
    if language == "fa":
        if round(abs(level - 1.0) * 100) < 1:
            return f"{days} آینده مثل همیشه پیش‌بینی می‌شود"
        return f"{days} آینده، به حکم تقویم فروشگاه، {away} {'پررونق‌تر' if level > 1.0 else 'کم‌رونق‌تر'} از معمول است"
    if round(abs(level - 1.0) * 100) < 1:
        return f"The coming {days} are expected to be as always"
    return f"The coming {days} are expected to be {away} {'busier' if level > 1.0 else 'quieter'} than usual"


def drift(watched: Watched, language: Language) -> str:
    """Whether customers buy as the versions say."""
    return (_DRIFT_FA if language == "fa" else _DRIFT_EN)[watched.drift]


_DRIFT_EN: dict[Drift, str] = {
    "unknown": "There are too few weeks to tell whether customers have changed",
    "none": "Customers buy about as often, against what was predicted, as is usual",
    "fewer": "Customers buy clearly less often, against what was predicted, than is usual",
    "more": "Customers buy clearly more often, against what was predicted, than is usual",
}
_DRIFT_FA: dict[Drift, str] = {
    "unknown": "هفته‌های کافی برای تشخیص تغییر رفتار مشتریان نگذشته است",
    "none": "خرید مشتریان، نسبت به پیش‌بینی‌ها، مثل معمول است",
    "fewer": "خرید مشتریان، نسبت به پیش‌بینی‌ها، آشکارا کمتر از معمول شده است",
    "more": "خرید مشتریان، نسبت به پیش‌بینی‌ها، آشکارا بیشتر از معمول شده است",
}
