"""Reasons state what a reader can count in the customer's own orders, and nothing else."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.models import model_of
from churn.domain.assessment import Assessment, assess
from churn.domain.bands import BANDS
from churn.domain.customer import Customer
from churn.domain.model import Model, prior_model
from churn.domain.orders import Orders, record_cancel, record_payment, record_refund, record_snapshot
from mandegar.calendar import shop_days
from mandegar.events.churn import Reason
from mandegar.events.orders import PAID
from mandegar.quantities import to_us

TEHRAN, BERLIN, NEW_YORK = "Asia/Tehran", "Europe/Berlin", "America/New_York"
ZONES = (TEHRAN, BERLIN, NEW_YORK, "Pacific/Auckland", "UTC", "Africa/Cairo")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
CODES = {
    "recent_order",
    "few_purchases",
    "days_since_last_order",
    "silence_longer_than_usual",
    "slowing_down",
    "few_orders_for_age",
}
# A shop whose customers all order often, and one whose customers hardly do.
MODELS = (prior_model(), model_of(1, 2.0, 3.0, 0.3, 4.0), model_of(2, 0.2, 60.0, 0.9, 1.1))


def orders_at(*instants: datetime, total: str = "50") -> Orders:
    orders: Orders = {}
    for number, instant in enumerate(instants):
        record_snapshot(orders, f"o{number}", Decimal(total), 1, to_us(instant), PAID)
        record_payment(orders, f"o{number}", to_us(instant))
    return orders


def assessed(orders: Orders, now: datetime, zone: str = "UTC", model: Model = MODELS[0]) -> Assessment:
    assessment = assess(Customer("s", "c", 0, orders), model, shop_days(zone), now)
    assert assessment is not None
    return assessment


def texts(*days_ago: int, model: Model = MODELS[0]) -> dict[str, str]:
    orders = orders_at(*(NOON - timedelta(days=days) for days in days_ago))
    return {reason.code: reason.text for reason in assessed(orders, NOON, model=model).reasons}


@pytest.mark.parametrize(
    ("days_ago", "said"),
    [
        ((0,), {"recent_order": "Ordered today"}),
        ((1,), {"few_purchases": "Ordered once, yesterday"}),
        ((5,), {"few_purchases": "Ordered once, 5 days ago"}),
        ((119,), {"few_purchases": "Ordered once, 119 days ago"}),
        ((40, 40), {"few_purchases": "Ordered on one day only, 40 days ago"}),
        ((70, 40), {"few_purchases": "Ordered on two days only, 30 days apart, last 40 days ago"}),
        ((41, 40), {"few_purchases": "Ordered on two days only, 1 day apart, last 40 days ago"}),
        ((400, 40), {"few_purchases": "Ordered on two days only, 360 days apart, last 40 days ago"}),
        ((13, 10, 6), {"days_since_last_order": "Last ordered 6 days ago"}),  # late, and healthy still
        (
            (176, 162, 148, 134, 120),
            {
                "silence_longer_than_usual": "No order for 120 days; ordered every 14 days on average before",
                "slowing_down": "Slowing down: ordered every 14 days on average, every 35 days if this silence is"
                " counted",
                "days_since_last_order": "Last ordered 120 days ago",
            },
        ),
        ((300, 200, 90), {"days_since_last_order": "Last ordered 90 days ago"}),  # no longer than the gaps before
    ],
)
def test_what_is_said_of_a_history(days_ago: tuple[int, ...], said: dict[str, str]) -> None:
    assert texts(*days_ago) == said


def test_a_silence_no_longer_than_the_gaps_before_is_not_called_long() -> None:
    """Also where the shop's customers order so often that it has led to another band."""
    for model in MODELS:
        assert texts(300, 200, 90, model=model) == {"days_since_last_order": "Last ordered 90 days ago"}


def test_one_order_never_shows_that_somebody_is_slowing_down() -> None:
    for model in MODELS:
        for days in range(1, 400):
            assert texts(days, model=model).keys() == {"few_purchases"}


@pytest.mark.parametrize("days", [1, 5, 10, 20, 44, 119])
@pytest.mark.parametrize("zone", ZONES)
def test_days_are_those_of_the_calendar_of_the_shop(days: int, zone: str) -> None:
    """Exactly ten days ago is 10, whatever the hour; the days on which clocks change among them."""
    for month in range(1, 13):
        for hour in (0, 6, 12, 18, 23):
            now = datetime(2026, month, 28, hour, 30, tzinfo=ZoneInfo(zone))
            then = datetime(2026, month, 28, 12, tzinfo=ZoneInfo(zone)) - timedelta(days=days)
            (reason,) = assessed(orders_at(then.astimezone(UTC)), now.astimezone(UTC), zone).reasons
            assert reason.text == ("Ordered once, yesterday" if days == 1 else f"Ordered once, {days} days ago")
            assert reason.evidence["days_silent"] == days


