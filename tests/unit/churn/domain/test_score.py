"""The closed form, its crossings, and the streamed score against a batch."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import exp, inf
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.packed_orders import pack, unpack
from churn.domain.model import HORIZON_DAYS
from churn.domain.orders import Orders
from churn.domain.priors import PRIORS, prior_model
from churn.domain.score import SILENCE_MAX, Parameters, curve, odds, silence_at
from churn.domain.standing import standing_of
from mandegar.calendar import shop_days
from mandegar.quantities import to_us

UTC_DAYS = shop_days("UTC")
POSITIVE = st.floats(0.05, 50.0)
POPULATIONS = st.builds(Parameters, POSITIVE, POSITIVE, POSITIVE, POSITIVE)


def batch_risk(x: np.ndarray, t_x: np.ndarray, age: np.ndarray, horizon: float) -> np.ndarray:
    """P(no purchase within the horizon), written out from the likelihood: an oracle in plain powers."""
    r, alpha, a, b = PRIORS
    alive = (alpha + age) ** -(r + x)
    left = (alpha + t_x) ** -(r + x) * a / (b + x)
    later = (alpha + age + horizon) ** -(r + x)
    return 1 - (alive - later) / (alive + left)


@pytest.mark.parametrize("streamed", [1, 2], indirect=True)
def test_the_streamed_score_of_every_customer_equals_the_batch_score(cdnow: Any, streamed: dict[str, Orders]) -> None:
    at = datetime.combine(cdnow.holdout_end + timedelta(days=1), datetime.min.time(), UTC)
    model, scores = prior_model(), {}
    for customer, orders in streamed.items():
        standing = standing_of(unpack(pack(orders)), model, UTC_DAYS)
        assert standing is not None
        scores[customer] = standing.at(to_us(at)).odds.risk

    days = cdnow.days_by_customer(cdnow.holdout_end)
    first, last = (np.array([of[end] for of in days.values()]) for end in (0, -1))
    x = np.array([len(of) - 1.0 for of in days.values()])
    age = (cdnow.holdout_end.toordinal() - first) / 7
    expected = batch_risk(x, (last - first) / 7, age, HORIZON_DAYS / 7)
    assert len(scores) == 2_357
    assert [scores[customer] for customer in days] == pytest.approx(expected, abs=1e-9)


def test_the_score_falls_in_every_week_of_silence_for_every_customer(cdnow: Any) -> None:
    shapes = {(len(days) - 1, days[-1] - days[0]) for days in cdnow.days_by_customer(cdnow.holdout_end).values()}
    for x, gap in shapes:
        along = curve(PRIORS, x, gap / 7, 8.0)
        logits = [odds(along, float(week)).logit for week in range(79)]
        assert all(later < earlier for earlier, later in pairwise(logits))


@settings(deadline=None)
@given(POPULATIONS, st.integers(0, 400), st.floats(0, 300), st.floats(0.5, 26))
def test_the_score_falls_in_silence_for_any_population(
    parameters: Parameters, x: int, t_x: float, horizon: float
) -> None:
    along = curve(parameters, x, t_x, horizon)
    logits = [odds(along, float(week)).logit for week in range(105)]

    assert all(later < earlier for earlier, later in pairwise(logits))


@settings(deadline=None)
@given(POPULATIONS, st.integers(0, 400), st.floats(0, 300), st.floats(0.05, 6.0))
def test_the_score_at_a_crossing_is_the_line(parameters: Parameters, x: int, t_x: float, drop: float) -> None:
    along = curve(parameters, x, t_x, 8.0)
    line = odds(along, 0.0).logit - drop
    silence = silence_at(along, line)

    if silence == inf:
        assert odds(along, SILENCE_MAX).logit > line
    else:
        assert odds(along, silence).logit == pytest.approx(line, abs=1e-9)


def test_the_crossing_of_every_customer_is_exact(cdnow: Any) -> None:
    shapes = {(len(days) - 1, days[-1] - days[0]) for days in cdnow.days_by_customer(cdnow.holdout_end).values()}
    for x, gap in shapes:
        along = curve(PRIORS, x, gap / 7, 8.0)
        fresh = odds(along, 0.0).logit
        for drop in prior_model().drops:
            assert odds(along, silence_at(along, fresh - drop)).logit == pytest.approx(fresh - drop, abs=1e-9)


def test_heavy_buyers_do_not_overflow() -> None:
    along = curve(PRIORS, 2_000, 500.0, 8.0)

    assert 0.0 < odds(along, 0.0).risk < 0.01
    assert odds(along, SILENCE_MAX).risk == 1.0
    assert 0.0 < silence_at(along, odds(along, 0.0).logit - 1.0) < 2.0


def test_a_line_above_the_fresh_score_is_crossed_at_once() -> None:
    along = curve(PRIORS, 3, 20.0, 8.0)

    assert silence_at(along, odds(along, 0.0).logit + 1.0) == 0.0


def test_both_chances_add_up_to_one() -> None:
    for silence in (0.0, 1.0, 30.0, 500.0):
        at = odds(curve(PRIORS, 4, 31.0, 8.0), silence)
        assert exp(at.log_buy) + exp(at.log_no_buy) == pytest.approx(1.0, abs=1e-12)


def test_the_holdout_is_ranked_better_than_by_chance(cdnow: Any) -> None:
    after = cdnow.calibration_end.toordinal()
    everything = cdnow.days_by_customer(cdnow.holdout_end)
    scored = []
    for customer, days in cdnow.days_by_customer(cdnow.calibration_end).items():
        along = curve(PRIORS, len(days) - 1, (days[-1] - days[0]) / 7, 39.0)
        bought = any(day > after for day in everything[customer])
        scored.append((odds(along, (after - days[-1]) / 7).risk, bought))
    ranks = np.argsort(np.argsort([risk for risk, _ in scored])) + 1
    returned = np.array([bought for _, bought in scored])
    pairs = returned.sum() * (~returned).sum()
    auc = 1 - (ranks[returned].sum() - returned.sum() * (returned.sum() + 1) / 2) / pairs

    assert auc > 0.74
