"""The measures, against definitions written out."""

from math import log
from typing import Any

import numpy as np
import pytest

from churn.backtest.measures import REPLICATES, mean_replicates, measure, resampled
from churn.backtest.pareto import Pareto, fit_pareto, log_likelihood, pareto_logits
from churn.fitting.likelihood import cells_of
from churn.fitting.purchases import Purchases
from churn.fitting.scoring import sigmoid

PUBLISHED = Pareto(0.553, 10.578, 0.606, 11.669)


def test_the_auc_is_the_share_of_pairs_in_the_right_order_ties_a_half() -> None:
    logits, bought = np.array([0.0, 1.0, 1.0, 2.0]), np.array([0.0, 1.0, 0.0, 1.0])

    assert measure(logits, bought).auc == pytest.approx((1 + 0.5 + 1 + 1) / 4)


def test_the_errors_are_those_of_the_probabilities() -> None:
    measured = measure(np.array([0.0, log(3.0)]), np.array([0.0, 1.0]))

    assert measured.brier == pytest.approx((0.25 + 0.0625) / 2)
    assert measured.log_loss == pytest.approx((log(2) - log(0.75)) / 2)
    assert measured.ece == pytest.approx((0.5 + 0.25) / 2)


def test_a_day_on_which_nobody_buys_has_no_auc() -> None:
    assert np.isnan(measure(np.zeros(5), np.zeros(5)).auc)


def test_replicates_lie_around_the_measure_and_are_the_same_each_time() -> None:
    chooser = np.random.default_rng(1)
    logits = chooser.normal(size=400)
    bought = (chooser.uniform(size=400) < sigmoid(logits)).astype(float)
    one, other = (resampled({"a": logits}, bought, np.arange(400), 400)["a"] for _ in range(2))

    assert one.shape == (3, REPLICATES)
    assert (one == other).all()
    low, high = np.percentile(one[2], [2.5, 97.5])
    assert low < measure(logits, bought).log_loss < high


@pytest.fixture(scope="module")
def known(cdnow: Any) -> Any:
    purchases: Purchases = cdnow.purchases()
    return purchases.on(cdnow.calibration_end.toordinal())


def test_pareto_nbd_has_the_published_likelihood_and_fit_of_the_sample(known: Any) -> None:
    cells = cells_of(known.x, known.t_x, known.t_x + known.silence, np.ones(len(known.x)))
    fitted = fit_pareto(cells)

    assert log_likelihood(PUBLISHED, cells) == pytest.approx(-9594.98, abs=0.02)
    assert log_likelihood(fitted, cells) >= log_likelihood(PUBLISHED, cells) - 0.02
    assert fitted.r == pytest.approx(PUBLISHED.r, abs=0.01)


def test_pareto_nbd_gives_the_chance_that_draws_of_its_lives_give() -> None:
    chooser = np.random.default_rng(3)
    r, alpha, s, beta = PUBLISHED
    number, horizon, age = 400_000, 8.0, 30.0
    rate, end = chooser.gamma(r, 1 / alpha, number), chooser.gamma(s, 1 / beta, number)
    life = chooser.exponential(1 / end)
    quiet = chooser.uniform(size=number) < np.exp(-rate * np.minimum(life, age))
    left = np.clip(life - age, 0.0, horizon)
    expected = float((1 - np.exp(-rate[quiet] * left[quiet])).mean())
    purchases = Purchases(np.array([0]), np.array([1_000]), np.array([1.0]))
    rhythms = purchases.on(1_000 + int(age * 7))

    assert float(sigmoid(pareto_logits(rhythms, PUBLISHED, horizon))[0]) == pytest.approx(expected, abs=0.003)


def test_replicates_in_which_nobody_has_weight_are_left_out_of_the_mean_over_origins() -> None:
    sale = resampled({"a": np.array([0.0, 1.0])}, np.array([0.0, 1.0]), np.array([0, 1]), 2)["a"]
    pause = resampled({"a": np.zeros(2)}, np.zeros(2), np.array([0, 1]), 2)["a"]
    mean = mean_replicates([sale, pause])

    assert np.isnan(pause[0]).all()
    assert 0 < np.isnan(sale[2]).sum() < REPLICATES
    assert not (sale[2] == 0.0).any()
    assert (np.isnan(sale) == np.isnan(mean)).all(axis=1)[0]
    assert np.nanmean(mean[0]) == pytest.approx(np.nanmean(sale[0]))
