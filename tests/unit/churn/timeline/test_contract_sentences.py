"""What a history says of contracts and trials, in English and in Persian."""

import pytest

from builders.contracts import subscribed, trial, trial_over, unsubscribed
from churn.domain.timeline.history import entries_of
from churn.domain.timeline.sentences import sentence
from churn.domain.timeline.shown import answered, fields_of
from mandegar.calendar import shop_days
from mandegar.events import Event

TEHRAN = shop_days("Asia/Tehran")


def told(event: Event) -> tuple[str, str]:
    [entry] = entries_of([event], {event.shop: "Asia/Tehran"}).values()
    fields = fields_of(entry.type, entry.data)
    return sentence(entry.type, fields, TEHRAN, "en"), sentence(entry.type, fields, TEHRAN, "fa")


@pytest.mark.parametrize(
    ("event", "english"),
    [
        (
            subscribed(amount=99, until=30, type_="subscription.started"),
            "Subscription started: 99 EUR a month, until 22 December 2026",
        ),
        (
            subscribed(amount="1200.50", period=12, until=30),
            "Subscription renewed: 1,200.5 EUR for 12 months, until 22 December 2026",
        ),
        (unsubscribed(), "Subscription cancelled"),
        (unsubscribed(until=12.5), "Subscription cancelled: until 4 December 2026"),
        (trial(until=14), "Trial started: until 6 December 2026"),
        (trial_over(), "Trial ended"),
        (trial_over(converted=True), "Trial ended, and became a subscription"),
        (trial_over(converted=False), "Trial ended without a subscription"),
    ],
)
def test_each_event_is_told_in_english(event: Event, english: str) -> None:
    assert told(event)[0] == english


def test_they_are_told_in_persian_with_days_of_its_calendar() -> None:
    event = subscribed(amount=9, period=7, unit="days", until=30)
    assert told(event)[1] == "اشتراک تمدید شد: ۹ EUR برای ۷ روز، تا ۱ دی ۱۴۰۵"
    assert told(trial(until=14))[1] == "دورهٔ آزمایشی آغاز شد: تا ۱۵ آذر ۱۴۰۵"


def test_an_entry_answers_with_what_the_event_said() -> None:
    [entry] = entries_of([subscribed(amount=9, period=7, unit="days", until=30)], {}).values()
    answer = answered(entry.type, fields_of(entry.type, entry.data), own=True)
    assert answer.keys() == {
        *("change", "subscription_id", "amount", "currency", "period", "unit", "starts_at", "ends_at"),
    }
