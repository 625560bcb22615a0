"""One order today brings every customer back over every line, for as many days as the act says."""

from itertools import accumulate
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn.domain.forecast.act import one_order
from churn.domain.forecast.curve import logit_at, prepare
from churn.domain.forecast.lines import lines_of
from churn.domain.forecast.rhythm import rhythm_of
from churn.domain.forecast.version import Version, prior_version
from harness.versions import versions


@settings(deadline=None, max_examples=200)
@given(versions(), st.lists(st.integers(1, 200), max_size=20), st.integers(1, 2_000), st.floats(0, 1e9))
def test_the_act_applied_to_the_orders_crosses_back_and_holds_as_long_as_it_says(
    version: Version, gaps: list[int], silent: int, value: float
) -> None:
    days = [*accumulate(gaps, initial=0)]
    act = one_order(rhythm_of(days), value, silent, version)
    applied = prepare(rhythm_of([*days, days[-1] + silent]), value, version)
    healthy_above = lines_of(logit_at(applied, 0.0))[0]

    assert act.risk == pytest.approx(1 / (1 + exp(min(logit_at(applied, 0.0), 700.0))))
    assert logit_at(applied, 0.0) > healthy_above
    if act.healthy_days is None:
        assert logit_at(applied, 519.0) > healthy_above
    else:
        assert logit_at(applied, act.healthy_days / 7) >= healthy_above - 1e-9
        assert logit_at(applied, (act.healthy_days + 1) / 7) <= healthy_above + 1e-9


def test_another_order_on_the_same_day_changes_nothing() -> None:
    version = prior_version()
    rhythm = rhythm_of([0, 30])

    assert one_order(rhythm, 10.0, 0, version).risk == pytest.approx(
        1 / (1 + exp(logit_at(prepare(rhythm, 10.0, version), 0.0)))
    )