def test_an_order_is_of_yesterday_from_midnight_on() -> None:
    midnight = datetime(2026, 11, 23, tzinfo=UTC)

    assert assessed(orders_at(NOON), midnight - timedelta(microseconds=1)).reasons[0].text == "Ordered today"
    assert assessed(orders_at(NOON), midnight).reasons[0].text == "Ordered once, yesterday"


@pytest.mark.parametrize("total", ["1", "9999999999999.99", "0.01"])
def test_the_money_in_the_evidence_is_exact(total: str) -> None:
    evidence = assessed(orders_at(NOON - timedelta(days=9), NOON - timedelta(days=3), total=total), NOON)
    value = f"{Decimal(total):.2f}"

    assert evidence.reasons[0].evidence["mean_order_value"] == value
    assert evidence.reasons[0].evidence["last_order_value"] == value


def test_the_last_order_of_a_day_is_the_latest_one() -> None:
    orders = orders_at(NOON - timedelta(days=3, hours=4), NOON - timedelta(days=3, hours=1))
    record_snapshot(orders, "o1", Decimal(70), 2, to_us(NOON), PAID)
    one = assessed(orders, NOON)

    assert one.statistics.last_at_us == to_us(NOON - timedelta(days=3, hours=1))
    assert one.reasons[0].evidence["last_order_value"] == "70.00"


HOURS = st.integers(1, 24 * 400)


@given(
    st.lists(st.tuples(HOURS, st.decimals(0, 10**12, places=2), st.sampled_from(["", "", "", "cancel", "refund"])),
             min_size=1, max_size=12),
    st.integers(0, 24 * 500),
    st.sampled_from(ZONES),
    st.sampled_from(MODELS),
)  # fmt: skip
def test_each_number_in_a_reason_is_what_a_reader_counts(
    history: list[tuple[int, Decimal, str]], silent_hours: int, zone: str, model: Model
) -> None:
    orders: Orders = {}
    counted: list[tuple[datetime, Decimal]] = []
    at = NOON
    for number, (hours, total, fate) in enumerate(history):
        at += timedelta(hours=hours)
        record_snapshot(orders, f"o{number}", total, 1, to_us(at), PAID)
        record_payment(orders, f"o{number}", to_us(at))
        if fate == "cancel":
            record_cancel(orders, f"o{number}", 2, to_us(at))
        elif fate == "refund" and total:
            record_refund(orders, f"o{number}", "r", total, to_us(at))
        else:
            counted.append((at, total))
    now = at + timedelta(hours=silent_hours)
    one = assess(Customer("s", "c", 0, orders), model, shop_days(zone), now)
    if not counted:
        assert one is None
        return
    assert one is not None
    days = sorted({instant.astimezone(ZoneInfo(zone)).date() for instant, _ in counted})
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    silent = (now.astimezone(ZoneInfo(zone)).date() - days[-1]).days
    by_code = {reason.code: reason for reason in one.reasons}
    assert by_code.keys() <= CODES
    assert len(by_code) == len(one.reasons)
    for reason in one.reasons:
        _agrees(reason, len(counted), gaps, silent)
    money = by_code.get("recent_order") or by_code.get("few_purchases") or by_code["days_since_last_order"]
    mean = sum((total for _, total in counted), Decimal(0)) / len(counted)
    assert abs(Decimal(money.evidence["mean_order_value"]) - mean) <= Decimal("0.005")  # type: ignore[arg-type]
    assert Decimal(money.evidence["last_order_value"]) == max(counted)[1]  # type: ignore[arg-type]
    late = by_code.keys() & {"silence_longer_than_usual", "slowing_down", "few_orders_for_age"}
    assert not late or (one.band != "healthy" and len(gaps) >= 2 and silent > sum(gaps) / len(gaps))
    assert (silent == 0) == ("recent_order" in by_code)
    assert [reason.weight for reason in one.reasons] == sorted((r.weight for r in one.reasons), reverse=True)
    assert one.band in BANDS


def _agrees(reason: Reason, orders: int, gaps: list[int], silent: int) -> None:
    """Every number of the text is that of a naive count, and the direction that it states is the one of its numbers."""
    numbers = [int(number) for number in re.findall(r"\d+", reason.text)]
    mean = sum(gaps) / len(gaps) if gaps else 0.0
    match reason.code:
        case "recent_order":
            assert reason.text == "Ordered today"
        case "few_purchases":
            assert len(gaps) <= 1
            assert numbers == [*gaps, *([silent] if silent > 1 else [])]
            assert ("once" in reason.text) == (orders == 1)
        case "days_since_last_order":
            assert numbers == ([silent] if silent > 1 else [])
        case "silence_longer_than_usual":
            assert numbers[0] == silent > numbers[1]
            assert abs(numbers[1] - mean) <= 0.5
        case "slowing_down":
            before, after = numbers
            assert before < after
            assert abs(before - mean) <= 0.5
            assert abs(after - (sum(gaps) + silent) / (len(gaps) + 1)) <= 0.5
