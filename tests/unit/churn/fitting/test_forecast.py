"""Forecasts of a shop's revenue: finite for any shop, and as often inside their interval as they say."""

from itertools import count

import numpy as np
import pytest

from churn.domain.forecast.revenue import FORECAST_DAYS
from churn.domain.forecast.version import Version, prior_version
from churn.fitting.forecast import forecast, paid_after
from churn.fitting.likelihood import cells_of
from churn.fitting.population import fit_population
from churn.fitting.purchases import Purchases

DAY = 736_000
SHOPS = {
    "one order": [(0, DAY, 10.0)],
    "one loyal customer": [(0, DAY + 7 * week, 10.0) for week in range(60)],
    "everything for nothing": [(place, DAY + 9 * nth, 0.0) for place in range(50) for nth in range(4)],
    "amounts of 1e15": [(place, DAY + 9 * nth * (place + 1), 1e15) for place in range(50) for nth in range(4)],
    "an order of 1985": [(0, 724_642, 3.0), *((place, DAY + place * 5, 3.0) for place in range(40))],
}


def shop(orders: list[tuple[int, int, float]]) -> Purchases:
    customer, day, amount = zip(*orders, strict=True) if orders else ((), (), ())
    return Purchases(np.array(customer, dtype=np.int64), np.array(day, dtype=np.int64), np.array(amount, dtype=float))


def version_on(purchases: Purchases, day: int) -> Version:
    rhythms = purchases.on(day)
    cells = cells_of(rhythms.x, rhythms.t_x, rhythms.t_x + rhythms.silence, np.ones(len(rhythms.x)))
    mean_order = float(np.sum(rhythms.net) / np.sum(rhythms.orders))
    return prior_version()._replace(population=fit_population(cells), mean_order=mean_order)


def a_world(seed: int) -> Purchases:
    """Two years of 300 customers with gamma rates and beta chances to leave, in a shop with a season."""
    random, orders = np.random.default_rng(seed), []
    for customer in range(300):
        rate, leaving, mean = random.gamma(0.8, 1 / 8.0), random.beta(0.8, 2.5), random.gamma(4, 15)
        week = random.uniform(0, 95)
        while week < 104:
            orders.append((customer, DAY + int(week * 7), mean * random.gamma(3, 1 / 3)))
            if random.random() < leaving:
                break
            while True:
                week += random.exponential(1 / rate) / 1.3
                if random.random() * 1.3 < np.exp(0.25 * np.sin(2 * np.pi * week / 52.18)):
                    break
    return shop(orders)


@pytest.mark.parametrize("name", SHOPS)
@pytest.mark.parametrize("later", [0, 30, 2_000])
def test_every_shop_has_a_forecast_of_finite_numbers(name: str, later: int) -> None:
    purchases = shop(SHOPS[name])
    day = DAY + 1 + later
    found = forecast(purchases, day, version_on(purchases, day))

    assert np.isfinite([found["low"], found["expected"], found["high"]]).all()
    assert 0.0 <= found["low"] <= found["expected"] <= found["high"]


def test_a_shop_of_nobody_is_expected_to_earn_nothing() -> None:
    found = forecast(shop([]), DAY, prior_version())
    assert found == {"customers": 0, "expected": 0.0, "low": 0.0, "high": 0.0}


def test_what_the_customers_of_an_evening_paid_is_of_them_and_of_the_four_weeks() -> None:
    purchases = shop(
        [
            *((0, DAY + after, paid) for after, paid in ((0, 1.0), (1, 2.0), (FORECAST_DAYS, 4.0), (29, 8.0))),
            *((1, DAY + after, paid) for after, paid in ((2, 16.0), (3, 32.0))),
        ]
    )
    assert paid_after(purchases, DAY) == {"day": DAY, "customers": 1, "paid": 6.0}


def test_the_same_customers_give_the_same_numbers_to_the_last_bit() -> None:
    purchases = a_world(1)
    day = DAY + 400
    assert forecast(purchases, day, version_on(purchases, day)) == forecast(purchases, day, version_on(purchases, day))


def test_about_four_of_five_intervals_have_what_came() -> None:
    inside = []
    for seed in range(4):
        purchases = a_world(seed)
        for origin in count(DAY + 120, FORECAST_DAYS):
            if origin + FORECAST_DAYS > purchases.last_day:
                break
            found = forecast(purchases, origin, version_on(purchases, origin))
            inside.append(found["low"] <= paid_after(purchases, origin)["paid"] <= found["high"])
    assert 0.70 <= float(np.mean(inside)) <= 0.92
