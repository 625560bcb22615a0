"""Expected purchases agree with the score, with the integral, and with customers drawn from the same population."""

from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta

from churn.domain.forecast.curve import logit_at, prepare
from churn.domain.forecast.outlook import (
    INTERVAL,
    YEAR_WEEKS,
    Chances,
    at_least,
    chances_of,
    effective,
    expected,
    outlook,
    purchase_value,
    quantile,
)
from churn.domain.forecast.rhythm import FIRST_PURCHASE, Rhythm, rhythm_of
from churn.domain.forecast.version import Version, prior_version
from harness.versions import RHYTHMS, versions

CUSTOMERS = 200_000
CASES = {
    "one purchase": Chances(0.6, 7.0, 0.8, 2.2, 0.6, 1.0),
    "one purchase, long ago": Chances(0.6, 60.0, 0.8, 2.2, 0.2, 1.0),
    "ten purchases": Chances(10.6, 60.0, 0.8, 12.2, 0.95, 1.0),
    "every week for two years": Chances(104.6, 111.0, 0.8, 106.2, 0.99, 1.0),
    "faster than the closed form": Chances(3.0, 30.0, 0.3, 4.0, 1.0, 1.7),
    "every day for ten years": Chances(3650.6, 528.0, 0.1, 3652.0, 0.999, 1.0),
}


def drawn(chances: Chances, weeks: float) -> np.ndarray:
    """How often each of many customers buys, drawn from rates and chances to leave."""
    n, y, a, b, here, faster = chances
    dice = np.random.default_rng(7)
    arrivals = dice.poisson(dice.gamma(n, 1 / y, CUSTOMERS) * faster * weeks)
    leaving = dice.geometric(np.maximum(dice.beta(a, b, CUSTOMERS), 1e-12))  # the purchase that is the last
    days = np.minimum(np.minimum(arrivals, leaving), 366)  # purchases are days
    return np.where(dice.random(CUSTOMERS) < here, days, 0)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("weeks", [8.0, YEAR_WEEKS])
def test_the_mean_and_the_interval_are_those_of_drawn_customers(name: str, weeks: float) -> None:
    chances = CASES[name]
    bought = drawn(chances, weeks)
    error = bought.std() / CUSTOMERS**0.5

    assert expected(chances, weeks) == pytest.approx(bought.mean(), abs=5 * error + 1e-9)
    for share in (0.1, 0.5, 0.9):
        most = quantile(at_least(chances, weeks), share)
        assert (bought <= most).mean() >= share - 0.005
        assert most == 0 or (bought <= most - 1).mean() < share + 0.005


@pytest.mark.parametrize("name", CASES)
def test_the_mean_is_the_published_integral(name: str) -> None:
    """P(still a customer) * integral over p of (1 - (y / (y + p h))^n) / p: Fader, Hardie and Lee."""
    n, y, a, b, here, faster = CASES[name]
    weeks = 8.0

    def integrand(p: float) -> float:
        return -np.expm1(-n * np.log1p(p * faster * weeks / y)) / p * beta.pdf(p, a, b)

    whole = quad(integrand, 0, 1e-3, limit=500)[0] + quad(integrand, 1e-3, 1, limit=500)[0]
    assert expected(CASES[name], weeks) == pytest.approx(here * whole, rel=1e-5)


@settings(deadline=None, max_examples=200)
@given(versions(), RHYTHMS, st.floats(0, 520), st.floats(0, 1e15))
def test_an_outlook_is_finite_and_in_order(version: Version, rhythm: Rhythm, silence: float, value: float) -> None:
    curve = prepare(rhythm, value, version)
    found = outlook(curve, silence, value, version)

    assert all(0.0 <= figure < 1e20 for figure in found)
    assert found.purchases <= found.year_purchases <= 366.0
    assert found.year_low <= found.year_high
    assert found.year_value <= found.year_purchases * value * (1 + 1e-9)


@settings(deadline=None, max_examples=200)
@given(versions(), RHYTHMS, st.floats(0, 520))
def test_the_chance_of_one_purchase_in_the_horizon_is_that_of_the_score(
    version: Version, rhythm: Rhythm, silence: float
) -> None:
    curve = prepare(rhythm, 10.0, version)
    chances = chances_of(curve, silence, version)
    n, y, _, _, here, faster = chances
    one = here * -np.expm1(-n * np.log1p(faster * version.horizon_weeks * version.level / y))
    logit = logit_at(curve, silence)
    score = 1.0 / (1.0 + exp(-logit)) if logit > -700 else 0.0

    assert one == pytest.approx(score, rel=1e-9) or (faster == 3.0 and one < score)
    assert expected(chances, version.horizon_weeks * version.level) >= one * (1 - 1e-9)


def test_expected_purchases_fall_in_silence() -> None:
    version = prior_version()
    curve = prepare(rhythm_of([0, 14, 28, 42]), 10.0, version)
    values = [outlook(curve, float(week), 10.0, version).year_value for week in range(100)]

    assert values == sorted(values, reverse=True)


def test_the_calendar_counts_for_the_horizon_alone() -> None:
    assert effective(8.0, 8.0, 1.5) == 12.0
    assert effective(52.0, 8.0, 1.5) == 56.0
    assert effective(4.0, 8.0, 0.5) == 2.0


@pytest.mark.parametrize(
    ("net", "purchases", "mean_order", "value"),
    [(90.0, 1, 30.0, 50.0), (90.0, 1, 0.0, 90.0), (0.0, 3, 0.0, 0.0), (0.0, 1, 30.0, 20.0), (-5.0, 1, 0.0, 0.0)],
)
def test_one_large_order_is_not_taken_for_the_rule(net: float, purchases: int, mean_order: float, value: float) -> None:
    assert purchase_value(net, purchases, prior_version()._replace(mean_order=mean_order)) == value


def test_the_interval_holds_what_it_says() -> None:
    assert INTERVAL == 0.8
    version = prior_version()
    found = outlook(prepare(FIRST_PURCHASE, 10.0, version), 0.0, 10.0, version)
    assert found.year_low == 0.0
    assert found.year_low < found.year_value < found.year_high
