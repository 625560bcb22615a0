"""Points may wait from the delivery on: by the first one, and without one for so long and no longer."""

from dataclasses import replace
from itertools import permutations
from uuid import UUID

import pytest

from loyalty.domain.orders import DELIVERED, PAID, Fact, add_fact
from loyalty.domain.programme import Programme
from loyalty.domain.timeline import Timeline, walk
from loyalty.domain.zones import always
from loyalty.programme.document import default_programme
from mandegar.calendar import shop_days
from mandegar.quantities import DAY_US

SIMPLE = replace(default_programme("IRR"), hold_days=7)
HELD = replace(SIMPLE, wait_days=30)
ZONES = always(shop_days("Asia/Tehran"))
PAYMENT = Fact(10 * DAY_US, "p", PAID, 10**15)


def delivered(day: float, name: str = "d") -> Fact:
    return Fact(int(day * DAY_US), name, DELIVERED, 0)


def at(day: int, *facts: Fact, programme: Programme = HELD) -> Timeline:
    told: list[Fact] = []
    for fact in facts:
        add_fact(told, fact)
    return walk([("o", UUID(int=1), told)], [programme], ZONES, day * DAY_US)


@pytest.mark.parametrize(
    ("facts", "usable"),
    [
        ((PAYMENT,), 47),
        ((PAYMENT, delivered(12)), 19),
        ((PAYMENT, delivered(12), delivered(30, "second")), 19),
        ((PAYMENT, delivered(40)), 47),
        ((PAYMENT, delivered(60)), 47),
        ((PAYMENT, delivered(9)), 16),
        ((PAYMENT, delivered(1)), 10),
        ((delivered(12), PAYMENT), 19),
    ],
)
def test_points_are_usable_so_long_after_the_delivery(facts, usable):
    for some in permutations(facts):
        if usable > 10:
            before = at(usable - 1, *some).lots[0]
            assert (before.pending > 0, before.available) == (True, 0)
        after = at(usable, *some).lots[0]
        assert (after.pending, after.available > 0) == (0, True)
        assert after.expires_at is not None
        assert after.expires_at >= (usable + 365) * DAY_US
        assert at(66, *some).lots[0].available > 0, "a delivery of later took usable points back"


def test_a_hold_from_the_payment_hears_of_no_delivery():
    assert at(17, PAYMENT, delivered(60), programme=SIMPLE).lots[0].available > 0
    assert at(16, PAYMENT, delivered(1), programme=SIMPLE).lots[0].available == 0


def test_what_is_due_next_is_the_end_of_the_hold():
    assert at(11, PAYMENT).next_at == 47 * DAY_US
    assert at(11, PAYMENT, delivered(11)).next_at == 18 * DAY_US
