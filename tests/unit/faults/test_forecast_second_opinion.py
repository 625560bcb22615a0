"""The checkers' own score beside the product's: written apart, they must agree on any customer under any version."""

from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders.models import model_of
from churn.domain.forecast.curve import logit_at, prepare
from churn.domain.forecast.lines import lines_of, log_probability
from churn.domain.forecast.rhythm import rhythm_of
from faults.recompute.forecast import Bought, band_of, probability

VERSIONS = [
    model_of(1, *population).numbers._replace(trust=trust, level=level, shift=shift, median_value=median)
    for population in ((0.6, 8.8, 0.5, 1.0), (2.0, 3.0, 0.3, 4.0), (0.2, 60.0, 0.9, 1.1))
    for trust, level, shift, median in ((0.8, 1.0, 0.0, 0.0), (1.0, 0.7, -0.4, 50.0), (0.0, 1.3, 0.2, 20.0))
]
DAYS = st.lists(st.integers(1, 300), max_size=30).map(lambda gaps: [sum(gaps[:n]) for n in range(len(gaps) + 1)])


@settings(deadline=None)
@given(DAYS, st.floats(0, 1e6), st.floats(0, 400), st.sampled_from(VERSIONS))
def test_both_opinions_of_a_score_agree(days: list[int], worth: float, silence: float, version) -> None:
    numbers, bought = version.numbers(), Bought(days, worth)
    curve = prepare(rhythm_of(days), worth / len(days), version)
    logit, edges = logit_at(curve, silence), lines_of(logit_at(curve, 0.0))

    assert probability(bought, silence, numbers) == pytest.approx(exp(log_probability(logit)), rel=1e-9)
    if min(abs(logit - edge) for edge in edges) > 1e-9:
        assert band_of(bought, silence, numbers) == sum(logit <= edge for edge in edges)
