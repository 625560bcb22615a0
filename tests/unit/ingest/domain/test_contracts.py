"""Contracts and trials: the span and the price that the other services read of what a shop writes."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.domain.contracts import _later


def written(type_="subscription.started", time="2026-01-31T10:00:00Z", **data):
    if type_ in {"subscription.started", "subscription.renewed"}:
        data = {"subscription_id": "s-1", "amount": "99", "currency": "IRR", **data}
    elif type_.startswith("subscription."):
        data = {"subscription_id": "s-1", **data}
    else:
        data = {"trial_id": "y-1", **data}
    return {"id": "e", "type": type_, "time": time, "customer": {"id": "c"}, "data": data}


def at(*when):
    return datetime(*when, tzinfo=UTC)


def test_a_contract_runs_for_its_period_unless_it_says_until_when(door):
    month = door.accepted(written(months=1)).event.data
    stated = door.accepted(written(months=12, starts_at="2026-02-10", ends_at="2026-02-20")).event.data

    assert (month.starts_at, month.ends_at, month.period, month.unit) == (
        at(2026, 1, 31, 10),
        at(2026, 2, 28, 10),
        1,
        "months",
    )
    assert door.accepted(written(days=30, months=None)).event.data.ends_at == at(2026, 3, 2, 10)
    assert stated.ends_at - stated.starts_at == at(2026, 2, 21) - at(2026, 2, 10)


def test_days_are_those_of_the_shop(door):
    data = door.accepted(written(months=1, starts_at="2026-02-10", ends_at="2026-02-20")).event.data

    assert (data.starts_at, data.ends_at) == (at(2026, 2, 9, 20, 30), at(2026, 2, 20, 20, 30))


@pytest.mark.parametrize(
    "data",
    [{}, {"months": 1, "days": 1}, {"months": 0}, {"months": -1}, {"months": 121}, {"days": 3661}, {"days": 10**30}],
)
def test_a_contract_has_one_period(data, door):
    assert door.code(written(**data)) == "invalid_data"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"starts_at": "2026-02-10", "ends_at": "2026-02-09"}, "invalid_data"),
        ({"ends_at": "2026-01-31T10:00:00Z"}, "invalid_data"),
        ({"starts_at": "2195-01-01", "months": 120}, "bad_time"),
        ({"ends_at": "1405-01-01"}, "bad_time"),
        ({"ends_at": "soon"}, "bad_time"),
        ({"starts_at": "9999-12-31"}, "bad_time"),
        ({"amount": "-1"}, "bad_amount"),
        ({"amount": "NaN"}, "bad_amount"),
        ({"amount": "1e16"}, "bad_amount"),
        ({"currency": "EUR"}, "wrong_currency"),
        ({"currency": None}, "wrong_currency"),
        ({"subscription_id": ""}, "invalid_data"),
    ],
)
def test_what_cannot_be_meant_is_kept_back_with_the_reason(data, code, door):
    assert door.code(written(**{"months": 1, **data})) == code


def test_a_price_is_published_in_the_currency_of_the_shop_and_ids_are_pseudonyms(door):
    data = door.accepted(
        written(months=1, currency="IRT", subscription_id="sara@example.com", plan=" Box M "), unit="IRT"
    ).event.data

    assert (data.amount, data.currency) == (Decimal(990), "IRR")
    assert data.subscription_id == door.published("sara@example.com")
    assert data.plan == door.published("Box M")
    assert door.accepted(written(months=1, amount=0)).event.data.amount == 0


def test_an_end_may_be_stated_and_names_its_contract_as_its_start_does(door):
    for type_ in ("subscription.cancelled", "subscription.expired"):
        assert door.accepted(written(type_)).event.data.ends_at is None
        assert door.accepted(written(type_, ends_at="2026-03-01")).event.data.ends_at == at(2026, 3, 1, 20, 30)
        assert door.code(written(type_, ends_at="later")) == "bad_time"
    named = {"subscription_id": "قرارداد ۱"}
    started = door.accepted(written(**named, months=1)).event.data
    assert (
        started.subscription_id == door.accepted(written("subscription.cancelled", **named)).event.data.subscription_id
    )


def test_a_trial_runs_until_its_end_or_for_its_days(door):
    assert door.accepted(written("trial.started", days=14)).event.data.ends_at == at(2026, 2, 14, 10)
    assert door.accepted(written("trial.started", ends_at="2026-02-10")).event.data.ends_at == at(2026, 2, 10, 20, 30)
    assert door.code(written("trial.started")) == "invalid_data"
    ended = door.accepted(written("trial.ended", at="2026-02-01T00:00:00Z", converted=True)).event.data
    assert (ended.at, ended.converted) == (at(2026, 2, 1), True)
    assert door.accepted(written("trial.ended")).event.data.converted is None


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 120),
    st.sampled_from(["months", "days"]),
    st.sampled_from(["Asia/Tehran", "America/Los_Angeles", "UTC"]),
)
def test_a_period_ends_later_and_at_the_same_hour_of_the_shop(start, period, unit, zone):
    end = _later(start, period, unit, ZoneInfo(zone))

    assert end > start
    months = (end - start).days / period
    assert (0.5 if unit == "days" else 27) <= months <= (1.5 if unit == "days" else 32)
