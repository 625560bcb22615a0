"""Reasons state what a reader can count in the customer's own orders, in two languages, and add up to the change."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn.domain.forecast.curve import logit_at
from churn.domain.forecast.explain import MILLIONTHS
from churn.domain.forecast.version import Version, prior_version
from churn.domain.model import Model
from churn.domain.orders import Orders, record_payment, record_snapshot
from churn.domain.reasons import reasons
from churn.domain.standing import Moment, Standing, standing_of
from harness.versions import versions
from mandegar.calendar import shop_days
from mandegar.events.churn import Band, Reason
from mandegar.events.orders import PAID
from mandegar.quantities import to_us

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAYS = shop_days("Asia/Tehran")
CODES = {
    "recent_order",
    "few_purchases",
    "days_since_last_order",
    "silence_longer_than_usual",
    "slowing_down",
    "few_orders_for_age",
}
BANDS = st.sampled_from(get_args(Band))


def standing(version: Version, *days_ago: int) -> tuple[Standing, Moment]:
    orders: Orders = {}
    for number, days in enumerate(days_ago):
        at = to_us(NOON - timedelta(days=days))
        record_snapshot(orders, f"o{number}", Decimal(50), 1, at, PAID)
        record_payment(orders, f"o{number}", at)
    found = standing_of(orders, Model(1, version), DAYS)
    assert found is not None
    return found, found.at(to_us(NOON))


def texts(*days_ago: int, language: str = "en", band: Band = "at_risk") -> dict[str, str]:
    told = reasons(*standing(prior_version(), *days_ago), band, language)  # type: ignore[arg-type]
    return {reason.code: reason.text for reason in told}


@pytest.mark.parametrize(
    ("days_ago", "english", "persian"),
    [
        ((0,), {"recent_order": "Ordered today"}, {"recent_order": "امروز سفارش داده است"}),
        (
            (1,),
            {"few_purchases": "Ordered once, yesterday"},
            {"few_purchases": "یک بار سفارش داده، دیروز"},
        ),
        (
            (119,),
            {"few_purchases": "Ordered once, 119 days ago"},
            {"few_purchases": "یک بار سفارش داده، ۱۱۹ روز پیش"},
        ),
        (
            (40, 40),
            {"few_purchases": "Ordered on one day only, 40 days ago"},
            {"few_purchases": "فقط در یک روز سفارش داده، ۴۰ روز پیش"},
        ),
        (
            (176, 162, 148, 134, 120),
            {
                "silence_longer_than_usual": "No order for 120 days; ordered every 14 days on average before",
                "slowing_down": "Slowing down: ordered every 14 days on average, every 35 days if this silence is"
                " counted",
                "days_since_last_order": "Last ordered 120 days ago",
            },
            {
                "silence_longer_than_usual": "۱۲۰ روز است که سفارشی نداده؛ پیش از این به‌طور میانگین هر ۱۴ روز یک بار"
                " سفارش می‌داد",
                "slowing_down": "فاصلهٔ سفارش‌ها بیشتر شده: پیش از این به‌طور میانگین هر ۱۴ روز یک بار، با احتساب این مدت"
                " بی‌سفارش هر ۳۵ روز یک بار",
                "days_since_last_order": "آخرین سفارش ۱۲۰ روز پیش بوده است",
            },
        ),
        (
            (900, 895, 890),
            {
                "silence_longer_than_usual": "No order for 890 days; ordered every 5 days on average before",
                "slowing_down": "Slowing down: ordered every 5 days on average, every 300 days if this silence is"
                " counted",
                "days_since_last_order": "Last ordered 890 days ago",
                "few_orders_for_age": "First ordered on 5 June 2024: orders on 3 days in the 900 days since",
            },
            {
                "silence_longer_than_usual": "۸۹۰ روز است که سفارشی نداده؛ پیش از این به‌طور میانگین هر ۵ روز یک بار"
                " سفارش می‌داد",
                "slowing_down": "فاصلهٔ سفارش‌ها بیشتر شده: پیش از این به‌طور میانگین هر ۵ روز یک بار، با احتساب این"
                " مدت بی‌سفارش هر ۳۰۰ روز یک بار",
                "days_since_last_order": "آخرین سفارش ۸۹۰ روز پیش بوده است",
                "few_orders_for_age": "نخستین سفارش: ۱۶ خرداد ۱۴۰۳؛ در ۹۰۰ روز از آن پس، در ۳ روز سفارش داده است",
            },
        ),
    ],
)
def test_what_is_said_of_a_history(days_ago: tuple[int, ...], english: dict[str, str], persian: dict[str, str]) -> None:
    assert texts(*days_ago) == english
    assert texts(*days_ago, language="fa") == persian


def test_a_healthy_customer_is_neither_late_nor_slowing_down() -> None:
    assert texts(176, 162, 148, 134, 120, band="healthy") == {"days_since_last_order": "Last ordered 120 days ago"}


@settings(deadline=None, max_examples=200)
@given(versions(), st.lists(st.integers(0, 900), min_size=1, max_size=12), BANDS)
def test_reasons_add_up_to_the_change_and_count_what_a_reader_counts(
    version: Version, days_ago: list[int], band: Band
) -> None:
    counted = standing(version, *days_ago)
    stands, moment = counted
    silent = stands.days_since_last_order(moment.at_us)
    told = reasons(*counted, band)
    days = sorted(set(days_ago), reverse=True)
    gaps = [earlier - later for earlier, later in pairwise(days)]
    change = (
        max(0, round((logit_at(stands.curve, 0.0) - logit_at(stands.curve, moment.silence)) * MILLIONTHS))
        if silent
        else 0
    )

    assert sum(Decimal(repr(reason.weight)) for reason in told) == Decimal(change) / MILLIONTHS
    assert {reason.code for reason in told} <= CODES
    assert len({reason.code for reason in told}) == len(told)
    assert [reason.weight for reason in told] == sorted((reason.weight for reason in told), reverse=True)
    assert silent == days[-1]
    for reason in told:
        _agrees(reason, len(days_ago), gaps, silent)
    persian = reasons(*counted, band, "fa")
    assert [(reason.code, reason.weight, reason.evidence) for reason in persian] == [
        (reason.code, reason.weight, reason.evidence) for reason in told
    ]
    assert all(not re.search("[A-Za-z0-9]", reason.text) for reason in persian)


def _agrees(reason: Reason, orders: int, gaps: list[int], silent: int) -> None:
    """Every number of the text is that of a naive count."""
    numbers = [int(number) for number in re.findall(r"\d+", reason.text)]
    mean = sum(gaps) / len(gaps) if gaps else 0.0
    match reason.code:
        case "few_purchases":
            assert numbers == [*gaps, *([silent] if silent > 1 else [])]
            assert ("once" in reason.text) == (orders == 1)
        case "days_since_last_order":
            assert numbers == ([silent] if silent > 1 else [])
        case "silence_longer_than_usual":
            assert numbers[0] == silent > numbers[1]
            assert abs(numbers[1] - mean) <= 0.5
        case "slowing_down":
            assert numbers[0] < numbers[1]
            assert abs(numbers[1] - (sum(gaps) + silent) / (len(gaps) + 1)) <= 0.5
        case "few_orders_for_age":
            assert numbers[-2:] == [len(gaps) + 1, sum(gaps) + silent]
