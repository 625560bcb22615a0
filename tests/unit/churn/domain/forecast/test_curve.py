"""The score of one customer: it never rises in silence, its crossings are exact, and it is that of the columns."""

import json
from itertools import pairwise
from math import exp, isfinite, log
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn.domain.forecast.crossing import silence_until
from churn.domain.forecast.curve import Curve, logit_at, prepare
from churn.domain.forecast.lines import LOST_PROBABILITY, lines_of, log_probability
from churn.domain.forecast.rhythm import FIRST_PURCHASE, Rhythm, before_purchase, rhythm_of
from churn.domain.forecast.version import Version, version_of
from churn.fitting.fit_version import fit_version
from churn.fitting.purchases import Purchases
from churn.fitting.scoring import logits
from harness.versions import RHYTHMS, versions

WEEKS = 520


@pytest.fixture(scope="module")
def purchases(cdnow: Any) -> Purchases:
    return cdnow.purchases()


@pytest.fixture(scope="module")
def version(purchases: Purchases) -> Version:
    """The version of the sample's last day, with all parts of the score in force."""
    fitted = fit_version(purchases, purchases.last_day, np.arange(purchases.customers))
    return fitted._replace(trust=0.9)


def curves(purchases: Purchases, version: Version) -> list[Curve]:
    """The curve of every customer, streamed one purchase after the other."""
    found = []
    for start, end in zip(purchases.start, purchases.end, strict=True):
        days, net = purchases.day[start:end].tolist(), purchases.net[start:end]
        found.append(prepare(rhythm_of(days), float(net.sum()) / len(days), version))
    return found


def test_no_score_rises_over_ten_silent_years_for_any_customer_of_the_sample(
    purchases: Purchases, version: Version
) -> None:
    before = logits(purchases.on(purchases.last_day), version)
    for week in range(1, WEEKS + 1):
        after = logits(purchases.on(purchases.last_day + 7 * week), version)
        assert len(after) == 2_357
        assert (after < before).all()
        before = after
    for curve in curves(purchases, version)[::20]:
        scores = [logit_at(curve, float(week)) for week in range(WEEKS + 1)]
        assert all(later < earlier for earlier, later in pairwise(scores))


@settings(deadline=None, max_examples=50)
@given(versions(), RHYTHMS, st.floats(0, 1e15))
def test_no_score_rises_in_silence_under_any_version(version: Version, rhythm: Rhythm, value: float) -> None:
    curve = prepare(rhythm, value, version)
    scores = [logit_at(curve, week / 4) for week in range(4 * WEEKS)]

    assert all(map(isfinite, scores))
    assert all(later <= earlier + 1e-12 for earlier, later in pairwise(scores))


@given(st.lists(st.integers(1, 900), min_size=1, max_size=30))
def test_the_rhythm_before_the_last_purchase_is_found_again(gaps: list[int]) -> None:
    days = [sum(gaps[:place]) for place in range(len(gaps) + 1)]
    found, expected = before_purchase(rhythm_of(days), gaps[-1]), rhythm_of(days[:-1])

    assert (found.x, found.span_days) == (expected.x, expected.span_days)
    assert found.warped == pytest.approx(expected.warped, rel=1e-9, abs=1e-6)
    assert found.log_gaps == pytest.approx(expected.log_gaps, abs=1e-9)
    assert found.squared_gaps == pytest.approx(expected.squared_gaps, abs=1e-6)
    assert found.decayed == pytest.approx(expected.decayed, rel=1e-3)


@settings(deadline=None, max_examples=200)
@given(versions(), RHYTHMS, st.floats(0.01, 0.99))
def test_the_score_at_a_crossing_is_the_line(version: Version, rhythm: Rhythm, share: float) -> None:
    curve = prepare(rhythm, 1.0, version)
    line = log(share) + logit_at(curve, 0.0) - 1e-6
    silence = silence_until(curve, line)

    if isfinite(silence):
        assert logit_at(curve, silence) == pytest.approx(line, abs=1e-9)
    else:
        assert logit_at(curve, 4_000.0) > line


def test_every_line_of_every_customer_of_the_sample_is_crossed_exactly(purchases: Purchases, version: Version) -> None:
    for curve in curves(purchases, version):
        for line in lines_of(logit_at(curve, 0.0)):
            silence = silence_until(curve, line)
            assert not isfinite(silence) or abs(logit_at(curve, silence) - line) < 1e-9


def test_a_line_at_or_above_the_fresh_score_is_crossed_at_once(version: Version) -> None:
    curve = prepare(FIRST_PURCHASE, 10.0, version)

    assert silence_until(curve, logit_at(curve, 0.0) + 1.0) == 0.0


@pytest.mark.parametrize("days_later", [0, 3, 100, 4_000])
def test_the_streamed_score_of_every_customer_is_that_of_the_columns(
    purchases: Purchases, version: Version, days_later: int
) -> None:
    day = purchases.last_day + days_later
    batch = logits(purchases.on(day), version)
    streamed = [
        logit_at(curve, (day - int(purchases.day[end - 1])) / 7)
        for curve, end in zip(curves(purchases, version), purchases.end, strict=True)
    ]

    np.testing.assert_allclose(streamed, batch, rtol=1e-12, atol=1e-12)


def test_a_version_is_plain_numbers(version: Version) -> None:
    numbers = json.loads(json.dumps(version.numbers()))

    assert numbers["population"] == version.population._asdict()
    assert [part["parameters"]["r"] for part in numbers["mixture"]] == [p.parameters.r for p in version.mixture]


@given(versions())
def test_a_version_that_was_written_as_json_reads_as_it_was(version: Version) -> None:
    numbers = json.loads(json.dumps(version.numbers()))

    assert version_of(numbers) == version
    assert version_of({**numbers, "learned_later": 1.5}) == version


def test_the_bands_begin_at_a_half_a_quarter_and_a_twelfth_of_the_fresh_probability() -> None:
    fresh = log(0.6 / 0.4)

    assert [exp(log_probability(line)) for line in lines_of(fresh)] == pytest.approx([0.3, 0.15, 0.05])


def test_two_in_a_hundred_is_lost_as_well_but_never_before_at_risk() -> None:
    probabilities = [exp(log_probability(line)) for line in lines_of(log(0.16 / 0.84))]
    slow_shop = [exp(log_probability(line)) for line in lines_of(log(0.03 / 0.97))]

    assert probabilities == pytest.approx([0.08, 0.04, LOST_PROBABILITY])
    assert slow_shop == pytest.approx([0.015, 0.0075, 0.005])


@given(st.floats(-700, 700))
def test_lines_are_finite_and_in_order_for_any_fresh_score(fresh: float) -> None:
    cooling, at_risk, lost = lines_of(fresh)

    assert all(map(isfinite, (cooling, at_risk, lost)))
    assert fresh > cooling > at_risk > lost
