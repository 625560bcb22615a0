"""A version is fitted for any shop, however small or odd, and teaches no score to rise."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.special import logit

from churn.domain.forecast.features import FEATURES
from churn.domain.forecast.version import CLOCK_SHARES, POPULATION_MEANS, Version, parameters_of, prior_version
from churn.fitting.bias import fit_bias
from churn.fitting.fit_version import SAMPLE_MAX, fit_version, sampled
from churn.fitting.level import fit_level
from churn.fitting.likelihood import cells_of
from churn.fitting.population import coordinates_of, fit_population
from churn.fitting.purchases import Purchases
from churn.fitting.scoring import base_logits, corrected_logits, logits, sigmoid
from churn.fitting.trust import GRID, Matured, fit_trust, matured

DAY = 736_000


def fitted(purchases: Purchases, day: int) -> Version:
    version = fit_version(purchases, day, np.arange(purchases.customers))
    trust = fit_trust([matured(purchases, np.arange(purchases.customers), day - 56, version)], day, 56)
    return version._replace(trust=trust)


def shop(orders: list[tuple[int, int, float]]) -> Purchases:
    customer, day, amount = zip(*orders, strict=True) if orders else ((), (), ())
    return Purchases(np.array(customer, dtype=np.int64), np.array(day, dtype=np.int64), np.array(amount, dtype=float))


SHOPS = {
    "nobody": [],
    "one customer": [(0, DAY, 10.0)],
    "one loyal customer": [(0, DAY + 7 * week, 10.0) for week in range(60)],
    "ten thousand equal customers": [(place, DAY + 30 * nth, 5.0) for place in range(10_000) for nth in range(3)],
    "several orders a minute for months": [(0, DAY + nth // 500, 1.0) for nth in range(60_000)],
    "amounts of zero": [(place, DAY + 9 * nth * (place + 1), 0.0) for place in range(50) for nth in range(4)],
    "amounts of 1e15": [(place, DAY + 9 * nth * (place + 1), 1e15) for place in range(50) for nth in range(4)],
    "an order of 1985": [(0, 724_642, 3.0), *((place, DAY + place * 5, 3.0) for place in range(40))],
    "orders of next year": [(place, DAY + 400 * nth, 3.0) for place in range(40) for nth in range(2)],
}


@pytest.mark.parametrize("name", SHOPS)
@pytest.mark.parametrize("days_later", [0, 200])
def test_every_shop_has_a_version_of_finite_numbers(name: str, days_later: int) -> None:
    purchases = shop(SHOPS[name])
    day = DAY + 1 + days_later
    version = fitted(purchases, day)
    rhythms = purchases.on(day)

    assert np.isfinite(np.array([*version.population, *version.weights, version.level, version.shift])).all()
    assert np.isfinite(logits(rhythms, version)).all()
    assert (sigmoid(logits(rhythms, version)) < 1.0).all()


def test_a_shop_of_nobody_has_the_prior() -> None:
    assert fit_version(shop([]), DAY, np.arange(0)) == prior_version()


def test_the_first_customer_moves_the_prior_only_a_little() -> None:
    version = fit_version(shop([(0, DAY, 10.0)]), DAY + 1, np.arange(1))

    assert coordinates_of(version.population) == pytest.approx(POPULATION_MEANS, abs=0.05)
    assert [part.share for part in version.mixture] == pytest.approx(CLOCK_SHARES, abs=0.05)
    assert version.weights == prior_version().weights


def test_more_customers_of_the_same_kind_make_no_jump(cdnow: Any) -> None:
    purchases, rates = cdnow.purchases(), []
    rhythms = purchases.on(purchases.last_day)
    for number in range(190, 211):
        part = [column[:number] for column in (rhythms.x, rhythms.t_x, rhythms.t_x + rhythms.silence)]
        found = fit_population(cells_of(*part, np.ones(number)))
        rates.append(found.r / found.alpha)

    assert all(abs(later / earlier - 1) < 0.05 for earlier, later in pairwise(rates))


def test_the_coordinates_of_a_population_lead_back_to_it() -> None:
    population = parameters_of(-2.1, 0.3, -1.0, 0.2)

    assert coordinates_of(population) == pytest.approx((-2.1, 0.3, -1.0, 0.2))


def test_the_same_orders_in_any_order_give_the_same_version_to_the_last_bit(cdnow: Any) -> None:
    one = cdnow.purchases()
    other = cdnow.purchases(sorted(cdnow.lines, key=lambda line: (line.amount, line.number)))
    customers = np.arange(one.customers)

    assert fit_version(one, one.last_day, customers) == fit_version(other, other.last_day, customers)


def test_the_signs_of_a_version_are_within_their_bounds(cdnow: Any) -> None:
    purchases = cdnow.purchases()
    version = fit_version(purchases, purchases.last_day, np.arange(purchases.customers))

    assert all(feature.low <= weight <= feature.high for feature, weight in zip(FEATURES, version.weights, strict=True))


def test_the_shift_brings_the_correction_to_the_level_of_the_closed_form_and_its_bias(cdnow: Any) -> None:
    purchases = cdnow.purchases()
    customers, day = np.arange(purchases.customers), purchases.last_day
    version = fit_version(purchases, day, customers)
    rhythms = purchases.on(day)

    assert version.level != 1.0
    corrected, base = (float(logit(sigmoid(of(rhythms, version)).mean())) for of in (corrected_logits, base_logits))
    assert corrected == pytest.approx(base + fit_bias(purchases, customers, day, version), abs=1e-9)


def test_the_level_of_a_shop_that_sells_only_in_winter_falls_before_the_summer() -> None:
    chooser = np.random.default_rng(7)
    orders = [
        (place, DAY + 364 * year + int(day), 10.0)
        for place in range(400)
        for year in range(3)
        for day in chooser.integers(0, 120, 3)
    ]
    purchases = shop(orders)
    customers = np.arange(purchases.customers)
    levels = {
        name: fit_level(purchases, customers, day, fit_version(purchases, day, customers))
        for name, day in (("winter", DAY + 2 * 364 - 1), ("summer", DAY + 2 * 364 + 125))
    }

    assert levels["winter"] > 1.2
    assert levels["summer"] < 0.8


def test_a_shop_younger_than_fifty_six_weeks_has_no_level(cdnow: Any) -> None:
    purchases = cdnow.purchases()
    customers, day = np.arange(purchases.customers), purchases.first_day + 56 * 7 - 1

    assert fit_level(purchases, customers, day, prior_version()) == 1.0


def test_trust_is_the_priors_until_a_version_has_matured_and_goes_where_the_losses_are_least() -> None:
    badly_corrected = Matured(DAY, 500.0 + 100.0 * GRID)

    assert fit_trust([], DAY + 56, 56) == 0.8
    assert fit_trust([badly_corrected], DAY + 55, 56) == 0.8
    assert fit_trust([badly_corrected], DAY + 56, 56) == 0.0


def test_a_large_shop_is_sampled_by_a_hash_of_ids_whatever_its_order() -> None:
    ids = [f"c-{place}" for place in range(SAMPLE_MAX + 500)]
    one, other = sampled(ids), sampled(ids[::-1])

    assert len(one) == SAMPLE_MAX
    assert {ids[place] for place in one} == {ids[::-1][place] for place in other}
