"""What a batch of loyalty's events comes to for each customer, whatever order its events stand in."""

from itertools import permutations

import pytest
from msgspec import structs

from builders.events import event
from builders.points import credit_posted, posted, tier_changed
from churn.card.rules import PointsPart, points_by_customer
from mandegar.events import CustomerKey, Event

KEY = CustomerKey("s", "c")


@pytest.mark.parametrize(
    "events", list(permutations([posted(10, 1, tier="bronze"), posted(30, 3, tier="bronze"), tier_changed(2, "gold")]))
)
def test_the_highest_version_stands_for_the_balance_and_for_the_tier(events: tuple[Event, ...]) -> None:
    part = points_by_customer(events)[KEY]

    assert part.points is not None
    assert (part.points["available"], part.points_version, part.tier, part.tier_version) == (30, 3, "bronze", 3)


def test_a_change_of_tier_leaves_the_balance_alone() -> None:
    part = points_by_customer([tier_changed(4, "gold"), posted(20, 2, tier="bronze")])[KEY]

    assert (part.points_version, part.tier, part.tier_version) == (2, "gold", 4)


@pytest.mark.parametrize("events", list(permutations([credit_posted("10.5", 3), credit_posted("30", 5), posted(1, 6)])))
def test_credit_stands_beside_points_under_a_version_of_its_own(events: tuple[Event, ...]) -> None:
    part = points_by_customer(events)[KEY]

    assert part.credit == {
        "unit": "IRR", "available": "30", "pending": "0", "held": "0", "debt": "0", "lifetime": "30",
    }  # fmt: skip
    assert (part.credit_version, part.points_version) == (5, 6)


def test_of_an_alias_nothing_is_heard_and_whose_orders_earn_none_any_more_has_no_credit() -> None:
    gone = credit_posted("0", 5)
    gone = structs.replace(gone, data=structs.replace(gone.data, currency=""))
    part = points_by_customer([gone])[KEY]
    assert (part.credit, part.credit_version) == (None, 5)
    alias = structs.replace(gone, data=structs.replace(gone.data, merged_into="root"))
    assert points_by_customer([alias]) == {KEY: PointsPart(*KEY)}


def test_a_customer_without_points_in_the_batch_has_an_empty_part() -> None:
    assert points_by_customer([event("message.sent", object(), name="m")]) == {KEY: PointsPart(*KEY)}
