"""The result of a replay as a table for a terminal."""

from collections.abc import Iterator
from typing import Any

from mandegar_local.text_table import text_table

_POINTS = {"given": "points given", "taken": "taken back", "expired": "expired", "spent": "spent"}
_MONEY = {"liability": "liability", "cost": "cost"}
_LARGEST = 3


def summary_lines(result: dict[str, Any]) -> Iterator[str]:
    """Both programmes beside each other, and who gains and loses most."""
    before, after = result["before"], result["after"]
    rows = [_row(name, before["points"][key], after["points"][key]) for key, name in _POINTS.items()]
    rows.append(_row("outstanding", _outstanding(before), _outstanding(after)))
    for key, name in _MONEY.items():
        if before[key] is not None and after[key] is not None:
            change = result["difference"].get(key, "0")
            rows.append([f"{name} in {result['currency']}", before[key], after[key], change])
    if before["cost_share"] is not None and after["cost_share"] is not None:
        change = result["difference"].get("cost_share", "0")
        rows.append(["cost, share of revenue", before["cost_share"], after["cost_share"], change])
    tiers = {**before["tiers"], **after["tiers"]}
    rows += [_row(f"in tier {tier}", before["tiers"].get(tier, 0), after["tiers"].get(tier, 0)) for tier in tiers]
    revenue = f"{result['revenue']} {result['currency']}"
    yield f"{result['customers']:,} customers, {result['orders']:,} orders, revenue {revenue}"
    yield ""
    headings = ("", "as it was", "this programme", "difference")
    yield from text_table(headings, rows, right=headings[1:])
    yield ""
    yield f"{result['gain']:,} customers would have more points, {result['lose']:,} fewer."
    for side in ("winners", "losers"):
        for each in result[side][:_LARGEST]:
            yield f"  {each['customer_id']}  {each['before']:,} -> {each['after']:,} ({each['difference']:+,})"


def _row(name: str, was: int, now: int) -> list[str]:
    return [name, f"{was:,}", f"{now:,}", f"{now - was:+,}"]


def _outstanding(side: dict[str, Any]) -> int:
    points = side["outstanding"]
    return int(points["available"] + points["pending"] + points["held"])
