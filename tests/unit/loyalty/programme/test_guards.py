"""Limits that a programme states: what is read of them, and what they come to."""

from decimal import Decimal

import pytest

from loyalty.domain.guards import COST_SHARE, LIABILITY, Guards, findings
from loyalty.programme.document import parse_programme
from mandegar.documents.nodes import InvalidDocument

PLAIN = """
version: 2
currency: IRR
earn: {points: 1, per: 100000}
tiers: {window_days: 365, levels: [{name: member, spend: 0}]}
"""


def read(*sections: str, is_new: bool = True):
    text = "\n".join([PLAIN, *sections])
    return parse_programme(text, version=1, effective_from=0, currency="IRR", is_new=is_new)


@pytest.mark.parametrize(
    ("sections", "value", "guards"),
    [
        (["spend: {value: 250}"], 250, None),
        (["spend: {value: 250}", "guards: {liability: 0}"], 250, Guards(Decimal(0), None, None)),
        (["guards: {cost_share: 0, value_per_point: 0.5}"], Decimal("0.5"), Guards(None, Decimal(0), Decimal("0.5"))),
        (["guards: {cost_share: 2.5, liability: 9, value_per_point: 1}"], 1,
         Guards(Decimal(9), Decimal("0.025"), Decimal(1))),
        ([], None, None),
    ],
)  # fmt: skip
def test_a_point_is_worth_what_one_of_two_sections_says(sections, value, guards):
    programme = read(*sections)

    assert (programme.point_value, programme.guards) == (value, guards)


@pytest.mark.parametrize(
    "section",
    [
        "guards: {}", "guards: {value_per_point: 5}", "guards: {liability: 5}", "guards: 5", "guards: [liability]",
        "guards: {liability: -1, value_per_point: 5}", "guards: {liability: 1e3, value_per_point: 5}",
        "guards: {liability: ۵, value_per_point: 5}", "guards: {cost_share: 1001, value_per_point: 5}",
        "guards: {cost_share: -0.1, value_per_point: 5}", "guards: {cost_share: 5, value_per_point: 0}",
        "guards: {cost_share: NaN, value_per_point: 5}", "guards: {budget: 5, value_per_point: 5}",
        f"guards: {{liability: {'9' * 30}, value_per_point: 5}}",
    ],
)  # fmt: skip
def test_limits_that_say_nothing_are_refused(section):
    with pytest.raises(InvalidDocument) as caught:
        read(section)

    assert "guards" in str(caught.value)


def test_a_stored_programme_without_a_limit_keeps_its_meaning():
    assert read("guards: {value_per_point: 5}", is_new=False).point_value == 5


@pytest.mark.parametrize(
    ("liability", "cost", "revenue", "broken"),
    [
        (100, 4, 100, []),
        (100.5, 4, 100, [LIABILITY]),
        (100, 5, 100, []),
        (100, 5.000001, 100, [COST_SHARE]),
        (101, 90, 100, [LIABILITY, COST_SHARE]),
        (0, 5, 0, []),
        (0, -5, 100, []),
    ],
)
def test_a_guard_is_broken_by_more_than_its_limit_and_by_nothing_without_revenue(liability, cost, revenue, broken):
    guards = Guards(Decimal(100), Decimal("0.05"))
    found = [*findings(guards, Decimal(liability), Decimal(str(cost)), Decimal(revenue))]

    assert [each.guard for each in found if each.broken] == broken
    assert [each.limit for each in found] == [100, Decimal("0.05")]
