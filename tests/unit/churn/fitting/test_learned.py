"""How much of a version is its prior's: all of it without data, and less with each customer more."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from churn.domain.forecast.confidence import confidence_of, learned_by, learned_of
from churn.domain.forecast.rhythm import rhythm_of
from churn.domain.forecast.version import Version, prior_version
from churn.fitting.fit_version import fit_version
from churn.fitting.learned import prior_share

WEEKLY = [7 * week for week in range(20)]


@pytest.fixture(scope="module")
def by_customers(cdnow: Any) -> dict[int, Version]:
    purchases = cdnow.purchases()
    return {number: fit_version(purchases, purchases.last_day, np.arange(number)) for number in (1, 20, 200, 2_000)}


def test_the_prior_alone_has_taught_everything_that_it_says() -> None:
    version = prior_version()

    assert learned_by(version) == 0.0
    assert learned_of(rhythm_of([0]), version) == 0.0
    assert confidence_of(0.0) == "low"


def test_a_shop_of_more_customers_leaves_the_prior_less(by_customers: dict[int, Version]) -> None:
    versions = [prior_version(), *by_customers.values()]

    for fewer, more in pairwise(versions):
        assert more.prior_of_population < fewer.prior_of_population
        assert more.prior_of_correction < fewer.prior_of_correction or more is versions[1]
        assert learned_by(fewer) < learned_by(more)
    assert by_customers[2_000].prior_of_population < 0.1
    assert confidence_of(learned_by(by_customers[2_000])) != "low"


def test_a_customer_of_more_purchases_leaves_the_prior_less(by_customers: dict[int, Version]) -> None:
    for version in by_customers.values():
        shares = [learned_of(rhythm_of(WEEKLY[: number + 1]), version) for number in range(20)]
        assert all(0.0 <= share <= 1.0 for share in shares)
        assert shares == sorted(shares)


def test_the_words_follow_the_share() -> None:
    assert [confidence_of(share) for share in (0.49, 0.5, 0.79, 0.8, 1.0)] == [
        "low",
        "medium",
        "medium",
        "high",
        "high",
    ]


def test_the_share_of_a_prior_is_its_part_of_the_curvature() -> None:
    assert prior_share(np.zeros((2, 2)), np.array([4.0, 9.0])) == 1.0
    assert prior_share(np.diag([4.0, 9.0]), np.array([4.0, 9.0])) == pytest.approx(0.5)
    assert prior_share(np.diag([12.0, 0.0]), np.array([4.0, 9.0])) == pytest.approx((0.25 + 1.0) / 2)
    assert prior_share(np.diag([-3.0, 0.0]), np.array([4.0, 9.0])) == 1.0  # data that say nothing say not less
