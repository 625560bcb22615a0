"""Versions of a model and rhythms of customers, as Hypothesis draws them."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from churn.domain.forecast.features import FEATURES
from churn.domain.forecast.rhythm import rhythm_of
from churn.domain.forecast.version import CLOCK_SHARES, Component, Version, on_clock, prior_version
from churn.domain.score import Parameters

POSITIVE = st.floats(0.05, 50.0)
POPULATIONS = st.builds(Parameters, POSITIVE, POSITIVE, POSITIVE, POSITIVE)


@st.composite
def versions(draw: Any) -> Version:
    """Any version that a fit may end in."""
    weights = [draw(st.floats(max(feature.low, -3.0), min(feature.high, 3.0))) for feature in FEATURES]
    prior = prior_version()
    mixture = [
        Component(part.clock, share, on_clock(draw(POPULATIONS), part.clock))
        for part, share in zip(prior.mixture, CLOCK_SHARES, strict=True)
    ]
    return prior._replace(
        population=draw(POPULATIONS),
        mixture=tuple(mixture),
        weights=tuple(weights),
        level=draw(st.floats(0.3, 3.0)),
        shift=draw(st.floats(-3, 3)),
        trust=draw(st.floats(0.0, 1.0)),
        median_value=draw(st.floats(0.0, 1e6)),
    )


RHYTHMS = st.lists(st.integers(1, 200), max_size=40).map(lambda gaps: rhythm_of([0, *np.cumsum(gaps).tolist()]))
