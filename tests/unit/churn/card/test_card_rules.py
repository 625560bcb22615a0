"""What a batch of loyalty's events comes to for each customer, whatever order its events stand in."""

from itertools import permutations

import pytest

from churn.card.rules import PointsPart, points_by_customer
from harness.in_process import NOON
from harness.order_events import event
from mandegar.events import CustomerKey, Event
from mandegar.events.loyalty import Balance, PointsPosted, TierChanged

KEY = CustomerKey("s", "c")


def posted(version: int, available: int) -> Event:
    data = PointsPosted(entries=(), balance=Balance(available=available), version=version, tier="bronze")
    return event("points.posted", data, name=f"points-{version}")


def tier(version: int, name: str) -> Event:
    return event("tier.changed", TierChanged(tier=name, previous="bronze", at=NOON, version=version), name=name)


@pytest.mark.parametrize("events", list(permutations([posted(1, 10), posted(3, 30), tier(2, "gold")])))
def test_the_highest_version_stands_for_the_balance_and_for_the_tier(events: tuple[Event, ...]) -> None:
    part = points_by_customer(events)[KEY]

    assert part.points is not None
    assert (part.points["available"], part.points_version, part.tier, part.tier_version) == (30, 3, "bronze", 3)


def test_a_change_of_tier_leaves_the_balance_alone() -> None:
    part = points_by_customer([tier(4, "gold"), posted(2, 20)])[KEY]

    assert (part.points_version, part.tier, part.tier_version) == (2, "gold", 4)


def test_a_customer_without_points_in_the_batch_has_an_empty_part() -> None:
    assert points_by_customer([event("message.sent", object(), name="m")]) == {KEY: PointsPart(*KEY)}
