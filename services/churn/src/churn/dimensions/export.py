"""Rows of ``customer_parts`` as an export shows them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from churn.domain.orders import money
from churn.domain.turnover import unpack_spans
from mandegar.quantities import from_us


def part_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a customer; orders are named by hashes, as in the row of the customer."""
    return {
        **row,
        "sources": [_first(*each) for each in row["sources"]],
        "categories": [_first(*each) for each in row["categories"]],
        "moved": [_name(order) for order in row["moved"]],
        "counted": [
            {"from_day": date.fromordinal(day), "orders": number, "net": f"{money(net).normalize():f}"}
            for day, (number, net) in sorted(unpack_spans(row["counted"]).items())
        ],
    }


def _first(at_us: int, order: int, value: str) -> dict[str, Any]:
    return {"paid_at": from_us(at_us), "order": _name(order), "value": value}


def _name(order: int) -> str:
    return order.to_bytes(8, "little").hex()


EXPORT = {"customer_parts": part_row}
