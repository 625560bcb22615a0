"""Bands, their crossings, reasons and value at risk."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from churn.domain.bands import BANDS, standing
from churn.domain.orders import Orders, record_payment, record_refund, record_snapshot
from churn.domain.priors import prior_model
from churn.domain.purchases import DAY_US, Statistics, purchases, silence_weeks, statistics, to_us
from churn.domain.reasons import reasons
from churn.domain.score import odds
from churn.domain.value import value_at_risk

ZONE = ZoneInfo("UTC")
MODEL = prior_model()
START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def orders_on(*days: int, total: str = "50") -> Orders:
    orders: Orders = {}
    for day in days:
        name = f"o-{day}"
        record_snapshot(orders, name, Decimal(total), 1, UUID(int=day << 64))
        record_payment(orders, name, to_us(START + timedelta(days=day)))
    return orders


def known_of(orders: Orders) -> Statistics:
    known = statistics(purchases(orders, ZONE), ZONE)
    assert known is not None
    return known


def band_at(orders: Orders, at_us: int) -> str:
    return standing(purchases(orders, ZONE), known_of(orders), MODEL, ZONE, at_us).band


def test_a_customer_passes_all_bands_in_order_and_each_once() -> None:
    orders = orders_on(0, 20, 45)
    silent_from = known_of(orders).silent_from_us
    seen = [band_at(orders, silent_from + day * DAY_US) for day in range(0, 700, 5)]

    assert list(dict.fromkeys(seen)) == list(BANDS)
    assert seen == sorted(seen, key=BANDS.index)


def test_a_read_at_the_crossing_is_the_new_band_and_just_before_it_the_old_one(cdnow: Any) -> None:
    for days in cdnow.days_by_customer(cdnow.holdout_end).values():
        orders = orders_on(*(day - days[0] for day in days))
        bought, known = purchases(orders, ZONE), known_of(orders)
        at_us = known.silent_from_us
        for band, following in pairwise(BANDS):
            now = standing(bought, known, MODEL, ZONE, at_us)
            assert now.band == band
            assert now.next is not None
            assert now.next.band == following
            assert standing(bought, known, MODEL, ZONE, now.next.at_us - 1).band == band
            at_us = now.next.at_us
            along = MODEL.curve_of(known)
            drop = odds(along, 0.0).logit - odds(along, silence_weeks(known, at_us)).logit
            assert drop == pytest.approx(MODEL.drops[BANDS.index(following) - 1], abs=1e-9)
        assert standing(bought, known, MODEL, ZONE, at_us).next is None


def test_a_band_is_dated_at_its_crossing_and_health_at_the_purchase_that_brought_it() -> None:
    orders = orders_on(0, 20, 400, 410)
    known = known_of(orders)
    now = standing(purchases(orders, ZONE), known, MODEL, ZONE, known.silent_from_us)
    later = standing(purchases(orders, ZONE), known, MODEL, ZONE, known.silent_from_us + 2_000 * DAY_US)

    assert (now.band, now.since_us) == ("healthy", to_us(START + timedelta(days=400)))
    assert later.band == "lost"
    assert known.silent_from_us < later.since_us < known.silent_from_us + 2_000 * DAY_US


def test_health_since_the_first_purchase_when_silence_was_never_long() -> None:
    orders = orders_on(0, 10, 25)
    known = known_of(orders)

    assert standing(purchases(orders, ZONE), known, MODEL, ZONE, known.silent_from_us).since_us == to_us(START)


def test_the_weights_of_reasons_add_up_to_the_change_of_the_logit(cdnow: Any) -> None:
    for days in cdnow.days_by_customer(cdnow.holdout_end).values():
        known = known_of(orders_on(*(day - days[0] for day in days)))
        for silent_days in (1, 30, 200, 700):
            at_us = known.silent_from_us + silent_days * DAY_US
            found = reasons(known, MODEL, at_us)
            along = MODEL.curve_of(known)
            rise = odds(along, 0.0).logit - odds(along, silence_weeks(known, at_us)).logit
            assert sum(reason.weight for reason in found) == pytest.approx(rise, abs=1e-9)
            assert all(reason.weight >= 0 for reason in found)


def test_reasons_say_in_words_what_is_unusual() -> None:
    known = known_of(orders_on(0, 14, 28, 42, 56))
    found = {reason.code: reason for reason in reasons(known, MODEL, known.silent_from_us + 120 * DAY_US)}

    assert set(found) == {"silence_longer_than_usual", "days_since_last_order", "slowing_down"}
    longer = found["silence_longer_than_usual"]
    assert longer.text == f"Silent for 120 days; usually orders about every {longer.evidence['usual_gap_days']} days"
    assert longer.evidence["orders"] == 5
    assert longer.evidence["mean_order_value"] == "50.00"


def test_a_customer_of_one_order_is_told_as_such() -> None:
    known = known_of(orders_on(0))
    codes = [reason.code for reason in reasons(known, MODEL, known.silent_from_us + 30 * DAY_US)]

    assert "few_purchases" in codes


def test_a_fresh_customer_has_one_reason_without_weight() -> None:
    known = known_of(orders_on(0, 9))

    assert [(found.code, found.weight) for found in reasons(known, MODEL, known.last_at_us)] == [("recent_order", 0.0)]


def test_value_at_risk_grows_with_silence_and_with_what_orders_are_worth() -> None:
    small, large = known_of(orders_on(0, 30)), known_of(orders_on(0, 30, total="500"))
    later = small.silent_from_us + 90 * DAY_US

    assert value_at_risk(small, MODEL, small.silent_from_us) == Decimal("0.00")
    assert value_at_risk(small, MODEL, later) > value_at_risk(small, MODEL, later - 30 * DAY_US) > 0
    assert value_at_risk(large, MODEL, later) == pytest.approx(
        10 * value_at_risk(small, MODEL, later), abs=Decimal("0.1")
    )


def test_a_refund_that_takes_all_back_ages_the_customer() -> None:
    orders = orders_on(0, 20, 200)
    at_us = to_us(START + timedelta(days=201))
    fresh = band_at(orders, at_us)
    record_refund(orders, "o-200", "r-1", Decimal(50), at_us, UUID(int=1 << 64))

    assert (fresh, band_at(orders, at_us)) == ("healthy", "at_risk")
