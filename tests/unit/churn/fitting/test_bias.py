"""The bias of the closed form is a shop's kind: clockwork has one, seasons have none, and few buyers say little."""

from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import logit

from churn.domain.forecast.version import prior_version
from churn.fitting.bias import Window, believed, fit_bias
from churn.fitting.fit_version import fit_version
from churn.fitting.likelihood import Floats, cells_of
from churn.fitting.population import fit_population
from churn.fitting.purchases import Purchases
from churn.fitting.scoring import corrected_logits, sigmoid

FIRST_DAY, YEARS_2 = 738_000, 728
HORIZON: Final = 56


def shop(days: Floats) -> Purchases:
    """Of the days of each customer, a row each; what lies behind two years has not happened yet."""
    customer, _ = np.indices(days.shape)
    happened = days < YEARS_2
    return Purchases(customer[happened], FIRST_DAY + days[happened].astype(np.int64), np.ones(int(happened.sum())))


def clockwork(customers: int, gap: float, spread: float) -> Purchases:
    dice = np.random.default_rng(3)
    gaps = np.maximum(dice.normal(gap, spread, (customers, round(YEARS_2 / gap) + 2)), 1.0)
    return shop(dice.uniform(0, gap, customers)[:, None] + np.cumsum(gaps, axis=1) - gaps[:, :1])


def by_chance(customers: int, swing: float) -> Purchases:
    """Customers who buy by chance at their own rate, more often in one half of the year than in the other."""
    dice = np.random.default_rng(4)
    rates = dice.gamma(1.5, 1 / 80, customers)[:, None] * np.ones(YEARS_2)
    rates *= 1.0 + swing * np.sin(2 * np.pi * np.arange(YEARS_2) / 365.25)
    rates[dice.uniform(0, 600, customers)[:, None] > np.arange(YEARS_2)] = 0.0
    customer, day = np.nonzero(dice.random((customers, YEARS_2)) < rates)
    _, place = np.unique(customer, return_inverse=True)
    return Purchases(place, FIRST_DAY + day, np.ones(len(day)))


def bias_on(purchases: Purchases, day: int) -> float:
    customers = np.arange(purchases.customers)
    rhythms = purchases.on(day)
    cells = cells_of(rhythms.x, rhythms.t_x, rhythms.t_x + rhythms.silence, np.ones(len(rhythms.x)))
    version = prior_version()._replace(population=fit_population(cells))
    return fit_bias(purchases, customers, day, version)


def test_of_customers_like_clockwork_as_many_are_expected_as_buy() -> None:
    purchases, origin = clockwork(200, 60, 5), FIRST_DAY + YEARS_2 - HORIZON - 1
    version = fit_version(purchases, origin, np.arange(purchases.customers))
    rhythms = purchases.on(origin)
    without = version._replace(shift=0.0, intercept=0.0, weights=tuple(0.0 for _ in version.weights))

    assert purchases.bought(rhythms, origin, HORIZON).mean() > 0.85
    assert sigmoid(corrected_logits(rhythms, version)).mean() == pytest.approx(
        purchases.bought(rhythms, origin, HORIZON).mean(), abs=0.06
    )
    assert sigmoid(corrected_logits(rhythms, without)).mean() < 0.65


@pytest.mark.parametrize("swing", [0.0, 0.6])
def test_a_shop_whose_customers_buy_by_chance_has_next_to_no_bias_in_any_season(swing: float) -> None:
    purchases = by_chance(1_500, swing)

    for day in range(FIRST_DAY + 400, FIRST_DAY + YEARS_2, 91):
        assert abs(bias_on(purchases, day)) < 0.03


def test_a_shop_without_a_matured_window_has_no_bias() -> None:
    purchases = clockwork(50, 30, 2)

    assert bias_on(purchases, FIRST_DAY + 42 + HORIZON - 1) == 0.0
    assert bias_on(purchases, FIRST_DAY + 42 + HORIZON) != 0.0


WINDOWS = st.lists(
    st.integers(0, 1_000_000).flatmap(
        lambda customers: st.builds(
            Window,
            st.just(float(customers)),
            st.integers(0, customers).map(float),
            st.floats(0.0, float(customers)),
        )
    ),
    max_size=13,
)


@given(WINDOWS, st.sampled_from([28, 56, 91]))
def test_what_is_believed_lies_between_nothing_and_the_windows(seen: list[Window], horizon: int) -> None:
    errors = [logit((w.bought + 1) / (w.customers + 2)) - logit((w.expected + 1) / (w.customers + 2)) for w in seen]

    assert min([0.0, *errors]) - 1e-9 <= believed(seen, horizon) <= max([0.0, *errors]) + 1e-9


@given(st.floats(0.4, 0.6), st.integers(1, 13), st.sampled_from([28, 56, 91]))
def test_an_error_of_less_than_a_tenth_or_of_few_customers_is_hardly_believed(
    expected: float, number: int, horizon: int
) -> None:
    small = Window(5_000.0, 5_000.0 * expected, 5_000.0 * (expected - 0.025))
    few = Window(10.0, 10.0 * expected, 10.0 * expected - 3.0)

    assert abs(believed([small] * number, horizon)) < 0.05
    assert abs(believed([few], horizon)) < 0.1


def test_a_year_of_many_buyers_is_believed() -> None:
    assert believed([Window(400.0, 360.0, 240.0)] * 13, HORIZON) == pytest.approx(
        float(logit(361 / 402) - logit(241 / 402)), rel=0.1
    )
