"""The law of a consent: dated statements by their time, flags that never beat a customer's later word."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandegar.events.consents import Statement, in_force

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def at(hour):
    return NOON + timedelta(hours=hour)


def said(status, hour):
    """A statement with a time of its own."""
    return Statement(status, at(hour), "form")


def flag(status, hour):
    """What a shop stores and sends again, first stated at an hour."""
    return Statement(status, at(hour), "shop", flag=True)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], None),
        ([said("granted", 1), said("withdrawn", 2)], said("withdrawn", 2)),
        ([said("withdrawn", 1), said("granted", 2)], said("granted", 2)),
        ([said("withdrawn", 1), said("granted", 1)], said("withdrawn", 1)),
        ([flag("granted", 1)], flag("granted", 1)),
        ([flag("withdrawn", 1)], flag("withdrawn", 1)),
        # A flag grants nothing that was withdrawn, whenever it was stated, and confirms what was granted.
        ([said("withdrawn", 1), flag("granted", 2)], said("withdrawn", 1)),
        ([said("withdrawn", 2), flag("granted", 1)], said("withdrawn", 2)),
        ([said("granted", 1), flag("granted", 2)], said("granted", 1)),
        # It withdraws what was granted before it was stated, and not what was granted since.
        ([said("granted", 1), flag("withdrawn", 2)], flag("withdrawn", 2)),
        ([said("granted", 1), flag("withdrawn", 1)], flag("withdrawn", 1)),
        ([said("granted", 2), flag("withdrawn", 1)], said("granted", 2)),
        ([said("withdrawn", 1), flag("withdrawn", 2)], flag("withdrawn", 2)),
    ],
)
def test_a_flag_is_no_word_of_the_customer(statements, expected):
    assert in_force(statements) == expected
    assert in_force(reversed(statements)) == expected


@pytest.mark.parametrize(
    ("statements", "elsewhere", "expected"),
    [
        ([flag("granted", 2)], said("withdrawn", 1), said("withdrawn", 1)),
        ([flag("granted", 1)], said("withdrawn", 2), flag("granted", 1)),
        ([flag("granted", 2)], said("granted", 1), flag("granted", 2)),
        ([said("granted", 1)], said("withdrawn", 2), said("granted", 1)),
        ([], said("withdrawn", 2), None),
    ],
)
def test_a_withdrawal_for_another_address_stops_only_flags_from_after_it(statements, elsewhere, expected):
    assert in_force(statements, elsewhere) == expected


STATEMENTS = st.lists(
    st.builds(
        Statement, st.sampled_from(["granted", "withdrawn"]), st.integers(0, 6).map(at), st.just("m"), st.just(False)
    ),
    max_size=3,
)
FLAG = st.none() | st.builds(
    Statement, st.sampled_from(["granted", "withdrawn"]), st.integers(0, 6).map(at), st.just("m"), st.just(True)
)


@given(STATEMENTS, FLAG, STATEMENTS, st.none() | st.builds(said, st.just("withdrawn"), st.integers(0, 6)))
def test_what_ingest_sums_up_says_the_same_as_all_that_the_shop_stated(of_shop, shops_flag, own, elsewhere):
    summed_up = in_force([*of_shop, shops_flag])
    whole, parts = in_force([*of_shop, shops_flag, *own], elsewhere), in_force([summed_up, *own], elsewhere)

    assert (whole and whole.status) == (parts and parts.status)


@given(STATEMENTS, FLAG)
def test_marketing_is_never_allowed_against_a_later_withdrawal(of_shop, shops_flag):
    standing = in_force([*of_shop, shops_flag])
    if standing is not None and standing.status == "granted":
        withdrawals = [each.at for each in of_shop if each.status == "withdrawn"]
        assert not withdrawals or (not standing.flag and max(withdrawals) < standing.at)
