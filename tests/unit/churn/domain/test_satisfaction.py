"""Answers to surveys: the latest of a month counts, whatever order they come in."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders.events import event
from churn.domain.counting import Count, Place
from churn.domain.satisfaction import ANSWERS_MAX, Answer, answer_of, counts_of_answers, together
from mandegar.calendar import shop_days
from mandegar.events.ingest import SurveyResponded
from mandegar.quantities import to_us

TEHRAN = shop_days("Asia/Tehran")
START = to_us(datetime(2026, 11, 1, tzinfo=UTC))
NOVEMBER = 2026 * 12 + 10

answers = st.lists(
    st.builds(
        Answer,
        st.sampled_from(["nps", "csat"]),
        st.sampled_from(["a", "b"]),
        st.integers(0, 90 * 24).map(lambda hours: START + hours * 1_800_000_000),
        st.integers(0, 5).map(str),
        st.sampled_from([0.0, 0.6, 0.7, 0.75, 0.9, 1.0]),
    ),
    max_size=30,
)


def answer(kind: str, score: float, survey: str = "s", days: float = 0) -> Answer:
    told = event("survey.responded", SurveyResponded(survey_id=survey, kind=kind, score=score), days=days)
    found = answer_of(told)
    assert found is not None
    return found


def november(*given: Answer, kind: str) -> Count | None:
    return counts_of_answers(together(given), TEHRAN).get(Place("gregorian", kind, NOVEMBER, 0))


@given(answers, st.randoms(use_true_random=False), st.integers(0, 30))
def test_any_order_repetition_and_division_keeps_the_same_answers(
    given: list[Answer], random: Random, cut: int
) -> None:
    once = together(given)
    shuffled = [*given, *given]
    random.shuffle(shuffled)

    assert together(together(shuffled[:cut]) + together(shuffled[cut:])) == once
    assert counts_of_answers(random.sample(once, len(once)), TEHRAN) == counts_of_answers(once, TEHRAN)


@given(answers)
def test_what_is_kept_counts_as_all_answers_do_in_any_zone(given: list[Answer]) -> None:
    for zone in ("Asia/Tehran", "UTC", "Asia/Kathmandu"):
        assert counts_of_answers(together(given), shop_days(zone)) == counts_of_answers(given, shop_days(zone))


@pytest.mark.parametrize(
    ("score", "counted"), [(10, (1, 0)), (9, (1, 0)), (8, (0, 0)), (7, (0, 0)), (6, (0, 1)), (0, (0, 1))]
)
def test_who_promotes_and_who_detracts(score, counted):
    found = november(answer("nps", score), kind="nps")
    assert found is not None
    assert (found.orders, found.again) == counted


@pytest.mark.parametrize(("score", "satisfied"), [(100, 1), (75, 1), (74.9, 0), (0, 0)])
def test_who_is_satisfied(score, satisfied):
    found = november(answer("csat", score), kind="csat")
    assert found is not None
    assert (found.customers, found.orders) == (1, satisfied)


def test_the_latest_answer_to_a_survey_counts_and_each_survey_by_itself():
    found = november(answer("nps", 10, days=-1), answer("nps", 3, days=-3), answer("nps", 2, survey="t"), kind="nps")
    assert found == Count(2, 1, 12_000, 1)


def test_an_effort_and_what_is_no_number_are_not_counted():
    for kind, score in (("ces", 50), ("nps", float("nan")), ("csat", float("inf"))):
        assert answer_of(event("survey.responded", SurveyResponded(survey_id="s", kind=kind, score=score))) is None


def test_somebody_who_never_stops_answering_has_the_newest_answers():
    many = [
        Answer("nps", "s", START + n * int(timedelta(hours=1).total_seconds()) * 1_000_000, "e", 1.0)
        for n in range(600)
    ]
    assert together(many) == tuple(many[-ANSWERS_MAX:])
