"""What rules count of an order, where lines, parts and total do not agree."""

from decimal import Decimal
from typing import Any

import pytest

from loyalty.domain.conditions import Base, Moment, When
from loyalty.domain.earning import Earning, Rule
from loyalty.domain.lines import Line, Lines
from loyalty.domain.orders import Step
from loyalty.domain.programme import POINTS_MAX
from loyalty.domain.purchase import Purchase

UNIT = 10**9
DAY = Moment(739_000, 0)
TEA, CUP = Line("t", 600 * UNIT, "tea"), Line("c", 400 * UNIT, "cup")


def points(total: int, lines: Lines | None, *, net: int | None = None, when: Any = None, **base: Any) -> int:
    rule = Rule("r", Decimal(1), Decimal(1), When(**(when or {})), Base(**base))
    given = Earning((rule,), (Decimal(1),)).points_by_rule(
        (total if net is None else net) * UNIT, total * UNIT, lines, 0, DAY, first=True
    )
    return given.get("r", 0)


OF_TEA = {"categories": frozenset({"tea"})}


@pytest.mark.parametrize(
    ("total", "lines", "asked", "expected"),
    [
        (1000, Lines((TEA, CUP)), {"when": OF_TEA}, 600),
        (500, Lines((TEA, CUP)), {"when": OF_TEA}, 300),  # a discount that was not stated is shared
        (500, Lines((TEA, CUP)), {"when": OF_TEA, "before_discount": True}, 600),
        (500, Lines((TEA, CUP), discount=100 * UNIT), {"when": OF_TEA, "before_discount": True}, 360),
        (5000, Lines((TEA, CUP)), {"when": OF_TEA}, 600),  # the rest is in no line
        (5000, Lines((TEA, CUP)), {"items_only": True}, 1000),
        (5000, Lines((TEA, CUP)), {}, 5000),
        (1100, Lines((TEA, CUP), shipping=100 * UNIT), {"shipping": False}, 1000),
        (1100, Lines((TEA, CUP), shipping=100 * UNIT), {"items_only": True}, 1000),
        (1000, Lines((TEA, CUP), tax=100 * UNIT), {"tax": False}, 900),  # prices with tax
        (1100, Lines((TEA, CUP), tax=100 * UNIT), {"tax": False}, 1000),  # prices without tax
        (1000, Lines((TEA, CUP), tax=100 * UNIT), {"tax": False, "when": OF_TEA}, 540),
        (1000, Lines((TEA, CUP), gift_cards=250 * UNIT), {"paid_with_gift_cards": False}, 750),
        (1000, Lines((TEA, CUP), gift_cards=250 * UNIT), {"paid_with_gift_cards": False, "when": OF_TEA}, 450),
        (1000, Lines((TEA, CUP), gift_cards=2500 * UNIT), {"paid_with_gift_cards": False}, 0),
        (1000, Lines((TEA, CUP._replace(gift_card=1))), {"gift_cards": False}, 600),
        (100, Lines((TEA,), shipping=900 * UNIT), {}, 100),
        (100, Lines((TEA,), shipping=900 * UNIT), {"shipping": False}, 0),
        (1000, Lines((Line("t", 0, "tea"),)), {"when": OF_TEA}, 0),  # a line without a price
        (1000, Lines((Line("t", 0, "tea"),)), {}, 1000),
        (1000, None, {}, 1000),
        (1000, None, {"when": OF_TEA}, 0),
        (1000, None, {"items_only": True}, 0),
        (0, Lines((TEA, CUP)), {}, 0),
    ],
)
def test_what_a_rule_counts(total: int, lines: Lines | None, asked: dict[str, Any], expected: int) -> None:
    assert points(total, lines, **asked) == expected


def test_refunds_lower_all_lines_in_proportion() -> None:
    assert points(1000, Lines((TEA, CUP)), net=500, when=OF_TEA) == 300
    assert points(1000, Lines((TEA, CUP)), net=1, when=OF_TEA) == 0


def test_thirds_add_up() -> None:
    """Three lines of which each would be rounded to less are counted together."""
    third = [Line(name, 100 * UNIT, "tea") for name in "abc"]

    assert points(100, Lines(tuple(third)), when=OF_TEA) == 100


@pytest.mark.parametrize(("rounding", "expected"), [("down", 2), ("nearest", 3), ("up", 3)])
def test_points_are_rounded_once_for_each_rule(rounding: Any, expected: int) -> None:
    rules = tuple(Rule(name, Decimal(1), Decimal(100)) for name in ("one", "two"))
    earning = Earning(rules, (Decimal(1),), rounding=rounding)

    given = earning.points_by_rule(250 * UNIT, 250 * UNIT, None, 0, DAY, first=True)
    assert given == {"one": expected, "two": expected}


def test_a_huge_order_earns_no_more_than_can_be_stored() -> None:
    earning = Earning((Rule("r", Decimal(1000), Decimal(1)),), (Decimal(1),))
    step = Step(0, 10**24, "e", 10**24, Lines((Line("p", 10**24),)))

    assert Purchase(earning, DAY).points_due(step, 0, POINTS_MAX, 0) == POINTS_MAX
