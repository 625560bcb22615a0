"""The bench's table: what is reached, what is a part of the limit, and which rows a word chooses."""

import pytest

from bench.figures import Figure, Kind, Measured, Row
from bench.rows import FAMILIES, chosen

OF_LIMIT = Row("lane", kind=Kind.OF_LIMIT, target=0.35)
REBUILD_GROUP = Row("memory", "MB", Kind.AT_MOST, 150.0)
TIMES = Row("times", "x", Kind.AT_LEAST, 20.0)


@pytest.mark.parametrize(
    ("row", "value", "reached"),
    [
        (OF_LIMIT, 350.0, True),
        (OF_LIMIT, 349.0, False),
        (REBUILD_GROUP, 150.0, True),
        (REBUILD_GROUP, 150.1, False),
        (TIMES, 20.0, True),
        (TIMES, 19.9, False),
        (Row("informative"), 1.0, None),
    ],
)
def test_a_target_is_reached_or_not(row, value, reached):
    assert Figure(row, Measured(value), limit=1_000.0).reached is reached


def test_what_could_not_be_measured_did_not_reach_its_target():
    kept = Figure(OF_LIMIT, None, limit=1_000.0).as_kept()

    assert kept == {
        "name": "lane",
        "value": None,
        "unit": "events/s",
        "ratio_to_pass_through": None,
        "target": 0.35,
        "reached": False,
    }


def test_a_part_of_a_limit_that_was_not_measured_reaches_nothing():
    assert Figure(OF_LIMIT, Measured(1e9), limit=None).reached is False


def test_only_events_a_second_are_a_part_of_the_limit():
    assert Figure(REBUILD_GROUP, Measured(100.0), limit=1_000.0).ratio is None


def test_no_two_rows_share_a_name():
    names = [row.name for family in FAMILIES for row in family.rows]

    assert len(names) == len(set(names))


def test_chosen_rows_come_with_the_limit_and_with_what_they_need():
    assert [family.word for family in chosen(["handler"])] == ["limit", "loyalty", "churn", "handler"]


def test_without_words_every_row_is_chosen():
    assert list(chosen([])) == list(FAMILIES)


def test_an_unknown_word_is_refused_with_those_that_there_are():
    with pytest.raises(SystemExit, match=r"No such rows: relais\. There are: limit, "):
        chosen(["relais"])
