"""The closed form that scores begin with, and scores from packed orders against the columns of a fit."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import exp
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.packed_orders import pack, unpack
from churn.domain.model import Model
from churn.domain.orders import Orders
from churn.domain.score import SILENCE_MAX, Parameters, curve, odds
from churn.domain.standing import standing_of
from churn.fitting.fit_version import fit_version
from churn.fitting.scoring import logits
from mandegar.calendar import shop_days
from mandegar.quantities import to_us

UTC_DAYS = shop_days("UTC")
POSITIVE = st.floats(0.05, 50.0)
POPULATIONS = st.builds(Parameters, POSITIVE, POSITIVE, POSITIVE, POSITIVE)
# The maximum of the likelihood over the first 39 weeks of the CDNOW sample.
CDNOW_MBG = Parameters(r=0.5248, alpha=6.183, a=0.8914, b=1.614)


@pytest.mark.parametrize("streamed", [1, 2], indirect=True)
def test_the_streamed_score_of_every_customer_equals_the_batch_score(cdnow: Any, streamed: dict[str, Orders]) -> None:
    """Orders in any order and more than once, packed, with refunds of nothing; the last day is over."""
    purchases = cdnow.purchases()
    fitted = fit_version(purchases, purchases.last_day, np.arange(purchases.customers))._replace(trust=0.9)
    at = datetime.combine(cdnow.holdout_end + timedelta(days=1), datetime.min.time(), UTC)
    scores = []
    for customer in sorted(streamed):
        standing = standing_of(unpack(pack(streamed[customer])), Model(1, fitted), UTC_DAYS)
        assert standing is not None
        scores.append(standing.at(to_us(at)).logit)

    assert len(scores) == 2_357
    batch = logits(purchases.on(cdnow.holdout_end.toordinal()), fitted)
    np.testing.assert_allclose(scores, batch, rtol=1e-12, atol=1e-12)


def test_the_closed_form_is_that_of_the_likelihood_written_out() -> None:
    """An oracle in plain powers."""
    r, alpha, a, b = CDNOW_MBG
    for x, t_x, silence in ((0, 0.0, 3.0), (1, 4.0, 0.0), (7, 31.0, 12.0), (20, 50.0, 90.0)):
        y = alpha + t_x + silence
        alive, left = y ** -(r + x), (alpha + t_x) ** -(r + x) * a / (b + x)
        later = (y + 8.0) ** -(r + x)
        assert odds(curve(CDNOW_MBG, x, t_x, 8.0), silence).risk == pytest.approx(1 - (alive - later) / (alive + left))


@settings(deadline=None)
@given(POPULATIONS, st.integers(0, 400), st.floats(0, 300), st.floats(0.5, 26))
def test_the_score_falls_in_silence_for_any_population(
    parameters: Parameters, x: int, t_x: float, horizon: float
) -> None:
    along = curve(parameters, x, t_x, horizon)
    chances = [odds(along, float(week)).logit for week in range(105)]

    assert all(later < earlier for earlier, later in pairwise(chances))


def test_heavy_buyers_do_not_overflow() -> None:
    along = curve(CDNOW_MBG, 2_000, 500.0, 8.0)

    assert 0.0 < odds(along, 0.0).risk < 0.01
    assert odds(along, SILENCE_MAX).risk == 1.0


def test_both_chances_add_up_to_one() -> None:
    for silence in (0.0, 1.0, 30.0, 500.0):
        at = odds(curve(CDNOW_MBG, 4, 31.0, 8.0), silence)
        assert exp(at.log_buy) + exp(at.log_no_buy) == pytest.approx(1.0, abs=1e-12)


def test_the_holdout_is_ranked_better_than_by_chance(cdnow: Any) -> None:
    after = cdnow.calibration_end.toordinal()
    everything = cdnow.days_by_customer(cdnow.holdout_end)
    scored = []
    for customer, days in cdnow.days_by_customer(cdnow.calibration_end).items():
        along = curve(CDNOW_MBG, len(days) - 1, (days[-1] - days[0]) / 7, 39.0)
        bought = any(day > after for day in everything[customer])
        scored.append((odds(along, (after - days[-1]) / 7).risk, bought))
    ranks = np.argsort(np.argsort([risk for risk, _ in scored])) + 1
    returned = np.array([bought for _, bought in scored])
    pairs = returned.sum() * (~returned).sum()
    auc = 1 - (ranks[returned].sum() - returned.sum() * (returned.sum() + 1) / 2) / pairs

    assert auc > 0.74
