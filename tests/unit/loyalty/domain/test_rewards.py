"""Whether a customer can have a reward, and if not, why and until when."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.domain.rewards import Limit, Purse, Reason, Reward, coming_points, reasons_against
from mandegar.quantities import DAY_US

NOW = 1_000 * DAY_US
TIERS = ("bronze", "silver", "gold")


def reward(**changes) -> Reward:
    fields = {"name": "r", "kind": "sample", "titles": {"en": "R"}, "price": 100, "terms": {}, **changes}
    return Reward(**fields)


def against(one: Reward, purse: Purse = Purse(100, 0, "silver"), left=None, taken=(), now=NOW) -> list[Reason]:  # noqa: B008
    return reasons_against(one, purse, left=left, taken=taken, tiers=TIERS, now=now)


class Lot(NamedTuple):
    active_at: int
    expires_at: int | None
    pending: int
    available: int


def test_enough_points_are_enough():
    assert against(reward()) == []
    assert against(reward(price=101)) == [Reason("not_enough_points", 101, 100, 1)]


def test_points_on_hold_tell_when_there_will_be_enough():
    purse = Purse(100, 0, "silver", [(NOW + 1, 150), (NOW + 2, 250)])

    assert against(reward(price=200), purse) == [Reason("not_enough_points", 200, 100, 100, NOW + 2)]
    assert against(reward(price=300), purse) == [Reason("not_enough_points", 300, 100, 200, None)]


def test_who_owes_points_takes_nothing_that_has_a_price():
    assert against(reward(), Purse(0, 40, "silver", [(NOW + 1, 110)])) == [Reason("points_owed", 100, 0, 140, NOW + 1)]
    assert against(reward(price=0), Purse(0, 40, "silver")) == []


def test_a_tier_that_may_not_take_it_is_told_the_lowest_that_may():
    assert against(reward(tiers=("gold", "silver")), Purse(100, 0, "bronze")) == [
        Reason("tier_too_low", "silver", "bronze")
    ]


def test_the_window_begins_and_ends_at_its_instants():
    one = reward(begin=NOW, end=NOW + 10)

    assert against(one, now=NOW - 1) == [Reason("not_yet", when=NOW)]
    assert against(one, now=NOW) == against(one, now=NOW + 9) == []
    assert against(one, now=NOW + 10) == [Reason("over")]


def test_an_empty_stock_and_a_reached_limit_are_told():
    assert against(reward(), left=0) == [Reason("out_of_stock", 1, 0, 1)]
    assert against(reward(), left=1) == []
    twice = reward(limit=Limit(2, 7))
    first, second = NOW - 6 * DAY_US, NOW - 1
    assert against(twice, taken=[NOW - 7 * DAY_US, second]) == []
    assert against(twice, taken=[first, second]) == [Reason("limit_reached", 2, 2, None, first + 7 * DAY_US)]
    assert against(reward(limit=Limit(1, None)), taken=[0]) == [Reason("limit_reached", 1, 1)]


def test_all_reasons_are_told_at_once():
    reasons = against(reward(end=NOW, tiers=("gold",), price=500), left=0)

    assert [reason.code for reason in reasons] == ["over", "tier_too_low", "out_of_stock", "not_enough_points"]


LOTS = st.lists(
    st.builds(
        lambda at, days, points, is_pending: Lot(
            at, None if days is None else at + days, points if is_pending else 0, 0 if is_pending else points
        ),
        st.integers(1, 30), st.one_of(st.none(), st.integers(1, 30)), st.integers(1, 50), st.booleans(),
    ),
    max_size=8,
)  # fmt: skip


@given(LOTS, st.integers(0, 60))
def test_points_to_come_are_those_that_a_look_at_each_instant_finds(lots, debt):
    """A purse with usable points owes nothing."""
    debt = 0 if any(lot.available for lot in lots) else debt
    for at, usable in coming_points(lots, debt, 0):
        expected, owed = sum(lot.available for lot in lots if lot.expires_at is None or lot.expires_at > at), debt
        for lot in sorted((lot for lot in lots if lot.pending and lot.active_at <= at), key=lambda lot: lot.active_at):
            rest, owed = max(lot.pending - owed, 0), max(owed - lot.pending, 0)
            expected += rest if lot.expires_at is None or lot.expires_at > at else 0
        assert usable == expected


@pytest.mark.parametrize(("locale", "title"), [("fa", "ده"), ("fa-IR", "ده"), ("en", "Ten"), ("de", "Ten")])
def test_a_title_is_in_the_language_asked_for_or_in_english(locale, title):
    assert reward(titles={"en": "Ten", "fa": "ده"}).title(locale) == title
    assert reward(titles={"fa": "ده"}).title("en") == "ده"
