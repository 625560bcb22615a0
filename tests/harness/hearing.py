"""Signals of customers and what a shop has learned of them, as Hypothesis draws them."""

from typing import Any, Final, get_args

from hypothesis import strategies as st

from churn.domain.forecast.heard import SignalWeights
from churn.domain.signals.experience import Fact, Kind, fact, newest
from churn.domain.signals.state import Signals
from churn.domain.signals.visited import visited_on
from harness.versions import POPULATIONS

DAY_US: Final = 86_400_000_000
# A day of 2024, numbered since 1970.
DAY: Final = 19_800

FACTS = st.builds(
    lambda kind, at, strength, key, order, made: fact(kind, at * DAY_US // 4, strength, key, order, made * DAY_US // 4),
    st.sampled_from(get_args(Kind)),
    st.integers(4 * (DAY - 60), 4 * (DAY + 400)),
    st.floats(0, 2),
    st.sampled_from("ab"),
    st.sampled_from(["", "a"]),
    st.integers(4 * (DAY - 60), 4 * (DAY + 400)),
).filter(lambda found: found is not None)
DAYS = st.lists(st.integers(DAY - 60, DAY + 300), max_size=20)


@st.composite
def signals(draw: Any) -> Signals:
    """Anything that a customer may have done and told, around a purchase on ``DAY``."""
    facts: list[Fact] = draw(st.lists(FACTS, max_size=8))
    return Signals(visited_on(draw(DAYS)), newest(facts))


@st.composite
def weights(draw: Any) -> SignalWeights:
    """Anything that a fit may find signals to be worth."""
    up, down, share = st.floats(0, 2), st.floats(-2, 0), st.floats(0, 1)
    return SignalWeights(
        draw(POPULATIONS),
        draw(st.floats(-0.9, 1)),
        draw(up),
        draw(up),
        draw(down),
        draw(down),
        draw(up),
        draw(share),
        draw(share),
        draw(st.floats(-2, 2)),
    )
