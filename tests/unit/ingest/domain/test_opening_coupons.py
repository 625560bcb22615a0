"""What a club that moves in writes about open coupons, as the other services will read it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mandegar.events import encode


def coupon(**data: Any) -> dict[str, Any]:
    told = {"code": "NOWRUZ-7Q4K", **data}
    return {"id": "e", "type": "coupon.opened", "customer": {"id": "c"}, "data": told}


def test_no_reader_of_the_topic_learns_the_code(door):
    event = door.accepted(coupon(percent=10)).event

    assert b"NOWRUZ" not in encode(event)
    assert b"7Q4K" not in encode(event)


@pytest.mark.parametrize("typed", ["nowruz7q4k", " Nowruz – 7Q4K ", "NOWRUZ-\u200c۷Q۴K", "ＮＯＷＲＵＺ7q4k"])
def test_a_code_is_the_same_coupon_however_it_is_typed(door, typed):
    as_issued = door.accepted(coupon(percent=10)).event.data.coupon_id

    assert door.accepted(coupon(percent=10, code=typed)).event.data.coupon_id == as_issued
    assert door.accepted(coupon(percent=10, code="NOWRUZ-7Q4L")).event.data.coupon_id != as_issued


def test_a_coupon_gives_an_amount_a_percentage_or_the_shipping(door):
    amount = door.accepted(coupon(amount="500000", currency="IRR", minimum_spend=2_000_000)).event.data
    percent = door.accepted(coupon(percent="12.5", at_most="200000", currency="IRR")).event.data
    shipping = door.accepted(coupon(free_shipping=True, reward="welcome-2025")).event.data

    assert (amount.amount, amount.minimum_spend, amount.currency) == (Decimal(500_000), Decimal(2_000_000), "IRR")
    assert (percent.percent, percent.at_most, percent.amount) == (Decimal("12.5"), Decimal(200_000), None)
    assert (shipping.amount, shipping.percent, shipping.reward) == (None, None, "welcome-2025")


def test_a_coupon_expires_at_the_end_of_a_day_of_the_shop_at_an_instant_or_never(door):
    day = door.accepted(coupon(percent=10, expires_at="2027-03-20")).event.data
    instant = door.accepted(coupon(percent=10, expires_at="2027-03-20T12:00:00Z")).event.data

    assert day.expires_at == datetime(2027, 3, 20, 20, 30, tzinfo=UTC)
    assert instant.expires_at == datetime(2027, 3, 20, 12, tzinfo=UTC)
    assert door.accepted(coupon(percent=10, expires_at="")).event.data.expires_at is None


@pytest.mark.parametrize(
    "data",
    [
        {}, {"amount": "1", "percent": 1}, {"free_shipping": False}, {"percent": 10, "free_shipping": True},
        {"amount": "5", "at_most": "4"}, {"percent": 10, "code": "abc"}, {"percent": 10, "code": "a\nbcde"},
        {"percent": 10, "code": "x" * 65}, {"percent": 10, "code": None}, {"percent": 10, "reward": "سلام"},
        {"percent": 10, "reward": "x" * 61},
    ],
)  # fmt: skip
def test_what_is_no_coupon_is_refused(door, data):
    assert door.code(coupon(**data)) == "invalid_data"


@pytest.mark.parametrize(
    "data",
    [
        {"amount": 0}, {"amount": -1}, {"amount": "1e30"}, {"percent": 0}, {"percent": 101}, {"percent": "1.23456"},
        {"percent": "1e400"}, {"percent": 10, "at_most": 0}, {"amount": 5, "minimum_spend": -1},
    ],
)  # fmt: skip
def test_an_impossible_number_is_refused(door, data):
    assert door.code(coupon(currency="IRR", **data)) == "bad_amount"


def test_amounts_are_in_the_currency_of_the_shop(door):
    assert door.code(coupon(amount="5", currency="EUR")) == "wrong_currency"
