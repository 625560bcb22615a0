"""Bands, their crossings, reasons and value at risk."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from churn.domain.bands import BANDS, band_at, crossing, quiet_until, span_known
from churn.domain.model import Model, prior_model
from churn.domain.orders import Orders, record_payment, record_refund, record_snapshot
from churn.domain.reasons import reasons
from churn.domain.standing import Moment, Standing, standing_of
from churn.domain.value import value_at_risk
from mandegar.calendar import shop_days
from mandegar.events.orders import PAID
from mandegar.quantities import DAY_US, to_us

DAYS = shop_days("UTC")
MODEL = prior_model()
START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def orders_on(*days: int, total: str = "50") -> Orders:
    orders: Orders = {}
    for day in days:
        name = f"o-{day}"
        record_snapshot(orders, name, Decimal(total), 1, to_us(START), PAID)
        record_payment(orders, name, to_us(START + timedelta(days=day)))
    return orders


def standing(orders: Orders, model: Model = MODEL) -> Standing:
    one = standing_of(orders, model, DAYS)
    assert one is not None
    return one


def drop_at(one: Standing, at_us: int) -> float:
    return one.fresh - one.at(at_us).logit


def after_days(one: Standing, days: float) -> Moment:
    """The moment after so many days of silence."""
    return one.at(one.statistics.silent_from_us + round(days * DAY_US))


def test_a_customer_passes_all_bands_in_order_and_each_once() -> None:
    orders = orders_on(0, 20, 45)
    one = standing(orders)
    seen = [band_at(one, one.statistics.silent_from_us + day * DAY_US).band for day in range(0, 900, 5)]

    assert list(dict.fromkeys(seen)) == list(BANDS)
    assert seen == sorted(seen, key=BANDS.index)


def test_a_read_at_the_crossing_is_the_new_band_and_just_before_it_the_old_one(cdnow: Any) -> None:
    for days in cdnow.days_by_customer(cdnow.holdout_end).values():
        one = standing(orders_on(*(day - days[0] for day in days)))
        at_us = one.statistics.silent_from_us
        for band, following in pairwise(BANDS):
            now = band_at(one, at_us)
            assert now.band == band
            assert now.next is not None
            assert now.next.band == following
            assert band_at(one, now.next.at_us - 1).band == band
            at_us = now.next.at_us
            assert one.at(at_us).logit == pytest.approx(one.lines[BANDS.index(following) - 1], abs=1e-9)
        assert band_at(one, at_us).next is None


def test_no_line_is_crossed_before_the_timers_first_look(cdnow: Any) -> None:
    looks = 0
    for days in list(cdnow.days_by_customer(cdnow.holdout_end).values())[::3]:
        one = standing(orders_on(*(day - days[0] for day in days)))
        first, look = crossing(one, 0), quiet_until(one)
        assert first is not None
        if look is not None:
            looks += 1
            assert one.statistics.silent_from_us < look < first.at_us
    assert looks > 700


def test_a_band_is_dated_at_its_crossing_and_health_at_the_purchase_that_brought_it() -> None:
    orders = orders_on(0, 20, 400, 410)
    one = standing(orders)
    silent_from = one.statistics.silent_from_us
    now = band_at(one, silent_from)
    later = band_at(one, silent_from + 2_000 * DAY_US)

    assert (now.band, now.since_us) == ("healthy", to_us(START + timedelta(days=400)))
    assert later.band == "lost"
    assert silent_from < later.since_us < silent_from + 2_000 * DAY_US


def test_health_since_the_first_purchase_when_silence_was_never_long() -> None:
    one = standing(orders_on(0, 10, 25))

    assert band_at(one, one.statistics.silent_from_us).since_us == to_us(START)


def test_the_weights_of_reasons_add_up_to_the_change_of_the_logit(cdnow: Any) -> None:
    for days in cdnow.days_by_customer(cdnow.holdout_end).values():
        one = standing(orders_on(*(day - days[0] for day in days)))
        for silent_days in (1, 30, 200, 700):
            at_us = one.statistics.silent_from_us + silent_days * DAY_US
            listed = reasons(one, one.at(at_us), band_at(one, at_us).band)
            assert sum(reason.weight for reason in listed) == pytest.approx(drop_at(one, at_us), abs=5e-7)
            assert all(reason.weight >= 0 for reason in listed)


def test_the_value_at_risk_is_what_a_contact_moves_and_nothing_once_a_customer_is_gone() -> None:
    """Worked out from the words: P (1 - P), times orders of this rate in eight weeks, times the mean order."""
    small, large = standing(orders_on(0, 30)), standing(orders_on(0, 30, total="500"))
    moment = after_days(small, 90)
    r, alpha, _, _ = MODEL.numbers.population
    expected = moment.risk * (1 - moment.risk) * 8 * (r + 1) / (alpha + 30 / 7 + 90 / 7) * 50

    assert value_at_risk(small, moment) == pytest.approx(Decimal(expected), abs=Decimal("0.01"))
    assert value_at_risk(large, after_days(large, 90)) > 9 * value_at_risk(small, moment)
    assert value_at_risk(small, after_days(small, 3_000)) < Decimal("0.05")


def test_two_orders_of_the_shops_mean_are_counted_with_a_customers_own() -> None:
    """So one large first order does not lead the list."""
    known = Model(1, MODEL.numbers._replace(mean_order=50.0))
    one, drawn = standing(orders_on(0, total="900")), standing(orders_on(0, total="900"), known)
    value = value_at_risk(one, after_days(one, 60))

    assert value_at_risk(drawn, after_days(drawn, 60)) == pytest.approx(value * 1_000 / 2_700, abs=Decimal("0.01"))


def test_a_refund_that_takes_all_back_ages_the_customer() -> None:
    orders = orders_on(0, 20, 200)
    at_us = to_us(START + timedelta(days=201))
    fresh = band_at(standing(orders), at_us).band
    record_refund(orders, "o-200", "r-1", Decimal(50), at_us)

    assert (fresh, band_at(standing(orders), at_us).band) == ("healthy", "at_risk")


def test_a_span_that_is_known_is_the_one_that_is_computed(cdnow: Any) -> None:
    """Also one that is known wrongly: it is not taken."""
    draw, taken = random.Random(4), Counter[bool]()
    for days in draw.sample(list(cdnow.days_by_customer(cdnow.holdout_end).values()), 200):
        one = standing(orders_on(*(day - days[0] for day in days)))
        at_us = one.statistics.last_at_us + int(draw.expovariate(1 / 90) * DAY_US)
        right = band_at(one, at_us)
        until = None if right.next is None else right.next.at_us
        wrong = draw.choice([0, 0, 1, -1]) * int(draw.expovariate(1 / 20) * DAY_US)
        late = draw.choice([0, 0, 1]) * 600 * 1_000_000
        for band in (right.band, draw.choice(BANDS)):
            known = span_known(one, band, right.since_us + wrong, None if until is None else until + late, at_us)
            assert known in (right, None)
            is_right = band == right.band and (not wrong or band == "healthy") and (not late or until is None)
            assert (known is not None) == is_right
            taken[is_right] += 1
    assert min(taken.values()) > 50
