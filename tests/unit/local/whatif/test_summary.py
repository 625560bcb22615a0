"""The summary of a replay in a terminal."""

from typing import Any

from mandegar_local.whatif.summary import summary_lines


def side(given: int, **tiers: int) -> dict[str, Any]:
    return {
        "points": {"given": given, "taken": 1, "expired": 0, "spent": 0},
        "outstanding": {"available": given - 1, "pending": 0, "held": 0, "debt": 0},
        "value_per_point": "10", "liability": f"{(given - 1) * 10}", "cost": f"{(given - 1) * 10}",
        "cost_share": "0.01", "tiers": tiers,
    }  # fmt: skip


RESULT = {
    "customers": 1234, "orders": 5, "revenue": "99000", "currency": "IRR", "before": side(1000, bronze=3),
    "after": side(2500, bronze=2, gold=1),
    "difference": {"points": {"given": 1500}, "liability": "15000", "cost": "15000", "cost_share": "0.02"},
    "gain": 2, "lose": 0, "winners": [{"customer_id": "c-1", "before": 4, "after": 1004, "difference": 1000}],
    "losers": [],
}  # fmt: skip


def test_both_programmes_stand_beside_each_other():
    lines = [" ".join(line.split()) for line in summary_lines(RESULT)]

    assert lines[0] == "1,234 customers, 5 orders, revenue 99000 IRR"
    assert "points given 1,000 2,500 +1,500" in lines
    assert "cost in IRR 9990 24990 15000" in lines
    assert "in tier gold 0 1 +1" in lines
    assert lines[-2:] == ["2 customers would have more points, 0 fewer.", "c-1 4 -> 1,004 (+1,000)"]


def test_without_a_value_nothing_is_told_in_money():
    none = dict.fromkeys(("value_per_point", "liability", "cost", "cost_share"))
    result = {**RESULT, "before": RESULT["before"] | none, "after": RESULT["after"] | none}  # type: ignore[operator]

    assert not any("cost" in line or "liability" in line for line in summary_lines(result))
