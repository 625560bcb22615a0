"""Consent: the last word by its own time, for the present address only."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify.domain.consent import Statement, address_since, standing, status_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def word(status, at=NOON):
    return Statement(status, at, "shop")


def test_nobody_spoke_means_unknown():
    assert status_of(standing(None, None, None)) == "unknown"


@pytest.mark.parametrize(
    ("from_shop", "from_customer", "expected"),
    [
        (word("granted"), None, "granted"),
        (word("granted"), word("withdrawn", NOON + HOUR), "withdrawn"),
        (word("granted", NOON + HOUR), word("withdrawn"), "granted"),
        (word("granted"), word("withdrawn"), "withdrawn"),
        (word("withdrawn"), word("granted"), "withdrawn"),
    ],
)
def test_the_later_word_wins_and_at_one_instant_the_withdrawal(from_shop, from_customer, expected):
    assert status_of(standing(from_shop, from_customer, None)) == expected


def test_a_word_for_an_older_address_says_nothing_about_the_new_one():
    assert status_of(standing(word("granted", NOON - HOUR), None, NOON)) == "unknown"
    assert status_of(standing(word("granted", NOON), None, NOON)) == "granted"


def test_the_first_address_takes_consents_of_any_age():
    assert address_since(None, None, "a@example.test", NOON) is None


def test_a_new_address_counts_from_its_snapshot():
    assert address_since("a@example.test", None, "b@example.test", NOON) == NOON


def test_an_unchanged_address_keeps_its_since():
    assert address_since("a@example.test", NOON, "a@example.test", NOON + HOUR) == NOON


def test_an_address_that_was_removed_and_comes_back_is_a_new_one():
    removed = address_since("a@example.test", None, None, NOON)

    assert address_since(None, removed, "a@example.test", NOON + HOUR) == NOON + HOUR


WORDS = st.none() | st.builds(
    Statement,
    st.sampled_from(["granted", "withdrawn"]),
    st.integers(-5, 5).map(lambda hours: NOON + hours * HOUR),
    st.just("shop"),
)


@given(WORDS, WORDS, st.none() | st.integers(-5, 5).map(lambda hours: NOON + hours * HOUR))
def test_marketing_is_never_allowed_by_a_word_older_than_a_withdrawal(from_shop, from_customer, since):
    if status_of(standing(from_shop, from_customer, since)) == "granted":
        granted = standing(from_shop, from_customer, since)
        others = [w for w in (from_shop, from_customer) if w is not None and w.status == "withdrawn"]

        assert all(w.at < granted.at for w in others)
