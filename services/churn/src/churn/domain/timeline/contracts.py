"""Entries about contracts and trials, and their sentences in English and in Persian. Each event is an entry."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from churn.domain.forecast.words import Language
from churn.domain.timeline.entry import CONTRACTS, Entry, stated
from churn.domain.timeline.formats import amount, day_at, listed, money
from mandegar.calendar import ShopDays
from mandegar.events import Event
from mandegar.events.contracts import SubscriptionPaid, TrialStarted
from mandegar.events.registry import CONTRACT_TYPES
from mandegar.quantities import to_us

TYPES: Final = CONTRACT_TYPES
SUBSCRIPTION: Final = "subscription"
TRIAL: Final = "trial"

Fields = Mapping[str, Any]

_CHANGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "started": ("Subscription started", "اشتراک آغاز شد"),
        "renewed": ("Subscription renewed", "اشتراک تمدید شد"),
        "cancelled": ("Subscription cancelled", "اشتراک لغو شد"),
        "expired": ("Subscription not renewed", "اشتراک تمدید نشد"),
    }
)
_TRIALS: Final[Mapping[bool | None, tuple[str, str]]] = MappingProxyType(
    {
        True: ("Trial ended, and became a subscription", "دورهٔ آزمایشی به اشتراک تبدیل شد"),
        False: ("Trial ended without a subscription", "دورهٔ آزمایشی بدون اشتراک پایان یافت"),
        None: ("Trial ended", "دورهٔ آزمایشی پایان یافت"),
    }
)
_UNITS_FA: Final = MappingProxyType({"months": "ماه", "days": "روز"})


def entry_of_contract(event: Event) -> Entry:
    """The entry that an event of ``TYPES`` makes."""
    data = event.data
    thing, change = event.type.split(".")
    fields: dict[str, Any] = {"change": change}
    match data:
        case SubscriptionPaid():
            fields |= {
                "subscription_id": data.subscription_id,
                "plan": data.plan,
                "amount": str(data.amount),
                "currency": data.currency,
                "period": data.period,
                "unit": data.unit,
            }
        case TrialStarted():
            fields |= {"trial_id": data.trial_id, "plan": data.plan}
        case _:
            names = ("subscription_id", "trial_id", "converted")
            fields |= {name: getattr(data, name, None) for name in names}
    for name in ("starts_at", "ends_at"):
        if (instant := getattr(data, name, None)) is not None:
            fields[name.replace("_at", "_us")] = to_us(instant)
    at = getattr(data, "at", None) or event.time
    return Entry(*event.customer, event.id, CONTRACTS, at, thing, stated(change, at, fields))


def subscription_sentence(fields: Fields, days: ShopDays, language: Language) -> str:
    """What became of a contract, for which price, and until which day."""
    parts = []
    if "amount" in fields:
        price, number = money(fields["amount"], fields["currency"], language), amount(fields["period"], language)
        if language == "fa":
            parts.append(f"{price} برای {number} {_UNITS_FA[fields['unit']]}")
        else:
            one = fields["period"] == 1
            parts.append(f"{price} a {fields['unit'][:-1]}" if one else f"{price} for {number} {fields['unit']}")
    return _told(_CHANGES[fields["change"]], [*parts, *_until(fields, days, language)], language)


def trial_sentence(fields: Fields, days: ShopDays, language: Language) -> str:
    """What became of a trial."""
    if fields["change"] == "ended":
        return _TRIALS[fields.get("converted")][language == "fa"]
    return _told(("Trial started", "دورهٔ آزمایشی آغاز شد"), _until(fields, days, language), language)


def _until(fields: Fields, days: ShopDays, language: Language) -> list[str]:
    """The last day, if an end is known."""
    if "ends_us" not in fields:
        return []
    last = day_at(fields["ends_us"] - 1, days, language)
    return [f"تا {last}" if language == "fa" else f"until {last}"]


def _told(texts: tuple[str, str], parts: list[str], language: Language) -> str:
    text = texts[language == "fa"]
    return f"{text}: {listed(parts, language)}" if parts else text
