"""The columns: orders of one day are one purchase, and the rhythms of a day know nothing of later ones."""

import numpy as np
import pytest

from churn.domain.forecast.rhythm import FIRST_PURCHASE, after_purchase
from churn.fitting.purchases import Purchases


def columns(*orders: tuple[int, int, float]) -> Purchases:
    customer, day, net = (np.array(column) for column in zip(*orders, strict=True))
    return Purchases(customer, day, net.astype(float))


def test_orders_of_one_day_are_one_purchase() -> None:
    purchases = columns((0, 100, 5.0), (0, 100, 7.0), (0, 110, 1.0))
    rhythms = purchases.on(110)

    assert rhythms.x.tolist() == [1.0]
    assert rhythms.net.tolist() == [13.0]
    assert rhythms.orders.tolist() == [3.0]


def test_the_rhythms_of_a_day_know_customers_and_purchases_of_that_day_and_no_later_ones() -> None:
    purchases = columns((0, 100, 5.0), (0, 121, 7.0), (1, 110, 1.0))

    assert purchases.on(99).customer.tolist() == []
    assert purchases.on(109).customer.tolist() == [0]
    assert purchases.on(120).x.tolist() == [0.0, 0.0]
    assert purchases.on(121).x.tolist() == [1.0, 0.0]
    assert purchases.on(128).silence.tolist() == pytest.approx([1.0, 18 / 7])


def test_buyers_and_revenue_are_those_of_the_days_after() -> None:
    purchases = columns((0, 100, 5.0), (0, 121, 7.0), (1, 100, 1.0))
    rhythms = purchases.on(100)

    assert purchases.bought(rhythms, 100, 20).tolist() == [False, False]
    assert purchases.bought(rhythms, 100, 21).tolist() == [True, False]
    assert purchases.revenue(rhythms, 100, 21).tolist() == [7.0, 0.0]


def test_the_places_of_rhythms_are_all_purchases_until_then() -> None:
    purchases = columns((0, 100, 5.0), (0, 121, 7.0), (1, 110, 1.0), (1, 130, 2.0))
    places = purchases.places_of(purchases.on(125))

    assert purchases.net[places].tolist() == [5.0, 7.0, 1.0]


def test_a_rhythm_of_the_columns_is_the_streamed_one() -> None:
    days = [100, 103, 131, 131, 400]
    rhythms = columns(*((0, day, 1.0) for day in days)).on(400)
    streamed = FIRST_PURCHASE
    for gap in (3, 28, 269):
        streamed = after_purchase(streamed, gap)

    assert streamed.x == rhythms.x[0]
    assert streamed.t_x == rhythms.t_x[0]
    assert streamed.warped == pytest.approx(rhythms.warped[:, 0], rel=1e-12)
    assert streamed.decayed == pytest.approx(rhythms.decayed[:, 0], rel=1e-12)
    assert (streamed.log_gaps, streamed.squared_gaps) == pytest.approx(
        (rhythms.log_gaps[0], rhythms.squared_gaps[0]), rel=1e-12
    )
