"""The parts of a change add up to it exactly, and each is a rise."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churn.domain.forecast import explain
from churn.domain.forecast.curve import Curve, logit_at, prepare
from churn.domain.forecast.explain import MILLIONTHS, Parts, millionths
from churn.domain.forecast.rhythm import FIRST_PURCHASE, Rhythm, rhythm_of
from churn.domain.forecast.version import Version, prior_version
from harness.versions import RHYTHMS, versions

SILENCES = st.floats(0, 520)
GAPS = st.none() | st.floats(1 / 7, 100)


def parts(curve: Curve, silence: float, gap: float | None) -> Parts:
    return explain.parts(curve, silence, gap, logit_at(curve, 0.0) - logit_at(curve, silence))


@settings(deadline=None, max_examples=300)
@given(versions(), RHYTHMS, SILENCES, GAPS)
def test_the_parts_are_the_change_of_the_logit_to_the_last_digit(
    version: Version, rhythm: Rhythm, silence: float, gap: float | None
) -> None:
    curve = prepare(rhythm, 10.0, version)
    told = parts(curve, silence, gap)
    change = logit_at(curve, 0.0) - logit_at(curve, silence)

    assert all(part >= 0 for part in told)
    assert sum(told) == millionths(change) == max(0, round(change * MILLIONTHS))
    weights = [part / MILLIONTHS for part in told]
    assert sum(Decimal(repr(weight)) for weight in weights) == Decimal(sum(told)) / MILLIONTHS


@settings(deadline=None, max_examples=300)
@given(versions(), RHYTHMS, SILENCES, GAPS)
def test_no_part_is_what_is_left_of_the_others(
    version: Version, rhythm: Rhythm, silence: float, gap: float | None
) -> None:
    """Each is computed from its own terms: what rounding leaves for the largest is a few millionths."""
    shifted = version._replace(shift=version.shift + 1.0, intercept=version.intercept - 1.0)

    one, other = (parts(prepare(rhythm, 10.0, each), silence, gap) for each in (version, shifted))
    assert all(abs(mine - theirs) <= 4 for mine, theirs in zip(one, other, strict=True))


@settings(deadline=None)
@given(versions(), RHYTHMS, st.floats(0, 200), st.floats(0, 200), st.floats(1, 50))
def test_silence_up_to_the_usual_gap_stays_what_it_was_once_that_is_over(
    version: Version, rhythm: Rhythm, silence: float, longer: float, gap: float
) -> None:
    curve = prepare(rhythm, 10.0, version)
    earlier, later = parts(curve, gap + silence, gap), parts(curve, gap + silence + longer, gap)

    assert abs(earlier.within - later.within) <= 4
    assert earlier.beyond <= later.beyond + 4
    assert earlier.age <= later.age + 4


def test_on_the_day_of_the_last_purchase_nothing_has_changed() -> None:
    for rhythm in (FIRST_PURCHASE, rhythm_of([0, 30, 60])):
        assert parts(prepare(rhythm, 10.0, prior_version()), 0.0, 3.0) == Parts(0, 0, 0, 0)


def test_without_a_usual_gap_no_silence_is_beyond_it() -> None:
    told = parts(prepare(FIRST_PURCHASE, 10.0, prior_version()), 30.0, None)

    assert told.beyond == 0
    assert told.within > 0


def test_a_version_without_trust_has_no_part_by_age() -> None:
    """The closed form alone knows silence and rate."""
    told = parts(prepare(rhythm_of([0, 30, 60]), 10.0, prior_version()._replace(trust=0.0)), 30.0, 30 / 7)

    assert told.age == 0
    assert told.slower > 0


@pytest.mark.parametrize("gaps", [[7] * 20, [1] * 300, [30, 31, 29, 30]])
def test_a_regular_customer_is_silent_beyond_the_own_rhythm_above_all(gaps: list[int]) -> None:
    days = [sum(gaps[:nth]) for nth in range(len(gaps) + 1)]
    rhythm = rhythm_of(days)
    usual = gaps[0] / 7
    told = parts(prepare(rhythm, 10.0, prior_version()), usual * 5, usual)

    assert told.beyond == max(told)
